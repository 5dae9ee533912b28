"""The live message is edited while the status lasts; a change is a new message."""

from datetime import timedelta

import pytest

from cluster_status.domain.history.histories import assume_all_delivered
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ChannelRefusedError, DeliveryError, ExitStatus
from tests.fakes.notifier import GONE
from tests.fakes.probe import failed, listed, partition
from tests.unit.app.monitor import Monitor
from tests.unit.app.overlap import before_the_load, parallel_run
from tests.unit.domain.build import listed_with, reserved

REFUSED = failed(Cause.REFUSED)
IDLE, ALLOCATED = listed(partition(idle=8)), listed(partition(idle=3, allocated=5))
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="Later.")

# headlines
IS_ONLINE = "mscluster is online"
IS_STILL_ONLINE = "mscluster is still online"
IS_OFFLINE = "mscluster is offline"
IS_BACK = "mscluster is back online"


@pytest.fixture
def live(monitor: Monitor) -> Monitor:
    """Return a monitor whose live message shows an idle cluster."""
    monitor.set_retries(attempts=1)
    monitor.set_policy(live=True)
    monitor.poll(IDLE)
    return monitor


def shown(monitor: Monitor) -> list[tuple[str, int]]:
    """Return the headline of each message, and the number of idle nodes in its table."""
    return [
        (message.headline, sum(one.nodes.idle for one in message.partitions))
        for message in monitor.notifier.shown.values()
    ]


def latest_sentence(monitor: Monitor) -> str:
    return list(monitor.notifier.shown.values())[-1].sentence


def test_while_the_status_lasts_the_message_shows_the_latest_poll(live: Monitor) -> None:
    assert shown(live) == [(IS_ONLINE, 8)]
    live.poll(ALLOCATED)
    assert shown(live) == [(IS_ONLINE, 3)]
    assert (live.notifier.sends, len(live.notifier.edits)) == (1, 1)


def test_without_a_difference_nothing_is_sent_and_one_save_is_enough(live: Monitor) -> None:
    saves = live.store.saves
    for _ in range(3):
        live.poll(IDLE)
    assert (live.notifier.sends, live.notifier.edits, live.store.saves) == (1, [], saves + 3)


def test_a_change_is_a_new_message_and_the_old_one_keeps_its_content(live: Monitor) -> None:
    for result in (REFUSED, REFUSED, ALLOCATED):
        live.poll(result)
    assert shown(live) == [(IS_ONLINE, 8), (IS_OFFLINE, 0), (IS_BACK, 3)]
    assert live.notifier.edits == []


def test_the_message_of_an_outage_shows_the_latest_cause(live: Monitor) -> None:
    live.poll(REFUSED)
    live.poll(failed(Cause.DNS))
    assert latest_sentence(live) == "Host name does not resolve."
    live.poll(REFUSED)
    assert latest_sentence(live) == "SSH connections refused."
    assert live.notifier.sends == 2


@pytest.mark.parametrize(
    "result", [failed(Cause.HOST_KEY), failed(Cause.TIMEOUT)], ids=["unknown", "not confirmed"]
)
def test_a_status_that_is_unknown_or_not_confirmed_edits_nothing(live: Monitor, result: ProbeResult) -> None:
    live.poll(result)
    assert (shown(live), live.notifier.edits) == ([(IS_ONLINE, 8)], [])


def test_the_message_of_an_unknown_status_is_edited_as_well(live: Monitor) -> None:
    for cause in (*[Cause.HOST_KEY] * 3, Cause.INCOMPATIBLE_SSH):
        live.poll(failed(cause))
    assert latest_sentence(live) == "No common SSH algorithms."
    assert live.notifier.sends == 2
    [message] = live.poll(IDLE).messages
    assert message.facts[1] == Fact("Unknown for", timedelta(minutes=20))


def test_a_window_is_shown_until_it_has_ended(live: Monitor) -> None:
    soon = reserved(live.clock.now() + timedelta(hours=1))
    live.poll(listed_with(soon, idle=8))
    live.poll(listed_with(soon, idle=7, down=1))
    assert shown(live)[-1] == ("Maintenance of mscluster scheduled", 7)
    live.poll(listed_with(soon, idle=4, maintenance=4), later=timedelta(hours=1))
    live.poll(listed_with(soon, idle=5, maintenance=3))
    assert shown(live)[-1] == ("Maintenance of mscluster has started", 5)
    live.poll(listed_with(idle=8), later=timedelta(hours=3))
    assert [headline for headline, _ in shown(live)] == [
        IS_ONLINE,
        "Maintenance of mscluster scheduled",
        "Maintenance of mscluster has started",
        "Maintenance of mscluster has ended",
    ]


