"""Partitions in maintenance, and nodes that reboot."""

from collections.abc import Iterator

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, Course, State, Step
from tests.courses.phases import IN_MAINTENANCE
from tests.courses.sites import mscluster
from tests.courses.steps import before, nodes, poll, reserved, says, starts, step


def _rolling_reboot() -> Iterator[Step]:
    yield starts()
    groups = [*(f"cpu[{first:02}-{first + 7:02}]" for first in range(1, 40, 8)), "gpu[1-2]", "gpu[3-4]"]
    for group in groups:
        yield step(f"{group} reboot.", nodes(group, "boot^"), polls=3)
        yield step("They are back.", nodes(group, "idle"))
    yield poll(until=8)


COURSES = (
    Course(
        name="own-maintenance",
        truth="A partition inside its own maintenance reservation is named, and the status stays.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "An administrator reserves the GPU nodes from 12:00 to 16:00.",
                reserved(4, 8, "gpu[1-4]"),
                says(Event.MAINTENANCE_SCHEDULED, "gpu", times=(4, 8)),
            ),
            poll(until=before(4)),
            poll(says(Event.MAINTENANCE_STARTED, "gpu", times=(8,)), until=4),
            poll(until=before(8)),
            poll(says(Event.RECOVERY, "gpu"), until=8),
            poll(until=10),
        ),
    ),
    Course(
        name="own-maintenance-from-now-on",
        truth="A maintenance of a partition that begins without notice is no loss.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "An administrator reserves the GPU nodes from 08:15 to 12:00.",
                reserved(1 / 4, 4, "gpu[1-4]"),
                says(Event.MAINTENANCE_STARTED, "gpu", times=(4,)),
                polls=2,
                within=True,
            ),
            poll(until=before(4)),
            poll(says((Event.RECOVERY, Event.PARTITION_BACK), "gpu"), until=4.25, within=True),
            poll(until=6),
        ),
    ),
    Course(
        name="rebooting-partition",
        truth="A partition whose nodes all reboot is in maintenance, and the status stays.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "All GPU nodes reboot.",
                nodes("gpu[1-4]", "boot^"),
                says(Event.MAINTENANCE_STARTED, "gpu"),
                polls=2,
                within=True,
            ),
            poll(until=1),
            step(
                "They are back.",
                nodes("gpu[1-4]", "idle"),
                may_send=frozenset({Event.RECOVERY, Event.PARTITION_BACK}),
                at_most=1,
                polls=3,
            ),
            poll(until=3),
        ),
    ),
    Course(
        name="rolling-reboot",
        truth="Nodes that reboot group by group send nothing.",
        site=mscluster,
        steps=tuple(_rolling_reboot()),
    ),
    Course(
        name="nodes-do-not-come-back",
        truth="Nodes that do not come back from a reboot are no recovery.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "36 of 44 nodes reboot.",
                nodes("cpu[01-36]", "boot^"),
                says(Event.MAINTENANCE_STARTED),
                polls=2,
                within=True,
                then=IN_MAINTENANCE,
            ),
            poll(until=1),
            step(
                "They do not come back in time.",
                nodes("cpu[01-36]", "down*", reason="reboot timed out"),
                says((Event.DEGRADED, Event.PARTIAL_RECOVERY), "degraded", not_in_headline=("back",)),
                polls=3,
                within=True,
                then=State(Status.DEGRADED, Cause.NODES_DOWN),
            ),
            poll(until=3),
            step("They are back.", nodes("cpu[01-36]", "idle")),
            poll(says(Event.RECOVERY, "back"), then=ONLINE),
        ),
    ),
)
