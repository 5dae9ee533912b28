"""Runs of one and of several clusters: loads, saves, errors and exit statuses."""

import json
import signal
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import Cancelled, DeliveryError, ExitStatus, HistoryError, InputError
from cluster_status.ports import Level
from tests.fakes.heartbeat import RecordingHeartbeat
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.fakes.store import MemoryStore
from tests.unit.app.monitor import Monitor, Run

DEGRADED = listed(partition(draining=8))
MAINTENANCE = listed(partition(maintenance=8))
REFUSED, TIMEOUT = failed(Cause.REFUSED), failed(Cause.TIMEOUT)
UNKNOWN, UNPARSABLE = failed(Cause.SINFO_FAILED), failed(Cause.UNPARSABLE)
FAILED = DeliveryError("Discord was not reached.", cause="no answer")


@pytest.fixture
def online(monitor: Monitor) -> Monitor:
    """Return a monitor of a cluster that was online at the first poll."""
    monitor.poll(ONLINE)
    return monitor


# a history that cannot be used


DAMAGED = {
    "of 0 bytes": b"",
    "truncated": codec.render(Histories().with_entry("mscluster", History()))[:-20],
    "without clusters": b'{"schema": 1}',
    "of a newer schema": b'{"schema": 99, "clusters": {}}',
    "not UTF-8": b"\xff\xfe",
    "null": b"null",
}
damaged = pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)


@damaged
def test_with_a_damaged_history_nothing_is_sent_and_nothing_overwritten(
    content: bytes, monitor: Monitor
) -> None:
    monitor.store.content = content
    runs = [monitor.poll(result) for result in (ONLINE, REFUSED, ONLINE)]
    assert (monitor.store.content, monitor.store.saves) == (content, 0)
    assert monitor.notifier.sends == 0
    assert [run.exit_status for run in runs] == [ExitStatus.HISTORY] * 3


@damaged
def test_with_a_damaged_history_the_outputs_are_published(content: bytes, monitor: Monitor) -> None:
    monitor.store.content = content
    outputs = monitor.poll(DEGRADED).outputs
    assert {name: outputs[name] for name in ("status", "cause", "previous-status", "changed", "since")} == {
        "status": "degraded",
        "cause": "nodes-draining",
        "previous-status": "",
        "changed": "false",
        "since": "",
    }


@damaged
def test_with_a_damaged_history_a_server_without_a_pin_gets_no_credential(
    content: bytes, monitor: Monitor
) -> None:
    monitor.store.content = content
    monitor.pinned = False
    run = monitor.poll(ONLINE)
    assert (run.probe.loads, run.probe.offers) == (1, 0)
    assert (run.outputs["cause"], run.exit_status) == ("no-history", ExitStatus.HISTORY)
    assert run.errors[0].startswith("The history")  # the cause of the second error
    assert run.errors[1].startswith("Status of mscluster is unknown: history not read")


def test_with_a_damaged_history_a_pinned_server_is_checked_as_usual(monitor: Monitor) -> None:
    monitor.store.content = b""
    run = monitor.poll(ONLINE)
    assert (run.probe.offers, run.outputs["status"]) == (1, "online")


def test_with_an_unreachable_store_nothing_is_sent_and_nothing_overwritten(online: Monitor) -> None:
    kept = online.store.content
    online.store.make_unreachable()
    run = online.poll(DEGRADED)
    assert run.exit_status is ExitStatus.HISTORY
    assert run.errors == ["The store does not answer. Wait."]
    assert (online.store.content, run.messages) == (kept, [])


# the time of the check


def test_the_history_is_loaded_during_the_check(monitor: Monitor) -> None:
    is_checked = threading.Event()

    class SlowStore(MemoryStore):
        def load(self) -> Histories | None:
            assert is_checked.wait(5)
            return super().load()

    monitor.store = SlowStore()
    monitor.on_connectivity_check = is_checked.set
    assert monitor.poll(REFUSED).outputs["status"] == "unknown"


