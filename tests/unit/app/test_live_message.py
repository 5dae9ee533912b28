"""The live message is edited while nothing changes, and a new one is posted only when something does."""

from datetime import timedelta

import pytest

from cluster_status.app.live_message import keep_up_to_date
from cluster_status.domain.history import codec
from cluster_status.domain.notification.message import Fact, compose
from cluster_status.domain.notification.outbox import assume_delivered
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.verdict import KnownServer, judge
from cluster_status.errors import DeliveryError, ExitStatus, WebhookGoneError
from tests.fakes.probe import listed, met, partition
from tests.unit.app.monitor import Monitor
from tests.unit.domain.build import forewarned, reserved

REFUSED = met(Cause.REFUSED)
IDLE, ALLOCATED = listed(partition(idle=8)), listed(partition(idle=3, allocated=5))
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="Later.")


@pytest.fixture
def live(monitor: Monitor) -> Monitor:
    """Have a monitor that has told of an idle cluster, in a message that is kept up to date."""
    monitor.set_patience(attempts=1)
    monitor.keep_up_to_date()
    monitor.poll(IDLE)
    return monitor


def shown(monitor: Monitor) -> list[tuple[str, int]]:
    """Return what the posts show: their headlines, and the free nodes of their tables."""
    return [
        (message.headline, sum(one.nodes.idle for one in message.partitions))
        for message in monitor.notifier.shown.values()
    ]


def test_while_the_status_lasts_its_message_shows_what_each_poll_saw(live: Monitor) -> None:
    assert shown(live) == [("mscluster is online", 8)]
    live.poll(ALLOCATED)
    assert shown(live) == [("mscluster is online", 3)]
    assert (live.notifier.asked, live.notifier.edits) == (1, 1)


def test_where_nothing_has_changed_nothing_is_sent_and_one_save_is_enough(live: Monitor) -> None:
    saves = live.store.saves
    for _ in range(3):
        live.poll(IDLE)
    assert (live.notifier.asked, live.notifier.edits, live.store.saves) == (1, 0, saves + 3)


def test_a_change_is_a_new_message_and_the_old_one_stays_as_it_was(live: Monitor) -> None:
    live.poll(REFUSED)
    live.poll(REFUSED)
    live.poll(ALLOCATED)
    assert shown(live) == [
        ("mscluster is online", 8),
        ("mscluster is offline", 0),
        ("mscluster is back online", 3),
    ]
    assert live.notifier.edits == 0


def test_a_new_cause_of_an_outage_shows_in_its_message(live: Monitor) -> None:
    live.poll(REFUSED)
    live.poll(met(Cause.DNS))
    assert [message.sentence for message in live.notifier.shown.values()][-1] == (
        "Its host name does not resolve."
    )
    live.poll(REFUSED)
    assert [message.sentence for message in live.notifier.shown.values()][-1] == "It refuses SSH connections."
    assert live.notifier.asked == 2


@pytest.mark.parametrize("sight", [met(Cause.HOST_KEY), met(Cause.TIMEOUT)], ids=["unknown", "not confirmed"])
def test_what_is_not_believed_yet_changes_nothing(live: Monitor, sight: object) -> None:
    live.poll(sight)  # type: ignore[arg-type]
    assert (shown(live), live.notifier.edits) == ([("mscluster is online", 8)], 0)


def test_that_the_monitor_cannot_tell_is_kept_up_to_date_as_well(live: Monitor) -> None:
    for cause in (*[Cause.HOST_KEY] * 3, Cause.INCOMPATIBLE_SSH):
        live.poll(met(cause))
    assert [message.sentence for message in live.notifier.shown.values()][-1] == (
        "No safe way to speak SSH with it was found."
    )
    assert live.notifier.asked == 2
    [message] = live.poll(IDLE).messages
    assert message.facts[1] == Fact("Could not tell for", timedelta(minutes=20))


def test_that_a_maintenance_is_coming_is_shown_until_it_has_begun(live: Monitor) -> None:
    soon = reserved(live.clock.now() + timedelta(hours=1))
    live.poll(forewarned(soon, idle=8))
    live.poll(forewarned(soon, idle=7, down=1))
    assert [message.headline for message in live.notifier.shown.values()][-1] == (
        "Maintenance of mscluster is coming"
    )
    live.poll(forewarned(soon, idle=7, down=1), later=timedelta(hours=1))
    live.poll(IDLE, later=timedelta(hours=3))
    assert shown(live) == [("mscluster is online", 8), ("mscluster is still online", 8)]
    assert live.notifier.asked == 2


