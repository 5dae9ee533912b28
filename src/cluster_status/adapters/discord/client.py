"""Sends cards to a Discord webhook, and edits them."""

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cluster_status.adapters.discord import response as said
from cluster_status.adapters.discord.embed import card
from cluster_status.adapters.http import Http, HttpFailure, HttpResponse
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.text import clean
from cluster_status.errors import DeliveryError, MessageLostError, WebhookGoneError
from cluster_status.ports import Clock

_API_VERSION = 10
_TIMEOUT_SECONDS = 10.0
_LEAST_TIMEOUT_SECONDS = 1.0
_BUDGET_SECONDS = 30.0  # for all that is sent in one run
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)  # where Discord names none
_QUIET = 1 << 12  # a message of which phones make no sound
_POST_LATER = "The message stays pending and is sent by the next run that can."
_EDIT_LATER = "The message is brought up to date by the next run that can."


class DiscordWebhook:
    """A notifier and a board; `username` and `avatar_url` may be empty: then the webhook's own are shown."""

    def __init__(self, url: str, http: Http, clock: Clock, *, username: str, avatar_url: str) -> None:
        self._url = urlsplit(url)
        self._http = http
        self._clock = clock
        self._sender = {
            name: text for name, text in (("username", username), ("avatar_url", avatar_url)) if text
        }
        self._deadline: float | None = None

    def send(self, message: Message) -> MessageRef:
        """Post, and post again where Discord asks to wait or is out of order; see ports.Notifier."""
        body = card(message)
        quiet = {} if message.is_news else {"flags": _QUIET}
        answer = self._ask("POST", {**body, **self._sender, **quiet}, later=_POST_LATER)
        return MessageRef(str(answer.json()["id"]), self._digest(body))

    def edit(self, post: MessageRef, message: Message) -> MessageRef:
        """See ports.Board. Mentions are read anew in an edit, so that what is allowed is said again."""
        body = card(message)
        shown = self._digest(body)
        if shown != post.shown:
            self._ask("PATCH", body, message_id=post.id, later=_EDIT_LATER)
        return MessageRef(post.id, shown)

    def _ask(self, method: str, body: dict[str, Any], *, later: str, message_id: str = "") -> HttpResponse:
        url = self._address(message_id)
        if self._deadline is None:
            self._deadline = self._clock.monotonic() + _BUDGET_SECONDS
        pauses = iter(_PAUSES_SECONDS)
        while True:
            # a whole answer may take three times the time-out
            left = (self._deadline - self._clock.monotonic()) / 3
            seconds = min(_TIMEOUT_SECONDS, max(left, _LEAST_TIMEOUT_SECONDS))
            try:
                answer = self._http.request(method, url, json=body, timeout_seconds=seconds)
            except HttpFailure as failure:
                # not sent again at once: it may have been accepted before the connection broke
                words = f"Discord was not reached: {failure}."
                raise DeliveryError(words, cause=str(failure), remedy=later) from None
            if answer.ok and "id" in answer.json():  # something in between may say 200, too
                return answer
            pause = next(pauses, None)
            wanted = None if pause is None else said.seconds_to_wait(answer, pause)
            if wanted is None or self._clock.monotonic() + wanted >= self._deadline:
                raise self._error(answer, later)
            self._clock.sleep(wanted)

    def _error(self, answer: HttpResponse, later: str) -> DeliveryError:
        code = said.code(answer)
        if code is None:  # not Discord's own words, but a page of something in between
            cause = f"http {answer.status}"
            return DeliveryError(f"The message was not taken ({cause}).", cause=cause, remedy=later)
        if code in said.GONE:
            return WebhookGoneError()
        if code in said.LOST:
            return MessageLostError()
        cause = f"http {answer.status} code {code}"
        words = said.words(answer)
        for secret in self._url.path.split("/")[-2:]:  # the webhook's id and token
            words = words.replace(secret, "***")
        return DeliveryError(
            f"Discord did not take the message ({cause}): {clean(words)}.", cause=cause, remedy=later
        )

    def _address(self, message_id: str) -> str:
        """Return the address to post to, or that of a message; a thread in the query is kept.

        `wait` makes Discord say whether the message was saved. A URL without a version, as Discord's settings
        show it, means API version 6: its errors are poorer, and its times are milliseconds
        (discord-api-docs #2360).
        """
        path = re.sub(r"^/api(/v[0-9]+)?/", f"/api/v{_API_VERSION}/", self._url.path)
        query = [(name, value) for name, value in parse_qsl(self._url.query) if name != "wait"]
        if message_id:
            path = f"{path}/messages/{message_id}"
        else:
            query.append(("wait", "true"))
        return urlunsplit((self._url.scheme, self._url.netloc, path, urlencode(query), ""))

    def _digest(self, body: dict[str, Any]) -> str:
        """Return what tells one card from another, and nothing of it to who does not know the webhook."""
        shown = json.dumps(body, sort_keys=True).encode()
        return hmac.new(self._url.path.encode(), shown, hashlib.sha256).hexdigest()[:32]
