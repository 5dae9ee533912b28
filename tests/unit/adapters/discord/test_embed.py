"""Messages as Discord embeds, within Discord's limits and without markup of the cluster."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.content.quotation import Quotation
from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.cluster_state import DrainReason, Gpus, Partition
from cluster_status.domain.status.cause import Status
from cluster_status.render.text import SIGNS
from cluster_status.render.width import units
from tests.fakes.clock import START
from tests.fakes.discord_channel import mentions
from tests.fakes.discord_limits import refusals
from tests.fakes.probe import partition

MESSAGE = Message(
    status=Status.DEGRADED,
    headline="ms_cluster is back, but degraded",
    sentence="Too few nodes in service.",
    at=START,
    facts=(
        Fact("Since", datetime(2026, 3, 1, 11, 55, tzinfo=UTC)),
        Fact("Was offline for", timedelta(hours=3, minutes=20)),
        Fact("Nodes", "3 of 8 in service"),
    ),
    partitions=(
        partition("debug", idle=1, allocated=2, down=5),
        partition("long", default=False, availability="drain", allocated=2, down=5),
    ),
    gpus={"debug": (Gpus("a100", 4, 1),)},
    drain_reasons=(
        DrainReason("bad *disk*", datetime(2026, 3, 1, 9, tzinfo=UTC), 4, "n[1-4]", "root"),
        DrainReason("kernel panic", None, 1),
    ),
    quotation=Quotation("Though much is taken, much abides.", "Tennyson, Ulysses"),
)

CARD = {
    "content": r"🔶 ms\_cluster is back, but degraded. Too few nodes in service.",
    "embeds": [
        {
            "title": r"🔶 ms\_cluster is back, but degraded",
            "description": (
                "Too few nodes in service.\n"
                "\n"
                "**Since** <t:1772366100:f>\n"
                "**Was offline for** 3 h 20 min\n"
                "**Nodes** 3 of 8 in service\n"
                "\n"
                "```\n"
                "PARTITION IDLE ALLOC DOWN TOTAL LIMIT\n"
                "debug*       1     2    5     8 1d\n"
                "  1 of 4 a100 GPUs idle\n"
                "long         -     2    5     7 DRAIN\n"
                "```\n"
                "\n"
                "**Why nodes are out of service**\n"
                "• 4 nodes (n\\[1-4\\]): bad \\*disk\\*, by root, <t:1772355600:R>\n"
                "• 1 node: kernel panic\n"
                "\n"
                "*“Though much is taken, much abides.”* — Tennyson, Ulysses"
            ),
            "color": 0xF1C40F,
            "timestamp": "2026-03-01T12:00:00+00:00",
        }
    ],
    "allowed_mentions": {"parse": []},
}

NAMES = {
    "plain": "p",
    "escaped": "_",
    "back-ticks": "`",
    "wide": "\N{LARGE RED CIRCLE}",
}

MARKUP = [
    "@everyone",
    "<@123>",
    "<@&123>",
    "<#123>",
    "<t:0:R>",
    "<:emoji:1>",
    "*a* **b** _c_ __d__ ~~e~~ ||f||",
    "`code` ```block```",
    "[text](https://example.org)",
    "# head\n> quote\n-# small\n- list",
    "\\*",
    "\\",
]


def embed_of(message: Message) -> dict[str, Any]:
    (embed,) = card(message)["embeds"]
    return dict(embed)


def reasons(message: Message) -> list[str]:
    """Return the lines below the heading of the reasons."""
    part = embed_of(replace(message, quotation=None))["description"].partition("out of service**\n")[2]
    return str(part).splitlines()


def many(count: int, letter: str) -> tuple[Partition, ...]:
    return tuple(
        replace(partition(idle=number), name=f"{number:03}{letter * 57}", default=number == 0)
        for number in range(count)
    )


def test_an_embed_has_all_parts_of_a_message() -> None:
    assert card(MESSAGE) == CARD


def test_each_status_has_its_own_colour_and_sign() -> None:
    embeds = [embed_of(replace(MESSAGE, status=status)) for status in Status]
    assert len({embed["color"] for embed in embeds}) == len(Status)
    assert len({embed["title"][0] for embed in embeds}) == len(Status)


def test_without_a_sentence_and_facts_the_table_comes_first() -> None:
    assert embed_of(replace(MESSAGE, sentence="", facts=()))["description"].startswith("```\nPARTITION")


def test_lost_partitions_are_first_and_usual_ones_last() -> None:
    names = ("a", "b", "c")
    listed = tuple(partition(name, default=False, idle=1) for name in names)
    description = embed_of(replace(MESSAGE, partitions=listed, lost=("c",), usual=("a",)))["description"]
    assert re.findall(r"^([abc]) ", description, re.MULTILINE) == ["c", "b", "a"]


def test_the_remedy_is_in_the_description_and_escaped() -> None:
    message = replace(MESSAGE, remedy="Check ~/.bashrc.", partitions=(), quotation=None, drain_reasons=())
    assert embed_of(message)["description"].endswith("\n\n**What to do** Check \\~/.bashrc.")


def test_without_partitions_there_is_no_table() -> None:
    assert "```" not in embed_of(replace(MESSAGE, partitions=()))["description"]


# the content, which a push notification shows

SIGN = SIGNS[MESSAGE.status]
CONTENTS = {
    "headline and sentence": (
        replace(MESSAGE, headline="a is offline"),
        f"{SIGN} a is offline. Too few nodes in service.",
    ),
    "headline": (replace(MESSAGE, headline="a is online", sentence=""), f"{SIGN} a is online"),
    "colon": (replace(MESSAGE, headline="a: status unknown", sentence=""), f"{SIGN} a: status unknown"),
    "emoji and link": (
        replace(MESSAGE, headline=":a: https://a.example", sentence=""),
        rf"{SIGN} \:a: https\://a.example",
    ),
    "back-slash": (replace(MESSAGE, headline="a\\: b", sentence=""), rf"{SIGN} a\\: b"),
}


@pytest.mark.parametrize(("message", "content"), CONTENTS.values(), ids=CONTENTS)
def test_the_content_has_the_headline_and_the_sentence(message: Message, content: str) -> None:
    assert card(message)["content"] == content


@pytest.mark.parametrize("letter", NAMES.values(), ids=NAMES)
def test_a_long_sentence_is_cut_in_the_content(letter: str) -> None:
    content = card(replace(MESSAGE, headline="a is offline", sentence=letter * 5000))["content"]
    assert content.startswith(f"{SIGN} a is offline. ")
    assert content.endswith("…")
    assert units(content) <= 250


# the link of the title


@pytest.mark.parametrize(
    "url", ["https://github.com/o/n/actions/runs/1", "http://ghe.example.org:8443/o/n/1"]
)
def test_the_title_links_to_the_url_of_the_message(url: str) -> None:
    body = card(replace(MESSAGE, url=url))
    assert body["embeds"][0]["url"] == url
    assert refusals(body) == []


def test_the_title_links_to_the_status_page_rather_than_to_the_run() -> None:
    page = "https://status.example.org/clusters/mscluster.html"
    body = card(replace(MESSAGE, url="https://github.com/o/n/actions/runs/1", page=page))
    assert body["embeds"][0]["url"] == page


@pytest.mark.parametrize(
    "url", ["", "ftp://github.com/1", "https://ghe/o/n/1", "https://a.example/" + "a" * 3000]
)
def test_a_url_that_discord_refuses_is_left_out(url: str) -> None:
    body = card(replace(MESSAGE, url=url))
    assert "url" not in body["embeds"][0]
    assert refusals(body) == []


# limits


@pytest.mark.parametrize("letter", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("count", [1, 40, 60, 200])
def test_an_embed_with_many_partitions_is_within_the_limits(count: int, letter: str) -> None:
    message = replace(MESSAGE, partitions=many(count, letter))
    assert refusals(card(message)) == []
    assert embed_of(message)["description"].count("```") == 2


def test_more_than_fifteen_partitions_are_counted() -> None:
    description = embed_of(replace(MESSAGE, partitions=many(200, "p")))["description"]
    assert len(re.findall(r"^[0-9]{3}p", description, re.MULTILINE)) == 15
    assert "\n… 185 more\n```" in description
    assert description.endswith("Tennyson, Ulysses")


def test_more_than_five_reasons_are_counted() -> None:
    reasons = tuple(DrainReason(f"reason {number}", None, 1) for number in range(9))
    description = embed_of(replace(MESSAGE, drain_reasons=reasons))["description"]
    assert "reason 4\n… 4 more\n" in description
    assert "reason 5" not in description


def test_nodes_with_one_reason_are_one_line() -> None:
    drained = tuple(DrainReason("fan", START - timedelta(hours=1, seconds=n), 1) for n in range(30))
    assert reasons(replace(MESSAGE, drain_reasons=drained)) == ["• 30 nodes: fan, <t:1772362800:R>"]


def test_a_reason_shows_the_times_of_the_newest_and_of_the_oldest_drain() -> None:
    drained = (
        DrainReason("fan", START - timedelta(minutes=20), 80),
        DrainReason("fan", START - timedelta(hours=1), 4),
    )
    assert reasons(replace(MESSAGE, drain_reasons=drained)) == [
        "• 84 nodes: fan, <t:1772365200:R> to <t:1772362800:R>"
    ]


def test_reasons_of_lost_partitions_are_first() -> None:
    lost = DrainReason("disk", None, 1, partitions=frozenset({"gpu"}))
    message = replace(MESSAGE, drain_reasons=(DrainReason("fan", None, 9), lost), lost=("gpu",))
    assert reasons(message) == ["• 1 node: disk", "• 9 nodes: fan"]


@pytest.mark.parametrize("letter", NAMES.values(), ids=NAMES)
def test_five_long_reasons_are_shown(letter: str) -> None:
    drained = tuple(DrainReason(f"{n}{letter * 300}", START, n, letter * 100, letter * 100) for n in range(9))
    lines = reasons(replace(MESSAGE, drain_reasons=drained))
    assert (len(lines), lines[-1]) == (6, "… 4 more")


@pytest.mark.parametrize("facts", [0, 4], ids=["no facts", "long facts"])
@pytest.mark.parametrize("letter", NAMES.values(), ids=NAMES)
def test_an_embed_with_long_texts_is_within_the_limits(letter: str, facts: int) -> None:
    long = letter * 5000
    message = Message(
        Status.ONLINE,
        headline=long,
        sentence=long,
        at=START,
        facts=tuple(Fact(f"{number}{letter * 300}", long) for number in range(facts)),
        remedy=long,
        drain_reasons=tuple(
            DrainReason(f"{n}{long}", START - timedelta(days=n * delta), n, long, long)
            for n in range(9)
            for delta in (1, 40)
        ),
        partitions=many(200, letter),
        quotation=Quotation(letter * 300, letter * 100),
    )
    assert refusals(card(message)) == []


# markup and mentions


@pytest.mark.parametrize("text", MARKUP, ids=repr)
def test_markup_in_a_text_is_escaped(text: str) -> None:
    bare = replace(MESSAGE, headline=text, sentence=text, partitions=(), quotation=None)
    embed = embed_of(replace(bare, facts=(Fact("F", text),), drain_reasons=(DrainReason(text, None, 1),)))
    sentence, fact, reasons = embed["description"].split("\n\n")
    written = (
        embed["title"].partition(" ")[2],
        sentence,
        fact.removeprefix("**F** "),
        reasons.removeprefix("**Why nodes are out of service**\n• 1 node: "),
    )
    for part in written:
        assert re.sub(r"\\(.)", r"\1", part) == " ".join(text.split())
        assert not re.search(r"[`*_~|<>\[\]@#]", re.sub(r"\\.", "", part))


def test_a_back_tick_in_a_name_does_not_end_the_table() -> None:
    message = replace(MESSAGE, partitions=(replace(partition(idle=1), name="```@everyone"),))
    description = embed_of(message)["description"]
    assert description.count("```") == 2
    assert "'''@eve" in description


@pytest.mark.parametrize("text", MARKUP, ids=repr)
def test_no_text_mentions_a_user_or_a_role(text: str) -> None:
    body = card(replace(MESSAGE, headline=text, sentence=text))
    assert body["allowed_mentions"] == {"parse": []}
    assert mentions(body["content"], body["allowed_mentions"]) == []


@pytest.mark.parametrize(
    ("mention", "allowed"), [("<@&123>", {"roles": ["123"]}), ("<@123>", {"users": ["123"]})]
)
def test_only_the_mention_of_the_message_is_allowed(mention: str, allowed: dict[str, list[str]]) -> None:
    body = card(replace(MESSAGE, mention=mention))
    assert body["content"].startswith(f"{mention} {SIGNS[MESSAGE.status]} ")
    assert body["allowed_mentions"] == {"parse": [], **allowed}
    assert mentions(body["content"], body["allowed_mentions"]) == [mention]
