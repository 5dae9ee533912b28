import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.text import clean
from tests.property.steady import steady

LIMITS = st.integers(1, 400)


@steady
@given(st.text() | st.binary(), LIMITS)
def test_cleaned_text_is_visible_valid_and_bounded(text: str | bytes, limit: int) -> None:
    cleaned = clean(text, limit=limit)
    categories = {unicodedata.category(character) for character in cleaned}
    assert not {category for category in categories if category.startswith(("C", "Zl", "Zp"))}
    assert cleaned.encode().decode() == cleaned
    assert len(cleaned) <= limit


@steady
@given(st.text() | st.binary(), LIMITS)
def test_clean_text_is_not_changed(text: str | bytes, limit: int) -> None:
    cleaned = clean(text, limit=limit)
    assert clean(cleaned, limit=limit) == cleaned
