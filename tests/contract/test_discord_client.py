"""The requests of DiscordWebhook conform to Discord's schema, and its responses are understood."""

import re
import socket
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.discord.response import seconds_to_wait
from cluster_status.adapters.http import Http, HttpResponse
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.combined import overview
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, DrainReason, Gpus, NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.errors import ChannelRefusedError, DeliveryError, MessageLostError
from cluster_status.render.text import SIGNS
from tests.fakes.clock import START, VirtualClock
from tests.fakes.discord import (
    Broken,
    CloudflareLimited,
    Fault,
    LoopbackDiscord,
    RateLimited,
    Refused,
    Reset,
)
from tests.fakes.probe import partition

Check = Callable[[str, object], list[str]]
Connect = Callable[..., DiscordWebhook]

MESSAGE = Message(Status.ONLINE, "mscluster is online", "Monitoring started.", START)
ROLE = "<@&123456789012345678>"
THREAD = "123456789012345678"
RUN = "https://github.com/owner/name/actions/runs/1"
EARLIER = START - timedelta(hours=30)
CLUSTER_STATE = ClusterState(
    tuple(partition(f"partition-{number:03}", idle=number, down=1) for number in range(200)),
    NodeCounts(total=20_100, idle=19_900, down=200),
    details=Details(
        {f"partition-{number:03}": (Gpus("a100", 8, 3), Gpus("h100", 4, 0)) for number in range(200)},
        tuple(DrainReason(f"reason {number}", EARLIER, 3, "n[1-3]", "root") for number in range(9)),
    ),
)


@pytest.fixture
def discord() -> Iterator[LoopbackDiscord]:
    with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def http(discord: LoopbackDiscord) -> Iterator[Http]:
    opened = Http(redaction=Redaction((Secret(discord.webhook_url),)))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def connect(discord: LoopbackDiscord, http: Http, clock: VirtualClock) -> Connect:
    def connect(url: str = "", *, username: str = "", avatar_url: str = "") -> DiscordWebhook:
        return DiscordWebhook(
            url or discord.webhook_url, http, clock, username=username, avatar_url=avatar_url
        )

    return connect


@pytest.fixture
def webhook(connect: Connect) -> DiscordWebhook:
    return connect()


def notification(event: Event, status: Status) -> Notification:
    """Return a notification with every part that one of this event can have."""
    is_lost = event is Event.MONITOR_LOST
    return Notification(
        "id",
        event,
        START,
        StatusPeriod(status, EARLIER, tuple(Cause)),
        previous=StatusPeriod(Status.OFFLINE, EARLIER - timedelta(days=1), tuple(Cause)),
        unknown=UnknownPeriod(EARLIER, 3, Cause.LOGIN_REFUSED, notified=True) if is_lost else None,
        last_login=EARLIER if is_lost else None,
        nodes=CLUSTER_STATE.nodes,
        dropped=123,
        uptime=Uptime(0.987, 0.5),
        missed_polls=7,
        window=Window(START + timedelta(days=1), START + timedelta(days=2)),
    )


def error_of(webhook: DiscordWebhook) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        webhook.send(MESSAGE)
    return caught.value


# sent messages


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("status", [status for status in Status if status is not Status.UNKNOWN])
def test_every_message_is_accepted_and_conforms_to_the_published_schema(
    event: Event,
    status: Status,
    connect: Connect,
    discord: LoopbackDiscord,
    discord_schema: Check,
) -> None:
    policy = ChannelPolicy("discord", mention=ROLE, with_quotation=True)
    webhook = connect()
    message = compose(notification(event, status), "mscluster", policy, CLUSTER_STATE, RUN)
    post = webhook.send(message)
    webhook.edit(post, replace(message, sentence="Otherwise."))
    posting, editing = discord.requests
    assert discord_schema("execute", posting.json()) == []
    assert discord_schema("edit", editing.json()) == []
    assert len(discord.messages) == 1


