"""Each cause, and what leads to it on a real server: one row per case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cluster_status.domain.status.cause import Cause, Status
from tests.fakes.ssh import BANNER, raw
from tests.real import faults
from tests.real.scenario import NAME, Scenario
from tests.servers import pam

_CONNECT, _COMMAND = "cluster-connect-timeout", "cluster-command-timeout"
_A_PACKET_BEGINS = BANNER + (faults.GIGABYTE + 4).to_bytes(4, "big")  # a multiple of the size of a block


@dataclass(frozen=True)
class Case:
    """A fault of a real server, and what the poll after it reports."""

    cause: Cause | None
    status: Status
    description: str
    fault: Callable[[Scenario], object]
    log_texts: Sequence[str | tuple[str, ...]]  # a tuple has alternatives
    _: KW_ONLY
    limit: float = 0.0  # seconds that the poll waits
    limited_by: str = ""  # the input that sets the limit; empty: its default
    online_before: bool = False  # after a poll that found the cluster online
    inputs: Mapping[str, str] = field(default_factory=dict)
    offers: Sequence[bool] = (True,)  # credentials in sshd's log of this poll: accepted or not
    fails: bool = True  # whether an unknown status fails the run
    isolated: bool = False  # in a network of its own
    own_hosts_file: bool = False  # mounted over /etc/hosts for the poll alone
    sshd: Sequence[str] = ()
    pam: Sequence[str] = ()  # see OpenSSH
    host_keys: Sequence[str] = ("ed25519",)

    @property
    def name(self) -> str:
        return f"{self.cause or 'no cause'}: {self.description}"

    @property
    def makes_namespaces(self) -> bool:
        return self.isolated or self.own_hosts_file

    @property
    def has_default_limit(self) -> bool:
        return self.limit > 0 and not self.limited_by


_NO_OFFERS: Sequence[bool] = ()
_DROPPED = "SSH connection dropped"
_SINFO_TIMEOUT = "command sinfo timed out (sinfo did not finish within"
_MAINTENANCE = "Scheduled maintenance until 17:00 UTC. All logins are disabled."
_PROMPTS = ("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
_NOT_REACHED_YET = "no run has reached this server yet"
_TIMED_OUT = ("Socket timed out", "Unexpected message received")  # the latter from Slurm 23.11
_MAX_STARTUPS = ("Exceeded MaxStartups", "Not allowed at this time")  # the latter since OpenSSH 9.8

CASES = (
    Case(None, Status.ONLINE, "no fault", faults.no_fault, ()),
    # the connection
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "the host name is deleted",
        faults.delete_the_host_name,
        ("host name does not resolve", f"{NAME}: "),
        offers=_NO_OFFERS,
        own_hosts_file=True,
    ),
    Case(
        Cause.DNS,
        Status.OFFLINE,
        "packets to the resolver are dropped",
        faults.drop_packets_to_the_resolver,
        ("host name does not resolve", "no answer from the resolver within 1 s"),
        limit=1,
        limited_by=_CONNECT,
        offers=_NO_OFFERS,
        isolated=True,
    ),
    Case(
        Cause.DNS,
        Status.UNKNOWN,
        "the host name never existed",
        faults.no_fault,
        ("host name does not resolve", _NOT_REACHED_YET, "Check the spelling of cluster-host."),
        inputs={"cluster-host": NAME},
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.REFUSED,
        Status.OFFLINE,
        "sshd is stopped",
        lambda scenario: scenario.openssh.stop(),
        ("SSH connections refused (connection refused)",),
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.REFUSED,
        Status.UNKNOWN,
        "the port was never open",
        lambda scenario: scenario.openssh.stop(),
        ("SSH connections refused", _NOT_REACHED_YET, "Check cluster-host and cluster-port."),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.REFUSED,
        Status.OFFLINE,
        "sshd is stopped behind a jump host",
        faults.stop_sshd_behind_a_jump_host,
        ("SSH connections refused (seen from the jump host: connection refused)",),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.JUMP_HOST,
        Status.UNKNOWN,
        "the jump host is stopped",
        faults.stop_the_jump_host,
        ("jump host unreachable or not forwarding", ": connection refused)", "Check cluster-jump"),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.JUMP_HOST,
        Status.UNKNOWN,
        "the jump host forwards nothing",
        lambda scenario: scenario.use_a_jump_host("AllowTcpForwarding no"),
        ("jump host unreachable or not forwarding", "the jump host does not forward to"),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.UNREACHABLE,
        Status.OFFLINE,
        "a firewall rejects with no route to host",
        faults.firewall("REJECT", "--reject-with", "icmp-host-unreachable"),
        ("host unreachable (no route to host)",),
        online_before=True,
        offers=_NO_OFFERS,
        isolated=True,
    ),
    Case(
        Cause.UNREACHABLE,
        Status.UNKNOWN,
        "the runner has no network",
        lambda scenario: scenario.network.take_down(),
        ("the runner could not reach any other host either", "Check the network of the runner."),
        online_before=True,
        offers=_NO_OFFERS,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "a firewall drops all packets",
        faults.firewall("DROP"),
        ("SSH connection timed out (no connection within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        online_before=True,
        offers=_NO_OFFERS,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "a firewall drops all packets, default limit",
        faults.firewall("DROP"),
        ("SSH connection timed out (no connection within 10 s)",),
        limit=10,
        online_before=True,
        offers=_NO_OFFERS,
        isolated=True,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "the queue of new connections is full",
        lambda scenario: scenario.fill_the_queue(),
        ("SSH connection timed out (no connection within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        online_before=True,
        offers=_NO_OFFERS,
    ),
    # the handshake
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "sshd accepts and sends nothing (SIGSTOP)",
        lambda scenario: scenario.pause_sshd(),
        ("SSH connection timed out (the server accepted the connection, but sent nothing within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "sshd accepts and sends nothing, default limit",
        lambda scenario: scenario.pause_sshd(),
        ("SSH connection timed out (the server accepted the connection, but sent nothing within 10 s)",),
        limit=10,
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.TIMEOUT,
        Status.OFFLINE,
        "the server is silent after its banner",
        lambda scenario: scenario.replace_sshd(raw(BANNER, then_silent=True)),
        ("SSH connection timed out (the key exchange did not finish within 1 s)",),
        limit=1,
        limited_by=_CONNECT,
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "the server closes the connection after its banner",
        lambda scenario: scenario.replace_sshd(raw(BANNER)),
        (f"{_DROPPED} (the server closed the connection during the key exchange)",),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "MaxStartups is reached",
        lambda scenario: scenario.hold_a_connection(),
        (f"{_DROPPED} (the server closed the connection before its SSH banner", _MAX_STARTUPS),
        online_before=True,
        offers=_NO_OFFERS,
        sshd=("MaxStartups 1:100:1",),
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "the server speaks HTTP",
        lambda scenario: scenario.replace_sshd(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        (f"{_DROPPED} (the server closed the connection before its SSH banner", "HTTP/1.1 400 Bad Request"),
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "1 MB in place of the banner",
        lambda scenario: scenario.replace_sshd(raw(1_000_000 * b"x")),
        (f"{_DROPPED} (the server closed the connection before its SSH banner",),
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "1 GB in place of the banner",
        lambda scenario: scenario.replace_sshd(faults.flood),
        (f"{_DROPPED} (the server closed the connection before its SSH banner",),
        online_before=True,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "one packet of 1 GB",
        lambda scenario: scenario.replace_sshd(partial(faults.flood, after=_A_PACKET_BEGINS)),
        ("no common SSH algorithms (the server announced a packet of",),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only SHA-1 to exchange keys",
        faults.no_fault,
        ("no common SSH algorithms", "no acceptable kex algorithm", "ask the administrators"),
        offers=_NO_OFFERS,
        sshd=("KexAlgorithms diffie-hellman-group1-sha1,diffie-hellman-group14-sha1",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ssh-rsa with SHA-1 as host key",
        faults.no_fault,
        ("no common SSH algorithms", "no acceptable host key", "ask the administrators"),
        offers=_NO_OFFERS,
        sshd=("HostKeyAlgorithms ssh-rsa",),
        host_keys=("rsa",),
    ),
    Case(
        Cause.INCOMPATIBLE_SSH,
        Status.UNKNOWN,
        "only ChaCha20 as cipher",
        faults.no_fault,
        ("no common SSH algorithms", "no acceptable ciphers", "ask the administrators"),
        offers=_NO_OFFERS,
        sshd=("Ciphers chacha20-poly1305@openssh.com",),
    ),
    Case(
        Cause.HOST_KEY,
        Status.UNKNOWN,
        "another host key than the pinned one",
        faults.no_fault,
        (
            "SSH host key not trusted",
            "If the administrators replaced the key",
            "the line for cluster-host-key is: ",
        ),
        inputs={"cluster-host-key": f"SHA256:{43 * 'A'}"},
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.HOST_KEY,
        Status.UNKNOWN,
        "another host key than the remembered one",
        lambda scenario: scenario.change_host_key(),
        (
            "SSH host key not trusted",
            "If the administrators replaced the key",
            "the line for cluster-host-key is: ",
        ),
        online_before=True,
        inputs={"cluster-host-key": ""},
        offers=_NO_OFFERS,
    ),
    # the login
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "a wrong password",
        faults.no_fault,
        ("login refused (the password was refused)", "Check cluster-user and cluster-password"),
        inputs={"cluster-password": "not it"},
        offers=(False,),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "the same wrong password again",
        faults.be_refused_before,
        ("login refused (not tried again: it was refused within the last hour)",),
        inputs={"cluster-password": "not it"},
        fails=False,
        offers=_NO_OFFERS,
    ),
    Case(None, Status.ONLINE, "a changed password after a wrong one", faults.be_refused_before, ()),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password",
        faults.log_in_with_an_expired_password,
        ("login refused (Password change required", "the password may have expired"),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired password, with PAM",
        faults.log_in_with_an_expired_password,
        ("login refused (Password change required", "the password may have expired"),
        sshd=("UsePAM yes",),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "an expired account",
        faults.log_in_with_an_expired_account,
        ("when it got the password: Your account has expired; please contact your system administrator.",),
        pam=pam.PASSWORD,
        offers=(False,),
    ),
    Case(
        Cause.LOGIN_REFUSED,
        Status.UNKNOWN,
        "a second factor after the password",
        lambda scenario: pam.write_code_secret(scenario.directory),
        ("asks for a second factor, which an unattended login cannot give: 'Verification code:'",),
        sshd=_PROMPTS,
        pam=(*pam.PASSWORD, pam.code()),
        offers=_NO_OFFERS,  # of the whole login
    ),
    Case(
        None,
        Status.ONLINE,
        "an optional second factor after the password",
        lambda scenario: pam.write_code_secret(scenario.directory),
        (),
        sshd=_PROMPTS,
        pam=(*pam.PASSWORD, pam.code("[default=ignore]", prompt="Second Factor (optional): ")),
    ),
    Case(
        Cause.LOGIN_HANGS,
        Status.UNKNOWN,
        "PAM does not answer, first login",
        faults.let_pam_hang,
        ("login not answered (no answer to the password within 1 s)", "Log in as cluster-user with ssh"),
        limit=1,
        limited_by=_CONNECT,
        pam=pam.HANGS,
    ),
    Case(
        Cause.LOGIN_HANGS,
        Status.UNKNOWN,
        "PAM does not answer, after a login that worked",
        faults.let_pam_hang,
        ("login not answered (no answer to the password within 1 s)",),
        inputs={"cluster-connect-timeout": "1"},
        pam=pam.HANGS,
        online_before=True,
        offers=(True, True),
    ),
    Case(
        Cause.LOGIN_HANGS,
        Status.UNKNOWN,
        "PAM denies the account without a text",
        faults.no_fault,
        ("login not answered (the server closed the connection when it got the password)",),
        pam=("auth required pam_unix.so", "account required pam_deny.so"),
        offers=(False,),
    ),
    Case(
        Cause.LOGIN_HANGS,
        Status.UNKNOWN,
        "the login is never answered, default limit",
        faults.leave_the_login_unanswered,
        ("login not answered (no answer to the password within 10 s)",),
        limit=10,
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.LOGIN_HANGS,
        Status.UNKNOWN,
        "pam_nologin denies the first login",
        faults.close_the_logins(_MAINTENANCE),
        (f"login not answered (the server closed the connection when it got the password: {_MAINTENANCE})",),
        pam=pam.NOLOGIN,
        offers=(False,),
    ),
    Case(
        Cause.LOGINS_CLOSED,
        Status.MAINTENANCE,
        "pam_nologin denies logins that worked before",
        faults.close_the_logins(_MAINTENANCE),
        (f"logins are closed (the server closed the connection when it got the password: {_MAINTENANCE})",),
        pam=pam.NOLOGIN,
        online_before=True,
        offers=(False,),
    ),
    Case(
        Cause.LOGINS_CLOSED,
        Status.MAINTENANCE,
        "pam_nologin denies logins by prompts that worked before",
        faults.close_the_logins(_MAINTENANCE),
        (f"logins are closed (the password was refused: {_MAINTENANCE})",),
        sshd=_PROMPTS,
        pam=pam.NOLOGIN,
        online_before=True,
        offers=(False,),
    ),
    Case(
        Cause.BOOTING,
        Status.OFFLINE,
        "the server is booting",
        faults.close_the_logins("System is booting up. Unprivileged users are not permitted to log in yet."),
        ("server is booting, logins not open yet", "System is booting up."),
        pam=pam.NOLOGIN,
        online_before=True,
        offers=(False,),
    ),
    Case(
        Cause.JUMP_HOST,
        Status.UNKNOWN,
        "pam_nologin denies logins at the jump host",
        faults.close_the_logins_of_a_jump_host,
        ("jump host unreachable or not forwarding", "Maintenance until 17:00 UTC", "Check cluster-jump"),
        offers=_NO_OFFERS,
    ),
    Case(
        Cause.DROPPED,
        Status.OFFLINE,
        "the connection is lost after the login, twice",
        faults.drop_connections_after_the_login,
        (f"{_DROPPED} (after the login: the connection was lost)",),
        online_before=True,
        offers=(True, True),
    ),
    Case(
        None,
        Status.ONLINE,
        "a login banner of 256 kB",
        faults.write_a_long_login_banner,
        (),
        sshd=("Banner {directory}/banner",),
    ),
    # sinfo
    Case(
        None,
        Status.ONLINE,
        "sinfo was never installed",
        lambda scenario: scenario.remove_sinfo(),
        ("sinfo not found, only the login is checked",),
    ),
    Case(
        Cause.NO_SCHEDULER,
        Status.DEGRADED,
        "sinfo is deleted",
        lambda scenario: scenario.remove_sinfo(),
        ("command sinfo no longer found",),
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs",
        faults.replace_sinfo("exec sleep 600"),
        (f"{_SINFO_TIMEOUT} 2 s)", "raise cluster-command-timeout"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs, default limit",
        faults.replace_sinfo("exec sleep 600"),
        (f"{_SINFO_TIMEOUT} 30 s)",),
        limit=30,
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints 1 GB",
        faults.replace_sinfo(f"head -c {faults.GIGABYTE} /dev/zero | tr '\\0' x"),
        (
            "unexpected output from sinfo (the command printed more than 2000000 bytes)",
            "prints without end",
        ),
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints 1 GB to stderr",
        faults.replace_sinfo(f"yes 'sinfo: error: what' | head -c {faults.GIGABYTE} >&2"),
        (
            "unexpected output from sinfo (the command printed more than 200000 bytes)",
            "prints without end",
        ),
    ),
    Case(
        None,
        Status.ONLINE,
        "sinfo prints 1 GB of details",
        faults.flood_the_details,
        (),
        inputs={"details": "full"},
    ),
    Case(
        Cause.UNPARSABLE,
        Status.UNKNOWN,
        "sinfo prints garbage",
        faults.replace_sinfo("head -c 3000 /dev/urandom"),
        ("unexpected output from sinfo (", "comes from Slurm itself, open an issue"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo exits with 1",
        faults.replace_sinfo("exit 1"),
        ("command sinfo failed (exit status 1)", "Log in as cluster-user and run sinfo"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo is not executable",
        lambda scenario: scenario.make_sinfo_not_executable(),
        ("command sinfo failed (env: 'sinfo': Permission denied)", "The account must be allowed to run it"),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "sinfo is killed",
        faults.replace_sinfo("kill -9 $$"),
        ("command sinfo failed (killed by signal 9)",),
    ),
    Case(
        Cause.SINFO_FAILED,
        Status.UNKNOWN,
        "the login shell is killed",
        faults.replace_sinfo("kill -9 $PPID"),
        ("command sinfo failed (the command was killed)",),
    ),
    # Slurm
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld is killed",
        faults.kill_the_controller,
        ("Slurm controller not responding (slurm_load_partitions: Unable to contact slurm controller",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurmctld is stopped (SIGSTOP)",
        faults.pause_the_controller,
        (f"{_SINFO_TIMEOUT} 1 s)",),
        limit=1,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld is stopped, and sinfo times out first",
        faults.pause_the_controller,
        (tuple(f"Slurm controller not responding (slurm_load_partitions: {text}" for text in _TIMED_OUT),),
        inputs={"attempts": "1"},
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "munged is stopped",
        faults.stop_munged,
        ("Slurm controller not responding (sinfo: error: Munge encode failed",),
    ),
    Case(
        # for 49 s, Slurm 22.05 tries to connect to the socket that is left
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "munged is killed",
        faults.kill_munged,
        (f"{_SINFO_TIMEOUT} 2 s)",),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "there is no slurm.conf",
        faults.replace_sinfo('exec sinfo "$@"'),
        ("Slurm controller not responding (sinfo: fatal: Could not establish a configuration source)",),
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurm.conf is deleted",
        faults.hide_the_slurm_configuration,
        (f"{_SINFO_TIMEOUT} 2 s; last line on stderr: sinfo: error:", "No such file or directory"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SCHEDULER_STARTING,
        Status.UNKNOWN,
        "slurmctld does not know its nodes yet",
        faults.start_a_controller,
        ("Slurm controller starting, node states not known yet (0 of 3 nodes in service)",),
    ),
    # nodes
    Case(
        Cause.NO_SUCH_PARTITION,
        Status.UNKNOWN,
        "no partition has the name in the input",
        faults.no_fault,
        ("none of the selected partitions found", "'elsewhere'", "Check the input partitions"),
        inputs={"partitions": "elsewhere"},
    ),
    Case(None, Status.ONLINE, "all nodes are allocated", faults.in_slurm("node_states", filled=True), ()),
    Case(None, Status.ONLINE, "all partitions are hidden from the account", faults.hide_partitions, ()),
    Case(
        Cause.NO_NODES_IN_SERVICE,
        Status.OFFLINE,
        "all nodes are drained",
        faults.in_slurm("drain", "n[1-3]", "cooling"),
        ("no nodes in service (0 of 3 nodes in service)",),
    ),
    Case(
        Cause.NODES_DRAINING,
        Status.DEGRADED,
        "all nodes are drained while jobs run",
        faults.in_slurm("drain", "n[1-3]", "cooling", filled=True),
        ("all nodes in service are draining",),
    ),
    Case(
        Cause.NODES_DOWN,
        Status.DEGRADED,
        "two of three nodes are drained",
        faults.in_slurm("drain", "n[1-2]", "cooling"),
        ("too few nodes in service (1 of 3 nodes in service)",),
    ),
    Case(
        Cause.PARTITION_DOWN,
        Status.DEGRADED,
        "the default partition is down",
        faults.in_slurm("partition", "debug", "DOWN"),
        ("the default partition or one selected by name is not up", "partition debug is down"),
    ),
    Case(
        Cause.MAINTENANCE,
        Status.MAINTENANCE,
        "all nodes are in a MAINT reservation",
        faults.reserve_all_for_maintenance,
        ("nodes in maintenance (0 of 3 nodes in service)",),
    ),
)
