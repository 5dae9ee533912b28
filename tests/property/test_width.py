"""Widths are those of wcwidth, which knows a little more than Python, and is 6 MB."""

import sys
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcwidth

from cluster_status.render.width import columns, fitted, isolated, left, right, units
from tests.property.steady import steady

TEXTS = st.text(
    st.sampled_from("ab…中한é\u0301\u200dש🔴") | st.characters(exclude_categories=["Cs"]), max_size=60
)
CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1)]
# not in Python's tables: ideograms and letters that a new Unicode made wide, and what only fills a place
LESS_KNOWN = (
    (0x2630, 0x268F),
    (0x302E, 0x302F),
    (0x3164, 0x3164),
    (0x4DC0, 0x4DFF),
    (0xD7B0, 0xD7FB),
    (0xFFA0, 0xFFA0),
    (0x16FF0, 0x16FF1),
    (0x1D300, 0x1D376),
    (0x1F1E6, 0x1F1FF),
)


def test_every_character_that_can_be_shown_is_as_wide_as_wcwidth_says_but_for_a_few_hundred() -> None:
    shown = [character for character in CHARACTERS if category(character)[0] not in "CM"]  # marks: see below
    others = [
        character
        for character in shown
        if columns(character) != wcwidth(character)
        and category(character) not in {"Zl", "Zp"}
        and not any(first <= ord(character) <= last for first, last in LESS_KNOWN)
    ]
    assert len(shown) > 100_000
    assert others == []


def test_a_mark_takes_no_column_of_its_own() -> None:
    marks = [character for character in CHARACTERS if category(character)[0] == "M"]
    assert {columns(f"a{mark}") for mark in marks} == {1}
    assert sum(wcwidth(mark) != 0 for mark in marks) < len(marks) / 100


@steady
@given(TEXTS, st.integers(1, 40))
def test_what_is_fitted_fits_and_keeps_what_is_short(text: str, width: int) -> None:
    assert columns(fitted(text, width)) <= width
    assert columns(left(fitted(text, width), width)) == columns(right(fitted(text, width), width)) == width
    assert columns(isolated(text)) == columns(text)
    if text.isascii() and len(text) <= width:
        assert fitted(text, width) == text


@steady
@given(TEXTS)
def test_a_length_is_that_of_utf_16(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2
