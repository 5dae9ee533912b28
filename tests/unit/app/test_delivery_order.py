from datetime import timedelta

from cluster_status.domain.status.cause import Cause
from cluster_status.errors import DeliveryError
from tests.unit.app.monitor import Monitor
from tests.unit.domain.build import failed, listed

ONLINE = listed(idle=4)


def test_after_a_clock_was_set_back_events_are_delivered_in_their_order() -> None:
    monitor = Monitor()
    monitor.set_retries(attempts=1)
    monitor.poll(ONLINE)
    monitor.notifier.fail_next(DeliveryError("Discord was not reached.", cause="no answer"))
    monitor.poll(failed(Cause.REFUSED))
    run = monitor.poll(ONLINE, later=-timedelta(hours=2))
    assert run.headlines == ["mscluster is offline", "mscluster is back online"]
