"""Partitions that are out of service as usual."""

from collections.abc import Iterator
from typing import Any

from cluster_status.domain.notification.event import Event
from tests.courses.course import ONLINE, Course, Step
from tests.courses.phases import LOST, TOO_FEW
from tests.courses.sites import (
    all_down,
    mscluster,
    with_batch_down,
    with_dead_gpus,
    with_most_nodes_dead,
    with_night_partition,
)
from tests.courses.steps import DAY, HOURLY, gap, nodes, partition, poll, says, starts, step


def _night() -> Iterator[Step]:
    """Yield eight days of a partition that is up from 20:00 to 06:00; from the third night on it is usual."""
    yield starts()
    for day in range(8):
        opens, closes = day * DAY + 12, day * DAY + 22
        yield poll(until=opens - 1, **_learning(day < 3))
        yield step("night opens.", partition("night", "up"), until=closes - 1, **_learning(day < 3))
        yield step("night closes.", partition("night", "down"), **_learning(day < 2))


def _learning(is_learning: bool) -> dict[str, Any]:  # noqa: FBT001 - it is the name of the function
    """Return what is expected of a step: until a partition is known to be usual, its changes are sent."""
    return {"may_send": frozenset({Event.DEGRADED, Event.RECOVERY})} if is_learning else {"then": ONLINE}


def _weekend() -> Iterator[Step]:
    """Yield two weeks of a partition that is up on Saturdays and Sundays."""
    yield starts()
    for saturday in (4 * DAY + 16, 11 * DAY + 16):
        yield poll(until=saturday - 1)
        yield step("night opens.", partition("night", "up"), until=saturday + 2 * DAY - 1)
        yield step("night closes.", partition("night", "down"))


COURSES = (
    Course(
        name="dead-at-the-first-poll",
        truth="A partition that is out of service at the first poll is usual until it has been in service.",
        site=with_dead_gpus,
        steps=(
            starts(),
            poll(until=3),
            step("The GPU nodes work for the first time.", nodes("gpu[1-4]", "idle"), until=6),
            step("They fail.", nodes("gpu[1-4]", "down*")),
            poll(says(Event.DEGRADED, "gpu"), then=LOST),
            poll(until=9),
        ),
    ),
    Course(
        name="most-nodes-dead-at-the-first-poll",
        truth="Nodes of a partition that is dead at the first poll do not count in that poll either.",
        site=with_most_nodes_dead,
        steps=(
            starts(),
            poll(until=2),
            step("25 of the other 40 nodes fail.", nodes("cpu[01-25]", "down*")),
            poll(says(Event.DEGRADED, "Too few nodes"), then=TOO_FEW),
        ),
    ),
    Course(
        name="named-and-dead-at-the-first-poll",
        truth="A partition that the input names is never usual.",
        site=with_dead_gpus,
        inputs={"partitions": "batch, gpu"},
        interval=HOURLY,
        steps=(
            starts("gpu", first="gpu", then=LOST),
            poll(until=9 * DAY),
        ),
    ),
    Course(
        name="default-down-at-the-first-poll",
        truth="A default partition counts although it was never in service.",
        site=with_batch_down,
        steps=(starts("batch", first="batch", then=LOST), poll(until=2)),
    ),
    Course(
        name="all-down-at-the-first-poll",
        truth="A cluster without any partition that is up is degraded at the first poll, too.",
        site=all_down,
        steps=(starts(then=LOST), poll(until=2)),
    ),
    Course(
        name="dead-for-seven-days",
        truth="A partition that has been lost for seven days is usual, which is no recovery.",
        site=mscluster,
        interval=HOURLY,
        steps=(
            starts(),
            poll(),
            step("All GPU nodes fail.", nodes("gpu[1-4]", "down*")),
            poll(says(Event.DEGRADED, "gpu"), then=LOST),
            poll(until=7 * DAY + 1),
            poll(until=7 * DAY + 4, summary=("gpu",), then=ONLINE),
            step("The GPU nodes work again.", nodes("gpu[1-4]", "idle"), until=7 * DAY + 12),
            step("They fail again.", nodes("gpu[1-4]", "down*")),
            poll(says(Event.DEGRADED, "gpu"), then=LOST),
        ),
    ),
    Course(
        name="dead-for-seven-days-with-a-gap",
        truth="The seven days after which a partition is usual have no gap.",
        site=mscluster,
        interval=HOURLY,
        steps=(
            starts(),
            poll(),
            step("All GPU nodes fail.", nodes("gpu[1-4]", "down*")),
            poll(says(Event.DEGRADED, "gpu"), then=LOST),
            poll(until=2 * DAY),
            step("No polls for a day.", gap(DAY), until=7 * DAY + 4),
            poll(until=10 * DAY + 4, then=ONLINE),
        ),
    ),
    Course(
        name="night-partition",
        truth="A partition that is up at night only is usual once it was not up on three days.",
        site=with_night_partition,
        interval=HOURLY,
        steps=tuple(_night()),
    ),
    Course(
        name="weekend-partition",
        truth="A partition that is up on weekends only sends nothing.",
        site=with_night_partition,
        interval=HOURLY,
        steps=tuple(_weekend()),
    ),
)