def test_a_poll_continues_from_what_another_run_saved_during_the_check(online: Monitor) -> None:
    is_loaded = threading.Event()

    class LoadedStore(MemoryStore):
        def load(self) -> Histories | None:
            histories = super().load()
            is_loaded.set()
            return histories

    online.store = LoadedStore(online.store.content)
    other = Monitor()
    other.store = online.store.of_another_run()

    def overtake() -> None:
        assert is_loaded.wait(5)
        assert other.poll(REFUSED).headlines == ["mscluster is offline"]

    online.on_connectivity_check = overtake
    run = online.poll(REFUSED)
    assert (run.messages, run.outputs["changed"], run.outputs["previous-status"]) == ([], "false", "offline")
    assert (run.outputs["status"], run.outputs["cause"]) == ("offline", "refused")
    assert "Give the workflow a concurrency group" in run.notices[0]
    assert [poll.status for poll in online.store.history.record.polls] == ["online", "offline", "offline"]


def test_a_store_that_fails_during_the_check_is_an_error(online: Monitor) -> None:
    kept = online.store.content
    online.on_connectivity_check = online.store.make_unreachable
    run = online.poll(REFUSED)
    assert (run.exit_status, run.messages) == (ExitStatus.HISTORY, [])
    assert online.store.content == kept


def test_a_history_that_is_damaged_during_the_check_is_not_overwritten(online: Monitor) -> None:
    def damage() -> None:
        online.store.content = b"null"

    online.on_connectivity_check = damage
    run = online.poll(REFUSED)
    assert (run.exit_status, run.messages) == (ExitStatus.HISTORY, [])
    assert online.store.content == b"null"


# the exit status


def exit_statuses(monitor: Monitor, *results: ProbeResult) -> list[int]:
    """Poll once for each result, and return the exit status of each run."""
    return [monitor.poll(result).exit_status for result in results]


def test_an_unknown_status_fails_the_run_when_it_begins_or_changes_and_daily(online: Monitor) -> None:
    assert exit_statuses(online, *[UNKNOWN] * 3, *[UNPARSABLE] * 2) == [3, 0, 0, 3, 0]
    six_hours = timedelta(hours=6)
    statuses = [online.poll(UNPARSABLE, later=six_hours).exit_status for _ in range(9)]
    assert statuses == [0, 0, 0, 3, 0, 0, 0, 3, 0]


def test_a_second_unknown_period_fails_the_run_again(online: Monitor) -> None:
    assert exit_statuses(online, UNKNOWN, ONLINE, UNKNOWN) == [3, 0, 3]


def test_a_login_that_never_worked_fails_the_first_run(monitor: Monitor) -> None:
    assert exit_statuses(monitor, *[failed(Cause.LOGIN_REFUSED)] * 3) == [3, 0, 0]


def test_every_poll_with_an_unknown_status_shows_an_error(online: Monitor) -> None:
    assert [len(online.poll(UNKNOWN).errors) for _ in range(3)] == [1, 1, 1]


def test_a_cluster_that_is_down_does_not_fail_the_run(online: Monitor) -> None:
    runs = [online.poll(result) for result in (DEGRADED, MAINTENANCE, REFUSED)]
    assert [(run.exit_status, run.errors) for run in runs] == [(ExitStatus.OK, [])] * 3


def test_a_damaged_history_outweighs_an_unknown_status(monitor: Monitor) -> None:
    monitor.store.content = b""
    assert monitor.poll(UNKNOWN).exit_status is ExitStatus.HISTORY


def test_a_history_that_cannot_be_saved_outweighs_an_unknown_status(online: Monitor) -> None:
    online.store.fail_save()
    assert online.poll(UNKNOWN).exit_status is ExitStatus.HISTORY


