import pytest

from cluster_status.domain.slurm.cluster_state import NodeGroup
from cluster_status.domain.slurm.node_state import group_of

LETTERS = {
    "F": NodeGroup.IDLE,
    "B": NodeGroup.ALLOCATED,
    "H": NodeGroup.RESERVED,
    "P": NodeGroup.POWERED_DOWN,
    "D": NodeGroup.DRAINING,
    "M": NodeGroup.MAINTENANCE,
    "U": NodeGroup.DOWN,
    "?": NodeGroup.UNKNOWN,
}
SUFFIXES = ("", *"*~#!%$@^-+")
# words for one state, long and short; then a column a suffix, in which a dot is what Slurm never prints
GROUPS = """
                            *  ~  #  !  %  $  @  ^  -  +
    idle                 F  U  P  P  P  P  M  M  M  .  .
    mixed mix            B  U  P  B  B  B  M  B  M  B  .
    allocated alloc      B  U  B  B  B  B  M  B  M  .  B
    completing comp      B  U  B  B  B  B  M  B  M  .  .
    planned plnd         H  .  .  .  .  .  .  .  .  .  .
    reserved resv        H  .  .  .  .  .  .  .  .  .  .
    blocked block        H  .  .  .  .  .  .  .  .  .  .
    draining drng        D  U  D  D  D  D  M  D  M  .  .
    drained drain        U  U  U  U  U  U  M  M  M  .  .
    down                 U  U  U  U  U  U  M  M  M  .  .
    fail                 U  U  .  .  .  .  .  .  .  .  .
    failing failg        U  U  .  .  .  .  .  .  .  .  .
    inval                U  .  .  .  .  .  .  .  .  .  .
    error err            U  .  .  .  .  .  .  .  .  .  .
    maint                M  M  .  .  .  .  .  .  .  .  .
    reboot boot          M  M  .  .  .  .  .  .  M  .  .
    powered_dn power_down P  .  .  .  .  .  .  .  .  .  .
    powrng_dn powring_dn pow_dn power_up pow_up P  .  .  .  .  .  .  .  .  .  .
    powered_down         P  .  .  .  .  .  .  .  .  .  .
    powering_down        P  .  .  .  .  .  .  .  .  .  .
    powering_up          P  .  .  .  .  .  .  .  .  .  .
    unknown unk          ?  ?  .  .  .  .  .  .  .  .  .
"""


ROWS = [line.split() for line in GROUPS.splitlines()[2:]]


def lettered(row: list[str]) -> dict[str, str]:
    """Return each word of a row, complete with its suffix, and the letter of its bucket."""
    words, letters = row[: -len(SUFFIXES)], row[-len(SUFFIXES) :]
    columns = list(zip(SUFFIXES, letters, strict=True))
    return {base + suffix: letter for base in words for suffix, letter in columns}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_state_that_slurm_prints_has_the_bucket_that_was_decided(row: list[str]) -> None:
    expected = {word: LETTERS[letter] for word, letter in lettered(row).items() if letter != "."}
    assert {word: group_of(word) for word in expected} == expected


def test_a_known_word_has_a_bucket_even_with_a_suffix_that_slurm_never_gave_it() -> None:
    assert [word for row in ROWS for word in lettered(row) if group_of(word) is None] == []


@pytest.mark.parametrize(
    "base", ["idle", "mixed", "allocated", "completing", "draining", "drained", "down", "fail"]
)
def test_a_node_that_does_not_respond_is_unavailable(base: str) -> None:
    assert group_of(f"{base}*") is NodeGroup.DOWN


def test_a_node_that_reboots_need_not_respond() -> None:
    assert group_of("reboot*") is NodeGroup.MAINTENANCE


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        ("IDLE+CLOUD", "F"),
        ("IDLE+CLOUD+POWERED_DOWN", "P"),
        ("MIXED+CLOUD+POWERING_UP", "B"),
        ("IDLE+PLANNED", "H"),
        ("MIXED+PLANNED", "B"),
        ("ALLOCATED+COMPLETING", "B"),
        ("IDLE+RESERVED", "H"),
        ("IDLE+MAINTENANCE+RESERVED", "M"),
        ("MIXED+COMPLETING+REBOOT_REQUESTED", "B"),
        ("IDLE+REBOOT_REQUESTED", "M"),
        ("DOWN+DRAIN+REBOOT_ISSUED", "M"),
        ("MIXED+DRAIN", "D"),
        ("IDLE+DRAIN", "U"),
        ("DOWN*+DRAIN", "U"),
        ("IDLE+DRAIN+MAINTENANCE", "M"),
        ("IDLE+FAIL", "U"),
        ("IDLE+INVALID_REG", "U"),
        ("IDLE+NOT_RESPONDING", "U"),
        ("DOWN+CLOUD+POWERED_DOWN", "U"),
        ("UNKNOWN+NOT_RESPONDING", "?"),
    ],
)
def test_a_state_with_all_its_flags_has_the_bucket_of_the_gravest(word: str, letter: str) -> None:
    assert group_of(word) is LETTERS[letter]


@pytest.mark.parametrize("word", ["IDLE", "Down*", "MIXED$"])
def test_the_case_of_a_word_does_not_matter(word: str) -> None:
    assert group_of(word) is group_of(word.lower()) is not None


@pytest.mark.parametrize(
    "word",
    [
        "",
        "*",
        "?",
        "n/a",
        "perfctrs",
        "idl",
        "idle*~",
        "idle&",
        "*idle",
        "idle ",
        "äöü",
        "future",
        "idle+quantum",
        "quantum+drain",
        "+",
        "+drain",
    ],
)
def test_a_word_that_nobody_has_heard_of_has_no_bucket(word: str) -> None:
    assert group_of(word) is None
