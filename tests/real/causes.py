"""Each cause, and what leads to it on a real server: one row per case."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cluster_status.domain.status.cause import Cause, Status
from tests.fakes.ssh import BANNER, raw
from tests.real import faults
from tests.real.scenario import NAME, Scenario

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
_DROPPED = "SSH connection dropped before the login"
_SINFO_TIMEOUT = "command sinfo timed out (sinfo did not finish within"
_NOT_REACHED_YET = "no run has reached this server yet"
_NOT_WORKED_YET = "it has not worked for this account yet"
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
        Cause.TIMEOUT,
        Status.OFFLINE,
        "the login is never answered, default limit",
        faults.leave_the_login_unanswered,
        ("SSH connection timed out (no answer to the login within 10 s)",),
        limit=10,
        offers=_NO_OFFERS,
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
        ("sinfo not found, only the login is watched", "set scheduler to none"),
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
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "sinfo hangs, default limit",
        faults.replace_sinfo("exec sleep 600"),
        (f"{_SINFO_TIMEOUT} 30 s)",),
        limit=30,
        online_before=True,
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
    # the login shell
    Case(
        None,
        Status.ONLINE,
        "a login script reads its input",
        faults.log_in_with(".bashrc", "read -r -p 'Press Enter to accept: ' answer"),
        (),
    ),
    Case(
        Cause.SHELL_HANGS,
        Status.DEGRADED,
        "the login shell hangs",
        faults.log_in_with(".bashrc", "/bin/sleep 600", online_before=True),
        ("login shell not responding (the login shell did not answer within 2 s", "~/.bashrc"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SHELL_HANGS,
        Status.UNKNOWN,
        "the login shell has always hung",
        faults.log_in_with(".bashrc", "echo Loading modules >&2; /bin/sleep 600"),
        ("last line on stderr: Loading modules", _NOT_WORKED_YET, "the file server of the home directories"),
        limit=2,
        limited_by=_COMMAND,
    ),
    Case(
        Cause.SHELL_FAILS,
        Status.UNKNOWN,
        "the login shell is nologin",
        faults.log_in_with(login_shell="nologin"),
        ("This account is currently not available.", "Check the login shell of the account"),
    ),
    Case(
        Cause.SHELL_FAILS,
        Status.UNKNOWN,
        "a login script ends the shell",
        faults.log_in_with(".bashrc", "echo 'quota exceeded'; exit 0"),
        ("login shell runs no command (exit status 0: quota exceeded)",),
    ),
    Case(
        Cause.SHELL_FAILS,
        Status.UNKNOWN,
        "a login script prints without end",
        faults.log_in_with(".bashrc", "while :; do echo more; done"),
        (
            "login shell runs no command (the command printed more than",
            "such as ~/.bashrc prints without end",
        ),
    ),
    Case(
        Cause.SHELL_FAILS,
        Status.UNKNOWN,
        "sshd allows only sftp",
        faults.no_fault,
        ("This service allows sftp connections only.",),
        sshd=("ForceCommand internal-sftp",),
    ),
    # Slurm
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld is killed",
        faults.kill_the_controller,
        ("Slurm controller not responding (slurm_load_partitions: Unable to contact slurm controller",),
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurmctld is stopped (SIGSTOP)",
        faults.pause_the_controller,
        (f"{_SINFO_TIMEOUT} 1 s)",),
        limit=1,
        limited_by=_COMMAND,
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurmctld is stopped, and sinfo times out first",
        faults.pause_the_controller,
        (tuple(f"Slurm controller not responding (slurm_load_partitions: {text}" for text in _TIMED_OUT),),
        inputs={"attempts": "1"},
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "munged is stopped",
        faults.stop_munged,
        ("Slurm controller not responding (sinfo: error: Munge encode failed",),
        online_before=True,
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
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "there is no slurm.conf",
        faults.replace_sinfo('exec sinfo "$@"'),
        ("Slurm controller not responding (sinfo: fatal: Could not establish a configuration source)",),
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_TIMEOUT,
        Status.DEGRADED,
        "slurm.conf is deleted",
        faults.hide_the_slurm_configuration,
        (f"{_SINFO_TIMEOUT} 2 s; last line on stderr: sinfo: error:", "No such file or directory"),
        limit=2,
        limited_by=_COMMAND,
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.UNKNOWN,
        "slurmctld has never answered",
        faults.kill_the_controller,
        ("Unable to contact slurm controller", _NOT_WORKED_YET, "see docs/login.md"),
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "munged has another key than the controller",
        faults.change_the_munge_key,
        ("Slurm controller not responding (",),
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "the name of the controller does not resolve",
        faults.change_the_slurm_configuration("SlurmctldHost=", "SlurmctldHost=nowhere.invalid"),
        ("Slurm controller not responding (s",),
        limit=8,
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "slurm.conf has an error",
        faults.change_the_slurm_configuration("ClusterName=", "ClusterName=\nNoSuchParameter=1"),
        ("Slurm controller not responding (",),
        online_before=True,
    ),
    Case(
        Cause.SCHEDULER_DOWN,
        Status.DEGRADED,
        "sinfo prints an error and exits with 0",
        faults.replace_sinfo("echo 'slurm_load_partitions: Zero Bytes were transmitted or received' >&2"),
        ("Slurm controller not responding (slurm_load_partitions: Zero Bytes",),
        online_before=True,
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
    Case(
        Cause.PARTITION_DOWN,
        Status.DEGRADED,
        "the partition in the input is gone",
        faults.replace_sinfo("case $* in *%P*) echo 'batch*|up|1:00|8|idle';; *) echo '8|idle';; esac"),
        ("partition debug is no longer listed",),
        online_before=True,
        inputs={"partitions": "debug"},
    ),
    Case(
        Cause.NO_NODES_LISTED,
        Status.UNKNOWN,
        "no node is listed any more",
        faults.replace_sinfo("case $* in *%P*) echo 'debug*|up|1-00:00:00|0|n/a';; *) echo '0|n/a';; esac"),
        ("no nodes listed any more", "the account may have lost its group"),
        online_before=True,
    ),
    Case(
        Cause.NO_NODES_LISTED,
        Status.UNKNOWN,
        "the account has lost its group",
        faults.hide_partitions_by_group,
        ("no nodes listed any more", "the account may have lost its group"),
    ),
    Case(
        Cause.NO_NODES_LISTED,
        Status.UNKNOWN,
        "all nodes are deregistered",
        faults.deregister_all_nodes,
        ("no nodes listed any more", "the account may have lost its group"),
    ),
    Case(
        None,
        Status.ONLINE,
        "a partition never had a node",
        faults.replace_sinfo("case $* in *%P*) echo 'debug*|up|1-00:00:00|0|n/a';; *) echo '0|n/a';; esac"),
        (),
    ),
    Case(
        None,
        Status.ONLINE,
        "most nodes are in a state that this version does not know",
        faults.replace_sinfo(
            "case $* in *%P*) echo 'debug*|up|1:00|3|idle'; echo 'debug*|up|1:00|5|hibernating';;",
            "*) echo '3|idle'; echo '5|hibernating';; esac",
        ),
        ("Node states that this version does not know: hibernating. Update the action.",),
    ),
    Case(
        Cause.NO_NODES_IN_SERVICE,
        Status.OFFLINE,
        "the nodes of the cluster in the input are down",
        faults.replace_sinfo(
            "case $* in *'-M beta'*) state=down;; *) state=idle;; esac",
            'case $* in *%P*) echo "gpu*|up|1:00|4|$state";; *) echo "4|$state";; esac',
        ),
        ("no nodes in service (0 of 4 nodes in service)",),
        inputs={"slurm-cluster": "beta"},
    ),
    Case(
        None,
        Status.ONLINE,
        "the account sets SLURM_CLUSTERS",
        faults.no_fault,
        ("The account sets SLURM_CLUSTERS to beta", "Set slurm-cluster"),
        sshd=("SetEnv PATH={directory}/bin SLURM_CLUSTERS=beta",),
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
