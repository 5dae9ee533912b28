"""States, and phases that several courses share."""

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Cause, Status
from tests.courses.course import ONLINE, State
from tests.courses.steps import before, poll, reserved, says, step

LOST = State(Status.DEGRADED, Cause.PARTITION_DOWN)

TOO_FEW = State(Status.DEGRADED, Cause.NODES_DOWN)

IN_MAINTENANCE = State(Status.MAINTENANCE, Cause.MAINTENANCE)

OFFLINE = State(Status.OFFLINE, Cause.REFUSED)

SCHEDULED = step(
    "All nodes are reserved for maintenance from 18:00 to 02:00.",
    reserved(10, 18),
    says(Event.MAINTENANCE_SCHEDULED, times=(10, 18)),
)

BEGINS = (
    poll(until=before(10)),
    poll(says(Event.MAINTENANCE_STARTED, times=(18,)), then=IN_MAINTENANCE),
)

ENDS = (
    poll(until=before(18)),
    poll(says(Event.RECOVERY), then=ONLINE),
    poll(until=20),
)
