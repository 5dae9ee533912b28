"""The messages of the situations are the reviewed ones, and Discord accepts each of them."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.fakes.discord_limits import refusals
from tools.docs import generate, messages
from tools.docs.situations import SITUATIONS, SIZES, cards

ALL = list(cards())
IDS = [f"{situation.slug}-{size}" for situation, size, _ in ALL]


def test_each_situation_has_a_name_of_its_own_and_a_card_for_each_size_of_a_cluster() -> None:
    assert len({situation.slug for situation in SITUATIONS}) == len(SITUATIONS)
    assert len(set(IDS)) == len(SITUATIONS) * len(SIZES)


def test_each_card_is_the_one_that_was_reviewed() -> None:
    kept = {path.name: path.read_text() for path in generate.CARDS.iterdir()}
    assert kept == {path.name: text for path, text in messages.reviewed(generate.CARDS).items()}


@pytest.mark.parametrize("body", [body for *_, body in ALL], ids=IDS)
def test_a_card_shows_each_instant_once(body: dict[str, Any]) -> None:
    [embed] = body["embeds"]
    shown = [int(seconds) for seconds in re.findall(r"<t:(\d+):", embed["description"])]
    shown.append(int(datetime.fromisoformat(embed["timestamp"]).timestamp()))  # below the card
    assert len(shown) == len(set(shown))


@pytest.mark.parametrize("body", [body for *_, body in ALL], ids=IDS)
def test_discord_accepts_each_card(
    body: dict[str, Any], discord_schema: Callable[[str, object], list[str]]
) -> None:
    assert refusals(body) == []
    assert discord_schema("execute", body) == []
