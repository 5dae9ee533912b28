"""The lint of words finds each banned word in files and in their names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import words

ROOT = Path(__file__).parents[2]
TABLE = words.load()
[BANNED, INSTEAD] = next((phrase[0], use) for phrase, use in TABLE.instead.items() if len(phrase) == 1)
# a table of vegetables, so that this file has no banned word in it
VEGETABLES = {("turnip",): "carrot", ("green", "leek"): "onion"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def lint(repository: Path, *paths: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "tools.words", *paths]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def found(text: str) -> list[tuple[int, str, str]]:
    return [(each.line, each.word, each.instead) for each in words.find("file.py", text, VEGETABLES)]


@pytest.mark.parametrize(
    "path", ["src/cluster_status/app/run.py", "docs/history.md", "README.md", ".github/ci.yml"]
)
def test_a_banned_word_is_reported_with_its_line_and_its_replacement(repository: Path, path: str) -> None:
    write(repository / path, f"# first line\n# a {BANNED} is on the second\n")
    assert lint(repository) == (1, [f"{path}:2: {BANNED} -> use {INSTEAD}"])


def test_a_banned_word_in_the_name_of_a_file_is_reported(repository: Path) -> None:
    write(repository / "src" / f"test_{BANNED}.py", "")
    assert lint(repository) == (1, [f"src/test_{BANNED}.py (its name): {BANNED} -> use {INSTEAD}"])


def test_clean_text_passes(repository: Path) -> None:
    write(repository / "README.md", "The action checks the cluster and notifies the channel.\n")
    assert lint(repository) == (0, [])


@pytest.mark.parametrize("path", ["docs/glossary.md", "tests/data/recorded/banner.txt", "requirements.lock"])
def test_the_glossary_and_the_texts_of_others_are_exempt(repository: Path, path: str) -> None:
    write(repository / path, BANNED)
    assert lint(repository) == (0, [])


def test_a_file_that_git_ignores_or_that_is_not_text_is_not_read(repository: Path) -> None:
    write(repository / ".gitignore", "/build/\n")
    write(repository / "build" / "page.html", BANNED)
    (repository / "picture.png").write_bytes(b"\x89PNG " + BANNED.encode())
    assert lint(repository) == (0, [])


def test_many_findings_are_counted_for_each_file_and_listed_for_a_file_that_is_named(
    repository: Path,
) -> None:
    write(repository / "one.md", f"{BANNED}\n" * words.MOST_LINES)
    write(repository / "two.md", BANNED)
    exit_status, lines = lint(repository)
    assert exit_status == 1
    assert lines[0].startswith(f"one.md: {words.MOST_LINES} ({BANNED} ")
    assert len(lines) == 3
    assert len(lint(repository, "one.md")[1]) == words.MOST_LINES


def test_the_report_on_many_files_is_short(repository: Path) -> None:
    for number in range(3 * words.MOST_LINES):
        write(repository / f"{number}.md", BANNED)
    assert len(lint(repository)[1]) == words.MOST_LINES + 2


@pytest.mark.parametrize("name", ["_turnip", "TurnipCount", "lastTurnip_seen", "TURNIP_2", "HTTPTurnip"])
def test_an_identifier_is_split_into_its_words(name: str) -> None:
    [(_, _, instead)] = found(f"{name} = 1")
    assert instead == "carrot"


@pytest.mark.parametrize(
    "text", ["turnips", "overturnip", "green", "leek", "green. Leek", "green onion leek"]
)
def test_a_longer_word_and_a_part_of_a_phrase_are_not_found(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["Green leek", "green_leek", "GreenLeek", "command: `green: leek`", "green\n    # leek"]
)
def test_a_phrase_is_found_in_text_and_in_an_identifier(text: str) -> None:
    [(_, _, instead)] = found(text)
    assert instead == "onion"


def test_the_line_of_a_phrase_is_that_of_its_first_word() -> None:
    assert found("one\ntwo green\nleek") == [(2, "green leek", "onion")]


def test_a_table_with_two_replacements_for_a_word_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.toml"
    table.write_text('exempt = []\n[instead]\ncarrot = ["turnip"]\nonion = ["turnip"]\n', encoding="utf-8")
    with pytest.raises(ValueError, match="has 'turnip' twice"):
        words.load(table)
