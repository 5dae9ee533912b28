"""Each cause, and what brings it about on a real server: a row a case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cluster_status.domain.cause import Cause, Status
from tests.fakes.ssh import BANNER, raw
from tests.real import act
from tests.real.scene import NAME, Scene

_CONNECT, _COMMAND = "cluster-connect-timeout", "cluster-command-timeout"
_A_PACKET_BEGINS = BANNER + (act.GIGABYTE + 4).to_bytes(4, "big")  # a multiple of the size of a block


@dataclass(frozen=True)
class Case:
    """What a poll says, and what was done to a real server before."""

    cause: Cause | None
    status: Status
    done: str
    act: Callable[[Scene], object]
    says: Sequence[str | tuple[str, ...]]  # in the lines that the user reads; a tuple has alternatives
    _: KW_ONLY
    limit: float = 0.0  # seconds that are used up
    limited_by: str = ""  # the input that sets them; empty where they are the default
    seen_before: bool = False  # an earlier poll found all well
    inputs: Mapping[str, str] = field(default_factory=dict)
    offers: Sequence[bool] = (True,)  # whether each credential was taken that sshd noted at this poll
    fails: bool = True  # where the status is unknown: when that begins
    isolated: bool = False  # in a network of its own
    own_hosts_file: bool = False  # mounted over /etc/hosts for the poll alone
    sshd: Sequence[str] = ()
    host_keys: Sequence[str] = ("ed25519",)

    @property
    def name(self) -> str:
        return f"{self.cause or 'no cause'}: {self.done}"

    @property
    def makes_namespaces(self) -> bool:
        return self.isolated or self.own_hosts_file

    @property
    def is_by_default(self) -> bool:
        return self.limit > 0 and not self.limited_by


_NONE: Sequence[bool] = ()
_TIMED_OUT = ("Socket timed out", "Unexpected message received")  # the latter from Slurm 23.11
_MAX_STARTUPS = ("Exceeded MaxStartups", "Not allowed at this time")  # the latter since OpenSSH 9.8
_DROPPED = "it drops SSH connections before the login"
_NOT_IN_TIME = "sinfo gives no answer in time (sinfo has not ended within"
_NOT_REACHED_YET = "and no run is known to have reached it"

CASES = (
    Case(None, Status.ONLINE, "nothing", act.nothing, ()),
    # the way to it
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "its name was deleted",
        act.lose_the_name,
        ("its host name does not resolve", f"{NAME}: "),
        offers=_NONE,
        own_hosts_file=True,
    ),
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "the resolver's packets are dropped",
        act.lose_the_resolver,
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
        act.nothing,
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
        Cause.REFUSED,
        Status.OFFLINE,
        "sshd was stopped behind a jump host",
        act.stop_it_behind_a_jump_host,
        ("it refuses SSH connections (seen from the jump host: connection refused)",),
        offers=_NONE,
    ),
    Case(
        Cause.JUMP_HOST,
        Status.UNKNOWN,
        "the jump host was stopped",
        act.stop_the_jump_host,
        ("no way leads through its jump host", ": connection refused)", "Check cluster-jump"),
        offers=_NONE,
    ),
    Case(
        Cause.JUMP_HOST,
        Status.UNKNOWN,
        "the jump host forwards nothing",
        lambda scene: scene.go_through_a_jump_host("AllowTcpForwarding no"),
        ("no way leads through its jump host", "the jump host does not forward to"),
        offers=_NONE,
    ),
    Case(
        Cause.UNREACHABLE,
        Status.OFFLINE,
        "a firewall rejects: no route to host",
        act.firewall("REJECT", "--reject-with", "icmp-host-unreachable"),
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
        act.firewall("DROP"),
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
        act.firewall("DROP"),
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
        (f"{_DROPPED} (it hung up, or does not speak SSH", _MAX_STARTUPS),
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
        lambda scene: scene.put_in_its_place(act.flood),
        (f"{_DROPPED} (it hung up, or does not speak SSH",),
        seen_before=True,
        offers=_NONE,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "one packet of 1 GB",
        lambda scene: scene.put_in_its_place(partial(act.flood, after=_A_PACKET_BEGINS)),
        ("no safe way to speak SSH with it was found (it announced a packet of",),
        offers=_NONE,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only SHA-1 to exchange keys",
        act.nothing,
        ("no safe way to speak SSH", "no acceptable kex algorithm", "ask the administrators"),
        offers=_NONE,
        sshd=("KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ssh-rsa with SHA-1 as host key",
        act.nothing,
        ("no safe way to speak SSH", "no acceptable host key", "ask the administrators"),
        offers=_NONE,
        sshd=("HostKeyAlgorithms ssh-rsa",),
        host_keys=("rsa",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ChaCha20 as cipher",
        act.nothing,
        ("no safe way to speak SSH", "no acceptable ciphers", "ask the administrators"),
        offers=_NONE,
        sshd=("Ciphers chacha20-poly1305@openssh.com",),
    ),
    Case(
        Cause.HOST_KEY,
        Status.UNKNOWN,
        "another host key than the pinned one",
        act.nothing,
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
        act.nothing,
        ("it refuses the login (the password was refused)", "Check cluster-user and cluster-password"),
        inputs={"cluster-password": "not it"},
        offers=(False,),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "the same wrong password again",
        act.be_refused_before,
        ("it refuses the login (refused within the last hour, and not tried again yet)",),
        inputs={"cluster-password": "not it"},
        fails=False,
        offers=_NONE,
    ),
    Case(None, Status.ONLINE, "a changed password after a wrong one", act.be_refused_before, ()),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password",
        act.log_in_as_expired,
        ("it refuses the login (Password change required", "that the password has not expired"),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password, with PAM",
        act.log_in_as_expired,
        ("it refuses the login (Password change required", "that the password has not expired"),
        sshd=("UsePAM yes",),
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "the login is never answered, limit by default",
        act.never_answers_a_login,
        ("it does not answer (no answer to the login within 10 s)",),
        limit=10,
        offers=_NONE,
    ),
    Case(
        None,
        Status.ONLINE,
        "a login banner of 256 kB",
        act.write_a_banner,
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
        act.sinfo("exec sleep 600"),
        (f"{_NOT_IN_TIME} 2 s)", "raise cluster-command-timeout"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs, limit by default",
        act.sinfo("exec sleep 600"),
        (f"{_NOT_IN_TIME} 30 s)",),
        limit=30,
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints 1 GB",
        act.sinfo(f"head -c {act.GIGABYTE} /dev/zero | tr '\\0' x"),
        ("sinfo's answer cannot be read (more than 2000000 bytes came back)", "prints without an end"),
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo complains of 1 GB",
        act.sinfo(f"yes 'sinfo: error: what' | head -c {act.GIGABYTE} >&2"),
        ("sinfo's answer cannot be read (more than 200000 bytes came back)", "prints without an end"),
    ),
    Case(
        None,
        Status.ONLINE,
        "sinfo prints 1 GB where details are asked for",
        act.flood_the_details,
        (),
        inputs={"details": "full"},
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints garbage",
        act.sinfo("head -c 3000 /dev/urandom"),
        ("sinfo's answer cannot be read (sinfo", "if it comes from Slurm itself, please report it"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo exits with 1",
        act.sinfo("exit 1"),
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
        act.sinfo("kill -9 $$"),
        ("sinfo fails (it was killed by signal 9)",),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "its login shell is killed",
        act.sinfo("kill -9 $PPID"),
        ("sinfo fails (it was killed, or the connection was lost)",),
    ),
    # Slurm
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld was killed",
        act.kill_the_controller,
        ("Slurm's controller does not answer (slurm_load_partitions: Unable to contact slurm controller",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurmctld was stopped (SIGSTOP)",
        act.stop_the_controller,
        (f"{_NOT_IN_TIME} 1 s)",),
        limit=1,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld was stopped, and Slurm gives up first",
        act.stop_the_controller,
        (tuple(f"Slurm's controller does not answer (slurm_load_partitions: {text}" for text in _TIMED_OUT),),
        inputs={"attempts": "1"},
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "munged was stopped",
        act.stop_munged,
        ("Slurm's controller does not answer (sinfo: error: Munge encode failed",),
    ),
    Case(
        # for 49 s, Slurm 22.05 tries to connect to the socket that is left
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "munged was killed",
        act.kill_munged,
        (f"{_NOT_IN_TIME} 2 s)",),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "there is no slurm.conf",
        act.sinfo('exec sinfo "$@"'),
        ("Slurm's controller does not answer (sinfo: fatal: Could not establish a configuration source)",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurm.conf was deleted from its usual place",
        act.sinfo_without_configuration,
        (f"{_NOT_IN_TIME} 2 s; the last that was said: sinfo: error:", "No such file or directory"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_STARTING,
        Status.UNKNOWN,
        "slurmctld has not heard of its nodes",
        act.start_a_controller,
        ("Slurm's controller has just started and does not know its nodes yet (0 of 3 nodes in service)",),
    ),
    # nodes
    Case(
        Cause.NO_SUCH_PARTITION,
        Status.UNKNOWN,
        "none of its partitions is to be watched",
        act.nothing,
        ("Slurm lists none of the partitions to watch", "'elsewhere'", "Check the input partitions"),
        inputs={"partitions": "elsewhere"},
    ),
    Case(None, Status.ONLINE, "all nodes are allocated", act.slurm("node_states", filled=True), ()),
    Case(None, Status.ONLINE, "no partition is shown to this account", act.hide_partitions, ()),
    Case(
        Cause.NO_NODES_IN_SERVICE,
        Status.OFFLINE,
        "all nodes are drained",
        act.slurm("drain", "n[1-3]", "cooling"),
        ("not one node is in service (0 of 3 nodes in service)",),
    ),
    Case(
        Cause.NODES_DRAINING,
        Status.DEGRADED,
        "all nodes are drained while jobs run",
        act.slurm("drain", "n[1-3]", "cooling", filled=True),
        ("all nodes in service are draining",),
    ),
    Case(
        Cause.NODES_DOWN,
        Status.DEGRADED,
        "two of three nodes are drained",
        act.slurm("drain", "n[1-2]", "cooling"),
        ("too few nodes are in service (1 of 3 nodes in service)",),
    ),
    Case(
        Cause.PARTITION_DOWN,
        Status.DEGRADED,
        "the default partition is down",
        act.slurm("partition", "debug", "DOWN"),
        ("its default partition, or one that is watched by name, is not up", "partition debug is down"),
    ),
    Case(
        Cause.MAINTENANCE,
        Status.MAINTENANCE,
        "all nodes are in a MAINT reservation",
        act.reserve_all_for_maintenance,
        ("nodes are in maintenance (0 of 3 nodes in service)",),
    ),
)
