"""The loopback Discord is held against Discord's published schema, and against what no schema can say."""

import contextlib
import copy
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import requests

from tests.fakes.discord import (
    Broken,
    CloudflareLimited,
    LoopbackDiscord,
    RateLimit,
    RateLimited,
    Refused,
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


# what Discord's schema refuses, and where
REFUSED_BY_THE_SCHEMA: dict[str, tuple[Json, str]] = {
    "a content that is no text": ({"content": ["c"]}, "content"),
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
    "a timestamp in words": (embed(timestamp="yesterday"), "embeds.0.timestamp"),
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

# what only the words of Discord's documents and of its answers say
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
    "an embed of nothing": ({"content": "c", "embeds": [{}]}, {"embeds.0": "LIST_ITEM_VALUE_REQUIRED"}),
    "an embed of nothing to see": (
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


SPOILERS: list[object] = [0, -1, 1 << 25, True, "", "nowhere", "x" * 300, "x" * 5000, [], {}, [1], [{}] * 120]


def paths(part: object) -> Iterator[tuple[str | int, ...]]:
    """Name every place in a payload."""
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inside:
        yield (key,)
        yield from ((key, *rest) for rest in paths(value))


def spoil(body: Json, path: tuple[str | int, ...], value: object) -> Json:
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


def connect(discord: LoopbackDiscord) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(discord.webhook_url).netloc, timeout=10)


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


# what it accepts


@pytest.mark.parametrize("body", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT)
def test_what_is_within_the_limits_is_accepted_by_the_schema_and_by_the_fake(
    body: Json, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert discord_schema("execute", body) == []
    message = post(client, discord, body)
    assert discord_schema("message", message) == []
    assert [each["id"] for each in discord.messages] == [message["id"]]


def test_a_message_comes_back_with_what_was_sent(discord: LoopbackDiscord, client: Client) -> None:
    message = post(client, discord, FULL)
    assert message["content"] == FULL["content"]
    assert message["author"]["username"] == "cluster"
    assert message["mention_roles"] == ["77"]
    assert message["mention_everyone"] is False
    assert message["embeds"][0]["fields"][0] == {"name": "n", "value": "v", "inline": False}
    assert message["webhook_id"] == discord.webhook_id
    assert discord.messages[0]["flags"] == 4096


def test_without_wait_there_is_no_message_to_read(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(discord.messages) == 1


def test_messages_keep_their_order_and_their_ids_grow(discord: LoopbackDiscord, client: Client) -> None:
    ids = [int(post(client, discord, {"content": str(count)})["id"]) for count in range(5)]
    assert ids == sorted(set(ids))
    assert [message["content"] for message in discord.messages] == ["0", "1", "2", "3", "4"]


def test_a_message_is_read_edited_and_deleted_by_its_id(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    message = post(client, discord, {"content": "old", "username": "first", "embeds": [{"title": "t"}]})
    url = f"{versioned(discord)}/messages/{message['id']}"

    change = {"content": "new", "embeds": []}
    assert discord_schema("edit", change) == []
    edited = client.patch(url, json=change)
    assert discord_schema("message", edited.json()) == []
    assert edited.json()["content"] == "new"
    assert edited.json()["edited_timestamp"]
    assert client.get(url).json() == edited.json()
    assert discord.messages[0]["edited"] >= discord.messages[0]["created"]

    assert client.delete(url).status_code == 204
    assert discord.messages == []
    assert client.get(url).json() == {"message": "Unknown Message", "code": 10008}


def test_an_edit_changes_neither_the_name_nor_what_it_does_not_mention(
    discord: LoopbackDiscord, client: Client
) -> None:
    message = post(client, discord, {"content": "old", "username": "first", "embeds": [{"title": "t"}]})
    url = f"{versioned(discord)}/messages/{message['id']}"
    edited = client.patch(url, json={"content": "new", "username": "second"}).json()
    assert edited["author"]["username"] == "first"
    assert edited["embeds"] == [{"title": "t", "type": "rich"}]


def test_a_message_in_a_thread_is_found_only_with_its_thread(
    discord: LoopbackDiscord, client: Client
) -> None:
    sent = client.post(versioned(discord), params={"wait": "true", "thread_id": "5"}, json={"content": "c"})
    assert sent.json()["channel_id"] == "5"
    url = f"{versioned(discord)}/messages/{sent.json()['id']}"
    assert client.get(url).json()["code"] == 10008
    assert client.get(url, params={"thread_id": "5"}).status_code == 200


def test_the_webhook_itself_conforms_to_the_published_schema(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    webhook = client.get(versioned(discord)).json()
    assert discord_schema("webhook", webhook) == []
    assert (webhook["id"], webhook["token"]) == (discord.webhook_id, discord.token)


# what it refuses


@pytest.mark.parametrize(("body", "path"), REFUSED_BY_THE_SCHEMA.values(), ids=REFUSED_BY_THE_SCHEMA)
def test_what_the_schema_refuses_the_fake_refuses_in_the_same_place(
    body: Json, path: str, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert [issue.partition(":")[0] for issue in discord_schema("execute", body)] == [path]
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert in_errors(answer, path)
    assert discord_schema("error", answer.json()) == []
    assert discord.messages == []


def test_wherever_a_payload_is_spoilt_what_the_schema_refuses_the_fake_refuses(discord_schema: Check) -> None:
    spoilt = [(path, spoil(FULL, path, value)) for path in paths(FULL) for value in SPOILERS]
    overlooked = [
        (path, issues)
        for path, body in spoilt
        if (issues := discord_schema("execute", body)) and not refusals(body)
    ]
    assert len(spoilt) > 400
    assert overlooked == []


@pytest.mark.parametrize(("body", "codes"), REFUSED_BEYOND_THE_SCHEMA.values(), ids=REFUSED_BEYOND_THE_SCHEMA)
def test_the_fake_refuses_what_the_schema_cannot_say(
    body: Json, codes: dict[str, str], discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    assert discord_schema("execute", body) == []
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)
    assert {path: in_errors(answer, path)[0]["code"] for path in codes} == codes
    assert discord_schema("error", answer.json()) == []
    assert discord.messages == []


def test_an_edit_is_held_to_the_same_limits(discord: LoopbackDiscord, client: Client) -> None:
    message = post(client, discord, {"content": "c"})
    url = f"{versioned(discord)}/messages/{message['id']}"
    answer = client.patch(url, json={"embeds": [{"description": "d" * 4096}] * 2})
    assert in_errors(answer, "embeds")[0]["code"] == "MAX_EMBED_SIZE_EXCEEDED"
    assert client.patch(url, json={"content": ""}).json()["code"] == 50006
    assert discord.messages[0]["content"] == "c"


def test_every_refusal_is_told_at_once(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord), json={"username": "", "embeds": [{"color": -1}]})
    assert set(answer.json()["errors"]) == {"username", "embeds"}


@pytest.mark.parametrize("body", [{}, {"content": " \n"}, {"embeds": []}, {"username": "u"}], ids=str)
def test_an_empty_message_is_refused(
    body: Json, discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    answer = client.post(versioned(discord), json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 50006)
    assert discord_schema("error", answer.json()) == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"content": NaN}', b"\xff"], ids=str)
def test_a_body_that_is_not_json_is_refused(body: bytes, discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord), data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, 50109)


def test_a_body_of_no_known_type_is_refused(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord), data=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (400, 50035)


def test_what_the_fake_does_not_do_yet_it_says(discord: LoopbackDiscord, client: Client) -> None:
    assert client.post(versioned(discord), files={"files[0]": b"png"}).status_code == 501
    assert client.post(versioned(discord), json={"content": "c", "poll": {"q": 1}}).status_code == 501
    assert discord.messages == []


def test_a_deleted_webhook_is_unknown(
    discord: LoopbackDiscord, client: Client, discord_schema: Check
) -> None:
    discord.delete_webhook()
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.status_code, answer.json()["code"]) == (404, 10015)
    assert discord_schema("error", answer.json()) == []


def test_another_webhook_is_unknown(discord: LoopbackDiscord, client: Client) -> None:
    url = versioned(discord).replace(discord.webhook_id, "123456789012345678")
    assert client.post(url, json={"content": "c"}).json()["code"] == 10015


def test_another_token_is_refused(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord)[:-1], json={"content": "c"})
    assert (answer.status_code, answer.json()["code"]) == (401, 50027)


@pytest.mark.parametrize("ending", ["/", "/slack", "/messages", "/messages/1/2"])
def test_another_path_is_not_found(ending: str, discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(versioned(discord) + ending, json={"content": "c"})
    assert (answer.status_code, answer.json()) == (404, {"message": "404: Not Found", "code": 0})


def test_python_urllib_is_blocked(discord: LoopbackDiscord, client: Client) -> None:
    answer = client.post(
        versioned(discord), json={"content": "c"}, headers={"User-Agent": "Python-urllib/3.13"}
    )
    assert (answer.status_code, answer.text) == (403, "error code: 1010")
    assert "Via" not in answer.headers
    assert discord.messages == []


def test_a_request_without_a_user_agent_is_blocked(discord: LoopbackDiscord) -> None:
    path = urlsplit(versioned(discord)).path
    with contextlib.closing(connect(discord)) as connection:
        connection.request("POST", path, b"{}", {"Content-Type": "application/json"})
        assert connection.getresponse().status == 403


# version 6, which a URL without a version means


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        ({"content": "c" * 2001}, {"content": ["Must be 2000 or fewer in length."]}),
        (embed(title="t" * 257), {"embeds": ["0"]}),
        (
            {"embeds": [{"description": "d" * 4096}] * 2},
            {"embeds": ["Embed size exceeds maximum size of 6000"]},
        ),
        (allow(parse=["here"]), {"allowed_mentions": {"parse": ["0"]}}),
    ],
    ids=str,
)
def test_without_a_version_a_refusal_has_no_code(
    body: Json, answered: Json, discord: LoopbackDiscord, client: Client
) -> None:
    answer = client.post(discord.webhook_url, json=body)
    assert (answer.status_code, answer.json()) == (400, answered)


def test_without_a_version_waits_are_milliseconds(discord: LoopbackDiscord, client: Client) -> None:
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
        ({}, []),
        ({"parse": []}, []),
        ({"parse": ["everyone"]}, ["@everyone", "@here"]),
        ({"parse": ["users", "roles"]}, ["<@12>", "<@34>", "<@&56>"]),
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


def test_embeds_never_ping(discord: LoopbackDiscord, client: Client) -> None:
    post(client, discord, embed(description=ALL))
    assert discord.messages[0]["pinged"] == []


def test_an_edit_pings_nobody_and_forgets_what_was_allowed(discord: LoopbackDiscord, client: Client) -> None:
    message = post(client, discord, {"content": ALL, "allowed_mentions": {"parse": []}})
    url = f"{versioned(discord)}/messages/{message['id']}"
    assert client.patch(url, json={"content": "@everyone"}).json()["mention_everyone"] is True
    assert (discord.messages[0]["pinged"], discord.messages[0]["mentioned"]) == ([], ["@everyone"])


# faults


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
def test_a_rate_limit_says_how_long_to_wait(
    scope: Literal["user", "shared", "global"],
    discord: LoopbackDiscord,
    client: Client,
    discord_schema: Check,
) -> None:
    discord.fail_next(RateLimited(64.57, scope))
    answer = client.post(versioned(discord), json={"content": "c"})
    assert answer.status_code == 429
    assert discord_schema("rate-limit", answer.json()) == []
    assert (answer.json()["retry_after"], answer.json()["global"]) == (64.57, scope == "global")
    assert (answer.headers["Retry-After"], answer.headers["X-RateLimit-Scope"]) == ("65", scope)
    assert "Via" in answer.headers
    assert discord.messages == []


def test_cloudflare_limits_without_json(discord: LoopbackDiscord, client: Client) -> None:
    discord.fail_next(CloudflareLimited(), CloudflareLimited(120))
    answer = client.post(versioned(discord), json={"content": "c"})
    assert (answer.status_code, answer.text) == (429, "error code: 1015")
    assert not {"Via", "Retry-After"} & set(answer.headers)
    answer = client.post(versioned(discord), json={"content": "c"})
    assert answer.headers["Retry-After"] == "120"


def test_faults_come_in_order_one_a_request_and_then_no_more(
    discord: LoopbackDiscord, client: Client
) -> None:
    discord.fail_next(Broken(500), Refused(429, 30046, "too many edits"))
    discord.fail_next(Broken(503, after_accepting=True))
    statuses = [client.post(versioned(discord), json={"content": "c"}).status_code for _ in range(4)]
    assert statuses == [500, 429, 503, 204]
    assert len(discord.messages) == 2


@pytest.mark.parametrize("fault", [Reset(), Reset(after_accepting=True)], ids=str)
def test_a_reset_connection_leaves_open_whether_the_message_was_posted(
    fault: Reset, discord: LoopbackDiscord, client: Client
) -> None:
    discord.fail_next(fault)
    with pytest.raises(requests.ConnectionError, match="reset"):
        client.post(versioned(discord), json={"content": "c"})
    assert len(discord.messages) == int(fault.after_accepting)


@pytest.mark.parametrize("fault", [Silent(), Silent(after_accepting=True)], ids=str)
def test_a_silent_server_lets_the_client_time_out(
    fault: Silent, discord: LoopbackDiscord, client: Client
) -> None:
    discord.fail_next(fault)
    with pytest.raises(requests.ReadTimeout):
        client.post(versioned(discord), json={"content": "c"}, timeout=0.05)
    discord.wait_for_requests(1)
    assert len(discord.wait_for_messages(int(fault.after_accepting))) == int(fault.after_accepting)


def test_a_held_request_that_is_released_is_answered(discord: LoopbackDiscord, client: Client) -> None:
    discord.fail_next(Silent())
    releasing = threading.Thread(target=discord.release)
    releasing.start()
    assert client.post(versioned(discord), json={"content": "c"}).status_code == 204
    releasing.join()
    assert len(discord.messages) == 1


def test_the_context_ends_at_once_with_idle_and_held_connections(client: Client) -> None:
    with contextlib.ExitStack() as afterwards:
        with LoopbackDiscord() as discord:
            post(client, discord, {"content": "c"})
            discord.fail_next(Silent())
            held = afterwards.enter_context(contextlib.closing(connect(discord)))
            held.request("GET", "/", headers={"User-Agent": "contract-tests"})
            discord.wait_for_requests(2)
            ending = time.monotonic()
        assert time.monotonic() - ending < 5


def test_every_request_is_kept(discord: LoopbackDiscord, client: Client) -> None:
    client.post(versioned(discord), params={"wait": "true"}, json={"content": "c"})
    (request,) = discord.requests
    assert (request.method, request.query) == ("POST", {"wait": "true"})
    assert request.path == f"/api/v10/webhooks/{discord.webhook_id}/{discord.token}"
    assert request.headers["user-agent"] == "contract-tests"
    assert request.json() == {"content": "c"}


def test_the_rate_limit_counts_and_forgets(client: Client) -> None:
    now = [100.0]
    with LoopbackDiscord(rate_limit=RateLimit(requests=5, per_seconds=2.0), clock=lambda: now[0]) as discord:
        answers = [client.post(versioned(discord), json={"content": "c"}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [204] * 5 + [429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == [
            "4",
            "3",
            "2",
            "1",
            "0",
            "0",
        ]
        assert answers[-1].json()["retry_after"] == 2.0
        now[0] += 2.0
        assert client.post(versioned(discord), json={"content": "c"}).status_code == 204
