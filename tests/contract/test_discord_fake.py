"""The loopback Discord conforms to the schema Discord publishes, and refuses what no schema can express."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import requests

from tests.fakes.discord import (
    Broken,
    CloudflareLimited,
    Fault,
    LoopbackDiscord,
    RateLimit,
    RateLimited,
    Reset,
    Silent,
)
from tests.fakes.discord_limits import refusals

Check = Callable[[str, object], list[str]]
Json = dict[str, Any]

FULL: Json = {
    "content": "The cluster is down. @here <@&77>",
    "username": "cluster",
    "avatar_url": "https://example.org/a.png",
    "tts": False,
    "flags": 4096,
    "allowed_mentions": {"parse": [], "roles": ["77"], "users": []},
    "embeds": [
        {
            "title": "offline",
            "description": "since noon",
            "url": "https://example.org",
            "color": 0xFFFFFF,
            "timestamp": "2026-01-02T03:04:05Z",
            "author": {"name": "a", "url": "https://example.org", "icon_url": None},
            "footer": {"text": "f"},
            "image": {"url": "https://example.org/i.png"},
            "thumbnail": {"url": "attachment://t.png"},
            "fields": [{"name": "n", "value": "v"}, {"name": "n", "value": "v", "inline": True}],
        }
    ],
}


def embed(**parts: object) -> Json:
    return {"embeds": [{"title": "t"} | parts]}


def fields(**part: object) -> Json:
    return embed(fields=[{"name": "n", "value": "v"} | part])


def allow(**allowed: object) -> Json:
    return {"content": "c", "allowed_mentions": allowed}


# payloads that Discord's schema refuses, and the place of the fault
REFUSED_BY_THE_SCHEMA: dict[str, tuple[Json, str]] = {
    "a content that is not text": ({"content": ["c"]}, "content"),
    "a content of 2,001": ({"content": "c" * 2001}, "content"),
    "an empty username": ({"content": "c", "username": ""}, "username"),
    "a username of 81": ({"content": "c", "username": "u" * 81}, "username"),
    "an avatar that is no URL": ({"content": "c", "avatar_url": "nowhere"}, "avatar_url"),
    "an avatar of 2,049": ({"content": "c", "avatar_url": "https://a/".ljust(2049, "a")}, "avatar_url"),
    "flags that are no number": ({"content": "c", "flags": "4"}, "flags"),
    "a tts that is no boolean": ({"content": "c", "tts": "yes"}, "tts"),
    "embeds that are no list": ({"embeds": {"title": "t"}}, "embeds"),
    "an embed that is no object": ({"embeds": ["t"]}, "embeds.0"),
    "11 embeds": ({"embeds": [{"title": "t"}] * 11}, "embeds"),
    "a title of 257": (embed(title="t" * 257), "embeds.0.title"),
    "a description of 4,097": (embed(description="d" * 4097), "embeds.0.description"),
    "a color above white": (embed(color=0x1000000), "embeds.0.color"),
    "a color below black": (embed(color=-1), "embeds.0.color"),
    "a color in CSS": (embed(color="#ff0000"), "embeds.0.color"),
    "a timestamp that is no date": (embed(timestamp="yesterday"), "embeds.0.timestamp"),
    "a timestamp without an offset": (embed(timestamp="2026-01-02T03:04:05"), "embeds.0.timestamp"),
    "a timestamp in seconds": (embed(timestamp=1767323045), "embeds.0.timestamp"),
    "a link that is no URL": (embed(url="nowhere"), "embeds.0.url"),
    "a link to no host": (embed(url="https://"), "embeds.0.url"),
    "an image that is no URL": (embed(image={"url": "nowhere"}), "embeds.0.image.url"),
    "an image that is no object": (embed(image="https://example.org"), "embeds.0.image"),
    "an author of 257": (embed(author={"name": "a" * 257}), "embeds.0.author.name"),
    "an author that is no object": (embed(author="a"), "embeds.0.author"),
    "a footer of 2,049": (embed(footer={"text": "f" * 2049}), "embeds.0.footer.text"),
    "fields that are no list": (embed(fields={"name": "n", "value": "v"}), "embeds.0.fields"),
    "26 fields": (embed(fields=[{"name": "n", "value": "v"}] * 26), "embeds.0.fields"),
    "a field without a value": (embed(fields=[{"name": "n"}]), "embeds.0.fields.0.value"),
    "a field's name of 257": (fields(name="n" * 257), "embeds.0.fields.0.name"),
    "a field's value of 1,025": (fields(value="v" * 1025), "embeds.0.fields.0.value"),
    "a field's value that is no text": (fields(value=3), "embeds.0.fields.0.value"),
    "an inline that is no boolean": (fields(inline="no"), "embeds.0.fields.0.inline"),
    "allowed_mentions as a list": ({"content": "c", "allowed_mentions": []}, "allowed_mentions"),
    "a parse that is no list": (allow(parse="everyone"), "allowed_mentions.parse"),
    "an unknown parse": (allow(parse=["users", "here"]), "allowed_mentions.parse.1"),
    "101 users": (allow(users=["1"] * 101), "allowed_mentions.users"),
    "a role by its name": (allow(roles=["admins"]), "allowed_mentions.roles.0"),
}

# limits that only Discord's documentation and error messages describe
REFUSED_BEYOND_THE_SCHEMA: dict[str, tuple[Json, dict[str, str]]] = {
    "6,001 characters over all embeds": (
        {"embeds": [{"description": "d" * 3000}, {"description": "d" * 3001}]},
        {"embeds": "MAX_EMBED_SIZE_EXCEEDED"},
    ),
    "6,001 characters over all parts": (
        {
            "embeds": [
                {
                    "title": "t" * 100,
                    "description": "d" * 3000,
                    "author": {"name": "a" * 100},
                    "footer": {"text": "f" * 1000},
                    "fields": [
                        {"name": "n" * 200, "value": "v" * 700},
                        {"name": "n" * 200, "value": "v" * 701},
                    ],
                }
            ]
        },
        {"embeds": "MAX_EMBED_SIZE_EXCEEDED"},
    ),
    "an empty embed": ({"content": "c", "embeds": [{}]}, {"embeds.0": "LIST_ITEM_VALUE_REQUIRED"}),
    "an embed without visible parts": (
        {"content": "c", "embeds": [{"color": 1}]},
        {"embeds.0.description": "BASE_TYPE_REQUIRED"},
    ),
    "an empty field's name": (fields(name=""), {"embeds.0.fields.0.name": "BASE_TYPE_REQUIRED"}),
    "an empty field's value": (fields(value=""), {"embeds.0.fields.0.value": "BASE_TYPE_REQUIRED"}),
    "an author without a name": (
        embed(author={"url": "https://example.org"}),
        {"embeds.0.author.name": "BASE_TYPE_REQUIRED"},
    ),
    "an image without a URL": (embed(image={}), {"embeds.0.image.url": "BASE_TYPE_REQUIRED"}),
    "a link to a file": (embed(url="file:///etc/passwd"), {"embeds.0.url": "URL_TYPE_INVALID_SCHEME"}),
    "a link to a host without a domain": (
        embed(url="https://localhost:8443/run"),
        {"embeds.0.url": "URL_TYPE_INVALID_URL"},
    ),
    "a username with Discord in it": (
        {"content": "c", "username": "My DisCord bot"},
        {"username": "USERNAME_INVALID_CONTAINS"},
    ),
    "a username with Clyde in it": (
        {"content": "c", "username": "clydesdale"},
        {"username": "USERNAME_INVALID_CONTAINS"},
    ),
    "a username of everyone": ({"content": "c", "username": "everyone"}, {"username": "USERNAME_INVALID"}),
    "users both all and named": (
        allow(parse=["users"], users=["1"]),
        {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
    ),
}

AT_THE_LIMIT: dict[str, Json] = {
    "everything at once": FULL,
    "2,000 emoji": {"content": "\N{LARGE RED CIRCLE}" * 2000},
    "6,000 emoji over all embeds": {"embeds": [{"description": "\N{LARGE RED CIRCLE}" * 3000}] * 2},
    "10 embeds": {"embeds": [{"title": "t"}] * 10},
    "a full description": embed(description="d" * 4096),
    "every other text full": embed(
        title="t" * 256,
        author={"name": "a" * 256},
        footer={"text": "f" * 2048},
        fields=[{"name": "n" * 256, "value": "v" * 1024}],
    ),
    "100 users": allow(users=["1"] * 100),
    "25 fields": embed(fields=[{"name": "n", "value": "v"}] * 25),
    "a username of 80": {"content": "c", "username": "u" * 80},
    "an avatar of 2,048": {"content": "c", "avatar_url": "https://a/".ljust(2048, "a")},
    "a timestamp with an offset": embed(timestamp="2026-01-02T03:04:05.123456+02:00"),
    "black": embed(color=0),
    "nulls": {"content": "c", "embeds": None, "username": None, "allowed_mentions": None, "flags": None},
}


DAMAGES: list[object] = [0, -1, 1 << 25, True, "", "nowhere", "x" * 300, "x" * 5000, [], {}, [1], [{}] * 120]


def paths(part: object) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each part of a payload."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inside:
        yield (key,)
        yield from ((key, *rest) for rest in paths(value))


def replace_at(body: Json, path: tuple[str | int, ...], value: object) -> Json:
    whole = copy.deepcopy(body)
    node: Any = whole
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return whole


@pytest.fixture
def discord() -> Iterator[LoopbackDiscord]:
    with LoopbackDiscord() as discord:
        yield discord


@pytest.fixture
def client() -> Iterator["Client"]:
    with Client() as client:
        yield client


class Client(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["User-Agent"] = "contract-tests"

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{"timeout": 10.0} | options)


def versioned(discord: LoopbackDiscord) -> str:
    return discord.webhook_url.replace("/api/", "/api/v10/")


def in_errors(answer: requests.Response, path: str) -> list[Json]:
    node = answer.json()["errors"]
    for key in path.split("."):
        node = node[key]
    found: list[Json] = node["_errors"]
    return found


def post(client: Client, discord: LoopbackDiscord, body: Json) -> Json:
    answer = client.post(versioned(discord), params={"wait": "true"}, json=body)
    assert answer.status_code == 200, answer.text
    message: Json = answer.json()
    return message


# accepted messages


@pytest.mark.parametrize("body", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT)
def test_a_message_within_the_limits_is_accepted_by_the_schema_and_the_fake(
    body: Json, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert discord_schema("execute", body) == []
    message = post(client, discord, body)
    assert discord_schema("message", message) == []
    assert [each["id"] for each in discord.messages] == [message["id"]]


def test_a_message_is_edited_and_deleted_by_its_id(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    message = post(client, discord, {"content": "old", "username": "first", "embeds": [{"title": "t"}]})
    url = f"{versioned(discord)}/messages/{message['id']}"
    change = {"content": "new", "embeds": []}
    assert discord_schema("edit", change) == []
    edited = client.patch(url, json=change).json()
    assert discord_schema("message", edited) == []
    assert (edited["content"], edited["author"]["username"]) == ("new", "first")
    assert client.patch(url, json={"username": "second"}).json()["content"] == "new"
    assert client.delete(url).status_code == 204
    assert client.patch(url, json=change).json() == {"message": "Unknown Message", "code": 10008}


def test_the_webhook_itself_conforms_to_the_published_schema(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    webhook = client.get(versioned(discord)).json()
    assert discord_schema("webhook", webhook) == []
    assert (webhook["id"], webhook["token"]) == (discord.webhook_id, discord.token)


# refused messages


@pytest.mark.parametrize(("body", "path"), REFUSED_BY_THE_SCHEMA.values(), ids=REFUSED_BY_THE_SCHEMA)
def test_the_fake_refuses_what_the_schema_refuses_in_the_same_place(
    body: Json, path: str, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert [issue.partition(":")[0] for issue in discord_schema("execute", body)] == [path]
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert in_errors(answer, path)
    assert discord_schema("error", answer.json()) == []
    assert discord.messages == []


def test_the_fake_refuses_each_damaged_payload_that_the_schema_refuses(discord_schema: Check) -> None:
    damaged = [(path, replace_at(FULL, path, value)) for path in paths(FULL) for value in DAMAGES]
    accepted = [
        (path, issues)
        for path, body in damaged
        if (issues := discord_schema("execute", body)) and not refusals(body)
    ]
    assert len(damaged) > 400
    assert accepted == []


@pytest.mark.parametrize(("body", "codes"), REFUSED_BEYOND_THE_SCHEMA.values(), ids=REFUSED_BEYOND_THE_SCHEMA)
def test_the_fake_refuses_what_the_schema_cannot_express(
    body: Json, codes: dict[str, str], discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert discord_schema("execute", body) == []
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert {path: in_errors(answer, path)[0]["code"] for path in codes} == codes
    assert discord_schema("error", answer.json()) == []
    assert discord.messages == []


def test_an_edit_has_the_same_limits(discord: LoopbackDiscord, client: Client) -> None:
    message = post(client, discord, {"content": "c"})
    url = f"{versioned(discord)}/messages/{message['id']}"
    answer = client.patch(url, json={"embeds": [{"description": "d" * 4096}] * 2})
    assert in_errors(answer, "embeds")[0]["code"] == "MAX_EMBED_SIZE_EXCEEDED"
    assert discord.messages[0]["content"] == "c"


@pytest.mark.parametrize("body", [{}, {"content": " \n"}, {"embeds": []}, {"username": "u"}], ids=str)
def test_an_empty_message_is_refused(
    body: Json, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50006)
    assert discord_schema("error", answer.json()) == []


def test_a_deleted_webhook_is_unknown(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    discord.delete_webhook()
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.status_code, answer.json()["code"]) == (404, 10015)
    assert discord_schema("error", answer.json()) == []


THREAD = "123456789012345678"
IN_A_THREAD: dict[str, tuple[Json, str, int | None]] = {
    "a message to a forum": ({"is_forum": True}, "POST", None),
    "a message, archived": ({"archived_threads": {THREAD}}, "POST", None),
    "an edit, archived": ({"archived_threads": {THREAD}}, "PATCH", 50083),
    "a message, locked": ({"locked_threads": {THREAD}}, "POST", 50083),
    "an edit, locked": ({"locked_threads": {THREAD}}, "PATCH", 50083),
    "a message, deleted": ({"deleted_threads": {THREAD}}, "POST", 10003),
}


def give_access(discord: LoopbackDiscord, access: Json) -> None:
    for name, value in access.items():
        setattr(discord.access, name, copy.copy(value))


@pytest.mark.parametrize(("access", "method", "code"), IN_A_THREAD.values(), ids=IN_A_THREAD)
def test_a_thread_accepts_messages_and_edits_by_its_state(
    access: Json, method: str, code: int | None, discord: LoopbackDiscord, client: Client
) -> None:
    params = {"wait": "true", "thread_id": THREAD}
    sent = client.post(versioned(discord), params=params, json={"content": "c"}).json()
    give_access(discord, access)
    url = versioned(discord) + (f"/messages/{sent['id']}" if method == "PATCH" else "")
    assert client.request(method, url, params=params, json={"content": "d"}).json().get("code") == code


@pytest.mark.parametrize(
    ("access", "status", "code"), [({"is_forum": True}, 400, 220001), ({"is_permitted": False}, 403, 50013)]
)
def test_a_channel_without_access_refuses_messages(
    access: Json, status: int, code: int, discord: LoopbackDiscord, client: Client
) -> None:
    give_access(discord, access)
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_message_reopens_an_archived_thread(discord: LoopbackDiscord, client: Client) -> None:
    discord.access.archived_threads.add(THREAD)
    client.post(versioned(discord), params={"thread_id": THREAD}, json={"content": "c"})
    assert discord.access.archived_threads == set()


def test_another_token_is_refused(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord)[:-1], json={"content": "c"})
    assert (answer.status_code, answer.json()["code"]) == (401, 50027)


def test_the_user_agent_of_python_is_blocked(discord: LoopbackDiscord, client: Client) -> None:
    headers = {"User-Agent": "Python-urllib/3.13"}
    answer = client.post(versioned(discord), json={"content": "c"}, headers=headers)
    assert (answer.status_code, answer.text) == (403, "error code: 1010")


def test_a_url_without_a_version_has_old_form_errors_and_times_in_milliseconds(
    discord: LoopbackDiscord, client: Client
) -> None:
    answer = client.post(discord.webhook_url, json=embed(title="t" * 257))
    assert (answer.status_code, answer.json()) == (400, {"embeds": ["0"]})
    discord.fail_next(RateLimited(1.5), RateLimited(1.5))
    answer = client.post(discord.webhook_url, json={"content": "c"})
    assert (answer.headers["Retry-After"], answer.json()["retry_after"]) == ("1500", 1500)
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.headers["Retry-After"], answer.json()["retry_after"]) == ("2", 1.5)


# mentions

ALL = "@everyone @here <@12> <@!34> <@&56>"


@pytest.mark.parametrize(
    ("allowed", "pinged"),
    [
        (None, ["@everyone", "@here", "<@12>", "<@34>", "<@&56>"]),
        ({"parse": []}, []),
        ({"parse": ["everyone"], "users": ["34"]}, ["@everyone", "@here", "<@34>"]),
        ({"roles": ["56", "99"]}, ["<@&56>"]),
    ],
    ids=str,
)
def test_only_allowed_mentions_ping(
    allowed: Json | None, pinged: list[str], discord: LoopbackDiscord, client: Client
) -> None:
    post(client, discord, {"content": ALL} | ({} if allowed is None else {"allowed_mentions": allowed}))
    assert discord.messages[0]["pinged"] == pinged


def test_neither_an_embed_nor_an_edit_pings(discord: LoopbackDiscord, client: Client) -> None:
    message = post(client, discord, embed(description=ALL))
    client.patch(f"{versioned(discord)}/messages/{message['id']}", json={"content": "@everyone"})
    assert (discord.messages[0]["pinged"], discord.messages[0]["mentioned"]) == ([], ["@everyone"])


# faults


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
def test_a_rate_limit_conforms_to_the_published_schema(
    scope: Literal["user", "shared", "global"],
    discord: LoopbackDiscord,
    client: Client,
    discord_schema: Check,
) -> None:
    discord.fail_next(RateLimited(64.57, scope))
    answer = client.post(versioned(discord), json={"content": "c"})
    assert answer.status_code == 429
    assert discord_schema("rate-limit", answer.json()) == []
    assert (answer.headers["Retry-After"], answer.headers["X-RateLimit-Scope"]) == ("65", scope)


@pytest.mark.parametrize(
    ("fault", "messages"),
    [
        (Broken(), 0),
        (Broken(after_accepting=True), 1),
        (CloudflareLimited(), 0),
        (Reset(), 0),
        (Reset(after_accepting=True), 1),
        (Silent(), 0),
        (Silent(after_accepting=True), 1),
    ],
    ids=str,
)
def test_a_fault_occurs_before_or_after_the_message_is_accepted(
    fault: Fault, messages: int, discord: LoopbackDiscord, client: Client
) -> None:
    discord.fail_next(fault)
    if isinstance(fault, Reset | Silent):
        with pytest.raises(requests.RequestException):
            client.post(versioned(discord), json={"content": "c"}, timeout=0.2)
    else:
        assert not client.post(versioned(discord), json={"content": "c"}).ok
    discord.wait_for_requests(1)
    assert len(discord.wait_for_messages(messages)) == messages


def test_the_rate_limit_is_counted_down_and_reset(client: Client) -> None:
    now = [100.0]
    with LoopbackDiscord(rate_limit=RateLimit(requests=5, per_seconds=2.0), clock=lambda: now[0]) as discord:
        answers = [client.post(versioned(discord), json={"content": "c"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [204] * 5 + [429]
        assert answers[-1].json()["retry_after"] == 2.0
        now[0] += 2.0
        assert client.post(versioned(discord), json={"content": "c"}).status_code == 204
