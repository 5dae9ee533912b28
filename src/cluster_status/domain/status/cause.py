"""Statuses, and the causes that explain them: one row per cause, with all of its properties."""

from msgspec import Struct

from cluster_status.domain.open_enum import OpenEnum


class Status(OpenEnum):
    """Status of a cluster. `UNKNOWN` is taken as a fault of the monitor, never as an outage."""

    ONLINE = "online"
    DEGRADED = "degraded"
    MAINTENANCE = "maintenance"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Cause(OpenEnum):
    """Why a cluster is not online."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    JUMP_HOST = "jump-host"
    HOST_KEY = "host-key"
    NO_HISTORY = "no-history"
    INCOMPATIBLE_SSH = "incompatible-ssh"
    LOGIN_REFUSED = "login-refused"
    LOGIN_HANGS = "login-hangs"
    LOGINS_CLOSED = "logins-closed"
    BOOTING = "booting"
    SHELL_HANGS = "shell-hangs"
    SHELL_FAILS = "shell-fails"
    NO_SCHEDULER = "no-scheduler"
    SCHEDULER_DOWN = "scheduler-down"
    SCHEDULER_TIMEOUT = "scheduler-timeout"
    SCHEDULER_STARTING = "scheduler-starting"
    SINFO_FAILED = "sinfo-failed"
    UNPARSABLE = "unparsable"
    NO_SUCH_PARTITION = "no-such-partition"
    NO_NODES_LISTED = "no-nodes-listed"
    NO_NODES_IN_SERVICE = "no-nodes-in-service"
    NODES_DRAINING = "nodes-draining"
    PARTITION_DOWN = "partition-down"
    NODES_DOWN = "nodes-down"
    PATH_HANGS = "path-hangs"
    PATH_FAILS = "path-fails"
    PATH_MISSING = "path-missing"
    PATH_FULL = "path-full"
    CHECK_FAILED = "check-failed"
    MAINTENANCE = "maintenance"


class CauseInfo(Struct, frozen=True, kw_only=True):
    """Properties of a cause."""

    status: Status
    clause: str  # completes "mscluster is offline: ...", and is a sentence of its own with a full stop
    remedy: str = ""  # what the user can do
    network: bool = False  # an outage only if this server was reached before and the runner is online
    retried: bool = False  # within one run
    needs_confirmation: bool = False  # by another poll: the next runner has another IP address
    by_share: bool = False  # a change to this status or from it needs confirmation, too
    transient: bool = False  # one network fault or a restart can cause it; the second run in a row fails
    planned: bool = False  # inside a maintenance window of all nodes, it is maintenance


def _network(clause: str, remedy: str, *, needs_confirmation: bool = False) -> CauseInfo:
    return CauseInfo(
        status=Status.OFFLINE,
        clause=clause,
        remedy=remedy,
        network=True,
        retried=True,
        needs_confirmation=needs_confirmation,
        planned=True,
    )


RUNNER_OFFLINE = "Check the network of the runner."  # replaces the remedy of a network cause

_ADDRESS = "Check cluster-host and cluster-port."
_FIREWALL = (
    f"{_ADDRESS} If they are correct, a firewall may block GitHub's runners: "
    "use a self-hosted runner inside it."
)

CAUSES = {
    Cause.DNS: _network("host name does not resolve", "Check the spelling of cluster-host."),
    Cause.REFUSED: _network("SSH connections refused", _ADDRESS),
    Cause.UNREACHABLE: _network("host unreachable", _FIREWALL, needs_confirmation=True),
    Cause.TIMEOUT: _network("SSH connection timed out", _FIREWALL, needs_confirmation=True),
    Cause.DROPPED: _network("SSH connection dropped", _FIREWALL, needs_confirmation=True),
    Cause.JUMP_HOST: CauseInfo(
        status=Status.UNKNOWN,  # the cluster behind it may be online
        clause="jump host unreachable or not forwarding",
        remedy="Check cluster-jump. The jump host must allow forwarding to cluster-host.",
        retried=True,
        transient=True,
    ),
    Cause.HOST_KEY: CauseInfo(
        status=Status.UNKNOWN,
        clause="SSH host key not trusted",
        remedy="If several login nodes share this name, each has its own key: add the new line to "
        "cluster-host-key, and keep the others. If the administrators replaced the key, replace its line by "
        "the new one. Otherwise ask them: an attacker may intercept the connection. No credential was sent.",
    ),
    Cause.NO_HISTORY: CauseInfo(
        status=Status.UNKNOWN,
        clause="history not read, so the SSH host key cannot be verified",
        remedy="Fix the error of the history. For a status in the meantime, verify the key, then set "
        "cluster-host-key to the line in the log. No credential was sent.",
    ),
    Cause.INCOMPATIBLE_SSH: CauseInfo(
        status=Status.UNKNOWN,
        clause="no common SSH algorithms",
        remedy="Ask the administrators to enable one of the algorithms that the action offers: see "
        "docs/login.md. The log lists those of the server. If a network fault damaged the connection, the "
        "next poll works.",
    ),
    Cause.LOGIN_REFUSED: CauseInfo(
        status=Status.UNKNOWN,
        clause="login refused",
        remedy="Check cluster-user and cluster-password; the password may have expired. If you use "
        "cluster-key, check that authorized_keys of the account contains its public key. To avoid locking "
        "the account, the same login is not tried again for an hour; a changed one is tried at once.",
    ),
    Cause.LOGIN_HANGS: CauseInfo(
        status=Status.UNKNOWN,
        clause="no response to the login",
        remedy="Log in as cluster-user with ssh. If that fails as well, ask the administrators. If it works, "
        "check cluster-password: some servers close the connection after a wrong one. To avoid locking the "
        "account, the action offers at most three passwords an hour without a response.",
        retried=True,
        transient=True,
    ),
    Cause.LOGINS_CLOSED: CauseInfo(
        status=Status.MAINTENANCE,
        clause="logins are closed",
        remedy="Wait until the administrators open the logins again. If other users can log in, "
        "ask them to check the account.",
    ),
    Cause.BOOTING: CauseInfo(
        status=Status.OFFLINE,
        clause="server is booting, logins not open yet",
        needs_confirmation=True,  # it takes some seconds
        planned=True,
    ),
    Cause.SHELL_HANGS: CauseInfo(
        status=Status.DEGRADED,
        clause="login shell not responding",
        remedy="Log in as cluster-user with ssh. If no prompt appears, ask the administrators: the file "
        "server of the home directories may be down. If a prompt appears, a login script such as ~/.bashrc "
        "waits for a terminal or for input. Skip that part in shells that are not interactive.",
        retried=True,
        needs_confirmation=True,
        transient=True,
        planned=True,
    ),
    Cause.SHELL_FAILS: CauseInfo(
        status=Status.UNKNOWN,
        clause="login shell does not run commands",
        remedy="Run ssh USER@HOST true, which must end with exit status 0. Check the login shell of the "
        "account, its login scripts such as ~/.bashrc, its home directory, and a forced command of the key.",
        planned=True,
    ),
    Cause.NO_SCHEDULER: CauseInfo(
        status=Status.DEGRADED,
        clause="command sinfo no longer found",
        remedy="If Slurm is installed, add the directory of sinfo to PATH in the profile of cluster-user: "
        "see docs/login.md. To check only the login, set scheduler to none.",
        planned=True,
    ),
    Cause.SCHEDULER_DOWN: CauseInfo(
        status=Status.DEGRADED,
        clause="Slurm controller not responding",
        remedy="Log in as cluster-user and run sinfo. If it fails as well, inform the administrators. If it "
        "works, a login script sets a variable such as SLURM_CONF only for interactive shells: see "
        "docs/login.md.",
        retried=True,
        planned=True,
    ),
    Cause.SCHEDULER_TIMEOUT: CauseInfo(
        status=Status.DEGRADED,
        clause="command sinfo timed out",
        remedy="If sinfo is always slow on this cluster, raise cluster-command-timeout.",
        retried=True,
        planned=True,
    ),
    Cause.SCHEDULER_STARTING: CauseInfo(
        status=Status.UNKNOWN,
        clause="Slurm controller starting, node states not known yet",
        retried=True,
        transient=True,
        planned=True,
    ),
    Cause.SINFO_FAILED: CauseInfo(
        status=Status.UNKNOWN,
        clause="command sinfo failed",
        remedy="Log in as cluster-user and run sinfo. The account must be allowed to run it.",
    ),
    Cause.UNPARSABLE: CauseInfo(
        status=Status.UNKNOWN,
        clause="unexpected output from sinfo",
        remedy="If the line in the log comes from Slurm itself, open an issue. If not, a wrapper of sinfo "
        "prints it, or a login script: log in as cluster-user and run sinfo.",
    ),
    Cause.NO_SUCH_PARTITION: CauseInfo(
        status=Status.UNKNOWN,
        clause="none of the selected partitions found",
        remedy="Check the input partitions: the log names the partitions that Slurm lists. If they are "
        "those of another cluster, set slurm-cluster.",
    ),
    Cause.NO_NODES_LISTED: CauseInfo(
        status=Status.UNKNOWN,
        clause="no nodes listed any more",
        remedy="Log in as cluster-user and run sinfo. If other users see nodes, ask the "
        "administrators: the account may have lost its group or its access to the partitions. If the cluster "
        "scales to zero, the action treats this as usual from the fourth time.",
        planned=True,
    ),
    Cause.NO_NODES_IN_SERVICE: CauseInfo(status=Status.OFFLINE, clause="no nodes in service", planned=True),
    Cause.NODES_DRAINING: CauseInfo(
        status=Status.DEGRADED, clause="all nodes in service are draining, no new jobs start", planned=True
    ),
    Cause.PARTITION_DOWN: CauseInfo(
        status=Status.DEGRADED, clause="a partition is out of service", planned=True
    ),
    Cause.NODES_DOWN: CauseInfo(
        status=Status.DEGRADED, clause="too few nodes in service", by_share=True, planned=True
    ),
    Cause.PATH_HANGS: CauseInfo(status=Status.DEGRADED, clause="a path does not respond", planned=True),
    Cause.PATH_FAILS: CauseInfo(status=Status.DEGRADED, clause="a path cannot be read", planned=True),
    Cause.PATH_MISSING: CauseInfo(status=Status.DEGRADED, clause="a path does not exist", planned=True),
    Cause.PATH_FULL: CauseInfo(status=Status.DEGRADED, clause="a file system is full", planned=True),
    Cause.CHECK_FAILED: CauseInfo(status=Status.DEGRADED, clause="a check fails", planned=True),
    Cause.MAINTENANCE: CauseInfo(status=Status.MAINTENANCE, clause="nodes in maintenance"),
}


def cause_info(cause: Cause) -> CauseInfo:
    """Return the row of a cause. One that a later version stored is shown by its word."""
    return CAUSES.get(cause) or CauseInfo(status=Status.UNKNOWN, clause=str(cause))


AFTER_THE_SHELL = frozenset(
    {
        Cause.NO_SCHEDULER,
        Cause.SCHEDULER_DOWN,
        Cause.SCHEDULER_TIMEOUT,
        Cause.SINFO_FAILED,
        Cause.UNPARSABLE,
        Cause.NO_SUCH_PARTITION,
    }
)
"""Causes of a failed probe whose shell has run a command."""

MAY_PASS = frozenset(cause for cause, info in CAUSES.items() if info.retried) - {Cause.LOGIN_HANGS}
"""Causes of an unknown status that may pass without a change by the user: the cluster or the network."""
