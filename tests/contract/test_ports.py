"""One suite per port, for the adapters and for the fake, so that the fake behaves as the adapters do."""

import io
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github.recent_runs import GitHubRecentRuns
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.adapters.runner import ActionsRunner
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.cause import Status
from cluster_status.errors import (
    Cancelled,
    ChannelRefusedError,
    DeliveryError,
    HistoryError,
    MessageLostError,
)
from cluster_status.ports import (
    Clock,
    EditableNotifier,
    FinishedRun,
    HistoryStore,
    Level,
    Notifier,
    RecentRuns,
    Runner,
    RunsSince,
)
from cluster_status.render.summary import Summary
from tests.fakes.clock import START, VirtualClock
from tests.fakes.discord import LoopbackDiscord, Reset
from tests.fakes.file_commands import read_outputs
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_wire import Wire
from tests.fakes.notifier import GONE, AfterAccepting, RecordingNotifier
from tests.fakes.recent_runs import WorkflowRuns
from tests.fakes.runner import RecordingRunner
from tests.fakes.store import MemoryStore
from tests.fakes.workflow_commands import read_commands

# HistoryStore


class Place(Protocol):
    """The place of a history, from inside a run and from outside."""

    def open(self) -> HistoryStore: ...

    def put(self, content: bytes) -> None: ...

    def content(self) -> bytes | None: ...

    def block(self) -> None:
        """Make the place unreachable before anything was saved there."""

    def fail_next_save(self, fault: OSError | Cancelled) -> None: ...