def test_an_unknown_status_outweighs_a_failed_delivery(online: Monitor) -> None:
    exit_statuses(online, UNKNOWN, UNKNOWN)
    online.notifier.fail_next(FAILED)
    run = online.poll(UNPARSABLE)
    assert online.notifier.sends == 2
    assert run.exit_status is ExitStatus.UNKNOWN
    assert len(run.errors) == 2


def test_a_run_that_is_cancelled_during_the_check_saves_and_publishes_nothing(online: Monitor) -> None:
    kept = online.store.content
    with pytest.raises(Cancelled):
        online.poll(Cancelled(signal.SIGTERM))
    assert (online.store.content, online.runner.published) == (kept, 0)


# the heartbeat


def test_the_heartbeat_reports_whether_each_poll_worked(online: Monitor) -> None:
    online.set_retries(attempts=1)
    online.notifier.fail_next(None, FAILED)
    host_key = failed(Cause.HOST_KEY)
    exit_statuses(online, REFUSED, REFUSED, ONLINE, host_key, host_key)
    online.store.fail_save()
    online.poll(ONLINE)
    assert online.heartbeat.beats == [True, True, True, False, False, False, False]


# several clusters in one run


@pytest.fixture
def both() -> Monitor:
    """Return a monitor of two clusters that were online at the first poll."""
    monitor = Monitor()
    monitor.set_retries(attempts=1)
    poll_both(monitor, ONLINE, ONLINE)
    return monitor


def poll_both(monitor: Monitor, alpha: ProbeResult | BaseException, beta: ProbeResult) -> Run:
    return monitor.poll_all({"Alpha": [alpha], "Beta": [beta]})


def statuses(monitor: Monitor) -> dict[str, str]:
    """Return the confirmed status of each cluster in the history."""
    clusters = monitor.store.histories.clusters
    return {key: str(history.tracker.status) for key, history in clusters.items()}


def test_a_run_of_two_clusters_loads_once_and_saves_twice(both: Monitor) -> None:
    store = both.store
    loads, saves = store.loads, store.saves
    saved_before: list[int] = []
    both.notifier.during_next(lambda: saved_before.append(store.saves - saves))
    run = poll_both(both, REFUSED, failed(Cause.DNS))
    assert (store.loads - loads, saved_before, store.saves - saves) == (1, [1], 2)
    assert run.headlines == ["Alpha is offline", "Beta is offline"]
    assert statuses(both) == {"alpha": "offline", "beta": "offline"}


def test_late_messages_of_two_clusters_are_sent_in_the_order_of_their_events(both: Monitor) -> None:
    both.notifier.fail_next(FAILED, FAILED)
    poll_both(both, ONLINE, REFUSED)
    poll_both(both, REFUSED, REFUSED)
    assert poll_both(both, REFUSED, ONLINE).headlines == [
        "Beta is offline",
        "Alpha is offline",
        "Beta is back online",
    ]


def test_a_run_of_two_clusters_without_a_notification_saves_once(both: Monitor) -> None:
    saves = both.store.saves
    assert poll_both(both, ONLINE, ONLINE).messages == []
    assert both.store.saves == saves + 1


def test_the_output_clusters_has_an_object_for_each_cluster(both: Monitor) -> None:
    run = poll_both(both, REFUSED, ONLINE)
    clusters = run.clusters
    nodes = clusters["Beta"].pop("nodes")
    assert (nodes["total"], nodes["idle"]) == (8, 8)
    assert clusters == {
        "Alpha": {
            "status": "offline",
            "previous_status": "online",
            "changed": True,
            "cause": "refused",
            "since": "2026-03-01T12:10:00Z",
            "message": "Alpha is offline: SSH connections refused",
            "nodes": None,
        },
        "Beta": {
            "status": "online",
            "previous_status": "online",
            "changed": False,
            "cause": "",
            "since": "2026-03-01T12:05:00Z",
            "message": "Beta is online (8 of 8 nodes in service)",
        },
    }


