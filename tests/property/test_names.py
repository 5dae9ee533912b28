from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.render.names import shortened
from cluster_status.render.width import columns
from tests.property.steady import steady

PIECES = st.sampled_from(["a", "b", "1", "-", "…", "é", "中", "nvidia_a100_", "cascadelake", "nnnnnnnnnnnn"])
NAMES = st.lists(PIECES, max_size=6).map("".join)
WIDTHS = st.integers(4, 20)  # an ellipsis and a number of up to three digits
SOME = st.dictionaries(NAMES, WIDTHS, max_size=200)
MANY_ALIKE = st.integers(0, 300).map(lambda number: {"n" * length: 4 for length in range(number)})


@steady
@given(SOME | MANY_ALIKE)
def test_different_names_are_shown_differently_within_their_width(widths: dict[str, int]) -> None:
    shown = shortened(widths.items())
    assert shown.keys() == widths.keys()
    assert len(set(shown.values())) == len(widths)
    assert [name for name, text in shown.items() if columns(text) > widths[name]] == []


@steady
@given(SOME)
def test_a_name_that_fits_is_not_cut(widths: dict[str, int]) -> None:
    shown = shortened(widths.items())
    assert [name for name in widths if columns(name) <= widths[name] and shown[name] != name] == []


@steady
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_names_does_not_matter(widths: dict[str, int], random: Random) -> None:
    names = list(widths)
    random.shuffle(names)
    assert shortened((name, widths[name]) for name in names) == shortened(widths.items())


@steady
@given(st.dictionaries(NAMES, st.integers(0, 3), max_size=50))
def test_different_names_are_shown_differently_even_without_room(widths: dict[str, int]) -> None:
    assert len(set(shortened(widths.items()).values())) == len(widths)
