"""A webhook and its channel: it answers requests as Discord does, without sockets.

Written from discord/discord-api-docs (`developers/`: `reference.mdx`, `resources/webhook.mdx`,
`resources/message.mdx`, `topics/rate-limits.mdx`), and from threads that quote undocumented responses.
"""

import copy
import itertools
import json
import math
import re
import secrets
import string
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from tests.fakes.discord_access import Access
from tests.fakes.discord_limits import (
    Refusal,
    form_error,
    is_empty,
    legacy_form_error,
    refusals,
    refuse_snowflake,
)

TOKEN_LENGTH = 68
TOKEN_ALPHABET = string.ascii_letters + string.digits + "_-"
DISCORD_EPOCH_MILLISECONDS = 1420070400000

ROUTE = re.compile(
    r"/api(?P<version>/v10)?/webhooks/(?P<webhook_id>[^/]+)/(?P<token>[^/]+)(?:/messages/(?P<message_id>[^/]+))?"
)
MENTION = re.compile(r"@(?P<everyone>everyone|here)|<@!?(?P<users>\d+)>|<@&(?P<roles>\d+)>")
UNSUPPORTED = ("components", "poll", "attachments", "thread_name", "applied_tags")
FORM_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Message  # looked up without regard to case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True)
class HttpResponse:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, body: object, headers: Mapping[str, str] | None = None) -> "HttpResponse":
        """Return a response of Discord itself; a response of Cloudflare has no `Via`."""
        sent = {"Content-Type": "application/json", "Via": "1.1 google"} | dict(headers or {})
        return cls(status, json.dumps(body).encode(), sent)

    @classmethod
    def error(cls, status: int, code: int, message: str) -> "HttpResponse":
        return cls.of(status, {"message": message, "code": code})

    @classmethod
    def nothing(cls) -> "HttpResponse":
        return cls(204, headers={"Via": "1.1 google"})

    @classmethod
    def cloudflare(cls, status: int, text: str, headers: Mapping[str, str] | None = None) -> "HttpResponse":
        sent = {"Content-Type": "text/plain", "Server": "cloudflare"} | dict(headers or {})
        return cls(status, text.encode(), sent)


def is_versioned(path: str) -> bool:
    return path.startswith("/api/v")


def rate_limited(retry_after_seconds: float, *, scope: str, versioned: bool) -> HttpResponse:
    """Return a 429 of Discord.

    A URL without a version means version 6, whose times are milliseconds in the header and in the body
    (discord/discord-api-docs#2360, #4722).
    """
    resource = "The resource is" if scope == "shared" else "You are"
    wait = retry_after_seconds if versioned else math.ceil(retry_after_seconds * 1000)
    body = {"message": f"{resource} being rate limited.", "retry_after": wait, "global": scope == "global"}
    headers = {"Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    else:
        headers["X-RateLimit-Reset-After"] = str(retry_after_seconds)
    return HttpResponse.of(429, body, headers)


@dataclass(frozen=True)
class RateLimit:
    """Per webhook, as users measured it (discord/discord-api-docs#367). Discord documents no number."""

    requests: int = 5
    per_seconds: float = 2.0


class RateLimitWindow:
    def __init__(self, limit: RateLimit, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._used = 0
        self._resets_at = -math.inf

    def take(self) -> float | None:
        """Count one request; return the seconds to wait if it exceeds the limit."""
        now = self._clock()
        if now >= self._resets_at:
            self._used, self._resets_at = 0, now + self._limit.per_seconds
        if self._used >= self._limit.requests:
            return self._resets_at - now
        self._used += 1
        return None

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self._limit.requests),
            "X-RateLimit-Remaining": str(self._limit.requests - self._used),
            "X-RateLimit-Reset-After": f"{max(0.0, self._resets_at - self._clock()):.3f}",
        }


def mentions(content: str, allowed: Mapping[str, Any] | None) -> list[str]:
    """Return the mentions in order; embeds have none.

    Without `allowed_mentions` all mentions count. For a webhook Discord documents that only users do. This
    is the worst case, so that a message without `allowed_mentions` is found.
    """
    found = [
        match[0].replace("!", "")
        for match in MENTION.finditer(content)
        if (kind := match.lastgroup)
        and (
            allowed is None
            or kind in (allowed.get("parse") or ())
            or match[kind] in (allowed.get(kind) or ())
        )
    ]
    return list(dict.fromkeys(found))


