"""Maintenances that are scheduled, changed and cancelled."""

from cluster_status.domain.notification.event import Event
from tests.courses.course import ONLINE, Course
from tests.courses.phases import BEGINS, ENDS, IN_MAINTENANCE, SCHEDULED
from tests.courses.sites import mscluster
from tests.courses.steps import before, deleted, hour, poll, reserved, says, starts, step
from tests.fakes.site import Reservation, Site


def _with_maintenance(begin: float, end: float) -> Site:
    site = mscluster()
    site.reserve(Reservation("cooling-water", hour(begin), hour(end)))
    return site


COURSES = (
    Course(
        name="scheduled-started-ended",
        truth="A maintenance is notified when it is scheduled, when it begins and when it ends.",
        site=mscluster,
        steps=(starts(), SCHEDULED, *BEGINS, *ENDS),
    ),
    Course(
        name="within-a-day-of-the-first-poll",
        truth="The first status and a coming maintenance are one message.",
        site=lambda: _with_maintenance(10, 18),
        steps=(starts(times=(10, 18)), *BEGINS, *ENDS),
    ),
    Course(
        name="cancelled",
        truth="A maintenance is cancelled once two polls in a row do not list it.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=3),
            step("The reservation is deleted.", deleted()),
            poll(says(Event.MAINTENANCE_CANCELLED, times=(10,))),
            poll(until=20),
        ),
    ),
    Course(
        name="cancelled-and-scheduled-again",
        truth="A maintenance with the times of a cancelled one is scheduled again.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=1),
            step("The reservation is deleted.", deleted()),
            poll(says(Event.MAINTENANCE_CANCELLED, times=(10,))),
            poll(until=2),
            step(
                "A new one is from 00:00 to 08:00.",
                reserved(16, 24),
                says(Event.MAINTENANCE_SCHEDULED, times=(16, 24)),
            ),
            poll(until=3),
            step("It is set back to the first times.", reserved(10, 18)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(10, 18, 16))),
            *BEGINS,
            *ENDS,
        ),
    ),
    Course(
        name="moved",
        truth="A maintenance that is moved is a change with the old and the new times.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=3),
            step("It is moved to 00:00 to 08:00.", reserved(16, 24)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(10, 16, 24))),
            poll(until=before(16)),
            poll(says(Event.MAINTENANCE_STARTED, times=(24,), not_times=(18,)), then=IN_MAINTENANCE),
            poll(until=before(24)),
            poll(says(Event.RECOVERY), then=ONLINE),
            poll(until=26),
        ),
    ),
    Course(
        name="moved-by-its-length",
        truth="A change names a former time that is a new one as well.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=1),
            step("It is moved to 10:00 to 18:00.", reserved(2, 10)),
            poll(says(Event.MAINTENANCE_CHANGED, "Was to begin", "Was to end", times=(2, 10, 18))),
            poll(until=before(2)),
            poll(says(Event.MAINTENANCE_STARTED, times=(10,)), then=IN_MAINTENANCE),
            poll(until=before(10)),
            poll(says(Event.RECOVERY), then=ONLINE),
        ),
    ),
    Course(
        name="moved-three-times",
        truth="Every move is notified once, also back to the first times.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=1),
            step("Its end is moved by four hours.", reserved(10, 22)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(18, 22))),
            poll(until=3),
            step("Its begin is moved by two hours.", reserved(12, 22)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(10, 12))),
            poll(until=5),
            step("It is moved back.", reserved(10, 18)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(12, 10, 22, 18))),
            *BEGINS,
            *ENDS,
        ),
    ),
    Course(
        name="grown",
        truth="A maintenance that takes more nodes is a change with both numbers.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "12 nodes are reserved from 18:00 to 02:00.",
                reserved(10, 18, "cpu[01-12]"),
                says(Event.MAINTENANCE_SCHEDULED, "12", times=(10, 18)),
            ),
            poll(until=3),
            step("The reservation gets all 44 nodes.", reserved(10, 18)),
            poll(says(Event.MAINTENANCE_CHANGED, "12", "44")),
            *BEGINS,
            *ENDS,
        ),
    ),
    Course(
        name="shrunk-to-a-half",
        truth="A maintenance of all nodes that becomes one of a part while it runs is a change.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=12),
            step(
                "22 nodes are taken out of the reservation.",
                reserved(10, 18, "cpu[01-22]"),
                says(Event.RECOVERY, "22 of 44"),
                then=ONLINE,
            ),
            poll(says(Event.MAINTENANCE_CHANGED, "22 nodes.", "before: 44 (all)", times=(18,))),
            poll(until=16),
        ),
    ),
    Course(
        name="prolonged",
        truth="A maintenance that is prolonged while it runs is a change, and ends later.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=12),
            step("Its end is moved from 02:00 to 10:00.", reserved(10, 26)),
            poll(says(Event.MAINTENANCE_CHANGED, times=(18, 26))),
            poll(until=before(26)),
            poll(says(Event.RECOVERY), then=ONLINE),
            poll(until=28),
        ),
    ),
    Course(
        name="ended-early",
        truth="A maintenance that ends early is a recovery, and no cancellation.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=14),
            step(
                "The reservation is deleted.", deleted(), says(Event.RECOVERY, not_times=(18,)), then=ONLINE
            ),
            poll(until=20),
        ),
    ),
)
