"""Every block of code in a document works as shown, or is the output of a program."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.workflows.validators import VALIDATORS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *(ROOT / ".github").glob("*.md")]
# These documents show output of the program, which other tests check, or a diagram.
SHOWN = {"messages.md", "architecture.md"}
COMMANDS = {"gh", "jq", "scripts/lint", "scripts/poll", "scripts/test", "sinfo"}


class Block(NamedTuple):
    """A fenced block, and where it is."""

    document: str
    number: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.document} {self.number}"


def _blocks() -> Iterator[Block]:
    for document in DOCUMENTS:
        found = re.findall(r"^```(\w*)\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)
        for number, (language, text) in enumerate(found):
            yield Block(document.name, number, language, text)


BLOCKS = list(_blocks())
SHELL = [block for block in BLOCKS if block.language == "sh"]
WORKFLOWS = [block for block in BLOCKS if block.language == "yaml"]


def test_a_block_is_a_workflow_or_for_a_shell_or_shows_what_a_program_makes() -> None:
    others = {(block.document, block.language) for block in BLOCKS} - {
        (document, "text") for document in SHOWN
    }
    assert {language for _, language in others} == {"sh", "yaml"}


@pytest.mark.parametrize("validator", VALIDATORS)
def test_a_workflow_that_a_document_shows_is_one(validator: str, tmp_path: Path) -> None:
    for block in WORKFLOWS:
        (tmp_path / f"{block.document}-{block.number}.yml").write_text(block.text)
    copies = sorted(tmp_path.glob("*.yml"))
    assert copies
    assert [(fault.file.name, fault.message) for fault in VALIDATORS[validator](copies)] == []


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.name)
def test_a_block_for_the_shell_is_without_a_fault_and_calls_what_there_is(
    block: Block, tmp_path: Path
) -> None:
    path = tmp_path / "block"
    path.write_text(block.text)
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    checked = subprocess.run(
        [shellcheck, "--shell", "sh", str(path)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")
    commands = re.sub(" +#.*", "", block.text)
    called = set(re.findall(r"(?:^|; )([\w/-]+)", commands, re.MULTILINE))
    assert called <= COMMANDS
    assert all((ROOT / command).exists() for command in called if command.startswith("scripts/"))
