"""Several reservations that are one maintenance, and reservations of other kinds."""

from cluster_status.domain.notification.event import Event
from tests.courses.course import ONLINE, Change, Course
from tests.courses.phases import BEGINS, ENDS, IN_MAINTENANCE
from tests.courses.site_monitor import SiteMonitor
from tests.courses.sites import forty_nodes, mscluster, with_hidden_partition
from tests.courses.steps import DAY, HOURLY, all_of, before, hour, poll, reserved, says, starts, step
from tests.fakes.site import Reservation


def reserved_hidden(monitor: SiteMonitor) -> None:
    monitor.site.reserve(Reservation("cooling-water", hour(10), hour(18), partition="all"))


def _of_each_node() -> Change:
    """Return a reservation of half an hour for each of twelve nodes, one after another from 10:00 on."""
    return all_of(
        *(
            reserved(2 + number / 2, 2.5 + number / 2, f"cpu{number + 1:02}", name=f"firmware-{number}")
            for number in range(12)
        )
    )


COURSES = (
    Course(
        name="reservation-for-each-node",
        truth="A reservation for each node is one maintenance of all of them.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "12 nodes are reserved for half an hour each, from 10:00 to 16:00.",
                _of_each_node(),
                says(Event.MAINTENANCE_SCHEDULED, "12", times=(2, 8)),
            ),
            poll(until=before(2)),
            poll(says(Event.MAINTENANCE_STARTED)),
            poll(until=before(8)),
            poll(says(Event.RECOVERY)),
            poll(until=10),
        ),
    ),
    Course(
        name="staged-halves",
        truth="Two halves, one after the other, are one maintenance.",
        site=forty_nodes,
        steps=(
            starts(),
            step(
                "20 nodes are reserved from 10:00 to 14:00, the others from 14:00 to 18:00.",
                all_of(
                    reserved(2, 6, "cpu[01-20]", name="res-1"), reserved(6, 10, "cpu[21-40]", name="res-2")
                ),
                says(Event.MAINTENANCE_SCHEDULED, times=(2, 10)),
            ),
            poll(until=before(2)),
            poll(says(Event.MAINTENANCE_STARTED, times=(10,))),
            poll(until=before(10)),
            poll(says(Event.RECOVERY)),
            poll(until=12),
        ),
    ),
    Course(
        name="overlapping-reservations",
        truth="Reservations of parts inside one of all nodes are one maintenance.",
        site=forty_nodes,
        steps=(
            starts(),
            step(
                "Each half is reserved for four hours, and all nodes for these eight hours.",
                all_of(
                    reserved(4, 8, "cpu[01-20]", name="res-1"),
                    reserved(8, 12, "cpu[21-40]", name="res-2"),
                    reserved(4, 12, name="res-3", flags=("MAINT", "OVERLAP")),
                ),
                says(Event.MAINTENANCE_SCHEDULED, "40", times=(4, 12)),
            ),
            poll(until=before(4)),
            poll(says(Event.MAINTENANCE_STARTED, times=(12,)), then=IN_MAINTENANCE),
            poll(until=before(12)),
            poll(says(Event.RECOVERY), then=ONLINE),
            poll(until=14),
        ),
    ),
    Course(
        name="hidden-partition",
        truth="A reservation of a hidden partition counts by its nodes.",
        site=with_hidden_partition,
        steps=(
            starts(),
            step(
                "The nodes of the hidden partition all are reserved from 18:00 to 02:00.",
                reserved_hidden,
                says(Event.MAINTENANCE_SCHEDULED, times=(10, 18)),
            ),
            *BEGINS,
            *ENDS,
        ),
    ),
    Course(
        name="all-nodes-without-maint",
        truth="A reservation of all nodes for root is maintenance without the flag MAINT.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "All nodes are reserved for root from 18:00 to 02:00, without MAINT.",
                reserved(10, 18, flags=()),
                says(Event.MAINTENANCE_SCHEDULED, times=(10, 18)),
            ),
            *BEGINS,
            *ENDS,
        ),
    ),
    Course(
        name="long-time-limits",
        truth="A maintenance is scheduled early enough for the longest jobs, and again a day before.",
        site=lambda: mscluster(batch_limit="14-00:00:00"),
        interval=HOURLY,
        steps=(
            starts(),
            poll(until=4),
            step(
                "All nodes are reserved in 200 hours.",
                reserved(200, 210),
                says(Event.MAINTENANCE_SCHEDULED, "jobs", "wait", times=(200, 210)),
            ),
            poll(until=176 - 1),
            poll(says(Event.MAINTENANCE_SCHEDULED, times=(200, 210)), polls=2, within=True),
            poll(until=200 - 1),
            poll(says(Event.MAINTENANCE_STARTED, times=(210,)), then=IN_MAINTENANCE),
            poll(until=210 - 1),
            poll(says(Event.RECOVERY), then=ONLINE),
        ),
    ),
    Course(
        name="no-time-limit",
        truth="A maintenance of a partition without a time limit is scheduled 14 days ahead.",
        site=lambda: mscluster(gpu_limit="infinite"),
        interval=HOURLY,
        steps=(
            starts(),
            step("All nodes are reserved in 20 days.", reserved(20 * DAY, 20 * DAY + 8), until=6 * DAY - 1),
            poll(says(Event.MAINTENANCE_SCHEDULED, "jobs", "wait", times=(20 * DAY,)), polls=2, within=True),
            poll(until=19 * DAY - 1),
            poll(says(Event.MAINTENANCE_SCHEDULED, times=(20 * DAY,)), polls=2, within=True),
            poll(until=20 * DAY - 1),
            poll(says(Event.MAINTENANCE_STARTED), then=IN_MAINTENANCE),
        ),
    ),
)