def test_a_cancelled_window_is_shown_until_it_would_have_begun(live: Monitor) -> None:
    live.poll(listed_with(reserved(live.clock.now() + timedelta(hours=1)), idle=8))
    live.poll(listed_with(idle=8))
    live.poll(listed_with(idle=8))
    assert shown(live)[-1][0] == "Maintenance of mscluster cancelled"
    live.poll(ALLOCATED, later=timedelta(hours=2))
    assert shown(live)[-1] == (IS_STILL_ONLINE, 3)


def test_a_deleted_message_is_replaced_in_the_same_run_without_a_sound(live: Monitor) -> None:
    live.notifier.delete_messages()
    [message] = live.poll(ALLOCATED).messages
    assert (message.headline, message.is_news) == (IS_STILL_ONLINE, False)
    live.poll(IDLE)
    assert shown(live) == [(IS_STILL_ONLINE, 8)]


def test_a_new_webhook_gets_a_live_message_of_its_own(live: Monitor) -> None:
    live.set_credentials(webhook="a new webhook")
    assert live.poll(ALLOCATED).headlines == [IS_STILL_ONLINE]
    live.poll(IDLE)
    assert shown(live) == [(IS_ONLINE, 8), (IS_STILL_ONLINE, 8)]


def test_a_channel_that_becomes_live_gets_a_message_to_edit(monitor: Monitor) -> None:
    monitor.poll(IDLE)
    monitor.set_policy(live=True)
    assert monitor.poll(IDLE).headlines == [IS_STILL_ONLINE]
    assert monitor.poll(ALLOCATED).headlines == []
    assert shown(monitor)[-1] == (IS_STILL_ONLINE, 3)


def test_a_channel_that_is_no_longer_live_loses_its_live_message(live: Monitor) -> None:
    live.set_policy(live=False)
    assert live.poll(ALLOCATED).headlines == []
    assert live.store.history.outbox.channel("discord").live is None


def test_an_edit_that_fails_is_repeated_by_the_next_poll(live: Monitor) -> None:
    live.notifier.fail_next(FAILED, FAILED)
    runs = [live.poll(ALLOCATED), live.poll(ALLOCATED), live.poll(ALLOCATED)]
    assert [run.exit_status for run in runs] == [ExitStatus.UNDELIVERED, ExitStatus.OK, ExitStatus.OK]
    assert [run.errors for run in runs] == [["Discord was not reached. Later."]] * 2 + [[]]
    assert shown(live) == [(IS_ONLINE, 3)]
    assert live.store.history.outbox.channel("discord").failure is None


def test_a_channel_that_refuses_edits_gets_one_a_day(live: Monitor) -> None:
    live.notifier.fail_from_now_on(ChannelRefusedError(GONE))
    runs = [live.poll(ALLOCATED), live.poll(ALLOCATED), live.poll(ALLOCATED, later=timedelta(days=1))]
    assert [run.exit_status for run in runs] == [6, 0, 6]
    live.notifier.fail_from_now_on(None)
    live.poll(ALLOCATED)
    assert live.notifier.edits == []
    live.poll(ALLOCATED, later=timedelta(days=1))
    assert shown(live) == [(IS_ONLINE, 3)]


def test_a_new_webhook_gets_a_live_message_at_once_after_a_refusal(live: Monitor) -> None:
    live.notifier.fail_next(ChannelRefusedError(GONE))
    live.poll(ALLOCATED)
    live.set_credentials(webhook="a new webhook")
    assert live.poll(ALLOCATED).headlines == [IS_STILL_ONLINE]


def test_a_message_links_to_the_run_that_has_sent_or_edited_it(live: Monitor) -> None:
    live.run_url = "https://github.com/owner/name/actions/runs/2"
    live.poll(IDLE)  # another run alone is no reason for an edit
    assert (live.notifier.edits, live.notifier.shown["1"].url) == ([], "")
    live.poll(ALLOCATED)
    assert live.notifier.shown["1"].url == live.run_url
    live.run_url = "https://github.com/owner/name/actions/runs/4"
    [outage] = live.poll(REFUSED).messages
    assert outage.url == live.run_url
    assert live.store.content
    assert b"actions/runs" not in live.store.content


