"""How sinfo's answers are read: the partitions, and the nodes in all; what a failure means.

Where all partitions count, both questions are asked in one go. Where some are chosen, the first answer tells
which of them there are, and the second question is about those.
"""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from cluster_status.domain import question
from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Bucket, Listing, NodeCounts, Partition
from cluster_status.domain.interest import Interest
from cluster_status.domain.node_state import bucket_of
from cluster_status.domain.question import PARTITIONS, TOTAL
from cluster_status.domain.sighting import Obstacle
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

_DEFAULT_MARK = "*"
_NO_NODES = "n/a"
_NAME_LIMIT = 100
# Several times what the largest sites have; beyond it, log, outputs and memory would be flooded.
_ROW_LIMIT = 10_000
_PARTITION_LIMIT = 2_000
_UNRECOGNISED_LIMIT = 20
_COUNT = re.compile(r"[0-9]{1,9}")

_COMMAND_NOT_FOUND = 127
_KILLED_BY = range(129, 129 + 64)  # 128 and a signal, which each shell puts into other words
_NOT_INSTALLED = re.compile(
    r"^env: .*\bsinfo(?![\w-])", re.MULTILINE
)  # the rest is in the account's language
_PASSWORD_EXPIRED = re.compile("password has expired|[Pp]assword change required")  # OpenSSH's, and PAM's
# What sinfo says when it is Slurm that is out of order, not the account or the question:
# recorded from Slurm 22.05, 23.11 and 24.11.
_FROM_SLURM = re.compile(r"\S*(sinfo|slurm\w*): ")
_SCHEDULER_DOWN = re.compile(
    r"Unable to contact slurm controller|Socket timed out|[Mm]unge|Protocol authentication error"
    r"|Unexpected message received"  # of 23.11, where the controller does not answer in time
    r"|Unable to process configuration file|Could not establish a configuration source"
    r"|cannot stat file"
)
_MUNGE_FAILED = re.compile(r"Munge \w+ failed")  # after which it only speaks of a protocol error


def command(frame: str) -> str:
    """Return the line that asks about all partitions, and the cluster as a whole."""
    return question.command(frame, PARTITIONS, TOTAL)


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
        return Obstacle(Cause.SCHEDULER_DOWN, next(filter(_MUNGE_FAILED.search, lines), detail))
    if begun and exit_status in _KILLED_BY:
        return Obstacle(Cause.SINFO_FAILED, f"it was killed by signal {_KILLED_BY.index(exit_status) + 1}")
    return Obstacle(Cause.SINFO_FAILED, detail)


def parse(output: bytes, frame: str) -> Listing:
    """Read what `command(frame)` printed.

    Raises UnparsableError, which quotes the line, for anything that is not exactly what was asked for:
    a monitor that skips what it cannot read reports a cluster that is not there.
    """
    by_partition, in_all = question.answers(output, frame, 2)
    return add_total(parse_partitions(by_partition), in_all)


class Partitions(Struct, frozen=True):
    """The partitions by their names as Slurm has them, and the state words that nobody has heard of."""

    by_name: Mapping[str, Partition]
    unrecognised: tuple[str, ...] = ()

    def chosen(self, interest: Interest) -> "Partitions":
        return Partitions({name: self.by_name[name] for name in interest.choose(self.by_name)})


def parse_partitions(lines: list[str]) -> Partitions:
    """Read the answer to PARTITIONS, or WITH_HIDDEN."""
    unrecognised: dict[str, None] = {}
    partitions: dict[str, Partition] = {}
    for row in _rows(lines, "name|availability|time limit|nodes|state"):
        _add(partitions, row)
        _note(unrecognised, row)
    return Partitions(partitions, tuple(unrecognised))


def add_total(partitions: Partitions, in_all: list[str]) -> Listing:
    """Complete the listing by the answer to TOTAL, asked about these partitions."""
    unrecognised = dict.fromkeys(partitions.unrecognised)
    nodes = NodeCounts()
    for row in _rows(in_all, "nodes|state"):
        nodes = nodes.plus(row.bucket, row.nodes)
        _note(unrecognised, row)
    listed = sum(partition.nodes.total for partition in partitions.by_name.values())
    if (listed == 0) is not (nodes.total == 0):  # a few more or less may have joined or left in between
        raise UnparsableError(
            f"sinfo contradicts itself: {listed} nodes in partitions, and {nodes.total} in the whole cluster"
        )
    return Listing(tuple(partitions.by_name.values()), nodes, tuple(unrecognised))


def partition_name(marked: str) -> str:
    """Return the name to show for one as sinfo prints it."""
    return clean(marked.removesuffix(_DEFAULT_MARK), limit=_NAME_LIMIT)


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
    if len(lines) > _ROW_LIMIT:
        raise UnparsableError(f"sinfo printed {len(lines)} rows of {shape}, which is beyond belief")
    for line in lines:
        *partition, count, state = fields = (
            line.split("|") if line.count("|") == shape.count("|") else ["", ""]
        )
        if not (all(fields) and _COUNT.fullmatch(count)):
            raise UnparsableError(f"sinfo printed '{clean(line)}' where {shape} was expected")
        yield _Row(line, tuple(partition), int(count), state, bucket_of(state))


def _add(partitions: dict[str, Partition], row: _Row) -> None:
    marked, availability, time_limit = row.partition
    name = marked.removesuffix(_DEFAULT_MARK)
    known = partitions.get(name)
    listed = Partition(
        name=partition_name(marked),
        default=marked != name,
        availability=clean(availability),
        time_limit=clean(time_limit),
        nodes=known.nodes if known else NodeCounts(),
    )
    if known not in {None, listed}:
        raise UnparsableError(f"sinfo contradicts itself about a partition in '{clean(row.line)}'")
    partitions[name] = listed.plus(row.bucket, row.nodes)
    if len(partitions) > _PARTITION_LIMIT:
        raise UnparsableError(f"sinfo lists more than {_PARTITION_LIMIT} partitions")


def _note(unrecognised: dict[str, None], row: _Row) -> None:
    if row.known_bucket is None and row.state != _NO_NODES and len(unrecognised) < _UNRECOGNISED_LIMIT:
        unrecognised[clean(row.state)] = None