class Channel:
    """The messages of one webhook. Safe to use from several threads."""

    def __init__(self, rate_limit: RateLimit | None, clock: Callable[[], float]) -> None:
        self.webhook_id = str(10**18 + secrets.randbelow(8 * 10**18))
        middle = (secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH - 2))
        self.token = f"0{''.join(middle)}0"  # a text around it cannot continue it by chance
        self.channel_id = str(10**17 + secrets.randbelow(8 * 10**17))
        self.name = "the hook"
        self.exists = True
        self.access = Access()
        self._window = RateLimitWindow(rate_limit, clock) if rate_limit else None
        self._records: list[dict[str, Any]] = []
        self._sequence = itertools.count()
        self._lock = threading.Condition()

    @property
    def messages(self) -> list[dict[str, Any]]:
        with self._lock:
            return copy.deepcopy(self._records)

    def clear(self) -> None:
        with self._lock:
            self._records.clear()

    def wait_for_messages(self, count: int, timeout_seconds: float) -> list[dict[str, Any]]:
        with self._lock:
            if not self._lock.wait_for(lambda: len(self._records) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self._records)} of {count} messages were accepted")
            return copy.deepcopy(self._records)

    def answer(self, request: Request) -> HttpResponse:
        agent = request.headers.get("User-Agent", "")
        if not agent or agent.startswith("Python-urllib/"):
            return HttpResponse.cloudflare(403, "error code: 1010")
        route = ROUTE.fullmatch(request.path)
        if route is None:
            return HttpResponse.error(404, 0, "404: Not Found")
        with self._lock:
            wait = self._window.take() if self._window else None
            if wait is None:
                answer = self._answer_webhook(request, route)
            else:
                answer = rate_limited(round(wait, 3), scope="user", versioned=is_versioned(request.path))
            limits = self._window.headers() if self._window else {}
        return HttpResponse(answer.status, answer.body, {**answer.headers, **limits})

    def _answer_webhook(self, request: Request, route: re.Match[str]) -> HttpResponse:
        found = list(refuse_snowflake(("webhook_id",), route["webhook_id"]))
        if found:
            return _refused(request, found)
        if route["webhook_id"] != self.webhook_id or not self.exists:
            return HttpResponse.error(404, 10015, "Unknown Webhook")
        if route["token"] != self.token:
            return HttpResponse.error(401, 50027, "Invalid Webhook Token")
        match (request.method, route["message_id"]):
            case ("GET", None):
                return HttpResponse.of(200, self._webhook_object())
            case ("POST", None):
                return self._execute(request)
            case ("GET" | "PATCH" | "DELETE", str(message_id)):
                return self._answer_message(request, message_id)
            case _:
                return HttpResponse.error(405, 0, "405: Method Not Allowed")

    def _answer_message(self, request: Request, message_id: str) -> HttpResponse:
        found = list(refuse_snowflake(("message_id",), message_id))
        if found:
            return _refused(request, found)
        wanted = (message_id, request.query.get("thread_id"))
        record = next((each for each in self._records if (each["id"], each["thread_id"]) == wanted), None)
        if record is None:
            return HttpResponse.error(404, 10008, "Unknown Message")
        if request.method == "PATCH":
            return self._edit(request, record)
        if request.method == "DELETE":
            self._records.remove(record)
            return HttpResponse.nothing()
        return HttpResponse.of(200, self._message_object(record))

    def _execute(self, request: Request) -> HttpResponse:
        payload = _read_payload(request, editing=False)
        if isinstance(payload, HttpResponse):
            return payload
        thread_id = request.query.get("thread_id")
        found = [] if thread_id is None else list(refuse_snowflake(("thread_id",), thread_id))
        if found:
            return _refused(request, found)
        refusal = self.access.refusal(thread_id, editing=False)
        if refusal:
            return HttpResponse.error(*refusal)
        if is_empty(payload):
            return HttpResponse.error(400, 50006, "Cannot send an empty message")
        now = datetime.now(UTC)
        content = (payload.get("content") or "").strip()
        mentioned = mentions(content, payload.get("allowed_mentions"))
        record = {
            **payload,
            "content": content,
            "embeds": payload.get("embeds") or [],
            "id": self._next_snowflake(now),
            "thread_id": thread_id,
            "created": now,
            "edited": None,
            "mentioned": mentioned,
            "pinged": mentioned,
        }
        self._records.append(record)
        self._lock.notify_all()
        if request.query.get("wait") in ("true", "True", "1"):
            return HttpResponse.of(200, self._message_object(record))
        return HttpResponse.nothing()

    def _edit(self, request: Request, record: dict[str, Any]) -> HttpResponse:
        payload = _read_payload(request, editing=True)
        if isinstance(payload, HttpResponse):
            return payload
        refusal = self.access.refusal(record["thread_id"], editing=True)
        if refusal:
            return HttpResponse.error(*refusal)
        changes = {
            key: value for key, value in payload.items() if key not in ("username", "avatar_url", "tts")
        }
        if "embeds" in changes:
            changes["embeds"] = changes["embeds"] or []
        if "content" in changes:
            changes["content"] = (changes["content"] or "").strip()
            # parsed again, by the defaults if it has no `allowed_mentions`; an edit does not notify
            changes["mentioned"] = mentions(changes["content"], changes.get("allowed_mentions"))
        if is_empty(record | changes):
            return HttpResponse.error(400, 50006, "Cannot send an empty message")
        record.update(changes, edited=datetime.now(UTC))
        return HttpResponse.of(200, self._message_object(record))

    def _next_snowflake(self, now: datetime) -> str:
        milliseconds = int(now.timestamp() * 1000) - DISCORD_EPOCH_MILLISECONDS
        return str((milliseconds << 22) + next(self._sequence))

    def _webhook_object(self) -> dict[str, Any]:
        return {
            "id": self.webhook_id,
            "type": 1,
            "token": self.token,
            "name": self.name,
            "avatar": None,
            "application_id": None,
            "channel_id": self.channel_id,
            "guild_id": self.channel_id,
        }

    def _message_object(self, record: Mapping[str, Any]) -> dict[str, Any]:
        mentioned = [match for name in record["mentioned"] if (match := MENTION.fullmatch(name))]
        edited = record["edited"]
        return {
            "id": record["id"],
            "type": 0,
            "channel_id": record["thread_id"] or self.channel_id,
            "webhook_id": self.webhook_id,
            "author": _user_object(self.webhook_id, record.get("username") or self.name),
            "content": record["content"],
            "embeds": [_embed_object(embed) for embed in record["embeds"]],
            "attachments": [],
            "components": [],
            "mentions": [_user_object(match["users"], "alice") for match in mentioned if match["users"]],
            "mention_roles": [match["roles"] for match in mentioned if match["roles"]],
            "mention_everyone": any(match["everyone"] for match in mentioned),
            "timestamp": record["created"].isoformat(),
            "edited_timestamp": edited and edited.isoformat(),
            "flags": record.get("flags") or 0,
            "pinned": False,
            "tts": bool(record.get("tts")),
        }


