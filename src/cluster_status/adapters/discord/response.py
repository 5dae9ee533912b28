"""Interpretation of Discord's responses. A code is read by the request that it answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from cluster_status.adapters.http import HttpResponse
from cluster_status.errors import HELD_BACK, ChannelRefusedError, DeliveryError, MessageLostError, Refusal

_UNKNOWN_MESSAGE, _TOO_MANY_EDITS = 10008, 30046
_ARCHIVED_THREAD, _LOCKED_THREAD = 50083, 160005
# to an edit; a new message reopens an archived thread, if the thread is not locked
_LOST = frozenset({_UNKNOWN_MESSAGE, _TOO_MANY_EDITS, _ARCHIVED_THREAD, _LOCKED_THREAD})

_THEN = f"{HELD_BACK} discord-webhook changes."
_GONE = Refusal(
    "webhook-gone",
    "The Discord webhook is gone: it was deleted, or its token is wrong.",
    f"Create a new webhook and put its URL into the secret for discord-webhook. {_THEN}",
)
_THREAD_UNKNOWN = Refusal(
    "thread-unknown",
    "Discord does not find the thread: it was deleted, or belongs to another channel than the webhook.",
    f"Correct thread_id in discord-webhook. {_THEN}",
)
_THREAD_LOCKED = Refusal(
    "thread-locked",
    "The Discord thread is locked.",
    f"Unlock the thread, or change thread_id in discord-webhook. {_THEN}",
)
_THREAD_MISSING = Refusal(
    "thread-missing",
    "The Discord webhook belongs to a forum or media channel, which accepts messages only in a thread.",
    f"Add ?thread_id=ID to discord-webhook, with the ID of a thread of this channel. {_THEN}",
)
_NOT_PERMITTED = Refusal(
    "not-permitted",
    "Discord refuses the message because a permission is missing.",
    f"Check the permissions of the channel or thread, or use a webhook of another channel. {_THEN}",
)
_REFUSED: Mapping[int, Refusal] = {
    10003: _THREAD_UNKNOWN,
    10015: _GONE,
    40058: _THREAD_MISSING,
    50001: _NOT_PERMITTED,
    50013: _NOT_PERMITTED,
    50027: _GONE,
    _ARCHIVED_THREAD: _THREAD_LOCKED,
    _LOCKED_THREAD: _THREAD_LOCKED,
    220001: _THREAD_MISSING,
}
REFUSALS: Mapping[str, Refusal] = {refusal.cause: refusal for refusal in _REFUSED.values()}

_TOO_MANY_REQUESTS = 429
_UNAVAILABLE = 503
_FIELDS_SHOWN = 3  # shown of the invalid fields
_MAX_DEPTH = 12


def code(answer: HttpResponse) -> int | None:
    """Return Discord's error code; None if the response is from a proxy."""
    given = answer.json().get("code")
    return given if isinstance(given, int) else None


def known_error(method: str, code: int) -> DeliveryError | None:
    """Return the error of a code that neither a retry nor the next poll changes."""
    if method == "PATCH" and code in _LOST:
        return MessageLostError()
    return ChannelRefusedError(_REFUSED[code]) if code in _REFUSED else None


def seconds_to_wait(answer: HttpResponse, pause: float) -> float | None:
    """Return the time before a retry, `pause` if the response has none, or None without a retry.

    After any other error of a server or of a proxy in front of it, the message may have been posted.
    """
    if answer.status == _UNAVAILABLE:
        return pause
    if answer.status != _TOO_MANY_REQUESTS or code(answer) == _TOO_MANY_EDITS:
        return None
    for given in (answer.json().get("retry_after"), answer.headers.get("Retry-After")):
        try:
            seconds = float(given)  # type: ignore[arg-type]  # any other type raises TypeError
        except (TypeError, ValueError, OverflowError):
            continue
        if seconds > 0:  # false for NaN
            return seconds
    return pause


def error_text(answer: HttpResponse) -> str:
    """Return Discord's error message, and the invalid fields."""
    body = answer.json()
    fields = list(_invalid_fields(body.get("errors"), "", _MAX_DEPTH))
    more = f" and {len(fields) - _FIELDS_SHOWN} more" if len(fields) > _FIELDS_SHOWN else ""
    return ": ".join(filter(None, [str(body.get("message", "")), "; ".join(fields[:_FIELDS_SHOWN]) + more]))


def _invalid_fields(errors: Any, path: str, depth: int) -> Iterator[str]:
    if not isinstance(errors, dict) or not depth:
        return
    listed = errors.get("_errors")
    for error in listed if isinstance(listed, list) else []:
        if isinstance(error, dict):
            yield f"{path} {error.get('message', '')}".strip()
    for key, inner in errors.items():
        part = f"[{key}]" if key.isdigit() else f".{key}"
        yield from _invalid_fields(inner, f"{path}{part}".lstrip("."), depth - 1)