def test_a_message_that_was_deleted_is_replaced_in_the_same_run_and_disturbs_nobody(live: Monitor) -> None:
    live.notifier.lose()
    [message] = live.poll(ALLOCATED).messages
    assert (message.headline, message.is_news) == ("mscluster is still online", False)
    live.poll(IDLE)
    assert shown(live) == [("mscluster is still online", 8)]


def test_a_new_webhook_gets_a_message_of_its_own(live: Monitor) -> None:
    live.keyed_digests(webhook="a new webhook")
    assert live.poll(ALLOCATED).headlines == ["mscluster is still online"]
    live.poll(IDLE)
    assert shown(live) == [("mscluster is online", 8), ("mscluster is still online", 8)]


def test_a_channel_that_was_told_before_it_was_live_gets_a_message_to_keep_up_to_date(
    monitor: Monitor,
) -> None:
    monitor.poll(IDLE)
    monitor.keep_up_to_date()
    assert monitor.poll(IDLE).headlines == ["mscluster is still online"]
    assert monitor.poll(ALLOCATED).headlines == []
    assert shown(monitor)[-1] == ("mscluster is still online", 3)


def test_a_message_is_forgotten_once_the_channel_is_live_no_more(live: Monitor) -> None:
    live.live = False
    live.set_terms(live=False)
    assert live.poll(ALLOCATED).headlines == []
    assert live.store.history.live is None


def test_an_edit_that_fails_is_made_good_by_the_next_poll_and_delays_no_change(live: Monitor) -> None:
    live.notifier.fail_next(FAILED, FAILED)
    runs = [live.poll(ALLOCATED), live.poll(ALLOCATED), live.poll(ALLOCATED)]
    assert [run.exit_status for run in runs] == [ExitStatus.UNDELIVERED, ExitStatus.OK, ExitStatus.OK]
    assert [run.errors for run in runs] == [["Discord was not reached. Later."]] * 2 + [[]]
    assert shown(live) == [("mscluster is online", 3)]
    assert live.store.history.failing_channels == {}


def test_a_webhook_that_is_gone_is_not_asked_to_edit_again(live: Monitor) -> None:
    live.notifier.fail_next(WebhookGoneError())
    runs = [live.poll(ALLOCATED), live.poll(ALLOCATED), live.poll(IDLE, later=timedelta(days=2))]
    assert [run.exit_status for run in runs] == [6, 0, 6]
    assert live.notifier.edits == 0
    live.keyed_digests(webhook="a new webhook")
    assert live.poll(ALLOCATED).headlines == ["mscluster is still online"]


def test_a_new_message_that_is_not_delivered_leaves_the_old_one_alone(live: Monitor) -> None:
    live.notifier.fail_next(FAILED, FAILED)
    live.poll(REFUSED)
    live.poll(REFUSED)
    assert shown(live) == [("mscluster is online", 8)]
    live.poll(REFUSED)
    assert shown(live)[-1] == ("mscluster is offline", 0)


def test_the_uptime_in_the_message_is_that_of_the_latest_poll(live: Monitor) -> None:
    for _ in range(300):  # a day, and more: the window of 30 days begins with a whole one
        live.poll(IDLE)
    [message] = live.notifier.shown.values()
    assert message.facts[-1] == Fact("Uptime, 30 days", "100.0 % of the one day known")
    assert live.notifier.edits == 1


def test_a_maintenance_that_is_drawn_out_shows_its_new_end(live: Monitor) -> None:
    begin = live.clock.now()
    for hours in (2, 9):
        live.poll(forewarned(reserved(begin, hours=hours), maintenance=4))
    assert list(live.notifier.shown.values())[-1].facts[-1] == Fact(
        "Maintenance ends", begin + timedelta(hours=9)
    )
    assert live.notifier.asked == 2


def test_a_poll_that_another_has_overtaken_shows_nothing_older(live: Monitor) -> None:
    live.poll(ALLOCATED)
    latest, verdict = live.store.history, judge(IDLE, KnownServer(), degraded_below=50)
    late = live.clock.now() - timedelta(minutes=2)
    kept = keep_up_to_date(
        latest,
        verdict,
        [live.channel()],
        lambda one: compose(one, live.plan.message_options, verdict.cluster_state),
        late,
    )
    assert (kept, shown(live)) == ((latest, []), [("mscluster is online", 3)])


def test_a_message_whose_successor_is_lost_is_not_told_of_another_status(live: Monitor) -> None:
    live.poll(REFUSED)
    live.store.fail_save(2)
    live.poll(IDLE)  # what is saved of this is that it was about to be told
    live.store.content = codec.render(assume_delivered(live.store.history))
    live.poll(met(Cause.TIMEOUT))
    assert [headline for headline, _ in shown(live)] == [
        "mscluster is online",
        "mscluster is offline",
        "mscluster is back online",
    ]
