"""A cluster keeps its history when it moves into a file with several clusters, and back."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.digests import keyed_digests
from cluster_status.domain.history.servers import PolledServer, ServerMismatch, Servers
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import ExitStatus
from tests.fakes.probe import ONLINE, failed
from tests.fakes.store import MemoryStore
from tests.unit.app.monitor import Monitor

REFUSED = failed(Cause.REFUSED)


@pytest.fixture
def moved() -> Monitor:
    """Have polled one cluster, whose history has another name from now on."""
    monitor = Monitor("alpha")
    monitor.set_retries(attempts=1)
    monitor.pinned = False
    monitor.poll(ONLINE)
    monitor.other_histories["alpha"] = monitor.store
    monitor.store = MemoryStore()
    return monitor


def test_a_cluster_of_several_continues_its_own_history(moved: Monitor) -> None:
    key = moved.other_histories["alpha"].history.ssh.host_key
    run = moved.poll_all({"alpha": [REFUSED], "beta": [ONLINE]})
    assert run.headlines == ["alpha is offline", "beta is online"]
    assert run.notices == ["alpha: This poll continues the entry in the history 'alpha'."]
    assert run.clusters["alpha"]["previous_status"] == "online"
    assert key
    after = moved.store.histories.of("alpha")
    assert (after.ssh.host_key, len(after.record.polls)) == (key, 2)


def test_later_polls_do_not_look_for_it(moved: Monitor) -> None:
    moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    loads = moved.other_histories["alpha"].loads
    assert moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]}).notices == []
    assert moved.other_histories["alpha"].loads == loads


def test_a_single_cluster_continues_the_history_of_several(moved: Monitor) -> None:
    moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    moved.other_histories = {"cluster-status": moved.store}
    moved.store = MemoryStore()
    run = moved.poll(REFUSED)
    assert (run.headlines, len(run.notices)) == (["alpha is offline"], 1)
    assert list(moved.store.histories.clusters) == ["alpha"]


def test_a_cluster_that_returns_to_its_own_history_continues_the_latest_entry(moved: Monitor) -> None:
    own = moved.other_histories["alpha"]
    moved.poll_all({"alpha": [REFUSED], "beta": [ONLINE]})
    moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]}, later=timedelta(hours=1))
    moved.other_histories, moved.store = {"cluster-status": moved.store}, own
    run = moved.poll(ONLINE, later=timedelta(hours=1))
    assert (run.headlines, len(run.notices)) == ([], 1)
    assert len(moved.store.history.record.polls) == 4


def test_a_return_to_an_outdated_entry_reports_no_recovery_a_second_time(moved: Monitor) -> None:
    own = moved.other_histories["alpha"]
    moved.store = own
    moved.poll(REFUSED)
    moved.store = MemoryStore()
    assert "alpha is back online" in moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]}).headlines
    moved.other_histories, moved.store = {"cluster-status": moved.store}, own
    assert moved.poll(ONLINE, later=timedelta(days=20)).headlines == []


def test_after_a_gap_an_older_entry_of_another_history_is_left_alone(moved: Monitor) -> None:
    moved.poll_all({"alpha": [REFUSED], "beta": [ONLINE]})
    run = moved.poll_all({"alpha": [REFUSED], "beta": [ONLINE]}, later=timedelta(hours=5))
    assert (run.headlines, run.notices) == ([], [])


def test_after_a_gap_another_history_that_cannot_be_read_stops_no_poll(moved: Monitor) -> None:
    moved.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    moved.other_histories["alpha"].make_unreachable()
    run = moved.poll_all({"alpha": [REFUSED], "beta": [ONLINE]}, later=timedelta(hours=5))
    assert (run.exit_status, run.headlines) == (ExitStatus.OK, ["alpha is offline"])


def test_the_history_of_another_server_is_not_continued(moved: Monitor) -> None:
    moved.digests = keyed_digests(key="a webhook", server="another.example.org, port 22", login="a login")
    run = moved.poll(ONLINE)
    assert (run.headlines, run.notices) == (["alpha is online"], [])


def test_a_conflict_of_two_servers_is_left_behind(moved: Monitor) -> None:
    old = moved.other_histories["alpha"]
    conflict = PolledServer(digest="d", at=old.history.record.polls[-1].at)
    old.save(old.histories.with_entry("alpha", replace(old.history, servers=Servers(conflict=conflict))))
    assert old.history.server_mismatch(moved.digests, moved.clock.now()) is ServerMismatch.CONFLICT
    assert moved.poll(ONLINE).exit_status is ExitStatus.OK


def test_without_an_answer_about_the_other_history_no_history_begins(moved: Monitor) -> None:
    moved.other_histories["alpha"].make_unreachable()
    run = moved.poll(ONLINE)
    assert (run.exit_status, run.outputs["cause"]) == (ExitStatus.HISTORY, Cause.NO_HISTORY)
    assert moved.store.content is None