def test_a_new_message_that_is_not_delivered_leaves_the_old_one_as_it_is(live: Monitor) -> None:
    live.notifier.fail_next(FAILED, FAILED)
    live.poll(REFUSED)
    live.poll(REFUSED)
    assert shown(live) == [(IS_ONLINE, 8)]
    live.poll(REFUSED)
    assert shown(live)[-1] == (IS_OFFLINE, 0)


def test_while_a_notification_is_pending_the_message_is_not_edited(live: Monitor) -> None:
    live.notifier.fail_next(FAILED)
    live.poll(REFUSED)
    live.poll(ALLOCATED)
    assert live.notifier.edits == []
    assert shown(live) == [(IS_ONLINE, 8), (IS_OFFLINE, 0), (IS_BACK, 3)]


def test_the_message_shows_the_uptime_of_the_latest_poll(live: Monitor) -> None:
    for _ in range(300):  # more than a day: the window of 30 days begins with a whole one
        live.poll(IDLE)
    [message] = live.notifier.shown.values()
    assert message.facts[-1] == Fact("Uptime, 30 days", "100.0 % (1 of 30 days monitored)")
    assert len(live.notifier.edits) == 1


def test_a_maintenance_that_is_extended_shows_its_new_end(live: Monitor) -> None:
    begin = live.clock.now()
    for hours in (2, 9):
        live.poll(listed_with(reserved(begin, hours=hours), maintenance=4))
    [_, message] = live.notifier.shown.values()
    assert message.facts[-1] == Fact("Maintenance ends", begin + timedelta(hours=9))
    assert live.notifier.sends == 2


def test_a_check_that_a_later_poll_has_overtaken_edits_nothing(
    live: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.poll(failed(Cause.DNS))
    other = parallel_run(live)
    before_the_load(live, lambda: other.poll(REFUSED, later=timedelta(seconds=20)), monkeypatch)
    live.poll(failed(Cause.DNS))
    assert latest_sentence(live) == "SSH connections refused."
    assert len(live.notifier.edits) == 1


def test_a_message_whose_successor_is_lost_never_shows_another_status(live: Monitor) -> None:
    live.poll(REFUSED)
    live.store.fail_save(2)
    live.poll(IDLE)  # the recovery is delivered, but saved as pending
    live.store.save(assume_all_delivered(live.store.histories))
    live.poll(failed(Cause.TIMEOUT))
    assert [headline for headline, _ in shown(live)] == [IS_ONLINE, IS_OFFLINE, IS_BACK]


# Partitions

BATCH, GPU = partition(idle=40), partition("gpu", default=False, idle=4)
NO_GPU, DRAINED = partition("gpu", default=False, down=4), partition("gpu", default=False, draining=4)
FAT, NO_FAT = partition("fat", default=False, idle=2), partition("fat", default=False, down=2)


def headlines(monitor: Monitor) -> list[str]:
    return [message.headline for message in monitor.notifier.shown.values()]


@pytest.fixture
def degraded(live: Monitor) -> Monitor:
    """Return a monitor whose live message shows a lost partition."""
    for result in (listed(BATCH, GPU, FAT), *[listed(BATCH, NO_GPU, FAT)] * 2):
        live.poll(result)
    assert (headlines(live)[-1], latest_sentence(live)) == (
        "mscluster is degraded",
        "No node of gpu is in service.",
    )
    return live


def test_the_message_of_a_lost_partition_shows_its_latest_problem(degraded: Monitor) -> None:
    degraded.poll(listed(BATCH, DRAINED, FAT))
    assert latest_sentence(degraded) == "All nodes of gpu drain: no new jobs start in it."
    assert headlines(degraded)[-1] == "mscluster is degraded"


def test_the_message_of_another_lost_partition_shows_all_of_them(degraded: Monitor) -> None:
    for _ in range(2):
        degraded.poll(listed(BATCH, NO_GPU, NO_FAT))
    assert headlines(degraded)[-1] == "mscluster is still degraded: fat is lost, too"
    degraded.poll(listed(BATCH, DRAINED, NO_FAT))
    assert headlines(degraded)[-1] == "mscluster is still degraded"
    assert "fat is in service. All nodes of gpu drain" in latest_sentence(degraded)


def test_a_partition_that_becomes_usual_ends_the_degradation_in_the_message(degraded: Monitor) -> None:
    sends = degraded.notifier.sends
    for _ in range(8 * 24):
        degraded.poll(listed(BATCH, NO_GPU, FAT), later=timedelta(hours=1))
    assert (headlines(degraded)[-1], latest_sentence(degraded)) == (IS_ONLINE, "")
    assert degraded.notifier.sends == sends
