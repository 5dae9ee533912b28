"""Paths and commands of a user: what is refused, and what the error says."""

import re

import pytest

from cluster_status.settings.check_types import COMMANDS, PATHS, SPACE

PLAIN = "use at most 200 letters, digits, blanks and . _ - + : @ % = ~ in a path"
REFUSED = {
    "a single quote": ("/a'b", PLAIN),
    "a double quote": ('/a"b', PLAIN),
    "a backslash": ("/a\\b", PLAIN),
    "an exclamation mark": ("/a!b", PLAIN),
    "a semicolon": ("/a;id", PLAIN),
    "a backtick": ("/`id`", PLAIN),
    "a tab": ("/a\tb", PLAIN),
    "a control character": ("/a\x1bb", PLAIN),
    "too long": ("/" + "a" * 200, PLAIN),
    "a variable": ("/home/$USER", "write the path in full, because variables are not replaced"),
    "a command": ("/$(id)", "write the path in full, because variables are not replaced"),
    "a pattern": ("/scratch/*", "write each path in full, because patterns are not expanded"),
    "a class": ("/scratch/[ab]", "write each path in full, because patterns are not expanded"),
    "braces": ("/scratch/{a}", "write each path in full, because patterns are not expanded"),
    "a relative path": ("scratch", "begin each path with /"),
    "a home directory": ("~/data", "begin each path with /"),
    "an option": ("-rf", "begin each path with /"),
    "many": (",".join(f"/{number}" for number in range(21)), "set at most 20 paths"),
}


@pytest.mark.parametrize(("given", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_path_that_a_shell_could_change_is_refused(given: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(hint)}$"):
        PATHS.read(given)


def test_paths_are_separated_by_commas_or_lines() -> None:
    assert PATHS.read("/scratch, /project/a b\n/größe\n/scratch") == ("/scratch", "/project/a b", "/größe")


def test_a_command_keeps_its_colons_and_quotes() -> None:
    assert COMMANDS.read("a: b: 'c'\n\n d e.f : x || exit 1 ") == (("a", "b: 'c'"), ("d e.f", "x || exit 1"))


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("quota -q", "line 1 needs a name, a colon and a command"),
        ("a: b\nc:", "line 2 needs a name, a colon and a command"),
        (": b", "the name in line 1 can have at most 40 letters, digits, blanks and . _ -"),
        ("a@b: c", "the name in line 1 can have at most 40 letters, digits, blanks and . _ -"),
        (f"{'a' * 41}: c", "the name in line 1 can have at most 40 letters, digits, blanks and . _ -"),
        ("a: b\na: c", "line 2 has the name of another line"),
        ("\n".join(f"c{number}: id" for number in range(21)), "set at most 20 checks"),
    ],
)
def test_a_line_that_is_no_command_is_refused_with_its_number(given: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(hint)}$"):
        COMMANDS.read(given)


def test_a_command_with_a_control_character_or_without_an_end_is_refused() -> None:
    for command in ("echo \x1b[2J", "x" * 1001):
        with pytest.raises(ValueError, match=r"^the command in line 1 must have"):
            COMMANDS.read(f"a: {command}")


def test_a_share_of_nothing_is_refused() -> None:
    assert SPACE.read("95 %") == 95
    with pytest.raises(ValueError, match=r"^$"):
        SPACE.read("0")
