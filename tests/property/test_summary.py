import re

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.render.markdown import escape, table
from tests.property.steady import steady


@steady
@given(st.text(r"\`*_[]<>#|~&$@ab:/w. "))
def test_markup_is_escaped_and_no_character_is_lost(text: str) -> None:
    escaped = escape(text)
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u200b", "") == text
    assert not set(re.sub(r"\\.", "", escaped)) & set(r"\`*_[]<>#|~&$@")
    assert "://" not in escaped


@steady
@given(st.lists(st.text(r"\`*_[]<>#|~&$@ab:-. ", min_size=1), min_size=1, max_size=3))
def test_each_cell_of_a_table_is_the_name_as_text(names: list[str]) -> None:
    lines = table(("Name", "Nodes"), [(escape(name), "1") for name in names])
    assert [len(re.findall(r"\|", re.sub(r"\\.", "", line))) for line in lines] == [3] * len(lines)
    shown = [line.removeprefix("| ").removesuffix(" | 1 |") for line in lines[2:]]
    assert [re.sub(r"\\(.)", r"\1", cell).replace("\u200b", "") for cell in shown] == names
