from hypothesis import given
from hypothesis import strategies as st

from cluster_status.render.width import columns, fitted, left, right, units
from tests.property.steady import steady

TEXTS = st.text(st.sampled_from("ab…中한é🔴") | st.characters(exclude_categories=["Cs"]), max_size=60)


@steady
@given(TEXTS, st.integers(1, 40))
def test_fitted_text_has_the_width_and_short_text_is_unchanged(text: str, width: int) -> None:
    assert columns(fitted(text, width)) <= width
    assert columns(left(fitted(text, width), width)) == columns(right(fitted(text, width), width)) == width
    if columns(text) <= width:
        assert fitted(text, width) == text


@steady
@given(TEXTS)
def test_units_are_those_of_utf_16(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2
