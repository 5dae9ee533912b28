import re

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, DrainReason
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import PartitionReport
from cluster_status.domain.status.verdict import Verdict
from cluster_status.render.markdown import escape, markdown
from cluster_status.render.summary import Summary, plain, summary_of
from cluster_status.render.table import table
from cluster_status.render.text import SIGNS
from tests.unit.domain.build import (
    Setup,
    cluster_state,
    failed,
    history,
    listed,
    partition,
    polled,
    verdict_of,
)

ONLINE = Verdict(Status.ONLINE, cluster_state=cluster_state(idle=4))
TIMEOUT = verdict_of(Cause.TIMEOUT)
TABLE = table(cluster_state(idle=4).partitions, width=80, limit=10_000)

HEAD = "| PARTITION | IDLE | ALLOC | DOWN | TOTAL | LIMIT |\n| --- | ---: | ---: | ---: | ---: | ---: |"
LEGEND = (
    "A star marks the default partition. ALLOC: in service, not idle. DOWN: not in service. "
    "A node in several partitions counts in each."
)


def summarised(verdict: Verdict, remembered: History | None = None, *, name: str = "Deep Thought") -> Summary:
    return summary_of(verdict, name, remembered)


def facts(verdict: Verdict, remembered: History | None = None) -> tuple[str, ...]:
    return summarised(verdict, remembered).facts


# The content


def test_the_headline_describes_the_poll() -> None:
    assert summarised(TIMEOUT).headline == "Deep Thought is offline: SSH connection timed out"


def test_lost_partitions_and_their_reasons_are_first_and_usual_partitions_are_last() -> None:
    gpu = DrainReason("disk", None, 1, partitions=frozenset({"gpu"}))
    state = replace(
        cluster_state(*(partition(name, idle=1) for name in ("batch", "gpu", "old"))),
        details=Details(drain_reasons=(DrainReason("fan", None, 9), gpu)),
    )
    report = PartitionReport(found=("gpu",), usual=("batch",))
    verdict = Verdict(Status.ONLINE, cluster_state=state, partitions=report)
    summary = summary_of(verdict, "Deep Thought", None)
    for shown in (plain(summary, with_table=True), markdown(summary)):
        assert re.findall(r"^(?:\| )?(gpu|batch|old) ", shown, re.MULTILINE) == ["gpu", "old", "batch"]
        assert re.findall(r"node.*: (fan|disk)", shown) == ["disk", "fan"]


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (PartitionReport(in_maintenance=("gpu", "fat")), "Partitions in maintenance: gpu, fat"),
        (PartitionReport(usual=("old",)), "Usually out of service, not counted: old"),
        (
            PartitionReport(newly_usual=("gpu",)),
            "Out of service for 7 days, now usual, which is no recovery: gpu",
        ),
    ],
)
def test_partitions_that_do_not_count_are_named(report: PartitionReport, line: str) -> None:
    assert facts(replace(ONLINE, partitions=report)) == (line,)


def test_names_of_partitions_are_bounded() -> None:
    usual = tuple(f"p{number}" for number in range(2_000))
    [line] = facts(replace(ONLINE, partitions=PartitionReport(usual=usual)))
    assert line.endswith("p18, p19 and 1980 more")


def test_details_and_remedy_are_shown() -> None:
    verdict = replace(TIMEOUT, detail="no answer within 10 s", remedy="Check cluster-host.")
    assert facts(verdict) == ("Details: no answer within 10 s", "What to do: Check cluster-host.")


