import re

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.render.summary import escape
from tests.property.steady import steady


@steady
@given(st.text(r"\`*_[]<>#|~&$@ab:/w. "))
def test_markup_is_escaped_and_no_character_is_lost(text: str) -> None:
    escaped = escape(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u200b", "") == text
    assert not set(re.sub(r"\\.", "", escaped)) & set(r"\`*_[]<>#|~&$@")
    assert "://" not in escaped
