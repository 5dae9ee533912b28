"""Each cause, and what brings it about on a real server: a row a case."""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cluster_status.domain.cause import Cause, Status
from cluster_status.domain.host_key import HostKey
from tests.fakes.ssh import BANNER, HOST, PASSWORD, USER, Front, Visit, ed25519, raw
from tests.real.scene import NAME, Scene
from tests.servers import program

_CONNECT, _COMMAND = "cluster-connect-timeout", "cluster-command-timeout"
_GIGABYTE = 1_000_000_000
_PACKET_SIZE = _GIGABYTE + 4  # as a block cipher has it


@dataclass(frozen=True)
class Case:
    """What a poll says, and what was done to a real server before."""

    cause: Cause | None
    status: Status
    done: str
    act: Callable[[Scene], object]
    says: Sequence[str]  # in the lines that the user reads
    _: KW_ONLY
    limit: float = 0.0  # seconds that are used up
    limited_by: str = ""  # the input that sets them; empty where they are the default
    seen_before: bool = False  # an earlier poll found all well
    inputs: Mapping[str, str] = field(default_factory=dict)
    offers: Sequence[bool] = (True,)  # whether each credential was taken that sshd noted at this poll
    fails: bool = True  # where the status is unknown: when that begins
    isolated: bool = False  # in a network of its own
    sshd: Sequence[str] = ()
    host_keys: Sequence[str] = ("ed25519",)

    @property
    def name(self) -> str:
        return f"{self.cause or 'no cause'}: {self.done}"

    @property
    def is_by_default(self) -> bool:
        return self.limit > 0 and not self.limited_by


# what is done


def nothing(_: Scene) -> None:
    """Leave all as it is."""


def lose_the_name(scene: Scene) -> None:
    scene.give_it_a_name()
    scene.see_all_well()
    scene.forget_its_name()


def lose_the_resolver(scene: Scene) -> None:
    scene.give_it_a_name()
    scene.see_all_well()
    scene.forget_its_name()
    scene.network.route_everything_here()
    scene.network.firewall("-p", "udp", "--dport", "53", "-j", "DROP")


def firewall(*verdict: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        scene.network.firewall("-p", "tcp", "--dport", str(scene.openssh.port), "-j", *verdict)

    return act


def flood(connection: socket.socket, *, after: bytes = b"") -> None:
    connection.sendall(after)
    for _ in range(_GIGABYTE // 1_000_000):
        connection.sendall(b"x" * 1_000_000)


def never_answers_a_login(scene: Scene) -> None:
    def hold(visit: Visit, _: str) -> int:
        visit.hold()
        return 0

    key = ed25519()
    line = HostKey(key.get_name(), key.asbytes()).line(HOST, scene.openssh.port)
    scene.inputs |= {"cluster-host-key": line, "cluster-user": USER, "cluster-password": PASSWORD}
    scene.put_in_its_place(Front(at_login=hold))


def log_in_as_expired(scene: Scene) -> None:
    account = scene.stage.expired
    scene.inputs |= {"cluster-user": account.name, "cluster-password": account.password}


def be_refused_before(scene: Scene) -> None:
    scene.poll_before(cluster_password="not it")


def write_a_banner(scene: Scene) -> None:
    (scene.directory / "banner").write_text(3_200 * f"{79 * 'x'}\n", encoding="ascii")


def sinfo(*lines: str) -> Callable[[Scene], None]:
    return lambda scene: scene.let_sinfo(*lines)


def sinfo_without_configuration(scene: Scene) -> None:
    scene.let_sinfo(f'SLURM_CONF={scene.directory / "none"} exec {program.find("sinfo")} "$@"')


def slurm(act: str, *arguments: str, filled: bool = False) -> Callable[[Scene], None]:
    """Do something to a real Slurm, all nodes of which are idle, or full of jobs."""

    def do(scene: Scene) -> None:
        running = scene.ask_a_slurm()
        if filled:
            running.fill(scene.stage.account.name)
        getattr(running, act)(*arguments)

    return do


def reserve_all_for_maintenance(scene: Scene) -> None:
    running = scene.ask_a_slurm()
    reservation = ["starttime=now", "duration=60", "user=root", "nodes=ALL", "flags=maint,ignore_jobs"]
    running.scontrol("create", "reservation", *reservation)
    running.wait_for(lambda: set(running.node_states().values()) == {"maint"}, timeout_seconds=10)


def hide_partitions(scene: Scene) -> None:
    running = scene.ask_a_slurm()
    for name in ("debug", "short"):
        running.scontrol("update", f"partitionname={name}", "hidden=yes")


def start_a_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False)


def kill_the_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).controller.kill()


