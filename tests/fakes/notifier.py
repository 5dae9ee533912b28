"""A channel in memory."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.errors import DeliveryError, MessageLostError, Refusal

GONE = Refusal("webhook-gone", "The webhook is gone.", "Create a new one.")


class AfterAccepting(Struct, frozen=True):
    """The channel accepts the message, but the sender gets an error."""

    error: DeliveryError


class RecordingNotifier:
    """Implements ports.Notifier and ports.EditableNotifier.

    `messages` are the accepted messages as they were sent; `sends` counts the attempts. `shown` are the
    messages after their edits, by id; `edits` are the edits in order.
    """

    refusals: ClassVar[Mapping[str, Refusal]] = {GONE.cause: GONE}

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.sends = 0
        self.shown: dict[str, Message] = {}
        self.edits: list[tuple[str, Message]] = []
        self._errors: deque[DeliveryError | AfterAccepting | None] = deque()
        self._lasting_error: DeliveryError | None = None
        self._during_sends: deque[Callable[[], object]] = deque()

    @property
    def headlines(self) -> list[str]:
        return [message.headline for message in self.messages]

    def send(self, message: Message) -> MessageRef:
        self.sends += 1
        if self._during_sends:
            self._during_sends.popleft()()
        match self._next_error():
            case None:
                self.messages.append(message)
            case AfterAccepting(error=error):
                self.messages.append(message)
                raise error
            case error:
                raise error
        message_id = str(len(self.messages))
        self.shown[message_id] = message
        return MessageRef(message_id, _shown(message))

    def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        if ref.shown == _shown(message):
            return ref
        match self._next_error():
            case None:
                pass
            case AfterAccepting(error=error) | error:
                raise error
        if ref.id not in self.shown:
            raise MessageLostError
        self.edits.append((ref.id, message))
        self.shown[ref.id] = message
        return MessageRef(ref.id, _shown(message))

    def delete_messages(self) -> None:
        self.shown.clear()

    def during_next(self, *actions: Callable[[], object]) -> None:
        """Call one of these during each of the next sends."""
        self._during_sends.extend(actions)

    def fail_next(self, *errors: DeliveryError | AfterAccepting | None) -> None:
        """Let the next requests fail, one error each; None lets one succeed."""
        self._errors.extend(errors)

    def fail_from_now_on(self, error: DeliveryError | None) -> None:
        """Let all later requests fail, or with None succeed."""
        self._lasting_error = error

    def work_again(self) -> None:
        self._lasting_error = None

    def _next_error(self) -> DeliveryError | AfterAccepting | None:
        return self._errors.popleft() if self._errors else self._lasting_error


def _shown(message: Message) -> str:
    nodes = [one.notification.nodes for one in message.changes if one.notification]
    changes = tuple(replace(one, notification=None) for one in message.changes)
    return repr((replace(message, url="", notification=None, changes=changes), nodes))
