import pytest
from msgspec import ValidationError, json

from cluster_status.domain import open_enum
from cluster_status.domain.notification.event import Event
from cluster_status.domain.open_enum import OpenEnum
from cluster_status.domain.status.cause import Cause, Status

EACH = pytest.mark.parametrize("enumeration", [Status, Cause, Event])
LONGEST = "a" + "-9" * 19 + "z"


@EACH
@pytest.mark.parametrize("word", ["a", "paused", "ipv6-only", LONGEST])
def test_a_word_of_a_later_version_is_read_and_written_back(enumeration: type[OpenEnum], word: str) -> None:
    stored = json.encode(word)
    member = json.decode(stored, type=enumeration)
    assert json.encode(member) == stored
    assert (str(member), member.value) == (word, word)


@EACH
@pytest.mark.parametrize(
    "word", ["", "not a word", "Paused", "-paused", "9th", "paused\n", "pausé", f"{LONGEST}z", 1, None, []]
)
def test_text_that_is_not_a_word_is_an_error(enumeration: type[OpenEnum], word: object) -> None:
    with pytest.raises(ValidationError):
        json.decode(json.encode(word), type=enumeration)


def test_words_beyond_a_thousand_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_enum, "_others", {})
    for number in range(1_000):
        assert Cause(f"cause-{number}") is Cause(f"cause-{number}")
    with pytest.raises(ValueError, match="cause-1000"):
        Cause("cause-1000")


@EACH
def test_a_word_of_a_later_version_equals_only_the_same_word(enumeration: type[OpenEnum]) -> None:
    paused, ended = enumeration("paused"), enumeration("ended")
    assert paused == enumeration("paused")
    assert paused not in {ended, *enumeration}
    assert not paused.is_known
    assert all(member.is_known for member in enumeration)


@EACH
def test_a_known_word_is_the_known_member(enumeration: type[OpenEnum]) -> None:
    for member in enumeration:
        assert json.decode(json.encode(member), type=enumeration) is member