class Directory:
    """The place of a HistoryFile."""

    def __init__(self, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._workspace = workspace
        self._file = workspace / "state" / "history.json"
        self._monkeypatch = monkeypatch

    def open(self) -> HistoryFile:
        return HistoryFile("state/history.json", self._workspace)

    def put(self, content: bytes) -> None:
        self._file.parent.mkdir(exist_ok=True)
        self._file.write_bytes(content)

    def content(self) -> bytes | None:
        return self._file.read_bytes() if self._file.exists() else None

    def block(self) -> None:
        self._file.parent.touch()  # a file where a directory should be; to root, modes mean nothing

    def fail_next_save(self, fault: OSError | Cancelled) -> None:
        def fsync(_: int) -> NoReturn:
            self._monkeypatch.undo()
            raise fault

        self._monkeypatch.setattr(os, "fsync", fsync)


class Memory:
    """The place of a MemoryStore: all runs share one store."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def open(self) -> MemoryStore:
        return self._store

    def put(self, content: bytes) -> None:
        self._store.content = content

    def content(self) -> bytes | None:
        return self._store.content

    def block(self) -> None:
        self._store.make_unreachable()
        self._store.fail_save()

    def fail_next_save(self, fault: OSError | Cancelled) -> None:
        self._store.fail_save(1, fault if isinstance(fault, Cancelled) else None)


@pytest.fixture(params=["file", "fake"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Memory() if request.param == "fake" else Directory(tmp_path, monkeypatch)


OLD, NEW = (Histories().with_entry(name, History()) for name in ("old", "new"))
OLD_CONTENT = codec.render(OLD)


def test_a_store_without_a_save_has_no_history(place: Place) -> None:
    assert place.open().load() is None


def test_a_later_run_loads_the_latest_save(place: Place) -> None:
    store = place.open()
    store.save(OLD)
    store.save(NEW)
    assert place.open().load() == NEW


def test_a_store_keeps_the_document_to_the_byte(place: Place) -> None:
    place.open().save(OLD)
    assert place.content() == OLD_CONTENT


def test_a_load_changes_nothing(place: Place) -> None:
    place.put(OLD_CONTENT)
    store = place.open()
    assert (store.load(), store.load()) == (OLD, OLD)
    assert place.content() == OLD_CONTENT


@pytest.mark.parametrize("content", [b"", OLD_CONTENT[:-10], b"null", b'{"schema": 99}'], ids=repr)
def test_a_damaged_history_is_an_error_and_is_left_as_it_is(content: bytes, place: Place) -> None:
    place.put(content)
    with pytest.raises(HistoryError):
        place.open().load()
    assert place.content() == content


def test_a_store_that_cannot_be_reached_is_an_error_and_not_empty(place: Place) -> None:
    place.block()
    store = place.open()
    with pytest.raises(HistoryError):
        store.load()
    with pytest.raises(HistoryError):
        store.save(NEW)


def test_a_save_that_fails_leaves_the_old_history(place: Place) -> None:
    place.put(OLD_CONTENT)
    place.fail_next_save(OSError(28, "No space left on device"))
    store = place.open()
    with pytest.raises(HistoryError):
        store.save(NEW)
    assert place.content() == OLD_CONTENT
    store.save(NEW)
    assert place.open().load() == NEW


def test_a_save_that_is_cancelled_leaves_the_old_history(place: Place) -> None:
    place.put(OLD_CONTENT)
    place.fail_next_save(Cancelled(signal.SIGTERM))
    with pytest.raises(Cancelled):
        place.open().save(NEW)
    assert place.content() == OLD_CONTENT


def test_directly_after_a_load_nothing_is_newer(place: Place) -> None:
    store = place.open()
    assert (store.load(), store.newer()) == (None, None)
    place.put(OLD_CONTENT)
    store = place.open()
    assert (store.load(), store.newer()) == (OLD, None)


@pytest.mark.parametrize("before", [None, OLD_CONTENT], ids=["nothing before", "an older one before"])
def test_a_save_of_another_run_is_newer_once(before: bytes | None, place: Place) -> None:
    if before:
        place.put(before)
    store = place.open()
    store.load()
    place.put(codec.render(NEW))
    assert (store.newer(), store.newer()) == (NEW, None)


def test_a_damaged_newer_history_is_an_error(place: Place) -> None:
    store = place.open()
    store.load()
    place.put(b"")
    with pytest.raises(HistoryError):
        store.newer()


def test_the_path_of_a_store_is_relative_to_the_workspace(place: Place) -> None:
    assert not Path(place.open().path).is_absolute()


# Notifier


class Channel(Protocol):
    """A channel, and its messages."""

    @property
    def notifier(self) -> Notifier: ...

    def headlines(self) -> list[str]:
        """Return the headlines that arrived, in order."""


class Editor(Notifier, EditableNotifier, Protocol):
    """Both in one."""


class FailingChannel(Channel, Protocol):
    """A channel whose requests can fail."""

    def fail_next(self, *, after_accepting: bool) -> None: ...

    def delete_webhook(self) -> None: ...


class FakeChannel:
    def __init__(self) -> None:
        self.notifier = RecordingNotifier()

    def headlines(self) -> list[str]:
        edited = {int(post): message for post, message in self.notifier.shown.items()}
        messages = enumerate(self.notifier.messages, 1)
        return [edited.get(number, message).headline for number, message in messages]

    def delete_messages(self) -> None:
        self.notifier.delete_messages()

    def fail_next(self, *, after_accepting: bool) -> None:
        fault = DeliveryError("It was not delivered.", cause="no answer")
        self.notifier.fail_next(AfterAccepting(fault) if after_accepting else fault)

    def delete_webhook(self) -> None:
        self.notifier.fail_next(ChannelRefusedError(GONE))


class Terminal:
    """The output of a shell."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.notifier = Console(self._stream)

    def headlines(self) -> list[str]:
        lines = pairwise(self._stream.getvalue().splitlines())
        return [text.partition(" ")[2] for mark, text in lines if "message" in mark]


class Webhook:
    """A channel on a loopback Discord."""

    def __init__(self, discord: LoopbackDiscord, http: Http) -> None:
        self._discord = discord
        self.notifier = DiscordWebhook(discord.webhook_url, http, VirtualClock(), username="", avatar_url="")

    def headlines(self) -> list[str]:
        return [message["embeds"][0]["title"].partition(" ")[2] for message in self._discord.messages]

    def fail_next(self, *, after_accepting: bool) -> None:
        self._discord.fail_next(Reset(after_accepting=after_accepting))

    def delete_webhook(self) -> None:
        self._discord.delete_webhook()

    def delete_messages(self) -> None:
        self._discord.delete_messages()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    http = Http()
    with LoopbackDiscord() as discord:
        yield Webhook(discord, http)
    http.close()


@pytest.fixture(params=["console", "webhook", "fake"])
def channel(request: pytest.FixtureRequest) -> Channel:
    return _channel(request)


@pytest.fixture(params=["webhook", "fake"])
def failing_channel(request: pytest.FixtureRequest) -> FailingChannel:
    found = _channel(request)
    assert not isinstance(found, Terminal)
    return found


def _channel(request: pytest.FixtureRequest) -> FakeChannel | Terminal | Webhook:
    match request.param:
        case "console":
            return Terminal()
        case "webhook":
            found = request.getfixturevalue("webhook")
            assert isinstance(found, Webhook)
            return found
        case _:
            return FakeChannel()


def message(headline: str) -> Message:
    return Message(Status.ONLINE, headline, "", START)


def test_messages_arrive_in_order(channel: Channel) -> None:
    for headline in ("first", "second", "third"):
        channel.notifier.send(message(headline))
    assert channel.headlines() == ["first", "second", "third"]


def test_a_message_sent_twice_arrives_twice(channel: Channel) -> None:
    for _ in range(2):
        channel.notifier.send(message("again"))
    assert channel.headlines() == ["again", "again"]


def test_a_message_that_fails_is_an_error_with_a_cause_and_the_next_one_arrives(
    failing_channel: FailingChannel,
) -> None:
    failing_channel.fail_next(after_accepting=False)
    with pytest.raises(DeliveryError) as caught:
        failing_channel.notifier.send(message("first"))
    assert caught.value.cause
    failing_channel.notifier.send(message("second"))
    assert failing_channel.headlines() == ["second"]


def test_a_message_without_a_response_is_an_error_and_not_repeated(
    failing_channel: FailingChannel,
) -> None:
    failing_channel.fail_next(after_accepting=True)
    with pytest.raises(DeliveryError):
        failing_channel.notifier.send(message("accepted"))
    assert failing_channel.headlines() == ["accepted"]


def test_a_deleted_webhook_is_an_error_of_its_own(failing_channel: FailingChannel) -> None:
    failing_channel.delete_webhook()
    with pytest.raises(ChannelRefusedError) as caught:
        failing_channel.notifier.send(message("too late"))
    assert failing_channel.headlines() == []
    assert failing_channel.notifier.refusals[caught.value.cause].text == str(caught.value)


# EditableNotifier


class EditableChannel(Protocol):
    """A channel whose messages can be edited and deleted."""

    @property
    def notifier(self) -> Editor: ...

    def headlines(self) -> list[str]: ...

    def delete_messages(self) -> None:
        """Delete all messages, as a user of the channel can."""


@pytest.fixture(params=["webhook", "fake"])
def editable(request: pytest.FixtureRequest) -> EditableChannel:
    found = _channel(request)
    assert not isinstance(found, Terminal)
    return found


def test_an_edit_changes_the_message_and_adds_none(editable: EditableChannel) -> None:
    post = editable.notifier.send(message("before"))
    assert post
    edited = editable.notifier.edit(post, message("after"))
    assert (edited.id, editable.headlines()) == (post.id, ["after"])
    assert editable.notifier.edit(edited, message("after")) == edited


def test_an_earlier_message_can_be_edited(editable: EditableChannel) -> None:
    first, _ = editable.notifier.send(message("one")), editable.notifier.send(message("two"))
    assert first
    editable.notifier.edit(first, message("uno"))
    assert editable.headlines() == ["uno", "two"]


def test_an_edit_of_a_deleted_message_is_an_error(editable: EditableChannel) -> None:
    post = editable.notifier.send(message("gone"))
    assert post
    editable.delete_messages()
    with pytest.raises(MessageLostError):
        editable.notifier.edit(post, message("after"))


# Runner


class Show(Protocol):
    """A runner, and its output."""

    @property
    def runner(self) -> Runner: ...

    def annotations(self) -> list[tuple[str, str]]: ...

    def summary(self) -> str: ...


class FakeShow:
    def __init__(self) -> None:
        self.runner = RecordingRunner()

    def annotations(self) -> list[tuple[str, str]]:
        return [(level.value, text) for level, text in self.runner.annotations]

    def summary(self) -> str:
        lines = [line for shown in self.runner.summaries for line in (shown.headline, *shown.facts)]
        return "\n".join([*lines, *self.runner.sections])

    def outputs(self) -> dict[str, str]:
        return self.runner.outputs


class Shell:
    """The output of a shell, which has no outputs for other steps."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.runner = Console(self._stream)

    def annotations(self) -> list[tuple[str, str]]:
        pairs = (line.partition(": ") for line in self._stream.getvalue().splitlines())
        return [(level, text) for level, _, text in pairs if level in set(Level)]

    def summary(self) -> str:
        return self._stream.getvalue()


class Step:
    """A step of a job on GitHub's runner."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._output_file, self._summary_file = directory / "output", directory / "summary"
        self._capsys = capsys
        self.runner = ActionsRunner(self._output_file, self._summary_file)

    def annotations(self) -> list[tuple[str, str]]:
        return [(name, data) for name, data in read_commands(self._capsys.readouterr().out)]

    def summary(self) -> str:
        return self._summary_file.read_text()

    def outputs(self) -> dict[str, str]:
        return read_outputs(self._output_file.read_text())


@pytest.fixture(params=["console", "actions", "fake"])
def show(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    match request.param:
        case "console":
            return Shell()
        case "actions":
            return Step(tmp_path, capsys)
        case _:
            return FakeShow()


OUTPUTS = {"status": "online", "message": "mscluster is online", "since": ""}
SUMMARY = Summary(Status.ONLINE, "mscluster is online", ("Confirmed status: online", "Seen: 8"), ())


def test_a_logged_line_is_no_annotation(show: Show) -> None:
    show.runner.log("attempt 2 of 3 follows")
    assert show.annotations() == []


def test_annotations_keep_their_level_text_and_order(show: Show) -> None:
    for level in Level:
        show.runner.annotate(level, f"{level}, and 100% of it: a, b")
    assert show.annotations() == [(level.value, f"{level}, and 100% of it: a, b") for level in Level]


def test_the_summary_of_each_cluster_is_shown(show: Show) -> None:
    other = Summary(Status.OFFLINE, "othercluster is offline", ("Details: No route to host",), ())
    show.runner.publish(OUTPUTS, [SUMMARY, other])
    for summary in (SUMMARY, other):
        assert [text for text in (summary.headline, *summary.facts) if text not in show.summary()] == []


def test_publishing_annotates_nothing(show: Show) -> None:
    show.runner.publish(OUTPUTS, [SUMMARY])
    assert show.annotations() == []


def test_a_further_section_is_shown_after_the_summary(show: Show) -> None:
    show.runner.publish(OUTPUTS, [SUMMARY])
    show.runner.summarize("Runs deleted: 9", "### Runs deleted: 9\n")
    text = show.summary()
    assert text.index(SUMMARY.headline) < text.index("Runs deleted: 9")


@pytest.mark.parametrize("kind", ["actions", "fake"])
def test_all_outputs_can_be_read(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = FakeShow() if kind == "fake" else Step(tmp_path, capsys)
    show.runner.publish(OUTPUTS, [SUMMARY])
    assert show.outputs() == OUTPUTS


# RecentRuns


class Workflow(Protocol):
    """A workflow whose runs poll."""

    def run(self, conclusion: str) -> None:
        """Start a run a minute later, and end it with this conclusion."""

    def this_run(self) -> RecentRuns:
        """Start a run a minute later; return what it uses."""


class FakeWorkflow:
    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._runs = WorkflowRuns(self._clock)

    def run(self, conclusion: str) -> None:
        self._clock.advance(timedelta(minutes=1))
        run = self._runs.start()
        if conclusion != "cancelled":
            run.finish(failed=conclusion == "failure")

    def this_run(self) -> RecentRuns:
        self._clock.advance(timedelta(minutes=1))
        return self._runs.start().since


class GitHubWorkflow:
    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._github = LoopbackGitHub(clock=self._clock.now).without_sockets()

    def run(self, conclusion: str) -> None:
        self._clock.advance(timedelta(minutes=1))
        self._github.start_run().finish(conclusion)

    def this_run(self) -> RecentRuns:
        self._clock.advance(timedelta(minutes=1))
        run = self._github.start_run(permission="read")
        rest = Rest(Wire(self._github, run.github_token), self._github.repository)
        return GitHubRecentRuns(rest, run.workflow, run.branch, run.id).since


@pytest.fixture(params=[FakeWorkflow, GitHubWorkflow])
def workflow(request: pytest.FixtureRequest) -> Workflow:
    made: Workflow = request.param()
    return made


def minutes_after(start: int) -> datetime:
    return START + timedelta(minutes=start)


def test_finished_runs_are_known_by_their_start_the_oldest_first(workflow: Workflow) -> None:
    for conclusion in ("failure", "success", "failure"):
        workflow.run(conclusion)
    assert workflow.this_run()(START) == RunsSince(
        [
            FinishedRun(minutes_after(1), failed=True),
            FinishedRun(minutes_after(2), failed=False),
            FinishedRun(minutes_after(3), failed=True),
        ],
        this_started_at=minutes_after(4),
    )


def test_runs_that_started_before_the_instant_are_left_out(workflow: Workflow) -> None:
    for _ in range(3):
        workflow.run("failure")
    found = workflow.this_run()(minutes_after(2))
    assert found
    assert [run.started_at for run in found.finished] == [minutes_after(3)]


def test_cancelled_runs_and_runs_in_progress_are_left_out(workflow: Workflow) -> None:
    workflow.run("cancelled")
    workflow.this_run()
    assert workflow.this_run()(START) == RunsSince([], this_started_at=minutes_after(3))


# Clock


@pytest.fixture(params=[SystemClock, VirtualClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_now_is_in_utc_and_whole_seconds(clock: Clock) -> None:
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert now.microsecond == 0


def test_time_does_not_go_back(clock: Clock) -> None:
    began, now = clock.monotonic(), clock.now()
    clock.sleep(0)
    assert clock.monotonic() >= began
    assert clock.now() >= now


def test_a_sleep_takes_its_time(clock: Clock) -> None:
    began = clock.monotonic()
    clock.sleep(0.02)
    assert 0.02 <= clock.monotonic() - began < 5


def test_a_negative_sleep_is_an_error(clock: Clock) -> None:
    with pytest.raises(ValueError, match="non-negative"):
        clock.sleep(-1)
