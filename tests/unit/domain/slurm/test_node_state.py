import pytest

from cluster_status.domain.slurm.cluster_state import NodeGroup
from cluster_status.domain.slurm.node_state import group_of

LETTERS = {
    "I": NodeGroup.IDLE,
    "A": NodeGroup.ALLOCATED,
    "R": NodeGroup.RESERVED,
    "P": NodeGroup.POWERED_DOWN,
    "G": NodeGroup.DRAINING,
    "M": NodeGroup.MAINTENANCE,
    "D": NodeGroup.DOWN,
    "?": NodeGroup.UNKNOWN,
    "O": NodeGroup.OTHER,
}
SUFFIXES = ("", *"*~#!%$@^-+")
# words for one state, long and short; then one column per suffix, where a dot is what Slurm never prints
GROUPS = """
                            *  ~  #  !  %  $  @  ^  -  +
    idle                 I  D  P  P  P  P  M  M  M  .  .
    mixed mix            A  D  P  A  A  A  M  A  M  A  .
    allocated alloc      A  D  A  A  A  A  M  A  M  .  A
    completing comp      A  D  A  A  A  A  M  A  M  .  .
    planned plnd         R  .  .  .  .  .  .  .  .  .  .
    reserved resv        R  .  .  .  .  .  .  .  .  .  .
    blocked block        R  .  .  .  .  .  .  .  .  .  .
    draining drng        G  D  G  G  G  G  M  G  M  .  .
    drained drain        D  D  D  D  D  D  M  M  M  .  .
    down                 D  D  D  D  D  D  M  M  M  .  .
    fail                 D  D  .  .  .  .  .  .  .  .  .
    failing failg        D  D  .  .  .  .  .  .  .  .  .
    inval                D  .  .  .  .  .  .  .  .  .  .
    error err            D  .  .  .  .  .  .  .  .  .  .
    maint                M  M  .  .  .  .  .  .  .  .  .
    reboot boot          M  M  .  .  .  .  .  .  M  .  .
    powered_dn power_down P  .  .  .  .  .  .  .  .  .  .
    powrng_dn powring_dn pow_dn power_up pow_up P  .  .  .  .  .  .  .  .  .  .
    powered_down         P  .  .  .  .  .  .  .  .  .  .
    powering_down        P  .  .  .  .  .  .  .  .  .  .
    powering_up          P  .  .  .  .  .  .  .  .  .  .
    unknown unk          ?  ?  .  .  .  .  .  .  .  .  .
    perfctrs npc         I  .  .  .  .  .  .  .  .  .  .
    reboot_issued        M  .  .  .  .  .  .  .  .  .  .
    future futr          O  O  O  O  O  O  O  O  O  .  .
    cancel_reboot canc_r O  .  .  .  .  .  .  .  .  .  .
    cloud external ext   O  .  .  .  .  .  .  .  .  .  .
    dynamic_norm         O  .  .  .  .  .  .  .  .  .  .
    dynamic_future       O  .  .  .  .  .  .  .  .  .  .
    resume resm undrain  O  .  .  .  .  .  .  .  .  .  .
    ?                    O  .  .  .  .  .  .  .  .  .  .
"""


ROWS = [line.split() for line in GROUPS.splitlines()[2:]]


def lettered(row: list[str]) -> dict[str, str]:
    """Return each word of a row with its suffix, and the letter of its group."""
    words, letters = row[: -len(SUFFIXES)], row[-len(SUFFIXES) :]
    columns = list(zip(SUFFIXES, letters, strict=True))
    return {base + suffix: letter for base in words for suffix, letter in columns}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_state_that_slurm_prints_is_in_its_group(row: list[str]) -> None:
    expected = {word: LETTERS[letter] for word, letter in lettered(row).items() if letter != "."}
    assert {word: group_of(word) for word in expected} == expected


def test_a_known_word_has_a_group_with_any_suffix() -> None:
    assert [word for row in ROWS for word in lettered(row) if group_of(word) is None] == []


@pytest.mark.parametrize(
    "base", ["idle", "mixed", "allocated", "completing", "draining", "drained", "down", "fail"]
)
def test_a_node_that_does_not_respond_is_down(base: str) -> None:
    assert group_of(f"{base}*") is NodeGroup.DOWN


def test_a_node_that_reboots_is_in_maintenance_even_if_it_does_not_respond() -> None:
    assert group_of("reboot*") is NodeGroup.MAINTENANCE


@pytest.mark.parametrize(
    ("word", "letter"),
    [
        ("IDLE+CLOUD", "I"),
        ("IDLE+CLOUD+POWERED_DOWN", "P"),
        ("MIXED+CLOUD+POWERING_UP", "A"),
        ("IDLE+PLANNED", "R"),
        ("MIXED+PLANNED", "A"),
        ("ALLOCATED+COMPLETING", "A"),
        ("IDLE+RESERVED", "R"),
        ("IDLE+MAINTENANCE+RESERVED", "M"),
        ("MIXED+COMPLETING+REBOOT_REQUESTED", "A"),
        ("IDLE+REBOOT_REQUESTED", "M"),
        ("DOWN+DRAIN+REBOOT_ISSUED", "M"),
        ("MIXED+DRAIN", "G"),
        ("IDLE+DRAIN", "D"),
        ("DOWN*+DRAIN", "D"),
        ("IDLE+DRAIN+MAINTENANCE", "M"),
        ("IDLE+FAIL", "D"),
        ("IDLE+INVALID_REG", "D"),
        ("IDLE+NOT_RESPONDING", "D"),
        ("DOWN+CLOUD+POWERED_DOWN", "D"),
        ("UNKNOWN+NOT_RESPONDING", "?"),
    ],
)
def test_a_state_with_flags_is_in_the_group_of_the_most_severe_one(word: str, letter: str) -> None:
    assert group_of(word) is LETTERS[letter]


@pytest.mark.parametrize("word", ["IDLE", "Down*", "MIXED$"])
def test_the_case_of_a_word_is_ignored(word: str) -> None:
    assert group_of(word) is group_of(word.lower()) is not None


@pytest.mark.parametrize(
    "word",
    [
        "",
        "*",
        "n/a",
        "idl",
        "idle*~",
        "idle&",
        "*idle",
        "idle ",
        "äöü",
        "idle+quantum",
        "quantum+drain",
        "+",
        "+drain",
    ],
)
def test_an_unknown_word_has_no_group(word: str) -> None:
    assert group_of(word) is None
