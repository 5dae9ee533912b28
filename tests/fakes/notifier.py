"""A channel in memory."""

from collections import deque
from collections.abc import Callable

from msgspec import Struct

from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.errors import DeliveryError, MessageLostError


class AfterAccepting(Struct, frozen=True):
    """The message arrives, but whoever sent it does not get to know."""

    fault: DeliveryError


class RecordingNotifier:
    """Implements ports.Notifier and ports.Board.

    `messages` are those that arrived, as they were posted; `asked` counts all that were sent. `shown` is what
    the posts show since they were edited, by their ids, and `edits` counts what that took.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.asked = 0
        self.shown: dict[str, Message] = {}
        self.edits = 0
        self._faults: deque[DeliveryError | AfterAccepting | None] = deque()
        self._interludes: deque[Callable[[], None]] = deque()

    def send(self, message: Message) -> MessageRef:
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
        post = str(len(self.messages))
        self.shown[post] = message
        return MessageRef(post, repr(message))

    def edit(self, post: MessageRef, message: Message) -> MessageRef:
        if post.shown == repr(message):
            return post
        match self._faults.popleft() if self._faults else None:
            case None:
                pass
            case AfterAccepting(fault=fault) | fault:
                raise fault
        if post.id not in self.shown:
            raise MessageLostError
        self.edits += 1
        self.shown[post.id] = message
        return MessageRef(post.id, repr(message))

    def lose(self) -> None:
        """Let somebody delete every post."""
        self.shown.clear()

    def during_next(self, *interludes: Callable[[], None]) -> None:
        """Let something happen while the next messages are under way."""
        self._interludes.extend(interludes)

    def fail_next(self, *faults: DeliveryError | AfterAccepting | None) -> None:
        """Let the next messages fail, one fault each; None lets one through."""
        self._faults.extend(faults)
