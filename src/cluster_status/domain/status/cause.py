"""Statuses, and the causes that explain them: a row a cause, with everything that follows from it."""

from msgspec import Struct

from cluster_status.domain.open_enum import OpenEnum


class Status(OpenEnum):
    """How the cluster is. `UNKNOWN` means that we cannot tell, which is our fault until proven otherwise."""

    ONLINE = "online"
    DEGRADED = "degraded"
    MAINTENANCE = "maintenance"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Cause(OpenEnum):
    """Why it is not simply online."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DROPPED = "dropped"
    JUMP_HOST = "jump-host"
    HOST_KEY = "host-key"
    INCOMPATIBLE_SSH = "incompatible-ssh"
    LOGIN_REFUSED = "login-refused"
    NO_SCHEDULER = "no-scheduler"
    SCHEDULER_DOWN = "scheduler-down"
    SCHEDULER_TIMEOUT = "scheduler-timeout"
    SCHEDULER_STARTING = "scheduler-starting"
    SINFO_FAILED = "sinfo-failed"
    UNPARSABLE = "unparsable"
    NO_SUCH_PARTITION = "no-such-partition"
    NO_NODES_IN_SERVICE = "no-nodes-in-service"
    NODES_DRAINING = "nodes-draining"
    PARTITION_DOWN = "partition-down"
    NODES_DOWN = "nodes-down"
    MAINTENANCE = "maintenance"


class CauseInfo(Struct, frozen=True, kw_only=True):
    """What follows from a cause."""

    status: Status
    words: str  # a clause, for as long as it lasts: "it refuses SSH connections"
    noun: str  # for when it is over: "SSH connections refused"
    remedy: str = ""  # where the mend may be on our side
    network: bool = False  # an outage only if the server was ever reached, and this run reached anything
    retried: bool = False  # within one run: a moment may change it
    needs_confirmation: bool = False  # across runs: the next runner has another address


def _network(words: str, noun: str, remedy: str, *, needs_confirmation: bool = False) -> CauseInfo:
    return CauseInfo(
        status=Status.OFFLINE,
        words=words,
        noun=noun,
        remedy=remedy,
        network=True,
        retried=True,
        needs_confirmation=needs_confirmation,
    )


_ADDRESS = "Check cluster-host and cluster-port."
_FIREWALL = (
    f"{_ADDRESS} If they are right, a firewall may keep GitHub's runners out: "
    "use a self-hosted runner inside it."
)

CAUSES = {
    Cause.DNS: _network(
        "its host name does not resolve", "host name not resolved", "Check the spelling of cluster-host."
    ),
    Cause.REFUSED: _network("it refuses SSH connections", "SSH connections refused", _ADDRESS),
    Cause.UNREACHABLE: _network("no route leads to it", "no route", _FIREWALL, needs_confirmation=True),
    Cause.TIMEOUT: _network("it does not answer", "no answer", _FIREWALL, needs_confirmation=True),
    Cause.DROPPED: _network(
        "it drops SSH connections before the login",
        "SSH connections dropped",
        _FIREWALL,
        needs_confirmation=True,
    ),
    Cause.JUMP_HOST: CauseInfo(
        status=Status.UNKNOWN,  # what is behind it may be well
        words="no way leads through its jump host",
        noun="no way through the jump host",
        remedy="Check cluster-jump, and that the jump host lets connections through to cluster-host.",
        retried=True,
    ),
    Cause.HOST_KEY: CauseInfo(
        status=Status.UNKNOWN,
        words="its SSH host key is not a trusted one",
        noun="untrusted SSH host key",
        remedy="If the key was changed on purpose, paste the new line into cluster-host-key. If not, "
        "somebody may be listening in: ask the administrators. No password was sent. Another cluster needs "
        "a cluster-name and a history of its own.",
    ),
    Cause.INCOMPATIBLE_SSH: CauseInfo(
        status=Status.UNKNOWN,
        words="no safe way to speak SSH with it was found",
        noun="SSH not understood",
        remedy="If its SSH server is old, ask the administrators to enable a current key exchange, host key "
        "and cipher (curve25519-sha256, ssh-ed25519 or rsa-sha2-512, aes256-ctr).",
    ),
    Cause.LOGIN_REFUSED: CauseInfo(
        status=Status.UNKNOWN,
        words="it refuses the login",
        noun="login refused",
        remedy="Check cluster-user and cluster-password, and that the password has not expired; or "
        "cluster-key, and that its public half is in authorized_keys there. A refused login is not tried "
        "again for an hour, so that the account is not locked; a changed one is tried at once.",
    ),
    Cause.NO_SCHEDULER: CauseInfo(
        status=Status.DEGRADED, words="Slurm's sinfo is no longer found on it", noun="sinfo not found"
    ),
    Cause.SCHEDULER_DOWN: CauseInfo(
        status=Status.DEGRADED,
        words="Slurm's controller does not answer",
        noun="Slurm's controller silent",
        retried=True,
    ),
    Cause.SCHEDULER_TIMEOUT: CauseInfo(
        status=Status.DEGRADED,
        words="sinfo gives no answer in time",
        noun="sinfo too slow",
        remedy="If sinfo is always slow there, raise cluster-command-timeout.",
        retried=True,
    ),
    Cause.SCHEDULER_STARTING: CauseInfo(
        status=Status.UNKNOWN,
        words="Slurm's controller has just started and does not know its nodes yet",
        noun="Slurm's controller starting",
        retried=True,
    ),
    Cause.SINFO_FAILED: CauseInfo(
        status=Status.UNKNOWN,
        words="sinfo fails",
        noun="sinfo failed",
        remedy="Log in as cluster-user and run sinfo: the account must be allowed to.",
    ),
    Cause.UNPARSABLE: CauseInfo(
        status=Status.UNKNOWN,
        words="sinfo's answer cannot be read",
        noun="sinfo's answer unreadable",
        remedy="The line is shown above: if it comes from Slurm itself, please report it.",
    ),
    Cause.NO_SUCH_PARTITION: CauseInfo(
        status=Status.UNKNOWN,
        words="Slurm lists none of the partitions to watch",
        noun="partitions not listed",
        remedy="Check the input partitions, and that the account may see them.",
    ),
    Cause.NO_NODES_IN_SERVICE: CauseInfo(
        status=Status.OFFLINE, words="not one node is in service", noun="no node in service"
    ),
    Cause.NODES_DRAINING: CauseInfo(
        status=Status.DEGRADED,
        words="all nodes in service are draining: no new jobs start",
        noun="nodes draining",
    ),
    Cause.PARTITION_DOWN: CauseInfo(
        status=Status.DEGRADED,
        words="its default partition, or one that is watched by name, is not up",
        noun="partition not up",
    ),
    Cause.NODES_DOWN: CauseInfo(
        status=Status.DEGRADED, words="too few nodes are in service", noun="too few nodes in service"
    ),
    Cause.MAINTENANCE: CauseInfo(
        status=Status.MAINTENANCE, words="nodes are in maintenance", noun="maintenance"
    ),
}


def cause_info(cause: Cause) -> CauseInfo:
    """Return the row of a cause. One that a later version stored is shown by its word."""
    return CAUSES.get(cause) or CauseInfo(status=Status.UNKNOWN, words=str(cause), noun=str(cause))
