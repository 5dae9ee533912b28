"""No text of a hostile cluster mentions anyone, breaks an embed, or exceeds a limit of Discord."""

import contextlib
import re
from datetime import timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.adapters.discord.embed import card
from cluster_status.domain.execution import CommandResult
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm import sinfo
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    MaintenanceListing,
    NodeCounts,
    Partition,
    Reservation,
)
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.diagnosis import diagnose
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.tracker import StatusPeriod, UnknownPeriod
from cluster_status.domain.uptime.uptime import Uptime
from cluster_status.errors import UnparsableError
from cluster_status.render.text import text
from cluster_status.render.width import columns, units
from tests.fakes.clock import START
from tests.fakes.discord_channel import mentions
from tests.fakes.discord_limits import refusals
from tests.unit.domain.build import Setup, history, pending, step

# a failure is shown as it was drawn, because shrinking 10,000 characters takes minutes
hostile = settings(
    max_examples=40, derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate)
)

PIECES = (
    "@everyone",
    "@here",
    "<@123456789012345678>",
    "<@&123456789012345678>",
    "<#1>",
    "<t:0:R>",
    "</cmd:1>",
    "<:e:1>",
    ":fire:",
    "```",
    "`",
    "**",
    "__",
    "~~",
    "||",
    "> ",
    "# ",
    "-# ",
    "- ",
    "1. ",
    "[a](https://evil.example)",
    "https://evil.example/@everyone",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\x1b[31m",
    "\x9b1m",
    "\x00",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u200b",
    "\u2028",
    "\ufeff",
    "שלום",
    "عنقود",
    "計算機",
    "🔥",
    "👩\u200d💻",
    "e\u0301",
    "\u0301" * 40,
    "\ud800",
    "a",
    "-",
    ".",
    " ",
)
TEXTS = st.one_of(
    st.text(st.sampled_from("abc ") | st.characters(), max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(PIECES).map(lambda piece: piece * (10_000 // len(piece))),
)
NAMES = TEXTS.filter(bool)
NUMBERS = st.integers(0, 99_999)
ROLE = "<@&123456789012345678>"
POLICY = ChannelPolicy("discord", mention=ROLE, with_quotation=True)
EVENTS = [*Event, Event("of-a-later-version")]


@st.composite
def cluster_states(draw: st.DrawFn) -> ClusterState:
    """Draw a state with text that is not cleaned."""
    partitions = tuple(
        Partition(
            draw(NAMES),
            draw(st.booleans()),
            draw(st.sampled_from(["up", "down", "inactive"]) | TEXTS),
            draw(st.sampled_from(["1-00:00:00", "infinite"]) | TEXTS),
            NodeCounts(total=draw(NUMBERS), idle=draw(NUMBERS)),
        )
        for _ in range(draw(st.integers(0, 4)))
    ) * draw(st.sampled_from([1, 1, 60]))
    gpus = {
        partition.name: tuple(
            Gpus(draw(TEXTS), draw(NUMBERS), draw(NUMBERS)) for _ in range(draw(st.integers(0, 6)))
        )
        for partition in partitions[:4]
    }
    reasons = tuple(
        DrainReason(draw(TEXTS), draw(st.none() | st.just(START)), draw(NUMBERS), draw(TEXTS), draw(TEXTS))
        for _ in range(draw(st.integers(0, 8)))
    )
    reserved = Reservation(
        draw(TEXTS), START, draw(st.none() | st.just(START + timedelta(days=1))), draw(NUMBERS)
    )
    maintenance = MaintenanceListing((reserved,))
    return ClusterState(
        partitions, NodeCounts(total=9), details=Details(gpus, reasons), maintenance=maintenance
    )


@st.composite
def notifications(draw: st.DrawFn) -> Notification:
    event = draw(st.sampled_from(EVENTS))
    causes = tuple(draw(st.lists(st.sampled_from(Cause), unique=True)))
    status = draw(st.sampled_from([one for one in Status if one is not Status.UNKNOWN]))
    return Notification(
        "poll.0",
        event,
        START,
        StatusPeriod(status, START, causes),
        previous=StatusPeriod(Status.OFFLINE, START - timedelta(days=9), causes),
        unknown=UnknownPeriod(START, 3, draw(st.sampled_from(Cause)))
        if event is Event.MONITOR_LOST
        else None,
        nodes=NodeCounts(total=9),
        dropped=draw(NUMBERS),
        uptime=Uptime(draw(st.floats(0, 1)), draw(st.floats(0, 1))),
        missed_polls=draw(NUMBERS),
    )


def check(body: dict[str, Any], *, allowed: list[str]) -> None:
    """Assert that Discord accepts the card and that it mentions only these."""
    assert refusals(body) == []
    content = body["content"]
    assert units(content) <= 2000
    assert "\n" not in content
    assert mentions(content, body["allowed_mentions"]) == allowed
    assert body["allowed_mentions"]["parse"] == []
    [embed] = body["embeds"]
    title, description = embed["title"], embed["description"]
    assert units(title) <= 256
    assert units(description) <= 4096
    assert units(title) + units(description) <= 6000
    assert "\n" not in title
    assert description.count("```") in {0, 2}
    before, _, rest = description.partition("```\n")
    block, _, after = rest.partition("\n```")
    assert "`" not in block
    assert all(columns(line) <= 37 for line in block.split("\n"))
    for part in (content.removeprefix(f"{ROLE} ") if allowed else content, title, before, after):
        bare = re.sub(r"\\.", "", part)  # escaped characters are no markup
        ours = re.sub(r"<t:-?\d+:[fR]>|^\*\*|\*\* |^\*“|”\* |\*\*$", "", bare, flags=re.MULTILINE)
        assert not re.search(r"[`*_~|<>\[\]#@:\\]", ours.replace(": ", " ")), part


@hostile
@given(notifications(), cluster_states(), TEXTS)
def test_no_text_of_a_cluster_breaks_a_card_or_mentions_anyone(
    notification: Notification, cluster_state: ClusterState, name: str
) -> None:
    message = compose(notification, name, POLICY, cluster_state)
    check(card(message), allowed=[ROLE] if notification.event is Event.OUTAGE else [])
    check(card(replace(message, mention="")), allowed=[])
    assert text(replace(message, partitions=message.partitions[:4]))


def cards(results: list[ProbeResult]) -> list[dict[str, Any]]:
    """Return the cards of the notifications of polls with these results."""
    setup = Setup(channels=(replace(POLICY, always=True),))
    current, bodies = history(), list[dict[str, Any]]()
    for number, result in enumerate(results):
        at = START + timedelta(minutes=5 * number)
        current = step(current, result, at, setup=setup)
        cluster_state = result.outcome if isinstance(result.outcome, ClusterState) else None
        new = [one for one in pending(current) if one.at == at]
        bodies += [card(compose(one, "mscluster", POLICY, cluster_state)) for one in new]
    return bodies


@hostile
@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=5), NAMES, st.integers(0, 255))
def test_no_output_of_sinfo_breaks_a_card_or_mentions_anyone(
    rows: list[tuple[str, str, str]], stderr: str, exit_status: int
) -> None:
    listed = "".join(f"{name}*|{up}|{limit}|1|idle\n" for name, up, limit in rows)
    output = f"frame\n{listed}frame\n{len(rows)}|idle\nframe\n".encode("utf-8", "surrogatepass")
    failed = CommandResult(exit_status, b"frame\n", stderr.encode("utf-8", "replace"))
    results = [logged_in(diagnose(failed, "frame", PLAIN))]
    with contextlib.suppress(UnparsableError):
        results.insert(0, logged_in(sinfo.parse(output, "frame", PLAIN)))
    bodies = cards([*results[:1], *results * 4])
    assert bodies
    for body in bodies:
        check(body, allowed=[ROLE] if "roles" in body["allowed_mentions"] else [])


def logged_in(outcome: ClusterState | ProbeFailure) -> ProbeResult:
    return ProbeResult(outcome=outcome, reached=True, credential_offered=True, logged_in=True)