def test_the_other_outputs_summarise_both_clusters(both: Monitor) -> None:
    outputs = poll_both(both, DEGRADED, ONLINE).outputs
    del outputs["clusters"]
    assert outputs == {
        "status": "degraded",
        "previous-status": "",
        "changed": "true",
        "cause": "",
        "since": "",
        "message": "2 clusters: 1 degraded, 1 online; Alpha is degraded: all nodes in service are "
        "draining, no new jobs start (8 of 8 nodes in service)",
        "partitions": "[]",
        "site-changed": "false",
        "history-path": "history.json",
    }
    assert poll_both(both, DEGRADED, ONLINE).outputs["changed"] == "false"


def test_the_status_of_several_clusters_is_the_worst(monitor: Monitor) -> None:
    offline = listed(partition(down=8))
    worst_first = {
        "offline": offline,
        "degraded": DEGRADED,
        "unknown": UNKNOWN,
        "maintenance": MAINTENANCE,
        "online": ONLINE,
    }
    monitor.set_retries(attempts=1)
    for status in list(worst_first):
        run = monitor.poll_all({name: [result] for name, result in reversed(worst_first.items())})
        assert run.outputs["status"] == status
        del worst_first[status]


def test_the_summary_has_a_table_of_clusters_and_a_part_for_each_that_is_not_online(both: Monitor) -> None:
    table, *parts = poll_both(both, ONLINE, REFUSED).runner.summaries
    assert (table.status, table.headline) == ("offline", "2 clusters: 1 offline, 1 online")
    assert [(row.name, row.status, row.nodes) for row in table.clusters] == [
        ("Beta", "offline", ""),
        ("Alpha", "online", "8 of 8"),
    ]
    assert [part.headline for part in parts] == ["Beta is offline: SSH connections refused"]


def test_the_summary_links_to_the_page_of_each_cluster_and_of_all(both: Monitor) -> None:
    both.page_url = "https://status.example.org/"
    whole, beta = poll_both(both, ONLINE, REFUSED).runner.summaries
    assert whole.page == "https://status.example.org/"
    assert beta.page == "https://status.example.org/clusters/beta.html"
    assert [row.page.rpartition("/")[2] for row in whole.clusters] == ["beta.html", "alpha.html"]


def test_the_table_of_clusters_has_their_uptime_once_an_hour_is_monitored(both: Monitor) -> None:
    early, *_, late = [poll_both(both, ONLINE, ONLINE).runner.summaries[0] for _ in range(14)]
    assert [row.up for row in early.clusters] == ["", ""]
    assert [row.up for row in late.clusters] == ["100 %", "100 %"]


def test_a_run_of_two_clusters_publishes_once_and_sends_one_heartbeat(both: Monitor) -> None:
    run = poll_both(both, REFUSED, DEGRADED)
    assert run.runner.published == 1
    assert both.heartbeat.beats == [True, True]


FAILURES: dict[str, tuple[Callable[[Monitor], object], ProbeResult]] = {
    "one is unknown": (lambda _: None, UNKNOWN),
    "a save fails": (lambda both: both.store.fail_save(), ONLINE),
    "a delivery fails": (lambda both: both.notifier.fail_next(FAILED), REFUSED),
}


@pytest.mark.parametrize(("prepare", "beta"), FAILURES.values(), ids=FAILURES)
def test_the_heartbeat_of_two_clusters_reports_any_failure(
    prepare: Callable[[Monitor], object], beta: ProbeResult, both: Monitor
) -> None:
    prepare(both)
    poll_both(both, ONLINE, beta)
    assert both.heartbeat.beats == [True, False]


