"""Builders of steps, of the messages that they expect, and of changes."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any, Literal

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import DeliveryError
from tests.courses.course import ONLINE, Change, Says, State, Step
from tests.courses.site_monitor import INTERVAL, SiteMonitor
from tests.fakes.site import START, Reservation

DAY = 24  # hours
HOURLY = timedelta(hours=1)


def before(number: float) -> float:
    """Return the hour of the last poll before this one."""
    return number - INTERVAL / timedelta(hours=1)


def hour(number: float) -> datetime:
    """Return an hour of the course as a time."""
    return START + timedelta(hours=number)


# Steps


def says(events: Event | tuple[Event, ...], *words: str, **expected: Any) -> Says:
    """Return a message of one of these events, with these words."""
    return Says(events=events if isinstance(events, tuple) else (events,), words=words, **expected)


def starts(*words: str, then: State = ONLINE, noticed: tuple[str, ...] = (), **expected: Any) -> Step:
    """Return the first poll, which sends one message; `noticed` are the words of its notices."""
    first = says(Event.INITIAL, *words, **expected)
    return Step(happens="Monitoring starts.", sends=(first,), then=then, notices=noticed)


def step(happens: str, change: Change, *sends: Says, **expected: Any) -> Step:
    return Step(happens=happens, change=change, sends=sends, **expected)


def poll(*sends: Says, **expected: Any) -> Step:
    """Return polls without a change before them."""
    return Step(sends=sends, **expected)


# Changes


def nodes(hosts: str, state: str, *, reason: str = "", since: float | None = None) -> Change:
    """Return a change of nodes; `since` is the hour of the reason."""
    at = None if since is None else hour(since)
    return lambda monitor: monitor.site.set_nodes(hosts, state, reason=reason, since=at)


def partition(name: str, availability: str) -> Change:
    return lambda monitor: monitor.site.set_partition(name, availability)


def created_partition(name: str, hosts: str) -> Change:
    return lambda monitor: monitor.site.create_partition(name, hosts)


def deleted_partition(name: str) -> Change:
    return lambda monitor: monitor.site.delete_partition(name)


def reserved(
    begin: float,
    end: float | None,
    hosts: str = "ALL",
    *,
    name: str = "cooling-water",
    flags: tuple[str, ...] = ("MAINT",),
) -> Change:
    """Return a reservation between two hours of the course; it replaces the one with this name."""
    until = None if end is None else hour(end)
    return lambda monitor: monitor.site.reserve(Reservation(name, hour(begin), until, hosts, flags))


def deleted(name: str = "cooling-water") -> Change:
    return lambda monitor: monitor.site.delete_reservation(name)


def planned(*lines: tuple[float, float] | tuple[float, float, str]) -> Change:
    """Return windows in the input `maintenance`, between two hours of the course, with a note."""
    texts = [
        f"{hour(begin).isoformat()} to {hour(end).isoformat()}: {''.join(note)}"
        for begin, end, *note in lines
    ]
    return lambda monitor: monitor.set_inputs(maintenance="\n".join(texts))


def notice(text: str) -> Change:
    return lambda monitor: monitor.set_inputs(notice=text)


def login(failure: Cause | None) -> Change:
    def change(monitor: SiteMonitor) -> None:
        monitor.site.failures.login = failure

    return change


def check(name: str, failure: Cause | None) -> Change:
    """Return that a site check fails for this cause, or passes."""

    def change(monitor: SiteMonitor) -> None:
        checks = {one: cause for one, cause in monitor.site.failures.checks.items() if one != name}
        monitor.site.failures.checks = checks | ({name: failure} if failure else {})

    return change


def controller(failure: Literal["", "down", "hangs"]) -> Change:
    def change(monitor: SiteMonitor) -> None:
        monitor.site.failures.controller = failure

    return change


def scontrol(failure: Literal["", "missing", "denied"]) -> Change:
    def change(monitor: SiteMonitor) -> None:
        monitor.site.failures.scontrol = failure

    return change


def all_of(*changes: Change) -> Change:
    def change(monitor: SiteMonitor) -> None:
        for one in changes:
            one(monitor)

    return change


def gap(hours: float) -> Change:
    """Return that polls do not run for some hours."""

    def change(monitor: SiteMonitor) -> None:
        monitor.next_poll += timedelta(hours=hours)

    return change


def alternating(one: Change, other: Change, *, polls: int = 1) -> Change:
    """Return that `one` and `other` happen in turns before polls, until the site is steady."""

    def change(monitor: SiteMonitor) -> None:
        number = count()
        monitor.before_poll = lambda: (other if next(number) // polls % 2 else one)(monitor)

    return change


def steady(last: Change) -> Change:
    def change(monitor: SiteMonitor) -> None:
        monitor.before_poll = lambda: None
        last(monitor)

    return change


def channel_fails(monitor: SiteMonitor) -> None:
    monitor.notifier.fail_from_now_on(DeliveryError("The channel does not answer.", cause="no answer"))


def channel_works(monitor: SiteMonitor) -> None:
    monitor.notifier.work_again()