def stop_the_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).controller.pause()


def stop_munged(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).munge.stop()


def kill_munged(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).munge.kill()


# what comes of it

_NONE: Sequence[bool] = ()
_DROPPED = "it drops SSH connections before the login"
_NOT_IN_TIME = "sinfo gives no answer in time (sinfo has not ended within"
_NOT_REACHED_YET = "and no run is known to have reached it"

CASES = (
    Case(None, Status.ONLINE, "nothing", nothing, ()),
    # the way to it
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "its name was deleted",
        lose_the_name,
        ("its host name does not resolve", f"{NAME}: "),
        offers=_NONE,
    ),
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "the resolver's packets are dropped",
        lose_the_resolver,
        ("its host name does not resolve", "no answer from the resolver within 1 s"),
        limit=1,
        limited_by=_CONNECT,
        offers=_NONE,
        isolated=True,
    ),
    Case(
        Cause.DNS,
        Status.UNKNOWN,
        "a name that never was",
        nothing,
        ("its host name does not resolve", _NOT_REACHED_YET, "Check the spelling of cluster-host."),
        inputs={"cluster-host": NAME},
        offers=_NONE,
    ),
    Case(
        Cause.REFUSED,
        Status.OFFLINE,
        "sshd was stopped",
        lambda scene: scene.openssh.stop(),
        ("it refuses SSH connections (connection refused)",),
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.REFUSED,
        Status.UNKNOWN,
        "a port that was closed from the start",
        lambda scene: scene.openssh.stop(),
        ("it refuses SSH connections", _NOT_REACHED_YET, "Check cluster-host and cluster-port."),
        offers=_NONE,
    ),
    Case(
        Cause.UNREACHABLE,
        Status.OFFLINE,
        "a firewall rejects: no route to host",
        firewall("REJECT", "--reject-with", "icmp-host-unreachable"),
        ("no route leads to it (no route to host)",),
        seen_before=True,
        offers=_NONE,
        isolated=True,
    ),
    Case(
        Cause.UNREACHABLE,
        Status.UNKNOWN,
        "the runner has lost its network",
        lambda scene: scene.network.take_down(),
        ("this run could not reach anything else either", "Check the network of the runner."),
        seen_before=True,
        offers=_NONE,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "a firewall drops all packets",
        firewall("DROP"),
        ("it does not answer (no connection within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        seen_before=True,
        offers=_NONE,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "a firewall drops all packets, limit by default",
        firewall("DROP"),
        ("it does not answer (no connection within 10 s)",),
        limit=10,
        seen_before=True,
        offers=_NONE,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "its queue of new connections is full",
        lambda scene: scene.fill_the_queue(),
        ("it does not answer (no connection within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        seen_before=True,
        offers=_NONE,
    ),
    # the handshake
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "sshd accepts and says nothing (SIGSTOP)",
        lambda scene: scene.pause_sshd(),
        ("it does not answer (it accepts connections and says nothing within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "sshd accepts and says nothing, limit by default",
        lambda scene: scene.pause_sshd(),
        ("it does not answer (it accepts connections and says nothing within 10 s)",),
        limit=10,
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "falls silent after its banner",
        lambda scene: scene.put_in_its_place(raw(BANNER, then_silent=True)),
        ("it does not answer (the key exchange did not end within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "hangs up after its banner",
        lambda scene: scene.put_in_its_place(raw(BANNER)),
        (f"{_DROPPED} (it hung up during the key exchange)",),
        offers=_NONE,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "MaxStartups is reached",
        lambda scene: scene.hold_a_connection(),
        (f"{_DROPPED} (it hung up, or does not speak SSH", "Exceeded MaxStartups"),
        seen_before=True,
        offers=_NONE,
        sshd=("MaxStartups 1:100:1",),
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "speaks HTTP",
        lambda scene: scene.put_in_its_place(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        (f"{_DROPPED} (it hung up, or does not speak SSH", "HTTP/1.1 400 Bad Request"),
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "1 MB in the place of its banner",
        lambda scene: scene.put_in_its_place(raw(1_000_000 * b"x")),
        (f"{_DROPPED} (it hung up, or does not speak SSH",),
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "1 GB in the place of its banner",
        lambda scene: scene.put_in_its_place(flood),
        (f"{_DROPPED} (it hung up, or does not speak SSH",),
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "one packet of 1 GB",
        lambda scene: scene.put_in_its_place(partial(flood, after=BANNER + _PACKET_SIZE.to_bytes(4, "big"))),
        ("no safe way to speak SSH with it was found (it announced a packet of",),
        offers=_NONE,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only SHA-1 to exchange keys",
        nothing,
        ("no safe way to speak SSH", "no acceptable kex algorithm", "ask the administrators"),
        offers=_NONE,
        sshd=("KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ssh-rsa with SHA-1 as host key",
        nothing,
        ("no safe way to speak SSH", "no acceptable host key", "ask the administrators"),
        offers=_NONE,
        sshd=("HostKeyAlgorithms ssh-rsa",),
        host_keys=("rsa",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ChaCha20 as cipher",
        nothing,
        ("no safe way to speak SSH", "no acceptable ciphers", "ask the administrators"),
        offers=_NONE,
        sshd=("Ciphers chacha20-poly1305@openssh.com",),
    ),
    Case(
        Cause.HOST_KEY,
        Status.UNKNOWN,
        "another host key than the pinned one",
        nothing,
        (
            "its SSH host key is not a trusted one",
            "No password was sent.",
            "the line for cluster-host-key is: ",
        ),
        inputs={"cluster-host-key": f"SHA256:{43 * 'A'}"},
        offers=_NONE,
    ),
    Case(
        Cause.HOST_KEY,
        Status.UNKNOWN,
        "another host key than the remembered one",
        lambda scene: scene.change_host_key(),
        (
            "its SSH host key is not a trusted one",
            "No password was sent.",
            "the line for cluster-host-key is: ",
        ),
        seen_before=True,
        inputs={"cluster-host-key": ""},
        offers=_NONE,
    ),
    # the login
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "a wrong password",
        nothing,
        ("it refuses the login (the password was refused)", "Check cluster-user and cluster-password"),
        inputs={"cluster-password": "not it"},
        offers=(False,),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "the same wrong password again",
        be_refused_before,
        ("it refuses the login (refused within the last hour, and not tried again yet)",),
        inputs={"cluster-password": "not it"},
        fails=False,
        offers=_NONE,
    ),
    Case(None, Status.ONLINE, "a changed password after a wrong one", be_refused_before, ()),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password",
        log_in_as_expired,
        ("it refuses the login (Password change required", "that the password has not expired"),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password, with PAM",
        log_in_as_expired,
        ("it refuses the login (Password change required", "that the password has not expired"),
        sshd=("UsePAM yes",),
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "the login is never answered, limit by default",
        never_answers_a_login,
        ("it does not answer (no answer to the login within 10 s)",),
        limit=10,
        offers=_NONE,
    ),
    Case(
        None,
        Status.ONLINE,
        "a login banner of 256 kB",
        write_a_banner,
        (),
        sshd=("Banner {directory}/banner",),
    ),
    # sinfo
    Case(
        None,
        Status.ONLINE,
        "sinfo was never installed",
        lambda scene: scene.uninstall_sinfo(),
        ("sinfo was not found: only the login is watched",),
    ),
    Case(
        Cause.NO_SCHEDULER,
        Status.DEGRADED,
        "sinfo was deleted",
        lambda scene: scene.uninstall_sinfo(),
        ("Slurm's sinfo is no longer found on it",),
        seen_before=True,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs",
        sinfo("exec sleep 600"),
        (f"{_NOT_IN_TIME} 2 s)", "raise cluster-command-timeout"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs, limit by default",
        sinfo("exec sleep 600"),
        (f"{_NOT_IN_TIME} 30 s)",),
        limit=30,
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints 1 GB",
        sinfo(f"head -c {_GIGABYTE} /dev/zero | tr '\\0' x"),
        ("sinfo's answer cannot be read (more than 2000000 bytes came back)", "prints without an end"),
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo complains of 1 GB",
        sinfo(f"yes 'sinfo: error: what' | head -c {_GIGABYTE} >&2"),
        ("sinfo's answer cannot be read (more than 200000 bytes came back)", "prints without an end"),
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints garbage",
        sinfo("head -c 3000 /dev/urandom"),
        ("sinfo's answer cannot be read (sinfo", "if it comes from Slurm itself, please report it"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo exits with 1",
        sinfo("exit 1"),
        ("sinfo fails (exit status 1)", "Log in as cluster-user and run sinfo"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo may not be run",
        lambda scene: scene.forbid_sinfo(),
        ("sinfo fails (env: 'sinfo': Permission denied)", "the account must be allowed to"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo is killed",
        sinfo("kill -9 $$"),
        ("sinfo fails (it was killed by signal 9)",),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "its login shell is killed",
        sinfo("kill -9 $PPID"),
        ("sinfo fails (it was killed, or the connection was lost)",),
    ),
    # Slurm
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld was killed",
        kill_the_controller,
        ("Slurm's controller does not answer (slurm_load_partitions: Unable to contact slurm controller",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurmctld was stopped (SIGSTOP)",
        stop_the_controller,
        (f"{_NOT_IN_TIME} 1 s)",),
        limit=1,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld was stopped, and Slurm gives up first",
        stop_the_controller,
        ("Slurm's controller does not answer (slurm_load_partitions: Socket timed out",),
        inputs={"attempts": "1"},
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "munged was stopped",
        stop_munged,
        ("Slurm's controller does not answer (sinfo: error: Munge encode failed",),
    ),
    Case(
        # for 49 s, Slurm 22.05 tries to connect to the socket that is left
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "munged was killed",
        kill_munged,
        (f"{_NOT_IN_TIME} 2 s)",),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "there is no slurm.conf",
        sinfo(f'exec {program.find("sinfo")} "$@"'),
        ("Slurm's controller does not answer (sinfo: fatal: Could not establish a configuration source)",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurm.conf was deleted from its usual place",
        sinfo_without_configuration,
        (f"{_NOT_IN_TIME} 2 s; the last that was said: sinfo: error:", "No such file or directory"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_STARTING,
        Status.UNKNOWN,
        "slurmctld has not heard of its nodes",
        start_a_controller,
        ("Slurm's controller has just started and does not know its nodes yet (0 of 3 nodes in service)",),
    ),
    # nodes
    Case(None, Status.ONLINE, "all nodes are allocated", slurm("node_states", filled=True), ()),
    Case(None, Status.ONLINE, "no partition is shown to this account", hide_partitions, ()),
    Case(
        Cause.NO_NODES_IN_SERVICE,
        Status.OFFLINE,
        "all nodes are drained",
        slurm("drain", "n[1-3]", "cooling"),
        ("not one node is in service (0 of 3 nodes in service)",),
    ),
    Case(
        Cause.NODES_DRAINING,
        Status.DEGRADED,
        "all nodes are drained while jobs run",
        slurm("drain", "n[1-3]", "cooling", filled=True),
        ("all nodes in service are draining",),
    ),
    Case(
        Cause.NODES_DOWN,
        Status.DEGRADED,
        "two of three nodes are drained",
        slurm("drain", "n[1-2]", "cooling"),
        ("too few nodes are in service (1 of 3 nodes in service)",),
    ),
    Case(
        Cause.PARTITION_DOWN,
        Status.DEGRADED,
        "the default partition is down",
        slurm("partition", "debug", "DOWN"),
        ("its default partition is not up",),
    ),
    Case(
        Cause.MAINTENANCE,
        Status.MAINTENANCE,
        "all nodes are in a MAINT reservation",
        reserve_all_for_maintenance,
        ("nodes are in maintenance (0 of 3 nodes in service)",),
    ),
)