@pytest.mark.parametrize("number", [2, 30, 1000])
def test_an_overview_is_posted_without_a_sound_and_edited_as_one_message(
    number: int, webhook: DiscordWebhook, discord: LoopbackDiscord, discord_schema: Check
) -> None:
    policy = ChannelPolicy("discord", mention=ROLE, live=True, overview=True)

    def of(status: Status) -> Message:
        one = notification(Event.REMINDER, status)
        return overview([compose(one, f"cluster-{n}", policy, CLUSTER_STATE, RUN) for n in range(number)])

    post = webhook.send(of(Status.OFFLINE))
    assert webhook.edit(post, of(Status.OFFLINE)) == post
    webhook.edit(post, of(Status.DEGRADED))
    posting, editing = discord.requests
    assert discord_schema("execute", posting.json()) == []
    assert discord_schema("edit", editing.json()) == []
    [message] = discord.messages
    assert (message["flags"], message["pinged"]) == (4096, [])
    assert message["embeds"][0]["title"].endswith(f"{number} clusters\\: {number} degraded")


@pytest.mark.parametrize("version", ["", "/v6", "/v9", "/v10"])
def test_version_10_of_the_api_is_used_with_wait(
    version: str, connect: Connect, discord: LoopbackDiscord
) -> None:
    connect(discord.webhook_url.replace("/api/", f"/api{version}/")).send(MESSAGE)
    (request,) = discord.requests
    assert request.path == f"/api/v10/webhooks/{discord.webhook_id}/{discord.token}"
    assert (request.method, request.query) == ("POST", {"wait": "true"})


def test_a_thread_named_in_the_url_gets_the_message(connect: Connect, discord: LoopbackDiscord) -> None:
    connect(f"{discord.webhook_url}?thread_id=123456789012345678").send(MESSAGE)
    assert discord.requests[0].query == {"thread_id": "123456789012345678", "wait": "true"}
    assert discord.messages[0]["thread_id"] == "123456789012345678"


