"""A channel in memory."""

from collections import deque
from collections.abc import Callable

from msgspec import Struct

from cluster_status.domain.message import Message
from cluster_status.errors import DeliveryError


class AfterAccepting(Struct, frozen=True):
    """The message arrives, but whoever sent it does not get to know."""

    fault: DeliveryError


class RecordingNotifier:
    """Implements ports.Notifier; `messages` are those that arrived, `asked` counts all that were sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.asked = 0
        self._faults: deque[DeliveryError | AfterAccepting | None] = deque()
        self._interludes: deque[Callable[[], None]] = deque()

    def send(self, message: Message) -> None:
        self.asked += 1
        if self._interludes:
            self._interludes.popleft()()
        match self._faults.popleft() if self._faults else None:
            case None:
                self.messages.append(message)
            case AfterAccepting(fault=fault):
                self.messages.append(message)
                raise fault
            case fault:
                raise fault

    def during_next(self, *interludes: Callable[[], None]) -> None:
        """Let something happen while the next messages are under way."""
        self._interludes.extend(interludes)

    def fail_next(self, *faults: DeliveryError | AfterAccepting | None) -> None:
        """Let the next messages fail, one fault each; None lets one through."""
        self._faults.extend(faults)
