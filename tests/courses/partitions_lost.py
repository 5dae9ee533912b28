"""Partitions that are lost and come back."""

from cluster_status.domain.notification.event import Event
from tests.courses.course import ONLINE, Course
from tests.courses.phases import LOST
from tests.courses.sites import cloud, mscluster, with_large_partition, with_login_partition
from tests.courses.steps import all_of, nodes, partition, poll, says, starts, step
from tests.fakes.site import Partition, Site


def _availability(word: str) -> Course:
    return Course(
        name=f"partition-{word}",
        truth=f"A partition that an administrator sets to {word} is named at once.",
        site=with_large_partition,
        steps=(
            starts(),
            step(
                f"An administrator sets large to {word}.",
                partition("large", word),
                says(Event.DEGRADED, "large", word, first="large"),
                then=LOST,
            ),
            poll(until=3),
            step(
                "An administrator sets large to up.",
                partition("large", "up"),
                says(Event.RECOVERY, "large"),
                then=ONLINE,
            ),
            poll(until=5),
        ),
    )


COURSES = (
    Course(
        name="gpu-nodes-down",
        truth="A partition without a node in service is named after two polls, and so is its return.",
        site=mscluster,
        inputs={"details": "full"},
        steps=(
            starts(),
            step(
                "A node of batch is drained, then all GPU nodes stop responding.",
                all_of(
                    nodes("cpu07", "drain", reason="bad DIMM"),
                    nodes("gpu[1-4]", "down*", reason="PDU 3 is off"),
                ),
            ),
            poll(
                says(Event.DEGRADED, "No node of gpu is in service", first="gpu", reason="PDU 3"), then=LOST
            ),
            poll(until=4),
            step("The GPU nodes respond again.", nodes("gpu[1-4]", "idle")),
            poll(says(Event.RECOVERY, "gpu"), then=ONLINE),
            poll(until=6),
        ),
    ),
    Course(
        name="gpu-nodes-down-named",
        truth="A partition that the input names is reported at the first poll without a node in service.",
        site=mscluster,
        inputs={"partitions": "batch, gpu"},
        steps=(
            starts(),
            step(
                "All GPU nodes stop responding.",
                nodes("gpu[1-4]", "down*"),
                says(Event.DEGRADED, "gpu", first="gpu"),
                then=LOST,
            ),
            poll(until=2),
            step(
                "The GPU nodes respond again.",
                nodes("gpu[1-4]", "idle"),
                says(Event.RECOVERY, "gpu"),
                then=ONLINE,
            ),
            poll(until=4),
        ),
    ),
    Course(
        name="login-partition",
        truth="A partition of two nodes counts as a larger one does.",
        site=with_login_partition,
        steps=(
            starts(),
            step("Both nodes of login fail.", nodes("login[1-2]", "down")),
            poll(says(Event.DEGRADED, "login", first="login"), then=LOST),
            poll(until=2),
            step("One of them works again.", nodes("login1", "idle")),
            poll(says(Event.RECOVERY, "login"), then=ONLINE),
            poll(until=4),
        ),
    ),
    Course(
        name="one-node-partition",
        truth="A partition of one node is lost when that node is.",
        site=lambda: Site(Partition("batch", "cpu[01-40]", default=True), Partition("debug", "dbg1")),
        steps=(
            starts(),
            step("The node of debug fails.", nodes("dbg1", "down*")),
            poll(says(Event.DEGRADED, "debug", first="debug"), then=LOST),
            poll(until=2),
            step("The node works again.", nodes("dbg1", "idle")),
            poll(says(Event.RECOVERY, "debug"), then=ONLINE),
        ),
    ),
    Course(
        name="gpu-nodes-drain",
        truth="A partition whose nodes all drain takes no new jobs, and is named once until it is back.",
        site=mscluster,
        steps=(
            starts(),
            step("All GPU nodes drain.", nodes("gpu[1-4]", "drng", reason="driver update")),
            poll(says(Event.DEGRADED, "gpu", "new jobs", first="gpu"), then=LOST),
            poll(until=2),
            step("Their last jobs end.", nodes("gpu[1-4]", "drain", reason="driver update"), until=4),
            step("The GPU nodes are resumed.", nodes("gpu[1-4]", "idle")),
            poll(says(Event.RECOVERY, "gpu"), then=ONLINE),
        ),
    ),
    _availability("down"),
    _availability("drain"),
    _availability("inactive"),
    Course(
        name="default-partition-drain",
        truth="A default partition that takes no new jobs is named with its state.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "An administrator sets batch to drain.",
                partition("batch", "drain"),
                says(Event.DEGRADED, "batch", "drain", first="batch"),
                then=LOST,
            ),
            step("batch is set to inactive.", partition("batch", "inactive"), until=2),
            step("batch is set to up.", partition("batch", "up"), says(Event.RECOVERY, "batch"), then=ONLINE),
        ),
    ),
    Course(
        name="cloud-launch-fails",
        truth="Nodes that a cloud cannot launch are out of service, and their reason is shown.",
        site=cloud,
        inputs={"details": "full"},
        steps=(
            starts(),
            step(
                "All nodes of accel fail to launch.",
                nodes("accel-dy[1-8]", "down~", reason="(Code:InsufficientInstanceCapacity)"),
            ),
            poll(
                says(Event.DEGRADED, "accel", first="accel", reason="InsufficientInstanceCapacity"), then=LOST
            ),
            poll(until=2),
            step("Slurm resets them.", nodes("accel-dy[1-8]", "idle~")),
            poll(says(Event.RECOVERY, "accel"), then=ONLINE),
        ),
    ),
)
