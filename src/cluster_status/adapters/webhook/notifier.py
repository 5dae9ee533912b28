"""Posts messages to the URL of another program, signed as in Standard Webhooks 1.0.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

from msgspec import json

from cluster_status.adapters.http import Http, HttpFailure
from cluster_status.adapters.webhook.payload import payload
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.secret import Secret
from cluster_status.errors import HELD_BACK, PENDING, ChannelRefusedError, DeliveryError, Refusal
from cluster_status.ports import Clock

PREFIX = "whsec_"  # of a key
_PERMANENT = (401, 403, 404, 410)


class WebhookNotifier:
    """A notifier without edits. `url` has the key after `#`, which is not sent."""

    def __init__(self, url: Secret, http: Http, clock: Clock) -> None:
        address, _, key = url.reveal().partition("#")
        self._url = Secret(address)
        self._key = Secret(key)
        self._http = http
        self._clock = clock

    @property
    def refusals(self) -> Mapping[str, Refusal]:
        return {
            f"http {status}": Refusal(
                f"http {status}",
                f"The program refuses messages (HTTP {status}).",
                f"Check its URL and the program. {HELD_BACK} the URL changes.",
            )
            for status in _PERMANENT
        }

    def send(self, message: Message) -> MessageRef | None:
        """See ports.Notifier. There are no retries: the program may have accepted the message."""
        body = json.encode(payload(message))
        at = int(self._clock.now().timestamp())
        headers = {"Content-Type": "application/json", **signed(self._key, message_id(message), at, body)}
        try:
            answer = self._http.request("POST", self._url.reveal(), body=body, headers=headers)
        except HttpFailure as failure:
            text = f"The program cannot be reached: {failure}."
            raise DeliveryError(text, cause=str(failure), remedy=PENDING) from None
        if answer.ok:
            return None
        cause = f"http {answer.status}"
        if cause in self.refusals:
            raise ChannelRefusedError(self.refusals[cause])
        text = f"The program did not accept the message (HTTP {answer.status})."
        raise DeliveryError(text, cause=cause, remedy=PENDING)


def message_id(message: Message) -> str:
    """Return an id that is the same whenever the message is sent again."""
    parts = message.changes or (message,)
    known = sorted(f"{one.cluster}\0{one.notification.id}" for one in parts if one.notification)
    digest = hashlib.sha256("\0\0".join(known).encode()).hexdigest()
    return f"msg_{digest[:32]}"


def signed(key: Secret, id_: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """Return the headers of a signed request; `timestamp` is in seconds."""
    content = b".".join((id_.encode(), str(timestamp).encode(), body))
    secret = b64decode(key.reveal().removeprefix(PREFIX))
    signature = b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