def test_requests_have_a_user_agent_that_cloudflare_accepts(
    webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    webhook.send(MESSAGE)
    assert discord.requests[0].headers["User-Agent"].startswith("cluster-status-action/")


def test_the_sender_has_the_given_name_and_avatar(connect: Connect, discord: LoopbackDiscord) -> None:
    connect(username="watch", avatar_url="https://a.example/i.png").send(MESSAGE)
    (message,) = discord.messages
    assert (message["username"], message["avatar_url"]) == ("watch", "https://a.example/i.png")


def test_the_text_of_a_message_mentions_no_one(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    text = "@everyone @here <@12> <@&34>"
    webhook.send(Message(Status.OFFLINE, text, text, START, partitions=(partition(text, idle=1),)))
    (message,) = discord.messages
    assert (message["pinged"], message["mentioned"]) == ([], [])
    assert re.sub(r"\\(.)", r"\1", message["content"]) == f"{SIGNS[Status.OFFLINE]} {text}. {text}"
    assert message["allowed_mentions"] == {"parse": []}


def test_the_mention_of_a_message_notifies_once_and_its_edits_mention_no_one(
    webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    outage = replace(MESSAGE, headline=f"down {ROLE}", mention=ROLE)
    webhook.edit(webhook.send(outage), replace(outage, sentence="@everyone <@1>"))
    webhook.send(MESSAGE)
    text = rf"down \<\@&{ROLE[3:-1]}\>. \@everyone \<\@1\>"
    assert discord.messages[0]["content"] == f"{ROLE} {SIGNS[Status.ONLINE]} {text}"
    assert [message["pinged"] for message in discord.messages] == [[ROLE], []]
    assert [message["mentioned"] for message in discord.messages] == [[ROLE], []]


def test_the_title_links_to_the_run(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    webhook.send(replace(MESSAGE, url=RUN))
    assert discord.messages[0]["embeds"][0]["url"] == RUN


@pytest.mark.parametrize(
    "url", ["", "https://ghe/o/n/actions/runs/1", "http://localhost:3000/1", "file:///1"]
)
def test_a_message_whose_link_discord_refuses_has_none(
    url: str, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    webhook.send(replace(MESSAGE, url=url))
    assert "url" not in discord.messages[0]["embeds"][0]


def test_a_message_without_news_makes_no_sound(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    webhook.send(replace(MESSAGE, is_news=False))
    webhook.send(MESSAGE)
    assert [message.get("flags", 0) for message in discord.messages] == [4096, 0]


# edited messages


def test_an_edit_replaces_the_card_of_the_message(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    post = webhook.send(MESSAGE)
    later = webhook.edit(post, replace(MESSAGE, headline="mscluster is still online"))
    (message,) = discord.messages
    assert (later.id, message["embeds"][0]["title"]) == (message["id"], "🟢 mscluster is still online")
    assert later.shown != post.shown


def test_an_edit_without_a_change_is_not_sent(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    post = webhook.send(replace(MESSAGE, url=RUN))
    assert webhook.edit(post, replace(MESSAGE, url=f"{RUN}2")) == post  # each run has another link
    assert len(discord.requests) == 1


def test_an_edit_replaces_the_content_and_the_link(webhook: DiscordWebhook, discord: LoopbackDiscord) -> None:
    post = webhook.send(replace(MESSAGE, url=RUN))
    webhook.edit(post, replace(MESSAGE, sentence="Otherwise.", url=f"{RUN}2"))
    (message,) = discord.messages
    assert message["content"] == f"{SIGNS[Status.ONLINE]} mscluster is online. Otherwise."
    assert message["embeds"][0]["url"] == f"{RUN}2"


def test_a_message_in_a_thread_is_edited_there(connect: Connect, discord: LoopbackDiscord) -> None:
    webhook = connect(f"{discord.webhook_url}?thread_id=123456789012345678&wait=false")
    webhook.edit(webhook.send(MESSAGE), replace(MESSAGE, sentence="Otherwise."))
    assert [request.query for request in discord.requests] == [
        {"thread_id": "123456789012345678", "wait": "true"},
        {"thread_id": "123456789012345678"},
    ]
    assert "Otherwise." in discord.messages[0]["embeds"][0]["description"]


LOST = {
    "deleted": None,
    "edited too often": Refused(429, 30046, "Maximum number of edits to messages older than 1 hour reached"),
    "in an archived thread": Refused(400, 50083, "Thread is archived"),
    "in a locked thread": Refused(400, 160005, "Thread is locked"),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_message_that_can_no_longer_be_edited_is_an_error_without_retries(
    fault: Fault | None, webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    post = webhook.send(MESSAGE)
    if fault:
        discord.fail_next(fault)
    else:
        discord.delete_messages()
    with pytest.raises(MessageLostError):
        webhook.edit(post, replace(MESSAGE, sentence="Otherwise."))
    assert (clock.sleeps, len(discord.requests)) == ([], 2)


@pytest.mark.parametrize("fault", [RateLimited(2.5, "global"), CloudflareLimited(3.0), Broken(503)])
def test_an_edit_is_retried_like_a_message(
    fault: Fault, webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    post = webhook.send(MESSAGE)
    discord.fail_next(fault)
    webhook.edit(post, replace(MESSAGE, sentence="Otherwise."))
    assert len(clock.sleeps) == 1
    assert "Otherwise." in discord.messages[0]["embeds"][0]["description"]


def test_the_digest_of_a_card_depends_on_the_webhook(connect: Connect) -> None:
    with LoopbackDiscord() as other:
        assert connect(other.webhook_url).send(MESSAGE).shown != connect().send(MESSAGE).shown


# retries


@pytest.mark.parametrize("scope", ["user", "shared", "global"])
def test_a_rate_limit_is_waited_for_as_long_as_discord_says(
    scope: Literal["user", "shared", "global"],
    webhook: DiscordWebhook,
    discord: LoopbackDiscord,
    clock: VirtualClock,
) -> None:
    discord.fail_next(RateLimited(2.5, scope), RateLimited(0.75, scope))
    webhook.send(MESSAGE)
    assert clock.sleeps == [2.5, 0.75]
    assert len(discord.messages) == 1


def test_a_rate_limit_of_cloudflare_is_waited_for_too(
    webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    discord.fail_next(CloudflareLimited(3.0), CloudflareLimited())
    webhook.send(MESSAGE)
    assert clock.sleeps[0] == 3.0
    assert 1.0 <= clock.sleeps[1] <= 10.0  # the response had no time
    assert len(discord.messages) == 1


@pytest.mark.parametrize("seconds", ["0", "-5", "NaN", "null", "[1]"])
def test_a_rate_limit_without_a_retry_time_is_waited_for(seconds: str) -> None:
    answer = HttpResponse(429, {}, f'{{"message": "limited", "retry_after": {seconds}}}'.encode())
    assert seconds_to_wait(answer, 4.0) == 4.0


def test_a_service_that_is_unavailable_is_tried_again(
    webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    discord.fail_next(*[Broken(503)] * 3)
    webhook.send(MESSAGE)
    assert len(discord.messages) == 1
    assert len(clock.sleeps) == 3
    assert 0 < min(clock.sleeps) <= max(clock.sleeps) <= 10


@pytest.mark.parametrize("after_accepting", [False, True])
@pytest.mark.parametrize("status", [500, 502, 504, 520, 522, 524])
def test_after_an_error_that_may_hide_a_message_nothing_is_sent_again_in_this_run(
    status: int,
    webhook: DiscordWebhook,
    discord: LoopbackDiscord,
    clock: VirtualClock,
    *,
    after_accepting: bool,
) -> None:
    discord.fail_next(Broken(status, after_accepting=after_accepting))
    error = error_of(webhook)
    assert error.cause.startswith(f"http {status}")
    assert error.remedy == "The message stays pending, and the next run sends it."
    assert (clock.sleeps, len(discord.requests)) == ([], 1)
    assert len(discord.messages) == int(after_accepting)


def test_an_edit_is_not_repeated_after_an_error_that_may_hide_its_success(
    webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    post = webhook.send(MESSAGE)
    discord.fail_next(Broken(502, after_accepting=True))
    with pytest.raises(DeliveryError):
        webhook.edit(post, replace(MESSAGE, sentence="Otherwise."))
    assert len(discord.requests) == 2


ENDLESS = {
    "out of order": (Broken(503), "http 503"),
    "rate limit": (RateLimited(4.0), "http 429"),
    "rate limit that names no time": (CloudflareLimited(), "http 429"),
    "rate limit that is over at once": (RateLimited(0.0), "http 429"),
}


@pytest.mark.parametrize(("fault", "cause"), ENDLESS.values(), ids=ENDLESS)
def test_retries_end_within_30_seconds_with_an_error_that_has_its_cause(
    fault: Fault, cause: str, webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    discord.fail_next(*[fault] * 50)
    error = error_of(webhook)
    assert error.cause == cause
    assert sum(clock.sleeps) <= 30
    assert 2 <= len(discord.requests) <= 10
    assert discord.messages == []


def test_a_rate_limit_beyond_the_time_budget_is_not_waited_for(
    webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    discord.fail_next(RateLimited(64.57))
    assert error_of(webhook).cause == "http 429"
    assert (clock.sleeps, len(discord.requests)) == ([], 1)


def test_all_messages_of_a_run_share_the_30_seconds(
    webhook: DiscordWebhook, discord: LoopbackDiscord, clock: VirtualClock
) -> None:
    discord.fail_next(RateLimited(20.0))
    webhook.send(MESSAGE)
    discord.fail_next(RateLimited(15.0))
    error_of(webhook)
    assert clock.sleeps == [20.0]
    assert len(discord.messages) == 1


# errors without retries


REFUSED: dict[str, tuple[Callable[[LoopbackDiscord], object], str, str]] = {
    "deleted webhook": (lambda discord: discord.delete_webhook(), "webhook-gone", "Create a new webhook"),
    "forum": (
        lambda discord: setattr(discord.access, "is_forum", True),
        "thread-missing",
        "Add ?thread_id=ID to discord-webhook",
    ),
    "no permission": (
        lambda discord: setattr(discord.access, "is_permitted", False),
        "not-permitted",
        "Check the permissions",
    ),
    "no access": (
        lambda discord: discord.fail_next(Refused(403, 50001, "Missing Access")),
        "not-permitted",
        "Check the permissions",
    ),
}
REFUSED_IN_A_THREAD: dict[str, tuple[Callable[[LoopbackDiscord], object], str, str]] = {
    "deleted thread": (
        lambda discord: discord.access.deleted_threads.add(THREAD),
        "thread-unknown",
        "Correct thread_id",
    ),
    "locked thread": (
        lambda discord: discord.access.locked_threads.add(THREAD),
        "thread-locked",
        "Unlock the thread",
    ),
    "locked thread, by its other code": (
        lambda discord: discord.fail_next(Refused(400, 160005, "Thread is locked")),
        "thread-locked",
        "Unlock the thread",
    ),
}


def assert_refused(webhook: DiscordWebhook, cause: str, remedy: str) -> None:
    error = error_of(webhook)
    assert isinstance(error, ChannelRefusedError)
    assert (error.cause, error.remedy.startswith(remedy)) == (cause, True)
    kept = webhook.refusals[cause]
    assert (kept.text, kept.remedy) == (str(error), error.remedy)


@pytest.mark.parametrize(("change", "cause", "remedy"), REFUSED.values(), ids=REFUSED)
def test_a_channel_that_refuses_every_message_is_an_error_with_a_remedy(
    change: Callable[[LoopbackDiscord], object],
    cause: str,
    remedy: str,
    webhook: DiscordWebhook,
    discord: LoopbackDiscord,
) -> None:
    change(discord)
    assert_refused(webhook, cause, remedy)
    assert len(discord.requests) == 1


@pytest.mark.parametrize(("change", "cause", "remedy"), REFUSED_IN_A_THREAD.values(), ids=REFUSED_IN_A_THREAD)
def test_a_thread_that_refuses_every_message_is_an_error_with_a_remedy(
    change: Callable[[LoopbackDiscord], object],
    cause: str,
    remedy: str,
    connect: Connect,
    discord: LoopbackDiscord,
) -> None:
    change(discord)
    assert_refused(connect(f"{discord.webhook_url}?thread_id={THREAD}"), cause, remedy)
    assert len(discord.requests) == 1


def test_a_webhook_whose_token_is_wrong_is_gone(connect: Connect, discord: LoopbackDiscord) -> None:
    assert_refused(connect(discord.webhook_url[:-1]), "webhook-gone", "Create a new webhook")
    assert len(discord.requests) == 1


def test_an_archived_thread_is_reopened_by_a_message(connect: Connect, discord: LoopbackDiscord) -> None:
    discord.access.archived_threads.add(THREAD)
    connect(f"{discord.webhook_url}?thread_id={THREAD}").send(MESSAGE)
    assert len(discord.messages) == 1


@pytest.mark.parametrize("code", [10008, 30046])
def test_a_code_about_an_edit_is_no_refusal_of_a_message(
    code: int, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(Refused(404, code, "Unknown Message"))
    assert type(error_of(webhook)) is DeliveryError


@pytest.mark.parametrize("code", [50013, 10015, 10003])
def test_an_edit_can_be_refused_like_a_message(
    code: int, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    post = webhook.send(MESSAGE)
    discord.fail_next(Refused(403, code, "Refused"))
    with pytest.raises(ChannelRefusedError):
        webhook.edit(post, replace(MESSAGE, sentence="Otherwise."))


@pytest.mark.parametrize("after_accepting", [False, True])
def test_a_broken_connection_is_an_error_and_no_second_message(
    webhook: DiscordWebhook, discord: LoopbackDiscord, *, after_accepting: bool
) -> None:
    discord.fail_next(Reset(after_accepting=after_accepting))
    assert error_of(webhook).cause == "the connection failed"
    assert len(discord.requests) == 1
    assert len(discord.messages) == int(after_accepting)


def test_a_refused_connection_is_an_error(connect: Connect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = error_of(connect(f"http://127.0.0.1:{taken.getsockname()[1]}/api/webhooks/1/t"))
    assert error.cause == "the connection failed"


def test_a_message_that_discord_rejects_is_an_error_without_retries(
    connect: Connect, discord: LoopbackDiscord
) -> None:
    error = error_of(connect(username="Discord"))
    assert error.cause == "http 400 code 50035"
    assert str(error) == (
        "Discord rejected the message (HTTP 400, code 50035): Invalid Form Body: "
        'username Username cannot contain "discord".'
    )
    assert "stays pending" in error.remedy
    assert len(discord.requests) == 1


@pytest.mark.parametrize("status", [200, 302, 307, 400, 403, 404])
def test_a_response_of_a_proxy_is_not_a_delivery(
    status: int, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(Broken(status))
    assert error_of(webhook).cause
    assert (discord.messages, len(discord.requests)) == ([], 1)


@pytest.mark.parametrize("code", [None, "10015", [], {}, [10015]], ids=repr)
def test_a_response_without_a_numeric_code_is_not_from_discord(
    code: Any, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(Refused(403, code, "Blocked"))
    error = error_of(webhook)
    assert (type(error), error.cause) == (DeliveryError, "http 403")


def test_the_next_message_can_be_sent_after_an_error(
    webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(Reset())
    error_of(webhook)
    webhook.send(MESSAGE)
    assert len(discord.messages) == 1


# the text of errors

LEAKING_FAULTS: dict[str, Callable[[LoopbackDiscord], Fault]] = {
    "reset": lambda _: Reset(),
    "refused": lambda _: Refused(403, 50013, "Missing Permissions"),
    "too many requests": lambda _: RateLimited(60),
    "out of order": lambda _: Broken(404),
    "refused by a proxy that quotes the request": lambda discord: Refused(
        403, 0, f"{discord.webhook_url} is blocked here"
    ),
    "refused by a proxy that quotes the path": lambda discord: Refused(
        403, 0, f"/api/v10/webhooks/{discord.webhook_id}/{discord.token}"
    ),
}


@pytest.mark.parametrize(
    ("quoting", "shown"),
    [
        ("{id}/{token} is blocked", "*** is blocked"),
        ("Webhook {id} may not post", "Webhook *** may not post"),
        ("{token}, or {token}?", "***, or ***?"),
        (f"{'x' * 290} {{token}}", f"{'x' * 290} ***"),  # a text is cut after the token is replaced
    ],
)
def test_the_error_text_of_discord_is_shown_without_the_id_and_the_token(
    quoting: str, shown: str, webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(Refused(403, 40333, quoting.format(id=discord.webhook_id, token=discord.token)))
    assert str(error_of(webhook)) == f"Discord rejected the message (HTTP 403, code 40333): {shown}."


@pytest.mark.parametrize("fault", LEAKING_FAULTS.values(), ids=LEAKING_FAULTS)
def test_errors_contain_neither_the_url_nor_the_token(
    fault: Callable[[LoopbackDiscord], Fault], webhook: DiscordWebhook, discord: LoopbackDiscord
) -> None:
    discord.fail_next(fault(discord))
    error = error_of(webhook)
    text = f"{error} {error.remedy} {error.cause} {''.join(traceback.format_exception(error))}"
    assert discord.token not in text
    assert discord.webhook_id not in text