def _read_payload(request: Request, *, editing: bool) -> dict[str, Any] | HttpResponse:
    content_type = request.headers.get_content_type() if "Content-Type" in request.headers else ""
    if content_type not in FORM_TYPES:
        message = f'Expected "Content-Type" header to be one of {FORM_TYPES}.'
        return _refused(request, [Refusal((), "CONTENT_TYPE_INVALID", message)])
    if content_type != "application/json":
        return HttpResponse.error(501, 0, f"LoopbackDiscord does not read {content_type} yet")
    try:
        payload = request.json()
    except ValueError:
        return HttpResponse.error(400, 50109, "The request body contains invalid JSON.")
    found = refusals(payload, editing=editing)
    if found:
        return _refused(request, found)
    unsupported = [key for key in UNSUPPORTED if payload.get(key)]
    if unsupported:
        return HttpResponse.error(501, 0, f"LoopbackDiscord does not know {', '.join(unsupported)} yet")
    return dict(payload)


def _refused(request: Request, found: Iterable[Refusal]) -> HttpResponse:
    return HttpResponse.of(400, form_error(found) if is_versioned(request.path) else legacy_form_error(found))


def _user_object(user_id: str, name: str) -> dict[str, Any]:
    return {
        "id": user_id,
        "username": name,
        "discriminator": "0000",
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "bot": True,
        "global_name": None,
        "primary_guild": None,
    }


def _embed_object(embed: Mapping[str, Any]) -> dict[str, Any]:
    shown = _without_nulls(embed) | {"type": "rich"}
    if "timestamp" in shown:
        shown["timestamp"] = datetime.fromisoformat(shown["timestamp"]).isoformat()
    if "fields" in shown:
        shown["fields"] = [{**each, "inline": bool(each.get("inline"))} for each in shown["fields"]]
    return shown


def _without_nulls(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in part.items()
        if value is not None
    }
