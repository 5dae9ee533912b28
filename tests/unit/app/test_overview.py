"""The live message of several clusters: one table that each poll edits; changes are messages of their own."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from cluster_status.domain.maintenance.plan import Plan
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ChannelRefusedError, DeliveryError, ExitStatus
from tests.fakes.notifier import GONE
from tests.fakes.probe import failed, listed, partition
from tests.unit.app.monitor import Monitor, Run
from tests.unit.app.overlap import before_the_load, parallel_run

REFUSED, TIMEOUT = failed(Cause.REFUSED), failed(Cause.TIMEOUT)
IDLE, FEWER = listed(partition(idle=8)), listed(partition(idle=7, down=1))
HOST_KEY = failed(Cause.HOST_KEY)
FAILED = DeliveryError("Discord was not reached.", cause="no answer", remedy="Later.")
NAMES = [f"c{number:02}" for number in range(30)]
Row = tuple[Status, int | None]
ONLINE_ROW: Row = (Status.ONLINE, 8)
OFFLINE_ROW: Row = (Status.OFFLINE, None)


class Fleet:
    """Polls some clusters, and has what the channel shows."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.channel = monitor.notifier

    def poll(self, *results: ProbeResult, later: timedelta = timedelta(minutes=5)) -> Run:
        scripts = {name: [result] for name, result in zip(NAMES, results, strict=False)}
        return self.monitor.poll_all(scripts, later=later)

    @property
    def overviews(self) -> list[Message]:
        return [message for message in self.channel.shown.values() if message.is_overview]

    @property
    def overview(self) -> Message:
        [only] = self.overviews
        return only

    @property
    def rows(self) -> Mapping[str, Row]:
        """Return the status and the nodes in service of each cluster."""
        return {
            one.cluster: (
                one.status,
                one.notification.nodes.in_service if one.notification and one.notification.nodes else None,
            )
            for one in self.overview.changes
        }


@pytest.fixture
def fleet() -> Fleet:
    """Have found two clusters online."""
    monitor = Monitor()
    monitor.set_retries(attempts=1)
    monitor.set_policy(live=True, overview=True)
    fleet = Fleet(monitor)
    fleet.poll(IDLE, IDLE)
    return fleet


def test_the_first_run_posts_the_overview_after_the_first_statuses_without_a_sound(fleet: Fleet) -> None:
    assert fleet.channel.headlines == ["c00 is online", "c01 is online", "2 clusters: 2 online"]
    assert not fleet.overview.is_news


def test_each_poll_edits_the_overview_and_posts_nothing(fleet: Fleet) -> None:
    run = fleet.poll(IDLE, FEWER)
    assert fleet.rows == {"c00": ONLINE_ROW, "c01": (Status.ONLINE, 7)}
    assert (run.messages, len(fleet.channel.edits)) == ([], 1)


def test_without_a_difference_nothing_is_edited_and_one_save_is_enough(fleet: Fleet) -> None:
    saves = fleet.monitor.store.saves
    for _ in range(3):
        fleet.poll(IDLE, IDLE)
    assert (fleet.channel.edits, fleet.monitor.store.saves) == ([], saves + 3)


def test_a_change_is_a_message_with_its_mention_and_the_overview_shows_it_too(fleet: Fleet) -> None:
    fleet.monitor.set_policy(mention="<@&1>")
    [message] = fleet.poll(IDLE, REFUSED).messages
    assert (message.headline, message.mention) == ("c01 is offline", "<@&1>")
    assert fleet.rows == {"c01": OFFLINE_ROW, "c00": ONLINE_ROW}
    assert fleet.overview.headline == "2 clusters: 1 offline, 1 online"
    assert fleet.overview.mention == ""
    assert [one.sentence for one in fleet.overview.changes] == ["SSH connections refused.", ""]
    fleet.poll(IDLE, IDLE)
    assert fleet.rows == {"c00": ONLINE_ROW, "c01": ONLINE_ROW}


def test_thirty_outages_are_one_message_and_one_edit(fleet: Fleet) -> None:
    fleet.poll(*[IDLE] * 30)
    before, edits = len(fleet.channel.messages), len(fleet.channel.edits)
    fleet.poll(*[REFUSED] * 30)
    assert [one.headline for one in fleet.channel.messages[before:]] == ["30 offline"]
    assert len(fleet.channel.edits) == edits + 1
    assert fleet.overview.headline == "30 clusters: 30 offline"


def test_a_status_that_is_not_confirmed_leaves_the_row_as_it_is(fleet: Fleet) -> None:
    fleet.poll(FEWER, TIMEOUT)
    assert fleet.rows == {"c00": (Status.ONLINE, 7), "c01": ONLINE_ROW}


