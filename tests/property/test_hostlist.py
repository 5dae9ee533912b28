"""Host lists: each stands for the names that went into it, and any text is read within bounds."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.slurm.hostlist import expand
from tests.property.steady import steady

LITERALS = st.text("abn019._-", max_size=4)
RANGES = st.builds(
    lambda first, length, width: (f"{first:0{width}}", first + length),
    st.integers(0, 120),
    st.integers(0, 12),
    st.integers(1, 4),
)
BRACKETS = st.lists(RANGES, min_size=1, max_size=3)
ITEMS = st.tuples(st.text("abn", min_size=1, max_size=3), st.lists(st.tuples(BRACKETS, LITERALS), max_size=2))
Bracket = list[tuple[str, int]]
Item = tuple[str, list[tuple[Bracket, str]]]


def written(item: Item) -> str:
    prefix, parts = item
    return prefix + "".join(
        f"[{','.join(f'{first}-{last}' for first, last in bracket)}]{literal}" for bracket, literal in parts
    )


def names(item: Item) -> set[str]:
    prefix, parts = item
    choices = [
        [
            str(number).zfill(len(first)) + literal
            for first, last in bracket
            for number in range(int(first), last + 1)
        ]
        for bracket, literal in parts
    ]
    return {prefix + "".join(chosen) for chosen in product(*choices)}


@steady
@given(st.lists(ITEMS, min_size=1, max_size=4))
def test_a_list_stands_for_the_names_of_its_items(items: list[Item]) -> None:
    assert expand(",".join(map(written, items))) == frozenset[str]().union(*map(names, items))


@steady
@given(st.text("n1[]-,09 .\n", max_size=40) | st.text(max_size=20), st.integers(0, 50))
def test_any_text_is_malformed_or_has_at_most_as_many_names_as_allowed(text: str, most: int) -> None:
    found = expand(text, most=most)
    assert found is None or len(found) <= most


@steady
@given(st.frozensets(st.from_regex(r"[a-z]{1,3}[0-9]{0,3}", fullmatch=True), max_size=30))
def test_names_without_brackets_are_themselves(given: frozenset[str]) -> None:
    assert expand(",".join(sorted(given))) == given