def test_the_confirmed_status_is_shown_with_all_its_causes() -> None:
    remembered = history(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert facts(TIMEOUT, remembered) == (
        "Confirmed status: offline since 2026-01-31 12:00:00 UTC (timeout, refused)",
    )


def test_a_status_pending_confirmation_is_shown() -> None:
    three_polls = Setup(confirm_after=3)
    remembered = polled(history(Status.ONLINE), *[failed(Cause.TIMEOUT)] * 2, setup=three_polls)
    assert facts(TIMEOUT, remembered)[1:] == ("Not confirmed yet: offline since 2026-01-31 12:00:00 UTC",)


def test_another_pending_status_is_not_shown_as_this_one() -> None:
    remembered = polled(history(Status.ONLINE), failed(Cause.TIMEOUT), failed(Cause.HOST_KEY))
    assert len(facts(verdict_of(Cause.HOST_KEY), remembered)) == 1


def test_pending_messages_are_counted() -> None:
    remembered = polled(history(Status.ONLINE), failed(Cause.REFUSED), listed(idle=4))
    assert facts(ONLINE, remembered)[-1] == "Pending messages: 2"


@pytest.mark.parametrize("remembered", [None, History()])
def test_without_a_history_only_the_poll_is_shown(remembered: History | None) -> None:
    assert facts(TIMEOUT, remembered) == ()


def test_unknown_node_states_are_named() -> None:
    verdict = replace(
        ONLINE, cluster_state=replace(cluster_state(idle=4), unknown_states=("quantum*", "exotic"))
    )
    assert facts(verdict) == (
        "Node states that this version does not know: quantum*, exotic. Update the action.",
    )


# As Markdown


@pytest.mark.parametrize("status", Status)
def test_the_heading_has_the_sign_of_the_status(status: Status) -> None:
    assert markdown(summarised(Verdict(status))).startswith(f"### {SIGNS[status]} ")


def test_markdown_has_its_parts_in_blocks() -> None:
    assert markdown(summarised(replace(ONLINE, detail="a_b"))).split("\n\n") == [
        "### 🟢 Deep Thought is online (4 of 4 nodes in service)",
        r"Details: a\_b",
        HEAD + "\n" + r"| batch\* | 4 | 0 | 0 | 4 | 1d |",
        f"{LEGEND}\n",
    ]


DETAILED = Verdict(
    Status.ONLINE,
    cluster_state=replace(
        cluster_state(idle=4), details=Details(drain_reasons=(DrainReason("<b> fan", None, 1),))
    ),
)


def test_details_follow_the_table_under_their_headings_and_are_escaped() -> None:
    assert markdown(summarised(DETAILED)).split("\n\n")[-2:] == [
        "**Why nodes are out of service**",
        "- 1 node: \\<b\\> fan\n",
    ]
    assert plain(summarised(DETAILED), with_table=True).split("\n")[-2:] == [
        "Why nodes are out of service:",
        "- 1 node: <b> fan",
    ]


def test_partitions_that_were_not_found_are_named() -> None:
    verdict = replace(ONLINE, cluster_state=replace(cluster_state(idle=4), unmatched_patterns=("gpu*",)))
    assert facts(verdict) == ("Partitions not found: gpu*",)


@pytest.mark.parametrize("name", ["~~~", "```", "</details>", "| a | b |"])
def test_no_name_of_a_partition_ends_the_table(name: str) -> None:
    hostile = Verdict(Status.ONLINE, cluster_state=cluster_state(partition(name), partition("last"), idle=4))
    rows = [line for line in markdown(summarised(hostile)).splitlines() if line.startswith("| ")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [7, 7, 7, 7]
    assert {f"| {escape(name)} | 0 | 0 | 0 | 0 | 1d |", "| last | 0 | 0 | 0 | 0 | 1d |"} == set(rows[2:])


def test_a_cluster_state_without_partitions_has_no_table() -> None:
    assert "|" not in markdown(summarised(Verdict(Status.ONLINE, cluster_state=ClusterState())))


@pytest.mark.parametrize(
    "hostile",
    [
        summarised(replace(TIMEOUT, detail="<b>")),
        summarised(replace(TIMEOUT, remedy="<b>")),
        summarised(TIMEOUT, name="<b>"),
        summarised(replace(ONLINE, cluster_state=replace(cluster_state(idle=4), unknown_states=("<b>",)))),
    ],
)
def test_text_from_outside_is_escaped(hostile: Summary) -> None:
    assert r"\<b\>" in markdown(hostile)
    assert "<b>" not in markdown(hostile)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*bold* _and_ `code`", r"\*bold\* \_and\_ \`code\`"),
        ("[a](https://evil.example)", "\\[a\\](https:\u200b//evil.example)"),
        ("www.evil.example", "www\u200b.evil.example"),
        ("<img src=x> &amp;", r"\<img src=x\> \&amp;"),
        ("@everyone #1 | ~~no~~ $x$", r"\@everyone \#1 \| \~\~no\~\~ \$x\$"),
        ("\\*", r"\\\*"),
        ("plain words, 3.5 % - ok", "plain words, 3.5 % - ok"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


# As text


def test_text_has_its_parts_in_lines_as_they_are() -> None:
    assert plain(summarised(replace(ONLINE, detail="a_b")), with_table=True).split("\n") == [
        "🟢 Deep Thought is online (4 of 4 nodes in service)",
        "Details: a_b",
        *TABLE.split("\n"),
        LEGEND,
    ]


def test_text_omits_the_table_if_it_is_not_wanted() -> None:
    assert (
        plain(summarised(ONLINE), with_table=False) == "🟢 Deep Thought is online (4 of 4 nodes in service)"
    )
