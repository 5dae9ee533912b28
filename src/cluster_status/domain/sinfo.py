"""How Slurm is asked, and how its answer is read: argv and parser side by side.

Two questions in one go. By partition: `%P|%a|%l|%D|%T`, which every Slurm from 2.0 to 26.05 understands,
is never cut (no widths), and whose fields cannot hold a `|`. For the whole cluster: `%D|%T`, in which
a node that is in several partitions counts once.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Bucket, Listing, NodeCounts, Partition
from cluster_status.domain.node_state import bucket_of
from cluster_status.domain.sighting import Obstacle
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

PARTITIONS_FORMAT = "%P|%a|%l|%D|%T"
TOTAL_FORMAT = "%D|%T"

# By these an account changes what sinfo lists, or how.
_UNSET = (
    "SINFO_ALL",
    "SINFO_FEDERATION",
    "SINFO_FORMAT",
    "SINFO_PARTITION",
    "SINFO_SORT",
    "SLURM_CLUSTERS",
)

_DEFAULT_MARK = "*"
_NO_NODES = "n/a"
_NAME_LIMIT = 100
_COUNT = re.compile(r"[0-9]{1,9}")

_COMMAND_NOT_FOUND = 127
_NOT_INSTALLED = re.compile(
    r"^env: .*\bsinfo(?![\w-])", re.MULTILINE
)  # the rest is in the account's language
_PASSWORD_EXPIRED = re.compile("password has expired|[Pp]assword change required")  # OpenSSH's, and PAM's
# What sinfo says when it is Slurm that is out of order, not the account or the question:
# recorded from Slurm 22.05 and 24.11.
_FROM_SLURM = re.compile(r"\S*(sinfo|slurm\w*): ")
_SCHEDULER_DOWN = re.compile(
    r"Unable to contact slurm controller|Socket timed out|[Mm]unge|Protocol authentication error"
    r"|Unable to process configuration file|Could not establish a configuration source"
    r"|cannot stat file"
)


def command(frame: str) -> str:
    """Return the line a login shell is given; bash, dash, csh and fish read it alike.

    `frame` is a random word, echoed around each answer: whatever the login itself prints is outside, and
    an answer that was cut off lacks its end. The exit status is that of the first part that failed.
    """
    unset = " ".join(f"-u {variable}" for variable in _UNSET)
    by_partition, in_all = (
        f"env {unset} LC_ALL=C sinfo -h -o '{text}'" for text in (PARTITIONS_FORMAT, TOTAL_FORMAT)
    )
    # the first echo ends a line that the login may have left open
    return f"echo && echo {frame} && {by_partition} && echo {frame} && {in_all} && echo {frame}"


def diagnose(exit_status: int, output: bytes, complaint: bytes, frame: str) -> Obstacle:
    """Say what a command that failed means; `complaint` is what it wrote to its standard error."""
    text = complaint.decode("utf-8", "replace")
    lines = [line for line in map(clean, text.splitlines()) if line]
    detail = lines[-1] if lines else f"exit status {exit_status}"  # what comes before may be the login's own
    begun = frame.encode() in output.split()
    if not begun and _PASSWORD_EXPIRED.search(text):
        return Obstacle(Cause.LOGIN_REFUSED, detail)
    # a login shell that is broken, or a wrapper around sinfo, may end so as well
    if begun and exit_status == _COMMAND_NOT_FOUND and _NOT_INSTALLED.search(text):
        return Obstacle(Cause.NO_SCHEDULER, detail)
    if any(_SCHEDULER_DOWN.search(line) for line in lines if _FROM_SLURM.match(line)):
        return Obstacle(Cause.SCHEDULER_DOWN, detail)
    return Obstacle(Cause.SINFO_FAILED, detail)


def parse(output: bytes, frame: str) -> Listing:
    """Read what `command(frame)` printed.

    Raises UnparsableError, which quotes the line, for anything that is not exactly what was asked for:
    a monitor that skips what it cannot read reports a cluster that is not there.
    """
    lines = output.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    borders = [number for number, line in enumerate(lines) if line == frame]
    if len(borders) != 3:  # noqa: PLR2004 - before, between, after
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise UnparsableError(f"sinfo's answer is incomplete; it ends with '{clean(last)}'")
    first, second, third = borders
    unrecognised: dict[str, None] = {}
    partitions: dict[str, Partition] = {}
    for row in _rows(lines[first + 1 : second], "name|availability|time limit|nodes|state"):
        _add(partitions, row)
        _note(unrecognised, row)
    nodes = NodeCounts()
    for row in _rows(lines[second + 1 : third], "nodes|state"):
        nodes = nodes.plus(row.bucket, row.nodes)
        _note(unrecognised, row)
    listed = sum(partition.nodes.total for partition in partitions.values())
    if (listed == 0) is not (nodes.total == 0):  # a few more or less may have joined or left in between
        raise UnparsableError(
            f"sinfo contradicts itself: {listed} nodes in partitions, and {nodes.total} in the whole cluster"
        )
    return Listing(tuple(partitions.values()), nodes, tuple(unrecognised))


class _Row(Struct, frozen=True):
    line: str
    partition: tuple[str, ...]  # name, availability, time limit; empty in the total
    nodes: int
    state: str
    known_bucket: Bucket | None

    @property
    def bucket(self) -> Bucket:
        return self.known_bucket or Bucket.UNKNOWN


def _rows(lines: list[str], shape: str) -> Iterator[_Row]:
    for line in lines:
        *partition, count, state = fields = (
            line.split("|") if line.count("|") == shape.count("|") else ["", ""]
        )
        if not (all(fields) and _COUNT.fullmatch(count)):
            raise UnparsableError(f"sinfo printed '{clean(line)}' where {shape} was expected")
        yield _Row(line, tuple(partition), int(count), state, bucket_of(state))


def _add(partitions: dict[str, Partition], row: _Row) -> None:
    name, availability, time_limit = row.partition
    listed = Partition(
        name=clean(name.removesuffix(_DEFAULT_MARK), limit=_NAME_LIMIT),
        default=name.endswith(_DEFAULT_MARK),
        availability=clean(availability),
        time_limit=clean(time_limit),
    )
    known = partitions.setdefault(name, listed)
    if (known.availability, known.time_limit) != (listed.availability, listed.time_limit):
        raise UnparsableError(f"sinfo contradicts itself about a partition in '{clean(row.line)}'")
    partitions[name] = known.plus(row.bucket, row.nodes)


def _note(unrecognised: dict[str, None], row: _Row) -> None:
    if row.known_bucket is None and row.state != _NO_NODES:
        unrecognised[clean(row.state)] = None
