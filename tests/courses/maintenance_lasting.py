"""Reservations that recur, last for years, or have no end."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, Course, State, Step
from tests.courses.phases import IN_MAINTENANCE
from tests.courses.sites import mscluster
from tests.courses.steps import DAY, HOURLY, before, deleted, hour, nodes, poll, reserved, says, starts, step
from tests.fakes.site import Reservation, Site


def with_a_node_reserved_for_years() -> Site:
    """Return a site with one node in maintenance for two years, and all nodes from 20:00 to 04:00."""
    site = mscluster()
    site.reserve(Reservation("burnt-node", hour(-365 * DAY), hour(365 * DAY), "cpu40"))
    site.reserve(Reservation("cooling-water", hour(12), hour(20), flags=("MAINT", "OVERLAP")))
    return site


def _recurring(flag: str, every: float) -> tuple[Step, ...]:
    """Return two occurrences of a maintenance of all nodes from 18:00 to 22:00."""
    begins = [10, 10 + every]
    occurrences = [
        (
            poll(until=begin - 1),
            poll(says(Event.MAINTENANCE_STARTED, times=(begin + 4,)), then=IN_MAINTENANCE),
            poll(until=begin + 3),
            poll(says(Event.RECOVERY), then=ONLINE),
        )
        for begin in begins
    ]
    created = step(
        f"All nodes are reserved from 18:00 to 22:00, {flag}.", reserved(10, 14, flags=("MAINT", flag))
    )
    return (starts(), created, *(one for occurrence in occurrences for one in occurrence))


COURSES = (
    Course(
        name="node-reserved-for-years",
        truth="The maintenance that matters is shown, not that of one node for years.",
        site=with_a_node_reserved_for_years,
        steps=(
            starts(times=(12, 20), not_times=(365 * DAY,)),
            poll(until=before(12)),
            poll(says(Event.MAINTENANCE_STARTED, times=(20,), not_times=(365 * DAY,)), then=IN_MAINTENANCE),
            poll(until=before(20)),
            poll(says(Event.RECOVERY, not_times=(365 * DAY,)), then=ONLINE),
            step(
                "23 nodes fail.",
                nodes("cpu[01-23]", "down*"),
                says(Event.DEGRADED, not_times=(365 * DAY,)),
                polls=2,
                then=State(Status.DEGRADED, Cause.NODES_DOWN),
            ),
        ),
    ),
    Course(
        name="one-node-unlimited",
        truth="A reservation of one node without an end sends nothing.",
        site=mscluster,
        steps=(
            starts(),
            step("cpu01 is reserved without an end.", reserved(1, None, "cpu01"), until=30),
        ),
    ),
    Course(
        name="few-nodes",
        truth="A maintenance of less than a tenth of the nodes, and of no whole partition, sends nothing.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "4 of 44 nodes are reserved from 10:00 to 12:00.", reserved(2, 4, "cpu[01-03],gpu1"), until=6
            ),
        ),
    ),
    Course(
        name="open-end",
        truth="A maintenance with an open end lasts as long as Slurm lists it.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "All nodes are reserved from 18:00 without an end.",
                reserved(10, None),
                says(Event.MAINTENANCE_SCHEDULED, times=(10,)),
            ),
            poll(until=before(10)),
            poll(says(Event.MAINTENANCE_STARTED), then=IN_MAINTENANCE),
            poll(until=44),
            step(
                "The reservation is deleted.",
                deleted(),
                says(Event.RECOVERY, not_said=("Maintenance ends",)),
                then=ONLINE,
            ),
            poll(until=46),
        ),
    ),
    Course(
        name="daily-few-nodes",
        truth="A daily maintenance of few nodes sends nothing.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "2 nodes are reserved from 10:00 to 12:00, DAILY.",
                reserved(2, 4, "cpu[01-02]", flags=("MAINT", "DAILY")),
                until=3 * DAY,
            ),
        ),
        interval=HOURLY,
    ),
    Course(
        name="daily-all-nodes",
        truth="A daily maintenance of all nodes is not scheduled, but it is maintenance.",
        site=mscluster,
        steps=_recurring("DAILY", DAY),
        interval=HOURLY,
    ),
    Course(
        name="weekly-all-nodes",
        truth="A weekly maintenance of all nodes is not scheduled, but it is maintenance.",
        site=mscluster,
        steps=_recurring("WEEKLY", 7 * DAY),
        interval=HOURLY,
    ),
)
