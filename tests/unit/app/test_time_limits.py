"""A run ends in time, and says what it left undone."""

import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from cluster_status.app import check, live_message
from cluster_status.app.cluster import Channel
from cluster_status.app.limited_store import LimitedStore
from cluster_status.deadline import RUN_SECONDS, Deadline, RunDeadlines
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import Cause
from cluster_status.errors import Cancelled, ExitStatus, HistoryUnreachableError
from tests.fakes.clock import VirtualClock
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.probe import ONLINE, ScriptedProbe, failed, listed, partition
from tests.fakes.store import MemoryStore
from tests.unit.app.cancellation import cancelled_by
from tests.unit.app.monitor import Monitor

SHORT_SECONDS = 0.1
REFUSED, FEWER = failed(Cause.REFUSED), listed(partition(idle=7, down=1))


class HangingStore(MemoryStore):
    """A store on a file system that does not respond from one method on."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self._method = method
        self.responds = threading.Event()

    def load(self) -> Histories | None:
        self._hang("load")
        return super().load()

    def newer(self) -> Histories | None:
        self._hang("newer")
        return super().newer()

    def save(self, histories: Histories) -> None:
        self._hang("save")
        super().save(histories)

    def _hang(self, method: str) -> None:
        if method == self._method:
            assert self.responds.wait(10)


class HangingNotifier(RecordingNotifier):
    """A channel that does not respond, and is no client with a time limit of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.responds = threading.Event()

    def send(self, message: Message) -> MessageRef:
        assert self.responds.wait(10)
        return super().send(message)

    def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        assert self.responds.wait(10)
        return super().edit(ref, message)


def short() -> RunDeadlines:
    """Return the deadlines of a run that has little time for the history."""
    deadlines = RunDeadlines()
    deadlines.load = deadlines.save = deadlines.save_deliveries = Deadline(SHORT_SECONDS)
    return deadlines


@pytest.fixture
def hanging() -> Iterator[Callable[[str], HangingStore]]:
    stores: list[HangingStore] = []

    def make(method: str) -> HangingStore:
        stores.append(HangingStore(method))
        return stores[-1]

    yield make
    for store in stores:
        store.responds.set()


@pytest.fixture
def monitor() -> Monitor:
    monitor = Monitor()
    monitor.new_deadlines = short
    return monitor


def test_each_step_of_a_run_leaves_time_for_the_next_one() -> None:
    clock = VirtualClock()
    run = RunDeadlines(monotonic=clock.monotonic)
    steps = (run.load, run.check, run.save, run.deliver, run.save_deliveries, run.whole)
    ends = [step.left for step in steps]
    assert ends == sorted(set(ends))
    assert ends[0] > 0
    assert ends[-1] == RUN_SECONDS
    clock.advance(timedelta(seconds=RUN_SECONDS))
    assert all(step.passed for step in steps)


@pytest.mark.parametrize(("method", "what"), [("load", "read"), ("newer", "read again"), ("save", "saved")])
def test_a_history_that_hangs_is_an_error_and_the_status_is_published(
    method: str, what: str, hanging: Callable[[str], HangingStore], monitor: Monitor
) -> None:
    run = monitor.poll(ONLINE, store=hanging(method))
    assert run.exit_status is ExitStatus.HISTORY
    [error] = run.errors
    assert error.startswith(f"The history could not be {what} in time: no response within ")
    assert run.outputs["status"] == "online"


def test_without_time_nothing_is_asked_of_the_history(hanging: Callable[[str], HangingStore]) -> None:
    store = hanging("save")
    with pytest.raises(HistoryUnreachableError, match="The history was not read: the time limit"):
        LimitedStore(store, RunDeadlines(seconds=0)).load()
    assert store.loads == 0


def test_a_save_in_progress_is_completed_when_the_run_is_cancelled() -> None:
    store = MemoryStore()
    with cancelled_by(signal.SIGUSR1) as cancel:
        store.during_save(1, cancel)
        with pytest.raises(Cancelled):
            LimitedStore(store, RunDeadlines()).save(Histories())
    assert store.content is not None


