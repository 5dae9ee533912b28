"""Interpretation of Discord's responses. Discord's documentation does not list all error codes."""

from collections.abc import Iterator
from typing import Any

from cluster_status.adapters.http import HttpResponse

UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN = 10015, 50027
UNKNOWN_MESSAGE, TOO_MANY_EDITS = 10008, 30046
ARCHIVED_THREAD = 50083  # a new message reopens it, an edit does not
GONE = frozenset({UNKNOWN_WEBHOOK, INVALID_WEBHOOK_TOKEN})
LOST = frozenset({UNKNOWN_MESSAGE, TOO_MANY_EDITS, ARCHIVED_THREAD})

_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_FIELDS_SHOWN = 3  # shown of the invalid fields
_MAX_DEPTH = 12


def code(answer: HttpResponse) -> int | None:
    """Return Discord's error code; None if the response is from a proxy."""
    given = answer.json().get("code")
    return given if isinstance(given, int) else None


def seconds_to_wait(answer: HttpResponse, pause: float) -> float | None:
    """Return the time before a retry, `pause` if the response has none, or None if a retry does not help."""
    if answer.status >= _SERVER_ERROR:
        return pause
    if answer.status != _TOO_MANY_REQUESTS or code(answer) == TOO_MANY_EDITS:
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
