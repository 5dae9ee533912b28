"""A course of polls of the site, at hours after noon, with what each of them notifies."""

from cluster_status.domain.history.history import History
from cluster_status.domain.maintenance.calendar import KnownWindow
from cluster_status.domain.maintenance.plan import Plan, PlannedWindow
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import Setup, delivered, history, pending, step
from tests.unit.domain.maintenance.site import hour, site_lists

POLL = 1 / 12  # of an hour


class Course:
    """`sent` are the notifications that the channel has got; without `delivers`, they stay pending."""

    def __init__(self, before: History | None = None) -> None:
        self.history = history(Status.ONLINE) if before is None else before
        self.sent: list[Notification] = []
        self.delivers = True

    def poll(self, at: float, *reservations: Reservation, **nodes: int) -> list[Notification]:
        return self.probe(at, site_lists(*reservations, error="", **nodes))

    def poll_twice(self, at: float, *reservations: Reservation, **nodes: int) -> list[Notification]:
        return [*self.poll(at, *reservations, **nodes), *self.poll(at + POLL, *reservations, **nodes)]

    def probe(self, at: float, result: ProbeResult, *planned: PlannedWindow) -> list[Notification]:
        """Poll once, and return the new notifications of this poll."""
        before = pending(self.history)
        setup = Setup(plan=Plan(planned))
        self.history = step(self.history, result, hour(at), setup=setup, in_turn=True)
        new = [one for one in pending(self.history) if one not in before]
        if self.delivers:
            self.deliver()
        return new

    def deliver(self) -> None:
        for notification in pending(self.history):
            self.sent.append(notification)
            self.history = delivered(self.history, notification)

    @property
    def events(self) -> list[Event]:
        return [one.event for one in self.sent]

    @property
    def known(self) -> tuple[KnownWindow, ...]:
        return self.history.calendar.windows

    @property
    def status(self) -> Status | None:
        return self.history.tracker.status
