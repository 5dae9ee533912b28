import pytest

from cluster_status.domain.text import clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('disk | full | 50% "quoted" it\'s bad', 'disk | full | 50% "quoted" it\'s bad'),
        ("  Überhitzung  ", "Überhitzung"),
        ("line one\nline two\r\n", "line one line two"),
        ("a\u2028b\u2029c\x0bd\x0ce\x85f", "a b c d e f"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a \x1b[01;31m\x1b[Kmatch\x1b[m\x1b[K of grep", "a match of grep"),
        ("\x9b1mbold, \x1b]0;a title\x07a string, \x1b(Ba set\x1b=", "bold, a string, a set"),
        ("\x1b]no end, \x1b[", "]no end, ["),
        ("tab\there", "tab here"),
        ("nothing\x00at all", "nothing at all"),
        ("evil\u202egnp.exe", "evil gnp.exe"),
        ("zero\u200bwidth", "zero width"),
        ("half a pair \ud800.", "half a pair ."),
        ("private use \ue000.", "private use ."),
        ("not yet assigned \u0378.", "not yet assigned ."),
        ("no\u00a0break", "no break"),
        ("", ""),
        ("\n\x1b\t", ""),
        (b"\xff\xfe latin1 \xe9", "�� latin1 �"),
        ("dépôt 節点".encode(), "dépôt 節点"),
    ],
)
def test_text_becomes_one_visible_line(text: str | bytes, cleaned: str) -> None:
    assert clean(text) == cleaned


@pytest.mark.parametrize("text", ["a" * 10, "é" * 10, b"a" * 10])
def test_text_as_long_as_the_limit_stays_whole(text: str | bytes) -> None:
    assert clean(text, limit=10) == (text if isinstance(text, str) else text.decode())


@pytest.mark.parametrize("text", ["a" * 11, "é" * 11, b"a" * 10_000])
def test_text_that_is_cut_off_ends_with_an_ellipsis(text: str | bytes) -> None:
    cleaned = clean(text, limit=10)
    assert len(cleaned) == 10
    assert cleaned.endswith("…")


def test_the_limit_is_300_characters_by_default() -> None:
    assert len(clean("a" * 300)) == len(clean("a" * 301)) == 300


def test_blanks_do_not_count_against_the_limit() -> None:
    assert clean("a" + "\n" * 20 + "b", limit=10) == "a b"