def test_the_exit_status_of_two_clusters_is_that_of_the_worse_one(both: Monitor) -> None:
    both.notifier.fail_next(FAILED)
    assert poll_both(both, REFUSED, UNKNOWN).exit_status is ExitStatus.UNKNOWN
    assert poll_both(both, REFUSED, UNKNOWN).exit_status is ExitStatus.OK  # as with one cluster
    both.notifier.fail_next(FAILED)
    assert poll_both(both, ONLINE, UNKNOWN).exit_status is ExitStatus.UNDELIVERED
    both.store.fail_save()
    assert poll_both(both, ONLINE, UNPARSABLE).exit_status is ExitStatus.HISTORY


def test_every_annotation_of_two_clusters_names_its_cluster(both: Monitor) -> None:
    outcome = replace(ONLINE.outcome, unknown_states=("odd",), unmatched_patterns=("fat",))
    with_warnings = replace(ONLINE, outcome=outcome, line_to_pin="head.example.org ssh-ed25519 AAAA")
    poll_both(both, ONLINE, ONLINE)
    run = both.poll_all({"Alpha": [with_warnings], "Beta": [UNKNOWN]}, later=timedelta(hours=2))
    named = [
        (level.value, [name for name in ("Alpha", "Beta") if name in text])
        for level, text in run.runner.annotations
    ]
    *of_clusters, of_both = named
    assert sorted(of_clusters) == [("error", ["Beta"]), *[("warning", ["Alpha"])] * 3]
    assert of_both == ("warning", [])
    assert run.warnings[-1].startswith("No poll of 2 clusters for 2 h since ")


def test_a_gap_of_one_of_two_clusters_names_it(both: Monitor) -> None:
    for _ in range(3):
        poll_both(both, ONLINE, ONLINE)
    for _ in range(8):
        both.poll_all({"Beta": [ONLINE]}, later=timedelta(minutes=15))
    [warning] = poll_both(both, ONLINE, ONLINE).warnings
    assert warning.startswith("No poll of Alpha for 2 h 5 min since ")


def test_a_cluster_that_does_not_answer_does_not_delay_other_checks(both: Monitor) -> None:
    both.during_probe = threading.Barrier(2, timeout=5).wait  # each check waits until the other has begun
    run = poll_both(both, TIMEOUT, REFUSED)
    assert run.headlines == ["Beta is offline"]


def test_each_cluster_has_the_same_results_as_in_its_own_run(monitor: Monitor) -> None:
    alone = Monitor("Beta")
    beta = [ONLINE, DEGRADED, UNKNOWN, UNKNOWN, UNKNOWN, REFUSED, ONLINE, listed(partition(idle=8))]
    alpha = [ONLINE, UNKNOWN, REFUSED, TIMEOUT, TIMEOUT, ONLINE, failed(Cause.HOST_KEY), MAINTENANCE]
    for each in (alone, monitor):
        each.set_retries(attempts=1)
    for result, other in zip(beta, alpha, strict=True):
        run, run_alone = poll_both(monitor, other, result), alone.poll(result)
        assert run.clusters["Beta"] == run_alone.clusters["Beta"]
    messages = [message for message in monitor.notifier.messages if message.cluster == "Beta"]
    assert list(map(_without_id, messages)) == list(map(_without_id, alone.notifier.messages))
    assert _without_ids(monitor.store.histories.of("Beta")) == _without_ids(alone.store.history)


def _without_id(message: Message) -> Message:
    return replace(message, notification=None)


def _without_ids(history: History) -> History:
    """Return the history without the channels, whose notifications have random ids."""
    return replace(history, outbox=replace(history.outbox, channels={}))


def test_a_check_that_raises_leaves_the_other_clusters_their_poll(both: Monitor) -> None:
    kept = both.store.histories.of("Alpha")
    with pytest.raises(KeyError):
        poll_both(both, KeyError("an internal error"), REFUSED)
    assert [message.headline for message in both.notifier.messages[2:]] == ["Beta is offline"]
    assert both.store.histories.of("Alpha") == kept
    assert both.store.histories.of("Beta").tracker.status == "offline"
    assert list(json.loads(both.runner.outputs["clusters"])) == ["Beta"]
    assert both.runner.of(Level.ERROR) == ["Alpha: The check failed with an unexpected KeyError."]
    assert both.heartbeat.beats == [True]  # the caller reports the failure


