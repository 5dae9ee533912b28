import unicodedata
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.content.quotation import Quotation
from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.status.cause import Status
from cluster_status.render.table import table
from cluster_status.render.text import SIGNS, text, value
from cluster_status.render.width import columns
from tests.unit.domain.build import NOON, noon_plus, partition

BARE = Message(Status.OFFLINE, "Deep Thought is offline", "", NOON)


def test_every_status_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(Status)
    assert len(set(SIGNS.values())) == len(Status)


@pytest.mark.parametrize("sign", SIGNS.values())
def test_a_sign_is_one_character_of_two_columns(sign: str) -> None:
    assert (len(sign), columns(sign)) == (1, 2)  # so that no variation selector can be lost


def test_signs_differ_by_more_than_their_colour() -> None:
    shapes = {unicodedata.name(sign).split()[-1] for sign in SIGNS.values()}
    assert len(shapes) == len(Status)


def test_a_bare_message_is_its_headline_and_its_time() -> None:
    assert text(BARE) == "❌ Deep Thought is offline\nTime: 2026-01-31 12:00:00 UTC"


def test_a_full_message_has_its_parts_in_order() -> None:
    partitions = (partition(default=True, idle=4),)
    full = replace(
        BARE,
        sentence="SSH connections refused.",
        remedy="Check cluster-host.",
        facts=(
            Fact("Since", noon_plus(-5)),
            Fact("Was online for", timedelta(hours=2)),
            Fact("Nodes", "3 of 4 in service"),
        ),
        partitions=partitions,
        quotation=Quotation("The rest is silence.", "Shakespeare, Hamlet"),
    )
    assert text(full) == "\n".join(
        [
            "❌ Deep Thought is offline",
            "SSH connections refused.",
            "Time: 2026-01-31 12:00:00 UTC",
            "Since: 2026-01-31 11:55:00 UTC",
            "Was online for: 2 h",
            "Nodes: 3 of 4 in service",
            "What to do: Check cluster-host.",
            table(partitions, width=80, limit=10_000),
            "“The rest is silence.” — Shakespeare, Hamlet",
        ]
    )


@pytest.mark.parametrize(
    ("fact", "shown"),
    [
        (Fact("Since", NOON), "2026-01-31 12:00:00 UTC"),
        (Fact("Was online for", timedelta(minutes=90)), "1 h 30 min"),
        (Fact("Last known status", "offline"), "offline"),
    ],
)
def test_a_fact_is_formatted_by_its_type(fact: Fact, shown: str) -> None:
    assert value(fact) == shown


def reasons(*drained: DrainReason, lost: tuple[str, ...] = ()) -> list[str]:
    """Return the lines below the heading."""
    message = replace(BARE, drain_reasons=drained, lost=lost)
    return text(message).partition("Why nodes are out of service:\n")[2].splitlines()


def test_nodes_with_one_reason_are_one_line() -> None:
    drained = [DrainReason("fan", noon_plus(-60 - second / 60), 1) for second in range(30)]
    assert reasons(*drained) == ["- 30 nodes: fan, 1 h ago"]


def test_a_reason_shows_the_ages_of_the_newest_and_of_the_oldest_drain() -> None:
    drained = (
        DrainReason("fan", noon_plus(-20), 80, "n[1-80]", "root"),
        DrainReason("fan", noon_plus(-60), 4, "m[1-4]", "root"),
    )
    assert reasons(*drained) == ["- 84 nodes (m[1-4], n[1-80]): fan, by root, 20 min to 1 h ago"]


def test_a_reason_without_a_time_has_no_age() -> None:
    assert reasons(DrainReason("fan", None, 1)) == ["- 1 node: fan"]


def test_reasons_of_lost_partitions_are_first() -> None:
    lost = DrainReason("disk", None, 1, partitions=frozenset({"gpu", "batch"}))
    assert reasons(DrainReason("fan", None, 9), lost, lost=("gpu",))[0] == "- 1 node: disk"


def test_reasons_beyond_the_fifth_are_counted() -> None:
    lines = reasons(*(DrainReason(f"fan {number}", None, 1) for number in range(9)))
    assert (len(lines), lines[-1]) == (6, "… 4 more")


def test_lost_partitions_are_first_and_usual_ones_last_in_the_table() -> None:
    listed = tuple(partition(name, idle=1) for name in ("a", "b", "c"))
    lines = text(replace(BARE, partitions=listed, lost=("c",), usual=("a",))).splitlines()
    assert [line.split()[0] for line in lines[-3:]] == ["c", "b", "a"]
