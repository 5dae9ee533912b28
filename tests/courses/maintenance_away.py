"""Maintenances in which the login node is down."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, Course
from tests.courses.phases import BEGINS, ENDS, IN_MAINTENANCE, OFFLINE, SCHEDULED
from tests.courses.sites import mscluster
from tests.courses.steps import all_of, before, deleted, login, poll, reserved, says, starts, step

_DOWN = "The head node is shut down."


_OVERDUE = poll(says(Event.MAINTENANCE_OVERDUE, times=(18,), ping=True), polls=2, within=True, then=OFFLINE)


COURSES = (
    Course(
        name="login-away-inside",
        truth="A head node that is down inside the window is maintenance, and no downtime.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=11),
            step(_DOWN, login(Cause.REFUSED), until=15, found=Status.MAINTENANCE),
            step("It is up again.", login(None), found=Status.MAINTENANCE),
            *ENDS,
        ),
    ),
    Course(
        name="login-away-from-the-begin",
        truth="A head node that is down at the begin of the window starts the maintenance.",
        site=mscluster,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=before(10)),
            step(
                _DOWN,
                login(Cause.REFUSED),
                says(Event.MAINTENANCE_STARTED, times=(18,)),
                then=IN_MAINTENANCE,
            ),
            poll(until=17),
            step("It is up again.", login(None), found=Status.MAINTENANCE),
            *ENDS,
        ),
    ),
    Course(
        name="overdue",
        truth="A cluster that is not back at the end of its maintenance is overdue, with a ping.",
        site=mscluster,
        offline=2,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=11),
            step(_DOWN, login(Cause.REFUSED), until=before(18), found=Status.MAINTENANCE),
            _OVERDUE,
            poll(until=20),
            step("It is up again.", login(None), says(Event.RECOVERY), then=ONLINE),
            poll(until=22),
        ),
    ),
    Course(
        name="outage-after-an-early-end",
        truth="An outage right after a maintenance that has ended early is an outage.",
        site=mscluster,
        offline=2,
        steps=(
            starts(),
            SCHEDULED,
            *BEGINS,
            poll(until=12),
            step(
                "The reservation is deleted.", deleted(), says(Event.RECOVERY, not_times=(18,)), then=ONLINE
            ),
            step(_DOWN, login(Cause.REFUSED), says(Event.OUTAGE, ping=True), then=OFFLINE),
            poll(until=14.25),
            step("It is up again.", login(None), says(Event.RECOVERY), then=ONLINE),
            poll(until=20),
        ),
    ),
    Course(
        name="open-end-unreachable",
        truth="A maintenance with an open end counts for 24 hours while the head node is down.",
        site=mscluster,
        offline=2,
        steps=(
            starts(),
            step(
                "All nodes are reserved from 18:00 without an end.",
                reserved(10, None),
                says(Event.MAINTENANCE_SCHEDULED, times=(10,)),
            ),
            poll(until=before(10)),
            step(_DOWN, login(Cause.REFUSED), says(Event.MAINTENANCE_STARTED), then=IN_MAINTENANCE),
            poll(until=before(34)),
            poll(says(Event.MAINTENANCE_OVERDUE, ping=True), polls=2, within=True, then=OFFLINE),
            poll(until=36),
            step(
                "It is up again, and the reservation is deleted.",
                all_of(login(None), deleted()),
                says(Event.RECOVERY),
                then=ONLINE,
            ),
        ),
    ),
    Course(
        name="outage-around-the-window",
        truth="An outage becomes maintenance at the begin of the window, and is overdue at its end.",
        site=mscluster,
        offline=4,
        steps=(
            starts(),
            SCHEDULED,
            poll(until=8),
            step(_DOWN, login(Cause.REFUSED), says(Event.OUTAGE, ping=True), then=OFFLINE),
            poll(until=before(10)),
            poll(says(Event.MAINTENANCE_STARTED, times=(18,)), then=IN_MAINTENANCE),
            poll(until=before(18)),
            _OVERDUE,
            poll(until=20),
            step("It is up again.", login(None), says(Event.RECOVERY), then=ONLINE),
            poll(until=22),
        ),
    ),
    Course(
        name="outage-in-a-maintenance-of-a-partition",
        truth="A maintenance of one partition is no maintenance of the head node.",
        site=mscluster,
        offline=1,
        steps=(
            starts(),
            step(
                "The GPU nodes are reserved from 12:00 to 16:00.",
                reserved(4, 8, "gpu[1-4]"),
                says(Event.MAINTENANCE_SCHEDULED, "gpu", times=(4, 8)),
            ),
            poll(until=before(4)),
            poll(says(Event.MAINTENANCE_STARTED, "gpu", times=(8,))),
            poll(until=5),
            step(_DOWN, login(Cause.REFUSED), says(Event.OUTAGE, ping=True), then=OFFLINE),
            poll(until=6),
            step("It is up again.", login(None), says(Event.RECOVERY), then=ONLINE),
            poll(until=before(8)),
            poll(says(Event.RECOVERY, "gpu")),
            poll(until=10),
        ),
    ),
    Course(
        name="outage-in-less-than-ninety-percent",
        truth="A window of less than 90 % of the nodes is no maintenance of the head node.",
        site=mscluster,
        offline=1,
        steps=(
            starts(),
            step(
                "39 of 44 nodes are reserved from 12:00 to 16:00.",
                reserved(4, 8, "cpu[01-39]"),
                says(Event.MAINTENANCE_SCHEDULED, "39", times=(4, 8)),
            ),
            poll(until=before(4)),
            poll(says(Event.MAINTENANCE_STARTED, times=(8,)), polls=2, within=True, then=IN_MAINTENANCE),
            poll(until=5),
            step(_DOWN, login(Cause.REFUSED), says(Event.OUTAGE, ping=True), then=OFFLINE),
            poll(until=6),
            step(
                "It is up again, and the nodes are still in maintenance.",
                login(None),
                says((Event.MAINTENANCE_STARTED, Event.PARTIAL_RECOVERY)),
                polls=2,
                within=True,
                then=IN_MAINTENANCE,
            ),
            poll(until=before(8)),
            poll(says(Event.RECOVERY), polls=2, within=True, then=ONLINE),
        ),
    ),
    Course(
        name="login-away-inside-ninety-percent",
        truth="A window of at least 90 % of the nodes is a maintenance of the head node, too.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "40 of 44 nodes are reserved from 18:00 to 02:00.",
                reserved(10, 18, "cpu[01-40]"),
                says(Event.MAINTENANCE_SCHEDULED, "40", times=(10, 18)),
            ),
            *BEGINS,
            poll(until=11),
            step(_DOWN, login(Cause.REFUSED), until=15, found=Status.MAINTENANCE),
            step("It is up again.", login(None), found=Status.MAINTENANCE),
            *ENDS,
        ),
    ),
)
