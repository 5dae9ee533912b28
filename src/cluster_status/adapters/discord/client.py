"""Sends cards to a Discord webhook."""

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cluster_status.adapters.discord.card import card
from cluster_status.adapters.http import Answer, Http, HttpFailure
from cluster_status.domain.message import Message
from cluster_status.domain.text import clean
from cluster_status.errors import DeliveryError, WebhookGoneError
from cluster_status.ports import Clock

_API_VERSION = 10
_TIMEOUT_SECONDS = 10.0
_BUDGET_SECONDS = 30.0  # for all that is sent in one run
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)  # where Discord names none
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_UNKNOWN_WEBHOOK, _INVALID_WEBHOOK_TOKEN = 10015, 50027
_LATER = "The message stays pending and is sent by the next run that can."


class DiscordWebhook:
    """A notifier; `username` and `avatar_url` may be empty: then the webhook's own are shown."""

    def __init__(self, url: str, http: Http, clock: Clock, *, username: str, avatar_url: str) -> None:
        self._url = _versioned(url)
        self._http = http
        self._clock = clock
        self._username = username
        self._avatar_url = avatar_url
        self._deadline: float | None = None

    def send(self, message: Message) -> None:
        """Post, and post again where Discord asks to wait or is out of order; see ports.Notifier."""
        body = card(message, username=self._username, avatar_url=self._avatar_url)
        if self._deadline is None:
            self._deadline = self._clock.monotonic() + _BUDGET_SECONDS
        for pause in (*_PAUSES_SECONDS, None):
            answer = self._post(body)
            if answer.ok and "id" in answer.json():  # something in between may say 200, too
                return
            wanted = None if pause is None else _retry_after(answer, pause)
            if wanted is None or self._clock.monotonic() + wanted >= self._deadline:
                raise self._error(answer)
            self._clock.sleep(wanted)

    def _post(self, body: dict[str, Any]) -> Answer:
        try:
            return self._http.request("POST", self._url, json=body, timeout_seconds=_TIMEOUT_SECONDS)
        except HttpFailure as failure:
            # not sent again at once: it may have been accepted before the connection broke
            raise DeliveryError(
                f"Discord was not reached: {failure}.", cause=str(failure), remedy=_LATER
            ) from None

    def _error(self, answer: Answer) -> DeliveryError:
        said = answer.json()
        code = said.get("code")
        if not isinstance(code, int):  # not Discord's own words, but a page of something in between
            cause = f"http {answer.status}"
            return DeliveryError(f"The message was not taken ({cause}).", cause=cause, remedy=_LATER)
        if code in {_UNKNOWN_WEBHOOK, _INVALID_WEBHOOK_TOKEN}:
            return WebhookGoneError()
        cause = f"http {answer.status} code {code}"
        words = str(said.get("message", ""))
        for secret in urlsplit(self._url).path.split("/")[-2:]:  # the webhook's id and token
            words = words.replace(secret, "***")
        return DeliveryError(
            f"Discord did not take the message ({cause}): {clean(words)}.", cause=cause, remedy=_LATER
        )


def _versioned(url: str) -> str:
    """Return the address to post to; `wait` makes Discord say whether the message was saved.

    A URL without a version, as Discord's settings show it, means API version 6: its errors are poorer, and
    its times are milliseconds (discord-api-docs #2360).
    """
    parts = urlsplit(url)
    path = re.sub(r"^/api(/v[0-9]+)?/", f"/api/v{_API_VERSION}/", parts.path)
    query = f"{parts.query}&wait=true".lstrip("&")
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _retry_after(answer: Answer, pause: float) -> float | None:
    """Return how long to wait before asking again; None where asking again is no use."""
    if answer.status >= _SERVER_ERROR:
        return pause
    if answer.status != _TOO_MANY_REQUESTS:
        return None
    for given in (answer.json().get("retry_after"), answer.headers.get("Retry-After")):
        try:
            return max(0.0, float(given))  # type: ignore[arg-type]  # whatever it is, it is tried
        except (TypeError, ValueError, OverflowError):
            continue
    return pause
