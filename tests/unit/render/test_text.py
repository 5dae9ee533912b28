from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.notification.message import Fact, Message
from cluster_status.domain.notification.quotation import Quotation
from cluster_status.domain.status.cause import Status
from cluster_status.render.table import table
from cluster_status.render.text import SIGNS, text, value
from tests.unit.domain.build import NOON, partition

BARE = Message(Status.OFFLINE, "Deep Thought is offline", "", NOON)


def test_every_status_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == set(Status)
    assert len(set(SIGNS.values())) == len(Status)


def test_a_bare_message_is_its_headline_with_its_sign() -> None:
    assert text(BARE) == "🔴 Deep Thought is offline"


def test_a_full_message_has_its_parts_in_order() -> None:
    partitions = (partition(default=True, idle=4),)
    full = replace(
        BARE,
        sentence="SSH connections refused.",
        facts=(
            Fact("Since", NOON),
            Fact("Was online for", timedelta(hours=2)),
            Fact("Nodes", "3 of 4 in service"),
        ),
        partitions=partitions,
        quotation=Quotation("The rest is silence.", "Shakespeare, Hamlet"),
    )
    assert text(full) == "\n".join(
        [
            "🔴 Deep Thought is offline",
            "SSH connections refused.",
            "Since: 2026-01-31 12:00:00 UTC",
            "Was online for: 2 h",
            "Nodes: 3 of 4 in service",
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
