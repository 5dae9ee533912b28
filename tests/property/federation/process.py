"""A run that can be killed at each of its steps, with the store and the channels that its steps change."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.errors import DeliveryError, Refusal
from tests.fakes.github_wire import HttpWire
from tests.fakes.notifier import RecordingNotifier
from tests.property.federation.world import NAMES

T = TypeVar("T")
UNREACHABLE = DeliveryError("The channel was not reached.", cause="no answer")


class Killed(BaseException):
    """Ends a run at a step; each further step ends in the same way."""


class Process:
    """Counts the steps of a run; `kill_at` is the number of the step that kills it.

    `killed_at` is then its name. A name ends with `done` after the effect of the step.
    """

    def __init__(self, kill_at: int | None = None) -> None:
        self.killed_at = ""
        self._steps = 0
        self._kill_at = kill_at

    def step(self, name: str) -> None:
        if self._steps == self._kill_at:
            self.killed_at = name
        self._steps += 1
        if self.killed_at:
            raise Killed


class Document:
    """The stored bytes."""

    def __init__(self) -> None:
        self.content: bytes | None = None


class Store:
    """Implements ports.HistoryStore for one run; `saves` are its saves."""

    path = ""

    def __init__(self, document: Document, process: Process) -> None:
        self.saves: list[Histories] = []
        self._document = document
        self._process = process
        self._loaded: bytes | None = None

    def load(self) -> Histories | None:
        self._process.step("load")
        self._loaded = self._document.content
        return None if self._loaded is None else codec.parse(self._loaded, clusters=len(NAMES))

    def completed(self, loaded: Histories) -> Histories:
        return loaded

    def newer(self) -> Histories | None:
        self._process.step("read again")
        if self._document.content == self._loaded:
            return None
        return self.load()

    def save(self, histories: Histories) -> None:
        number = len(self.saves) + 1
        self._process.step(f"save {number}")
        self._document.content = self._loaded = codec.render(histories)
        self.saves.append(histories)
        self._process.step(f"save {number} done")


class Service:
    """A channel in memory, beyond the end of a run; `accepted` has the messages of the current run."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.channel = RecordingNotifier()
        self.is_reachable = True
        self.accepted: list[Message] = []


class ChannelOfRun:
    """Implements ports.Notifier and ports.EditableNotifier for one run."""

    refusals: Mapping[str, Refusal] = {}

    def __init__(self, service: Service, process: Process) -> None:
        self._service = service
        self._process = process

    def send(self, message: Message) -> MessageRef:
        return self._requested("send", lambda: self._accept(message))

    def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        return self._requested("edit", lambda: self._service.channel.edit(ref, message))

    def _accept(self, message: Message) -> MessageRef:
        self._service.accepted.append(message)
        return self._service.channel.send(message)

    def _requested(self, name: str, request: Callable[[], T]) -> T:
        self._process.step(f"{name} to {self._service.name}")
        if not self._service.is_reachable:
            raise UNREACHABLE
        result = request()
        self._process.step(f"{name} to {self._service.name} done")
        return result


class WireOfRun(HttpWire):
    """The requests of one run to GitHub."""

    process = Process()
    is_reachable = True

    def request(self, method: str, url: str, **options: Any) -> Any:
        self.process.step(f"{method} to GitHub")
        if not self.is_reachable:
            raise UNREACHABLE
        response = super().request(method, url, **options)
        self.process.step(f"{method} to GitHub done")
        return response


def run_at_once(work: Callable[[], T]) -> Future[T]:
    """Do what threads.run_in_thread does, without a thread: a seed always gives the same steps."""
    future: Future[T] = Future()
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - the future raises it again
        future.set_exception(error)
    return future
