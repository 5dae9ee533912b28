"""The history of the original script: a JSON list of its polls."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from msgspec import Struct, ValidationError, json

from cluster_status.domain.history.history import History, PollContext, advance
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.text import clean

MAX_BYTES = 5_000_000  # of a year of five-minute polls, reduced as docs/migration.md shows

_FORMATS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y/%m/%d %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%a, %d %b %Y %H:%M:%S %z",
)
_YEARS = range(2000, 2100)
_ONLINE = ProbeResult(outcome=ClusterState(), reached=True, credential_offered=True, logged_in=True)
_OFFLINE = ProbeResult(outcome=ProbeFailure(Cause.TIMEOUT))  # the script stored no cause


class _Entry(Struct):
    """A poll, without its partitions and its error, which are text of the cluster."""

    poll_time: int | float | str
    online: bool


def is_original(content: bytes) -> bool:
    return content.lstrip()[:1] == b"["


def restore(content: bytes) -> History:
    """Return the history after these polls. Nothing is pending, because the script has sent its own messages.

    Raises msgspec.DecodeError if the content is not such a list.
    """
    entries = json.decode(content, type=list[_Entry])
    polls = sorted(
        ((_instant(number, entry.poll_time), entry.online) for number, entry in enumerate(entries)),
        key=lambda poll: poll[0],
    )
    return _replayed(polls)


def _replayed(polls: Iterable[tuple[datetime, bool]]) -> History:
    history = History()
    for at, online in polls:
        result = _ONLINE if online else _OFFLINE
        verdict = Verdict(Status.ONLINE if online else Status.OFFLINE)
        # without channels, nothing is pending: the script has notified already
        history = advance(history, result, verdict, PollContext(id="", at=at, confirm_after=1, in_turn=True))
    return history


def _instant(number: int, poll_time: float | str) -> datetime:
    """Read seconds since 1970, ISO 8601 or another unambiguous format. Without a time zone it is in UTC."""
    for at in _readings(poll_time):
        aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        if aware.year in _YEARS:
            return aware.astimezone(UTC).replace(microsecond=0)
    given = clean(str(poll_time), limit=60)
    raise ValidationError(f"entry {number} of the list has an invalid poll_time '{given}'")


def _readings(poll_time: float | str) -> Iterable[datetime]:
    with suppress(ValueError, OverflowError, OSError):
        yield datetime.fromtimestamp(float(poll_time), UTC)
    if isinstance(poll_time, str):
        with suppress(ValueError):
            yield datetime.fromisoformat(poll_time.strip())
        for form in _FORMATS:
            with suppress(ValueError):
                yield datetime.strptime(poll_time.strip(), form)  # noqa: DTZ007 - UTC without a time zone
