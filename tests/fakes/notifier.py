"""A channel in memory."""

from collections import deque

from msgspec import Struct

from cluster_status.domain.message import Message
from cluster_status.errors import Cancelled, DeliveryError


class AfterAccepting(Struct, frozen=True):
    """The message arrives, but whoever sent it does not get to know."""

    fault: DeliveryError | Cancelled


class RecordingNotifier:
    """Implements ports.Notifier; `messages` are those that arrived, `asked` counts all that were sent."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.asked = 0
        self._faults: deque[DeliveryError | Cancelled | AfterAccepting | None] = deque()

    def send(self, message: Message) -> None:
        self.asked += 1
        match self._faults.popleft() if self._faults else None:
            case None:
                self.messages.append(message)
            case AfterAccepting(fault=fault):
                self.messages.append(message)
                raise fault
            case fault:
                raise fault

    def fail_next(self, *faults: DeliveryError | Cancelled | AfterAccepting | None) -> None:
        """Let the next messages fail, one fault each; None lets one through."""
        self._faults.extend(faults)
