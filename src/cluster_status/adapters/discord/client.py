"""Sends and edits messages by a Discord webhook."""

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec.structs import replace

from cluster_status.adapters.discord import response
from cluster_status.adapters.discord.embed import card
from cluster_status.adapters.http import Http, HttpFailure, HttpResponse
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.errors import PENDING, DeliveryError
from cluster_status.ports import Clock

_API_VERSION = 10
_TIMEOUT_SECONDS = 10.0
_LEAST_TIMEOUT_SECONDS = 1.0
_BUDGET_SECONDS = 30.0  # for all that is sent in one run
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)  # if Discord gives no retry time
_QUIET = 1 << 12  # flag of a message without a notification sound
_EDIT_LATER = "The next run edits the message."


class DiscordWebhook:
    """A notifier that can edit its messages. Without a user name or avatar, the webhook's own is shown."""

    refusals = response.REFUSALS

    def __init__(self, url: str, http: Http, clock: Clock, *, username: str, avatar_url: str) -> None:
        self._url = urlsplit(url)
        self._http = http
        self._clock = clock
        self._sender = {
            name: text for name, text in (("username", username), ("avatar_url", avatar_url)) if text
        }
        self._deadline: float | None = None

    def send(self, message: Message) -> MessageRef:
        """Post the message, with retries while Discord limits or refuses all requests; see ports.Notifier."""
        body = card(message)
        quiet = {} if message.is_news else {"flags": _QUIET}
        answer = self._request("POST", {**body, **self._sender, **quiet}, later=PENDING)
        return MessageRef(str(answer.json()["id"]), self._digest(message))

    def edit(self, post: MessageRef, message: Message) -> MessageRef:
        """See ports.EditableNotifier. An edit needs `allowed_mentions` again, or mentions are parsed."""
        shown = self._digest(message)
        if shown != post.shown:
            self._request("PATCH", card(message), message_id=post.id, later=_EDIT_LATER)
        return MessageRef(post.id, shown)

    def _request(
        self, method: str, body: dict[str, Any], *, later: str, message_id: str = ""
    ) -> HttpResponse:
        url = self._address(message_id)
        if self._deadline is None:
            self._deadline = self._clock.monotonic() + _BUDGET_SECONDS
        pauses = iter(_PAUSES_SECONDS)
        while True:
            # a complete response may take three times the timeout
            left = (self._deadline - self._clock.monotonic()) / 3
            seconds = min(_TIMEOUT_SECONDS, max(left, _LEAST_TIMEOUT_SECONDS))
            try:
                answer = self._http.request(method, url, json=body, timeout_seconds=seconds)
            except HttpFailure as failure:
                # no retry in this run: Discord may have accepted it before the connection failed
                text = f"Discord cannot be reached: {failure}."
                raise DeliveryError(text, cause=str(failure), remedy=later) from None
            if answer.ok and "id" in answer.json():  # a proxy may return 200, too
                return answer
            pause = next(pauses, None)
            wanted = None if pause is None else response.seconds_to_wait(answer, pause)
            if wanted is None or self._clock.monotonic() + wanted >= self._deadline:
                raise self._error(method, answer, later)
            self._clock.sleep(wanted)

    def _error(self, method: str, answer: HttpResponse, later: str) -> DeliveryError:
        code = response.code(answer)
        if code is None:  # not from Discord, but from a proxy
            cause = f"http {answer.status}"
            text = f"The message was not accepted (HTTP {answer.status})."
            return DeliveryError(text, cause=cause, remedy=later)
        known = response.known_error(method, code)
        if known:
            return known
        cause = f"http {answer.status} code {code}"
        given = answer.redaction.clean(response.error_text(answer))
        text = f"Discord rejected the message (HTTP {answer.status}, code {code}): {given}."
        return DeliveryError(text, cause=cause, remedy=later)

    def _address(self, message_id: str) -> str:
        """Return the URL to post to, or the URL of a message; a thread in the query is kept.

        With `wait`, Discord confirms that the message was saved. A URL without a version, as Discord's
        settings show it, means API version 6, which has less detailed errors, and times in milliseconds
        (discord-api-docs #2360).
        """
        path = re.sub(r"^/api(/v[0-9]+)?/", f"/api/v{_API_VERSION}/", self._url.path)
        query = [(name, value) for name, value in parse_qsl(self._url.query) if name != "wait"]
        if message_id:
            path = f"{path}/messages/{message_id}"
        else:
            query.append(("wait", "true"))
        return urlunsplit((self._url.scheme, self._url.netloc, path, urlencode(query), ""))

    def _digest(self, message: Message) -> str:
        """Return a keyed digest of a card. It reveals nothing without the webhook.

        The link to the run does not count, because each run has another one.
        """
        shown = json.dumps(card(replace(message, url="")), sort_keys=True).encode()
        return hmac.new(self._url.path.encode(), shown, hashlib.sha256).hexdigest()[:32]
