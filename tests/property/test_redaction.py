"""However a server disguises a secret, no text from outside shows it."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.secret import Secret
from tests.fakes.leak import DISGUISES, WINDOW, leaks
from tests.property.steady import steady

Disguise = Callable[[str], str]

CHARACTERS = st.sampled_from("abcdefghijkmnopqrstuvwxyzABCXYZ0123456789+/=%&<>_-. öéß")
LONG = st.text(CHARACTERS, min_size=12, max_size=60).filter(lambda one: sum(map(str.isalnum, one)) >= WINDOW)
SHORT = st.text("abcdefgh0123", min_size=4, max_size=WINDOW - 1)
AROUND = st.text("abc 01-/%&=+.:\n\"'", max_size=40)
DISGUISE = st.sampled_from([*DISGUISES.values()])
OUTER = st.sampled_from(
    [DISGUISES[name] for name in ("as it is", "in a URL", "in HTML", "in JSON", "in base64")]
)
TWICE = st.tuples(DISGUISE, OUTER).map(lambda both: lambda secret: both[1](both[0](secret)))
PLACES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30)
LIMIT = st.integers(1, 400)


@steady
@given(LONG, TWICE, st.tuples(AROUND, AROUND), LIMIT)
def test_no_text_shows_eight_letters_of_a_secret_in_a_row(
    secret: str, disguise: Disguise, around: tuple[str, str], limit: int
) -> None:
    redaction = Redaction((Secret("another one"), Secret(secret)), ("abc",))
    echo = disguise(secret).join(around)
    shown = {
        redaction.clean(echo, limit=limit),
        redaction.clean(echo.encode(), limit=limit),
        redaction.clean_name(echo, limit=limit),
        redaction.without_secrets(echo),
    }
    assert set().union(*(leaks(text, secret) for text in shown)) == set()


@steady
@given(LONG, PLACES, AROUND)
def test_pieces_of_a_secret_do_not_join_to_a_part_of_it(
    secret: str, places: list[tuple[int, int]], between: str
) -> None:
    echo = between.join(secret[begin:end] for begin, end in places)
    assert leaks(Redaction((Secret(secret),)).clean(echo), secret) == set()


@steady
@given(SHORT, DISGUISE, AROUND, AROUND)
def test_no_text_shows_a_short_secret(secret: str, disguise: Disguise, before: str, after: str) -> None:
    redaction = Redaction((Secret(secret),))
    assert leaks(redaction.clean(f"{before}{disguise(secret)}{after}"), secret) == set()


@steady
@given(AROUND)
def test_a_text_without_secrets_and_names_is_only_cleaned(text: str) -> None:
    redaction = Redaction((Secret("ZZZZ-9999-ZZZZ"), Secret("zzzz")), ("login.example.org", "jdoe"))
    assert redaction.without_secrets(text) == text
    assert redaction.clean(text) == PLAIN.clean(text)


def test_the_search_finds_a_secret_in_each_disguise() -> None:
    for secret in ("p&ss wörd/+%=?<x>", "s3same"):
        assert [name for name, disguise in DISGUISES.items() if not leaks(disguise(secret), secret)] == []
