"""The facts of a message: a label and a value each."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.notification.content.window_facts import FORMER_TIMES, window_facts
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.partition_events import is_of_partition_maintenance
from cluster_status.domain.status.cause import Cause, cause_info
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.uptime import Uptime


class Fact(Struct, frozen=True):
    """One labelled fact. A datetime is kept, so that a channel can show it in the reader's time zone."""

    label: str
    value: str | datetime | timedelta


SINCE = "Since"  # label of the fact
UPTIME_DAYS = 30
_WELL_KNOWN = 0.9  # from this coverage on, an uptime is shown without the number of days it is based on
_EPSILON = 1e-6  # 0.29 * 100 is a little less than 29


def once(facts: Iterable[Fact], at: datetime) -> Iterator[Fact]:
    """Yield the facts without those whose time the message shows already; each channel shows `at`.

    A former time stays: that it is another one's time as well does not say what has changed.
    """
    shown = {at}
    for fact in facts:
        if not isinstance(fact.value, datetime) or fact.label in FORMER_TIMES:
            yield fact
        elif fact.value not in shown:
            shown.add(fact.value)
            yield fact


def with_planned(facts: Sequence[Fact], notice: str, note: str) -> tuple[Fact, ...]:
    """Add what the user has written for readers: the note follows the times of the maintenance."""
    before = [Fact("Notice", notice)] if notice else []
    notes = [Fact("Maintenance note", note)] if note else []
    times = [number for number, one in enumerate(facts, 1) if one.label.startswith("Maintenance ")]
    end = max(times, default=0)
    return (*before, *facts[:end], *notes, *facts[end:])


def facts(notification: Notification) -> Iterator[Fact]:
    if notification.week:  # the sentence has them all
        return
    windows = [Fact(label, value) for label, value in window_facts(notification)]
    if notification.is_about_window:
        yield from windows
    else:
        yield from _times(notification)
    if notification.unknown_since and notification.at >= notification.unknown_since:
        yield Fact("Unknown for", notification.at - notification.unknown_since)
    if notification.previous and notification.period:
        yield from _replaced(notification.previous, notification.period)
    if notification.nodes:
        nodes = notification.nodes
        in_service = f"{nodes.in_service} of {nodes.total} in service"
        yield Fact("Nodes", in_service if nodes.total else "none listed")
    yield from _record(notification)
    if not notification.is_about_window:
        yield from windows
    if notification.dropped:
        yield Fact("Older messages not delivered", str(notification.dropped))


def _times(notification: Notification) -> Iterator[Fact]:
    unknown, period = notification.unknown, notification.period
    if unknown:
        yield Fact("Unknown since", unknown.since)
        if notification.last_login:
            yield Fact("Last successful login", notification.last_login)
        if period:
            yield Fact("Last known status", period.status.value)
    elif notification.event is Event.REMOVED and period:
        yield Fact("Last known status", period.status.value)
    elif period and not is_of_partition_maintenance(notification):
        yield Fact(SINCE, period.since)


def _replaced(before: StatusPeriod, period: StatusPeriod) -> Iterator[Fact]:
    if period.since >= before.since:  # else the clock was set back, and the duration is not known
        yield Fact(f"Was {phrase(before.status)} for", period.since - before.since)
    causes = [cause_info(cause).clause for cause in before.causes if cause is not Cause.MAINTENANCE]
    if causes:
        yield Fact("Cause", "; then ".join(causes))


def _record(notification: Notification) -> Iterator[Fact]:
    if notification.uptime and notification.uptime.coverage * UPTIME_DAYS >= 1:  # less means little
        yield Fact(f"Uptime, {UPTIME_DAYS} days", _uptime(notification.uptime))
    if notification.instability:
        downtime = notification.instability.downtime
        yield Fact("Unstable since", notification.instability.since)
        yield Fact("Outages, 24 h", str(downtime.outages))
        yield Fact("Time down, 24 h", timedelta(seconds=downtime.seconds))
    if notification.missed_polls:
        yield Fact("Missed polls", str(notification.missed_polls))


def _uptime(uptime: Uptime) -> str:
    """Return tenths of a percent, rounded down: after a minute of downtime it is below 100 %."""
    share = f"{int(uptime.up * 1000 + _EPSILON) / 10:.1f} %"
    if uptime.coverage >= _WELL_KNOWN:
        return share
    return f"{share} ({round(uptime.coverage * UPTIME_DAYS)} of {UPTIME_DAYS} days monitored)"