def test_an_unknown_status_is_shown_once_it_is_notified(fleet: Fleet) -> None:
    for _ in range(2):
        fleet.poll(IDLE, HOST_KEY)
    assert fleet.rows["c01"] == ONLINE_ROW
    fleet.poll(IDLE, HOST_KEY)
    assert fleet.rows["c01"] == (Status.UNKNOWN, None)
    assert fleet.overview.changes[0].sentence == "SSH host key not trusted."
    fleet.poll(IDLE, IDLE)
    assert fleet.rows["c01"] == ONLINE_ROW


def test_a_cluster_that_is_new_is_a_row_of_the_same_message(fleet: Fleet) -> None:
    fleet.poll(IDLE, IDLE, IDLE)
    assert set(fleet.rows) == {"c00", "c01", "c02"}
    assert fleet.channel.headlines[3:] == ["c02 is online"]


def test_a_cluster_that_is_removed_has_no_row_any_more(fleet: Fleet) -> None:
    fleet.poll(IDLE, IDLE, IDLE)
    fleet.monitor.owns_history = True
    fleet.poll(IDLE, IDLE)
    assert set(fleet.rows) == {"c00", "c01"}


def test_a_deleted_overview_is_posted_again_in_the_same_run(fleet: Fleet) -> None:
    fleet.channel.delete_messages()
    [message] = fleet.poll(IDLE, FEWER).messages
    assert (message.headline, message.is_news) == ("2 clusters: 2 online", False)
    fleet.poll(IDLE, IDLE)
    assert fleet.rows == {"c00": ONLINE_ROW, "c01": ONLINE_ROW}


def test_an_edit_that_fails_is_repeated_by_the_next_poll_and_posts_no_second_overview(fleet: Fleet) -> None:
    fleet.channel.fail_next(FAILED)
    runs = [fleet.poll(IDLE, FEWER, IDLE), fleet.poll(IDLE, FEWER, IDLE)]
    assert [run.exit_status for run in runs] == [ExitStatus.UNDELIVERED, ExitStatus.OK]
    assert runs[0].errors == ["Discord was not reached. Later."]
    assert fleet.rows == {"c00": ONLINE_ROW, "c01": (Status.ONLINE, 7), "c02": ONLINE_ROW}


def test_a_channel_that_refuses_edits_gets_one_a_day(fleet: Fleet) -> None:
    fleet.channel.fail_from_now_on(ChannelRefusedError(GONE))
    runs = [
        fleet.poll(IDLE, FEWER),
        fleet.poll(IDLE, FEWER),
        fleet.poll(IDLE, FEWER, later=timedelta(days=1)),
    ]
    assert [run.exit_status for run in runs] == [6, 0, 6]
    fleet.channel.work_again()
    fleet.poll(IDLE, FEWER)
    assert fleet.channel.edits == []
    fleet.poll(IDLE, FEWER, later=timedelta(days=1))
    assert len(fleet.channel.edits) == 1


def test_a_change_that_is_not_delivered_does_not_stop_the_overview(fleet: Fleet) -> None:
    fleet.channel.fail_next(None, FAILED)  # the edit, and then the message
    assert fleet.poll(IDLE, REFUSED).messages == []
    assert fleet.rows["c01"] == OFFLINE_ROW
    assert fleet.poll(IDLE, REFUSED).headlines == ["c01 is offline"]


def test_a_change_of_the_channel_from_one_cluster_to_several_posts_an_overview(monitor: Monitor) -> None:
    monitor.set_retries(attempts=1)
    monitor.set_policy(live=True)
    fleet = Fleet(monitor)
    fleet.poll(IDLE)
    monitor.set_policy(overview=True)
    fleet.poll(IDLE, IDLE)
    assert fleet.channel.headlines == ["c00 is online", "c01 is online", "2 clusters: 2 online"]
    monitor.set_policy(overview=False)
    assert fleet.poll(FEWER).headlines == ["c00 is still online"]
    assert fleet.rows["c00"] == ONLINE_ROW


def test_the_time_of_the_overview_is_that_of_the_latest_change(fleet: Fleet) -> None:
    begin = fleet.monitor.clock.now()
    assert fleet.overview.at == begin
    fleet.poll(IDLE, REFUSED)
    assert fleet.overview.at == begin + timedelta(minutes=5)


def test_a_check_that_a_later_poll_has_overtaken_changes_no_row(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.poll(failed(Cause.DNS))
    other = Fleet(parallel_run(fleet.monitor))
    before_the_load(fleet.monitor, lambda: other.poll(REFUSED, later=timedelta(seconds=20)), monkeypatch)
    fleet.poll(failed(Cause.DNS))
    assert [one.sentence for one in fleet.overview.changes] == ["SSH connections refused."]


def test_an_edit_shows_the_notice_of_each_cluster(fleet: Fleet) -> None:
    fleet.poll(IDLE, IDLE)
    fleet.monitor.plan = Plan(notice="Read-only")
    assert fleet.poll(IDLE, IDLE).messages == []
    assert [one.notice for one in fleet.overview.changes] == ["Read-only", "Read-only"]
