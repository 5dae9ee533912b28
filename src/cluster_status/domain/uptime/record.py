"""The record of a cluster: recent polls, uptime, incidents, and gaps without polls."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.uptime.gaps import GAPS_KEPT, Gap, Interval, since_last_poll, without_future
from cluster_status.domain.uptime.incident import INCIDENTS_KEPT, Incident, incident_over
from cluster_status.domain.uptime.ledger import UptimeLedger, recorded
from cluster_status.domain.uptime.polls import Poll, Polls, appended


class Record(Struct, frozen=True):
    polls: Polls = ()
    ledger: UptimeLedger = UptimeLedger()
    incidents: tuple[Incident, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def gap_ended(self, at: Instant) -> Gap | None:
        """Return the gap that the poll at this instant ended; None if it ended none."""
        last = self.gaps[-1] if self.gaps else None
        return last if last and last.end == at else None


def add_poll(record: Record, poll: Poll, before: StatusTracker, after: StatusTracker) -> tuple[Record, int]:
    """Return the record with this poll, and the change in the number of missed polls.

    The number falls where a clock was set back: gaps that end in the future were measured by a wrong clock.
    """
    gaps, missed = record.gaps, 0
    if record.polls and poll.at < record.polls[-1].at:
        gaps = without_future(gaps, poll.at)
        missed = _missed(gaps) - _missed(record.gaps)
    elapsed = since_last_poll(record.polls, poll.at)
    if isinstance(elapsed, Gap):
        gaps = (*gaps, elapsed)[-GAPS_KEPT:]
        missed += elapsed.missed
    was_known = bool(record.polls) and record.polls[-1].status is not Status.UNKNOWN
    interval = elapsed if isinstance(elapsed, Interval) and was_known else None
    incident = incident_over(before, after)
    extended = replace(
        record,
        polls=appended(record.polls, poll),
        ledger=recorded(record.ledger, interval, before, after),
        incidents=(*record.incidents, incident)[-INCIDENTS_KEPT:] if incident else record.incidents,
        gaps=gaps,
    )
    return extended, missed


def _missed(gaps: Iterable[Gap]) -> int:
    return sum(gap.missed for gap in gaps)