def test_messages_that_are_left_for_the_next_run_are_counted(monitor: Monitor) -> None:
    monitor.new_deadlines = RunDeadlines
    monitor.poll(ONLINE)

    def without_time_to_deliver() -> RunDeadlines:
        deadlines = RunDeadlines()
        deadlines.deliver = Deadline(0)
        return deadlines

    monitor.new_deadlines = without_time_to_deliver
    run = monitor.poll(REFUSED)
    assert run.messages == []
    assert "No time is left for pending messages: 1. The next run sends them." in run.notices
    monitor.new_deadlines = RunDeadlines
    assert len(monitor.poll(REFUSED).messages) == 1


def test_a_check_that_does_not_end_leaves_the_other_clusters_alone(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_time_to_check() -> RunDeadlines:
        deadlines = RunDeadlines()
        deadlines.check = Deadline(0)
        return deadlines

    monkeypatch.setattr(check, "_CONNECTIVITY_CHECK_SECONDS", 0.5)
    monitor.new_deadlines = without_time_to_check
    is_over = threading.Event()
    probes = {
        "hangs": ScriptedProbe(monitor.clock, ONLINE, during_probe=lambda: is_over.wait(10)),
        "works": ScriptedProbe(monitor.clock, ONLINE),
    }
    with pytest.raises(TimeoutError):
        monitor.run(probes)
    is_over.set()
    assert monitor.runner.outputs["status"] == "online"
    assert list(monitor.store.histories.clusters) == ["works"]


def test_the_log_names_the_attempt_for_which_no_time_is_left(monitor: Monitor) -> None:
    def without_time_to_retry() -> RunDeadlines:
        deadlines = RunDeadlines()
        deadlines.check = Deadline(10)
        return deadlines

    monitor.new_deadlines = without_time_to_retry
    run = monitor.poll(REFUSED)
    assert run.probe.calls == 1
    assert run.runner.lines[0].endswith("; no time is left for attempt 2 of 3")


# channels that do not respond


def little_time_for_messages() -> RunDeadlines:
    deadlines = RunDeadlines()
    deadlines.end_deliveries = Deadline(SHORT_SECONDS)
    return deadlines


@pytest.fixture
def channel() -> Iterator[HangingNotifier]:
    channel = HangingNotifier()
    yield channel
    channel.responds.set()


def test_a_run_does_not_wait_for_a_channel_that_never_responds(
    monitor: Monitor, channel: HangingNotifier
) -> None:
    monitor.other_channels = [Channel(ChannelPolicy("slow"), channel)]
    monitor.new_deadlines = little_time_for_messages
    run = monitor.poll(ONLINE)
    assert run.exit_status is ExitStatus.UNDELIVERED
    assert "Channel slow: The channel did not respond in time." in run.errors[0]
    assert run.headlines == ["mscluster is online"]
    outbox = monitor.store.history.outbox
    assert {id_: len(outbox.channel(id_).pending) for id_ in outbox.channels} == {"discord": 0, "slow": 1}
    assert outbox.delivering_since is None


def test_messages_do_not_wait_for_a_live_message_whose_edit_never_ends(
    monitor: Monitor, channel: HangingNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_message, "_SECONDS", SHORT_SECONDS)
    monitor.other_channels = [Channel(ChannelPolicy("slow", digest="1", live=True), channel, channel)]
    channel.responds.set()
    monitor.poll(ONLINE)
    channel.responds.clear()
    monitor.new_deadlines = little_time_for_messages
    monitor.set_retries(attempts=1)
    run = monitor.poll(FEWER)
    assert run.exit_status is ExitStatus.UNDELIVERED
    assert "Channel slow: The live message could not be edited" in run.errors[0]
    assert monitor.poll(REFUSED).headlines == ["mscluster is offline"]