def test_a_check_that_raises_stops_no_heartbeat_of_another_cluster(both: Monitor) -> None:
    both.own_heartbeats = {name: RecordingHeartbeat() for name in ("Alpha", "Beta")}
    with pytest.raises(KeyError):
        poll_both(both, KeyError("an internal error"), ONLINE)
    assert {name: one.beats for name, one in both.own_heartbeats.items()} == {
        "Alpha": [False],
        "Beta": [True],
    }


def test_if_every_check_raises_nothing_is_saved_or_published(both: Monitor) -> None:
    kept = both.store.content
    with pytest.raises(KeyError):
        both.poll_all({"Alpha": [KeyError("an internal error")], "Beta": [ValueError("another one")]})
    assert (both.store.content, both.runner.published, both.runner.annotations) == (kept, 0, [])


# clusters and channels that cannot share a run


def test_two_clusters_whose_names_differ_only_in_case_are_an_input_error(both: Monitor) -> None:
    kept = both.store.content
    for use in (both.poll_all, both.check_all):
        with pytest.raises(InputError, match="two clusters have the name 'alpha'"):
            use({"Alpha": [REFUSED], "ALPHA": [ONLINE], "Beta": [ONLINE]})
    assert (both.store.content, both.runner.published) == (kept, 0)


def test_a_run_without_a_cluster_is_an_input_error(monitor: Monitor) -> None:
    for use in (monitor.poll_all, monitor.check_all):
        with pytest.raises(InputError, match="no cluster is configured"):
            use({})


def test_two_channels_with_one_id_are_an_input_error(monitor: Monitor) -> None:
    for _ in range(2):
        monitor.add_channel("team")
    with pytest.raises(InputError, match="two channels have the id 'team'"):
        monitor.poll(ONLINE)
    assert monitor.notifier.sends == 0


# entries in the document


def test_a_run_does_not_change_the_entries_of_other_clusters(both: Monitor) -> None:
    both.notifier.fail_next(FAILED)
    poll_both(both, REFUSED, REFUSED)
    kept = both.store.histories.of("Beta")
    runs = [both.poll_all({"Alpha": [result]}) for result in (REFUSED, ONLINE, UNKNOWN)]
    assert both.store.histories.of("Beta") == kept
    assert kept.outbox.has_pending
    assert [run.headlines for run in runs] == [["Alpha is offline"], ["Alpha is back online"], []]


def test_names_that_differ_only_in_case_share_one_history(both: Monitor) -> None:
    run = both.poll_all({"ALPHA": [ONLINE]})
    assert (run.outputs["previous-status"], run.messages) == ("online", [])
    assert list(both.store.histories.clusters) == ["alpha", "beta"]


def test_a_run_of_several_clusters_ignores_the_history_of_the_original_script(both: Monitor) -> None:
    original = codec.parse(b'[{"poll_time": "2026-03-01 12:00:00", "online": true}]')
    both.store.save(original)
    assert poll_both(both, ONLINE, ONLINE).headlines == ["Alpha is online", "Beta is online"]
    both.poll_all({"Gamma": [ONLINE]})
    histories = both.store.histories.clusters
    assert list(histories) == ["", "alpha", "beta", "gamma"]
    assert histories[""] == original.clusters[""]


def test_an_error_of_the_store_is_reported_once_for_all_clusters(both: Monitor) -> None:
    both.store.fail_save(1, HistoryError("The quota is used up.", remedy="Delete artifacts."))
    run = poll_both(both, REFUSED, REFUSED)
    assert run.errors == ["The quota is used up. Delete artifacts."]
    assert run.exit_status is ExitStatus.HISTORY
