"""Several partitions that are lost."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, Course, State
from tests.courses.phases import LOST
from tests.courses.sites import mscluster, overlapping, with_bigmem, without_default
from tests.courses.steps import (
    all_of,
    created_partition,
    deleted_partition,
    nodes,
    partition,
    poll,
    says,
    starts,
    step,
)
from tests.fakes.site import Partition, Site

COURSES = (
    Course(
        name="no-default-all-down",
        truth="A cluster whose partitions are all down is degraded, although its nodes are idle.",
        site=without_default,
        steps=(
            starts(),
            step(
                "An administrator sets both partitions to down.",
                all_of(partition("short", "down"), partition("long", "down")),
                says(Event.DEGRADED, "short", "long", "down"),
                then=LOST,
            ),
            poll(until=2),
            step(
                "Both are set to up.",
                all_of(partition("short", "up"), partition("long", "up")),
                says(Event.RECOVERY),
                then=ONLINE,
            ),
        ),
    ),
    Course(
        name="overlapping-partitions",
        truth="Lost nodes in several partitions are one message, named by the smallest partition.",
        site=overlapping,
        steps=(
            starts(),
            step(
                "All nodes of gpu and render fail; everything has other nodes.",
                nodes("gpu[1-4],viz[1-2]", "down*"),
            ),
            poll(
                says(Event.DEGRADED, "gpu", "render", not_said=("everything",), first="gpu"),
                then=LOST,
            ),
            poll(until=2),
            step("They work again.", nodes("gpu[1-4],viz[1-2]", "idle")),
            poll(says(Event.RECOVERY, "gpu", not_said=("everything",)), then=ONLINE),
            poll(until=4),
        ),
    ),
    Course(
        name="overlapping-partitions-one-named",
        truth="A lost partition that the input names takes those with the same nodes into its message.",
        site=overlapping,
        inputs={"partitions": "gpu, *"},
        steps=(
            starts(),
            step(
                "All nodes of gpu and render fail.",
                nodes("gpu[1-4],viz[1-2]", "down*"),
                says(Event.DEGRADED, "gpu (also render)", first="gpu"),
                then=LOST,
            ),
            poll(until=2),
            step("They work again.", nodes("gpu[1-4],viz[1-2]", "idle")),
            poll(says(Event.RECOVERY, "gpu", "render"), then=ONLINE),
            poll(until=4),
        ),
    ),
    Course(
        name="two-partitions-return-together",
        truth="Partitions that return in the same poll are back in one message, when both are confirmed.",
        site=with_bigmem,
        steps=(
            starts(),
            step(
                "An administrator sets gpu to down, and the nodes of bigmem fail.",
                all_of(partition("gpu", "down"), nodes("mem[1-2]", "down*")),
                says(Event.DEGRADED, "gpu", not_said=("bigmem",)),
                then=LOST,
            ),
            poll(says(Event.PARTITION_LOST, "bigmem")),
            poll(until=3),
            step(
                "gpu is set to up, and the nodes of bigmem work for one poll.",
                all_of(partition("gpu", "up"), nodes("mem[1-2]", "idle")),
            ),
            step(
                "The nodes of bigmem fail again.",
                nodes("mem[1-2]", "down*"),
                says(Event.PARTITION_BACK, "gpu is back"),
            ),
            poll(until=6),
            step(
                "gpu is set to down again.",
                partition("gpu", "down"),
                says(Event.PARTITION_LOST, "gpu is lost"),
            ),
            poll(until=9),
            step(
                "gpu is set to up, and the nodes of bigmem work.",
                all_of(partition("gpu", "up"), nodes("mem[1-2]", "idle")),
            ),
            poll(says(Event.RECOVERY, "bigmem and gpu are back"), then=ONLINE),
            poll(until=11),
        ),
    ),
    Course(
        name="partitions-of-a-pattern",
        truth="Partitions that were not listed and return without a node in service are not back.",
        site=lambda: Site(
            Partition("batch", "cpu[01-40]", default=True),
            Partition("gpu-a", "gpu[1-4]"),
            Partition("gpu-b", "gpu[5-8]"),
        ),
        inputs={"partitions": "batch, gpu*"},
        steps=(
            starts(),
            step(
                "Both GPU partitions are deleted.",
                all_of(deleted_partition("gpu-a"), deleted_partition("gpu-b")),
                says(Event.DEGRADED, "gpu* is no longer listed"),
                then=LOST,
            ),
            poll(until=2),
            step(
                "They are created again, and no node of them works.",
                all_of(
                    nodes("gpu[1-8]", "down*"),
                    created_partition("gpu-a", "gpu[1-4]"),
                    created_partition("gpu-b", "gpu[5-8]"),
                ),
                says(Event.PARTITION_LOST, "gpu-a", "gpu-b"),
            ),
            poll(until=4),
            step("The nodes work.", nodes("gpu[1-8]", "idle")),
            poll(says(Event.RECOVERY, "gpu-a", "gpu-b"), then=ONLINE),
            poll(until=6),
        ),
    ),
    Course(
        name="second-partition",
        truth="A second partition that is lost has a message of its own, and so has its return.",
        site=with_bigmem,
        steps=(
            starts(),
            step("All GPU nodes fail.", nodes("gpu[1-4]", "down*")),
            poll(says(Event.DEGRADED, "gpu", not_said=("bigmem",)), then=LOST),
            poll(until=3),
            step("All nodes of bigmem fail.", nodes("mem[1-2]", "down*")),
            poll(says(Event.PARTITION_LOST, "bigmem"), then=LOST),
            poll(until=6),
            step("The GPU nodes work again.", nodes("gpu[1-4]", "idle")),
            poll(says(Event.PARTITION_BACK, "gpu"), then=LOST),
            poll(until=9),
            step("The nodes of bigmem work again.", nodes("mem[1-2]", "idle")),
            poll(says(Event.RECOVERY), then=ONLINE),
            poll(until=11),
        ),
    ),
    Course(
        name="all-nodes-down",
        truth="A cluster without a node in service is offline, and no partition is reported.",
        site=mscluster,
        offline=1,
        steps=(
            starts(),
            step(
                "All nodes fail.",
                nodes("ALL", "down*"),
                says(Event.OUTAGE, ping=True),
                then=State(Status.OFFLINE, Cause.NO_NODES_IN_SERVICE),
            ),
            poll(until=1),
            step("All nodes work again.", nodes("ALL", "idle"), says(Event.RECOVERY), then=ONLINE),
            poll(until=3),
        ),
    ),
)
