"""Which status one poll shows, and by how many polls a change to it is confirmed."""

from collections.abc import Mapping

from msgspec import Struct

from cluster_status.domain.status.cause import Cause, Status
from tests.property.fleet.model.calendar import Cover
from tests.property.fleet.model.partitions import PartitionBook, Usual
from tests.property.fleet.model.reading import DEGRADED_BELOW, Reading

CONFIRM_AFTER = 2
_AT_ONCE = frozenset({Cause.DNS, Cause.REFUSED})
_NETWORK = frozenset({*_AT_ONCE, Cause.UNREACHABLE, Cause.TIMEOUT, Cause.DROPPED})
_IMPAIRED = frozenset({Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT, Cause.SHELL_HANGS})
FAILURES = frozenset(cause.value for cause in _IMPAIRED)  # reasons that end at once
SHARE = "share"


class Polls(Struct, frozen=True):
    """The polls in a row that may confirm, and that must."""

    least: int = 1
    most: int = 1


AT_ONCE, TWICE, EITHER, NEVER = Polls(), Polls(2, 2), Polls(1, 2), Polls(1_000, 1_000)


class Evidence(Struct, frozen=True):
    """The status that a poll shows; `instead` may be taken for it where the documents leave that open.

    `reasons` make it degraded. Each is confirmed by itself.
    """

    status: Status
    polls: Polls = AT_ONCE
    reasons: Mapping[str, Polls] = {}
    instead: frozenset[Status] = frozenset()
    not_counted: frozenset[str] = frozenset()  # partitions that are out as usual, or for maintenance
    maybe: Mapping[str, Polls] = {}  # partitions that are out, and may or may not count
    is_known: bool = False  # a partition that is lost was so before, or was in maintenance
    is_lost: bool = False  # a partition that was lost is not confirmed to be back


def evidence(reading: Reading, books: Mapping[str, PartitionBook], cover: Cover, *, ended: bool) -> Evidence:
    """Return what the poll shows; `ended` says that a maintenance of all nodes was over before it."""
    if reading.lists:
        return _listing(reading, books, cover)
    if not reading.online or reading.failure in {None, Cause.JUMP_HOST}:
        return Evidence(Status.UNKNOWN)
    if reading.failure is Cause.LOGINS_CLOSED:
        return Evidence(Status.MAINTENANCE, EITHER, instead=frozenset({Status.UNKNOWN}))
    if reading.failure in _NETWORK | _IMPAIRED:
        return _failure(reading.failure, cover, ended=ended)
    return Evidence(Status.UNKNOWN)


def _failure(cause: Cause, cover: Cover, *, ended: bool) -> Evidence:
    polls = (
        AT_ONCE
        if cause in _AT_ONCE | _IMPAIRED - {Cause.SHELL_HANGS}
        else Polls(CONFIRM_AFTER, CONFIRM_AFTER)
    )
    if ended:
        polls = Polls(1, polls.most)
    status = Status.OFFLINE if cause in _NETWORK else Status.DEGRADED
    reasons = {cause.value: polls} if status is Status.DEGRADED else {}
    if cover is Cover.YES:
        return Evidence(Status.MAINTENANCE, EITHER)
    instead = frozenset({Status.MAINTENANCE}) if cover is Cover.MAYBE else frozenset[Status]()
    return Evidence(status, polls, reasons, instead)


def _listing(reading: Reading, books: Mapping[str, PartitionBook], cover: Cover) -> Evidence:
    listing = reading.listing
    serving = listing.serving - (listing.held if cover is Cover.YES else 0)
    covered = cover is not Cover.NO
    if not serving:
        is_planned = covered or 2 * listing.in_maintenance >= listing.total
        return Evidence(Status.MAINTENANCE if is_planned else Status.OFFLINE)
    out = [book for book in books.values() if book.is_out]
    polls = {book.name: _polls(book) for book in out}
    reasons = {book.name: polls[book.name] for book in out if not book.usual}
    maybe = {book.name: polls[book.name] for book in out if book.usual}
    if listing.drains:
        reasons["draining"] = EITHER
    shares = listing.shares(
        reading.second, *(only_in_usual(books, least) for least in (Usual.MAYBE, Usual.YES))
    )
    low = [one.serving < DEGRADED_BELOW for one in shares]
    planned_low = covered or all(one.explained >= DEGRADED_BELOW for one in shares)
    if all(low) and not planned_low:
        reasons[SHARE] = TWICE
    if any(low) and planned_low:
        instead = frozenset({Status.DEGRADED}) if reasons or maybe else frozenset[Status]()
        instead |= frozenset() if all(low) else frozenset({Status.ONLINE})
        return Evidence(Status.MAINTENANCE, EITHER, reasons, instead)
    if reasons:
        is_known = any(book.lost or book.was_unclear for book in out)
        return Evidence(Status.DEGRADED, EITHER, reasons, is_known=is_known, maybe=maybe)
    not_counted = frozenset(
        book.name for book in books.values() if book.maintenance_polls or (book.polls and book.usual)
    )
    is_lost = any(book.lost and not book.usual for book in books.values())
    may_be_lost = any(book.lost and book.usual is Usual.MAYBE for book in books.values())
    instead = frozenset({Status.DEGRADED}) if maybe or may_be_lost or any(low) else frozenset[Status]()
    return Evidence(Status.ONLINE, instead=instead, not_counted=not_counted, is_lost=is_lost, maybe=maybe)


def _polls(book: PartitionBook) -> Polls:
    """Return the polls that confirm a loss. After a maintenance, a partition may have one more to return."""
    if book.at_once:
        return EITHER if book.was_unclear and not book.named else AT_ONCE
    return TWICE


_NO_NODES = frozenset[str]()


def only_in_usual(books: Mapping[str, PartitionBook], least: Usual) -> frozenset[str]:
    """Return the nodes that are in no other partitions than usual ones that are out."""
    usual = [one for one in books.values() if one.polls and one.usual >= least]
    if not usual:
        return _NO_NODES
    used = _NO_NODES.union(*(one.nodes for one in books.values() if one not in usual))
    return _NO_NODES.union(*(one.nodes for one in usual)) - used
