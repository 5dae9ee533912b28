"""Two servers, or two spellings of a name, with one history."""

from datetime import timedelta

import pytest

from cluster_status.domain.history.digests import digest_of, keyed_digests
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import DeliveryError, ExitStatus
from cluster_status.ports import Level
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import SERVER, Monitor, Run

REFUSED = failed(Cause.REFUSED)
ALLOCATED = listed(partition(idle=3, allocated=5))
LOGIN_REFUSED = failed(Cause.LOGIN_REFUSED)
FIRST_POLL = (
    "The history of 'mscluster' is of another server. This poll notifies nothing and changes no status. "
    "The next poll of this server continues the history. If the other server is another cluster, give each "
    "its own cluster-name."
)
CONFLICT = (
    "The cluster-name 'mscluster' is used for two servers, which share one history. This poll notified "
    "nothing and changed no status. Give each cluster its own cluster-name. If only one server is polled "
    "from now on, its polls continue the history after 24 hours. To end this at once, set another "
    "history-name (or history-path, for a file)."
)


@pytest.fixture
def monitor() -> Monitor:
    """Return a monitor whose server is online."""
    monitor = Monitor()
    poll(monitor, SERVER)
    return monitor


def poll(monitor: Monitor, server: str, result: object = ONLINE, webhook: str = "a webhook") -> Run:
    monitor.digests = keyed_digests(key=webhook, server=server, login=f"login of {server}")
    monitor.set_policy(digest=digest_of(webhook))
    return monitor.poll(result)  # type: ignore[arg-type]


def test_the_first_poll_of_another_server_notifies_nothing_changes_no_status_and_warns(
    monitor: Monitor,
) -> None:
    before = monitor.store.history
    run = poll(monitor, "another", REFUSED)
    after = monitor.store.history
    assert (run.exit_status, run.headlines) == (ExitStatus.OK, [])
    assert FIRST_POLL in run.warnings
    assert (run.outputs["previous-status"], run.outputs["changed"]) == ("online", "false")
    assert (after.tracker, after.record, after.outbox) == (before.tracker, before.record, before.outbox)


def test_the_second_poll_in_a_row_continues_the_history_with_the_other_server(monitor: Monitor) -> None:
    poll(monitor, "another", LOGIN_REFUSED)
    poll(monitor, "another", LOGIN_REFUSED)
    run = poll(monitor, "another", REFUSED)
    assert (run.outputs["status"], run.headlines) == ("offline", ["mscluster is offline"])


@pytest.mark.parametrize("webhooks", [("a webhook", "a webhook"), ("a webhook", "another")], ids=str)
def test_two_clusters_with_one_name_get_an_error_and_never_a_false_outage(
    webhooks: tuple[str, str], monitor: Monitor
) -> None:
    runs = []
    for _ in range(10):
        runs.append(poll(monitor, "another", REFUSED, webhooks[1]))
        runs.append(poll(monitor, SERVER, ONLINE, webhooks[0]))
    assert [run.headlines for run in runs] == [[]] * 20
    assert [run.exit_status for run in runs] == [ExitStatus.OK] + [ExitStatus.HISTORY] * 19
    assert all(CONFLICT in run.errors for run in runs[1:])
    assert monitor.heartbeat.beats[-1] is False


def test_a_conflict_is_saved_and_ends_after_a_day_with_one_server(monitor: Monitor) -> None:
    poll(monitor, "another", ONLINE)
    poll(monitor, SERVER)
    for _ in range(2):
        assert poll(monitor, SERVER, REFUSED).exit_status is ExitStatus.HISTORY
    monitor.clock.advance(timedelta(hours=24))
    run = poll(monitor, SERVER, REFUSED)
    assert (run.exit_status, run.headlines) == (ExitStatus.OK, ["mscluster is offline"])


def test_a_poll_of_another_server_delivers_no_pending_message(monitor: Monitor) -> None:
    monitor.notifier.fail_next(DeliveryError("No response.", cause="unreachable"))
    assert poll(monitor, SERVER, REFUSED).headlines == []
    assert poll(monitor, "another", ONLINE).headlines == []
    assert poll(monitor, SERVER, REFUSED).headlines == []  # a conflict
    assert monitor.store.history.outbox.channel("discord").pending


def test_a_poll_of_another_server_edits_no_live_message() -> None:
    monitor = Monitor()
    monitor.set_policy(live=True)
    poll(monitor, SERVER, ONLINE)
    poll(monitor, "another", ALLOCATED)
    poll(monitor, SERVER, ALLOCATED)
    assert monitor.notifier.edits == []


def test_a_refused_login_is_held_back_in_a_conflict(monitor: Monitor) -> None:
    offers = [poll(monitor, server, LOGIN_REFUSED).probe.offers for server in ("another", SERVER) * 3]
    assert offers == [1, 1, 0, 0, 0, 0]


def test_while_nothing_can_be_saved_a_poll_of_another_server_notifies_nothing(monitor: Monitor) -> None:
    for _ in range(5):
        poll(monitor, SERVER, ONLINE)
    monitor.store.is_full = True
    runs = [poll(monitor, server, ONLINE) for server in (SERVER, SERVER, "another")]
    assert [run.headlines for run in runs] == [[]] * 3  # the third run would notify that nothing is saved
    monitor.store.is_full = False
    poll(monitor, "another", ONLINE)  # and the first run that can save would notify the status
    assert monitor.store.history.outbox.channel("discord").pending == ()


def test_names_that_differ_in_case_share_a_history_with_a_notice(monitor: Monitor) -> None:
    monitor.name = "MSCluster"
    notice = (
        "The poll before had the cluster-name 'mscluster'. Names that differ only in case share one history. "
        "Give another cluster a name that differs in letters or digits."
    )
    assert notice in monitor.poll(ONLINE).runner.of(Level.NOTICE)
    run = monitor.poll(ONLINE)
    assert (run.headlines, notice in run.runner.of(Level.NOTICE)) == ([], False)
