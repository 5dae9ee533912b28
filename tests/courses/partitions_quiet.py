"""Partitions of which a share is out of service, or that flap."""

from datetime import timedelta

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Status
from tests.courses.course import ONLINE, Course
from tests.courses.phases import TOO_FEW
from tests.courses.sites import cloud, mscluster, with_nodes_out_for_long, with_retired_nodes
from tests.courses.steps import alternating, nodes, poll, says, starts, steady, step

_FIVE_MINUTES = timedelta(minutes=5)


COURSES = (
    Course(
        name="power-saving",
        truth="Nodes that power saving has turned off are in service.",
        site=cloud,
        steps=(
            starts(),
            step("Some nodes power up.", nodes("accel-dy[1-4]", "idle#"), polls=2),
            step("Jobs run on them.", nodes("accel-dy[1-4]", "alloc"), until=1),
            step("They power down.", nodes("accel-dy[1-4]", "idle%"), polls=2),
            step("They are off.", nodes("accel-dy[1-4]", "idle~"), until=3),
        ),
    ),
    Course(
        name="no-idle-node",
        truth="A cluster without an idle node is online.",
        site=mscluster,
        steps=(
            starts(),
            step("Jobs take all nodes.", nodes("ALL", "alloc"), until=2),
            step("All jobs end.", nodes("ALL", "idle"), until=4),
        ),
    ),
    Course(
        name="share-of-a-partition",
        truth="A partition with one node in service is not lost.",
        site=mscluster,
        steps=(
            starts(),
            step("One GPU node fails.", nodes("gpu1", "down*"), until=2),
            step("Two more fail.", nodes("gpu[2-3]", "down"), until=4),
            step("The last one runs a job.", nodes("gpu4", "mix"), until=6),
            step("All work again.", nodes("gpu[1-4]", "idle"), until=8),
        ),
    ),
    Course(
        name="retired-partition-and-the-share",
        truth="Nodes of a retired partition count neither for nor against the share of nodes in service.",
        site=with_retired_nodes,
        steps=(
            starts(),
            poll(until=2),
            step("21 of the 40 other nodes fail.", nodes("cpu[01-21]", "down*")),
            poll(says(Event.DEGRADED, first="batch"), then=TOO_FEW),
            poll(until=4),
            step("They work again.", nodes("cpu[01-21]", "idle")),
            poll(says(Event.RECOVERY), then=ONLINE),
        ),
    ),
    Course(
        name="out-for-thirty-days-and-the-share",
        truth="Nodes that have been out for 30 days count neither for nor against the share.",
        site=with_nodes_out_for_long,
        steps=(
            starts(),
            step("5 of the 23 other nodes fail.", nodes("cpu[22-26]", "down*"), until=2),
            step("12 of the 23 other nodes are out.", nodes("cpu[27-33]", "down*")),
            poll(says(Event.DEGRADED), then=TOO_FEW),
            poll(until=4),
            step("3 of them work again.", nodes("cpu[31-33]", "idle")),
            poll(says(Event.RECOVERY), then=ONLINE),
        ),
    ),
    Course(
        name="controller-restart",
        truth="Nodes that a restarted controller does not know yet are not lost.",
        site=mscluster,
        steps=(
            starts(),
            step("After a restart, the GPU nodes are unknown.", nodes("gpu[1-4]", "unk*"), polls=3),
            step("They have registered.", nodes("gpu[1-4]", "idle"), until=2),
            step("After another restart, all nodes are.", nodes("ALL", "unk"), polls=2, found=Status.UNKNOWN),
            step("They have registered.", nodes("ALL", "idle"), until=4),
        ),
    ),
    Course(
        name="flapping-by-the-poll",
        interval=_FIVE_MINUTES,
        truth="A partition that is lost at every other poll is never confirmed as lost.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "The GPU nodes fail and work again at every poll.",
                alternating(nodes("gpu[1-4]", "down*"), nodes("gpu[1-4]", "idle")),
                until=4,
            ),
            step("They work.", steady(nodes("gpu[1-4]", "idle")), until=6),
        ),
    ),
    Course(
        name="flapping-by-two-polls",
        interval=_FIVE_MINUTES,
        truth="A partition that is lost and back again and again is reported as unstable once.",
        site=mscluster,
        steps=(
            starts(),
            step(
                "The GPU nodes fail and work again after two polls each.",
                alternating(nodes("gpu[1-4]", "down*"), nodes("gpu[1-4]", "idle"), polls=2),
                says(Event.STATUS_UNSTABLE),
                may_send=frozenset({Event.DEGRADED, Event.RECOVERY}),
                at_most=4,
                within=True,
                until=5,
            ),
            step(
                "They work.",
                steady(nodes("gpu[1-4]", "idle")),
                may_send=frozenset(Event),
                at_most=1,
                until=8,
                then=ONLINE,
            ),
            poll(until=10),
        ),
    ),
)
