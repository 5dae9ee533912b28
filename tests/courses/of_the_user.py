"""Checks, conditions and mutes of the user."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, Course, State
from tests.courses.phases import LOST
from tests.courses.sites import mscluster
from tests.courses.steps import all_of, before, check, login, nodes, poll, reserved, says, starts, step

_PATHS = {"check-paths": "/scratch, /project"}
_HANGS = State(Status.DEGRADED, Cause.PATH_HANGS)
_IN_MAINTENANCE = State(Status.MAINTENANCE, Cause.MAINTENANCE)
_OFFLINE = State(Status.OFFLINE, Cause.REFUSED)

COURSES = (
    Course(
        name="path-and-partition",
        truth="A lost partition and a path that hangs are one message.",
        site=mscluster,
        inputs=_PATHS,
        steps=(
            starts(),
            step(
                "The file server fails, and with it /scratch and the nodes of gpu.",
                all_of(nodes("gpu[1-4]", "down*"), check("/scratch", Cause.PATH_HANGS)),
            ),
            poll(says(Event.DEGRADED, "No node of gpu", "Path /scratch does not respond"), then=LOST),
            step(
                "/scratch works again.",
                check("/scratch", None),
                says(Event.CHECK_PASSED, "Path /scratch is usable again", "No node of gpu"),
            ),
            step("The nodes of gpu work again.", nodes("gpu[1-4]", "idle")),
            poll(says(Event.RECOVERY, "gpu"), then=ONLINE),
        ),
    ),
    Course(
        name="path-once",
        truth="A path that hangs in a single poll is not notified.",
        site=mscluster,
        inputs=_PATHS,
        steps=(
            starts(),
            step("/scratch hangs.", check("/scratch", Cause.PATH_HANGS), found=Status.DEGRADED),
            step("It works again.", check("/scratch", None)),
            poll(until=2),
        ),
    ),
    Course(
        name="path-and-unknown",
        truth="A poll with an unknown status neither begins nor ends the failure of a path.",
        site=mscluster,
        inputs=_PATHS,
        steps=(
            starts(),
            step("/scratch hangs.", check("/scratch", Cause.PATH_HANGS)),
            poll(says(Event.DEGRADED, "/scratch"), then=_HANGS),
            step(
                "The password has expired, and /scratch works again.",
                all_of(login(Cause.LOGIN_REFUSED), check("/scratch", None)),
            ),
            poll(),
            step(
                "The password is renewed.",
                login(None),
                says(Event.RECOVERY, "/scratch"),
                polls=4,
                within=True,
                then=ONLINE,
            ),
        ),
    ),
    Course(
        name="second-path",
        truth="A second path that fails, and each that works again, is a message of its own.",
        site=mscluster,
        inputs=_PATHS,
        steps=(
            starts(),
            step("/scratch hangs.", check("/scratch", Cause.PATH_HANGS)),
            poll(says(Event.DEGRADED, "/scratch"), then=_HANGS),
            step("/project is full.", check("/project", Cause.PATH_FULL)),
            poll(says(Event.CHECK_FAILED, "/scratch does not respond", "/project is full")),
            step(
                "/scratch works again.",
                check("/scratch", None),
                says(Event.CHECK_PASSED, "Path /scratch is usable again", "/project is full"),
                then=State(Status.DEGRADED, Cause.PATH_FULL),
            ),
            poll(until=4),
            step(
                "/project has space again.",
                check("/project", None),
                says(Event.RECOVERY, "/project"),
                then=ONLINE,
            ),
        ),
    ),
    Course(
        name="path-in-maintenance",
        truth="In a maintenance of all nodes, a path that hangs is not reported; after it, it is.",
        site=mscluster,
        inputs=_PATHS,
        steps=(
            starts(),
            step(
                "All nodes are reserved for maintenance from 10:00 to 14:00.",
                reserved(2, 6),
                says(Event.MAINTENANCE_SCHEDULED),
            ),
            poll(until=before(2)),
            poll(says(Event.MAINTENANCE_STARTED), then=_IN_MAINTENANCE),
            step("The file server is updated.", check("/scratch", Cause.PATH_HANGS)),
            poll(until=before(6)),
            poll(says(Event.MAINTENANCE_OVERDUE, "/scratch does not respond"), then=_HANGS),
        ),
    ),
    Course(
        name="condition",
        truth="A condition is notified once, and again only after it was false for two polls.",
        site=mscluster,
        inputs={"notify-when": "idle >= 30 in batch"},
        steps=(
            step(
                "Monitoring starts while most nodes have jobs.",
                nodes("cpu[01-36]", "allocated"),
                says(Event.INITIAL),
                then=ONLINE,
            ),
            step(
                "Jobs end.",
                nodes("cpu[01-36]", "idle"),
                says(Event.CONDITION_MET, "idle >= 30 in batch: 40 now"),
            ),
            poll(until=1),
            step("New jobs start for one poll.", nodes("cpu[01-36]", "allocated")),
            step("They end at once.", nodes("cpu[01-36]", "idle")),
            step("New jobs start.", nodes("cpu[01-36]", "allocated")),
            poll(),
            step("They end.", nodes("cpu[01-36]", "idle"), says(Event.CONDITION_MET)),
        ),
    ),
    Course(
        name="mute-and-still-down",
        truth="An outage in a mute is sent at its end, with its true start.",
        site=mscluster,
        inputs={"mute-until": "2026-03-02T10:00Z"},
        offline=1.75,
        steps=(
            step("Monitoring starts, muted until 10:00.", lambda _: None, found=Status.ONLINE, then=ONLINE),
            step(
                "The head node is switched off.",
                login(Cause.REFUSED),
                then=_OFFLINE,
                summary=("Muted until",),
            ),
            poll(until=before(2)),
            poll(says(Event.INITIAL, "offline", times=(0.25,))),
        ),
    ),
)
