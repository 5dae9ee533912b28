"""Every code block in a document works, or is the output of a program."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cluster_status.settings.clusters_file import parse
from tests.contract.workflows.validators import VALIDATORS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *(ROOT / ".github").glob("*.md")]
# documents with output of the program, which other tests check, or with a diagram
OUTPUT_DOCUMENTS = {"messages.md", "courses.md", "architecture.md"}
COMMANDS = {
    *("scripts/lint", "scripts/poll", "scripts/test", "scripts/test-act"),
    *("cluster-status", "curl", "echo", "gh", "jq", "rsync", "sinfo"),
}
WITHOUT_GITHUB = "without-github.md"  # its blocks have their own tests


class Block(NamedTuple):
    """A fenced block of a document."""

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


BLOCKS = [block for block in _blocks() if block.document != WITHOUT_GITHUB]
SHELL = [block for block in BLOCKS if block.language == "sh"]
YAML = [block for block in BLOCKS if block.language == "yaml"]
CLUSTERS = [block for block in YAML if re.search("^clusters:|yaml-language-server", block.text, re.MULTILINE)]
WORKFLOWS = [block for block in YAML if block not in CLUSTERS]


def test_a_block_is_a_workflow_a_shell_script_json_or_the_output_of_a_program() -> None:
    others = {(block.document, block.language) for block in BLOCKS} - {
        (document, "text") for document in OUTPUT_DOCUMENTS
    }
    assert {language for _, language in others} == {"json", "sh", "yaml"}  # for JSON see test_webhook.py


@pytest.mark.parametrize("validator", VALIDATORS)
def test_a_workflow_in_a_document_is_valid(validator: str, tmp_path: Path) -> None:
    for block in WORKFLOWS:
        (tmp_path / f"{block.document}-{block.number}.yml").write_text(block.text)
    copies = sorted(tmp_path.glob("*.yml"))
    assert copies
    assert [(fault.file.name, fault.message) for fault in VALIDATORS[validator](copies)] == []


@pytest.mark.parametrize("block", CLUSTERS, ids=lambda block: block.name)
def test_a_clusters_file_in_a_document_has_no_problem(block: Block) -> None:
    if not block.text.startswith("#"):
        _, problems = parse(block.text, block.document)
        assert problems == []


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.name)
def test_a_shell_block_has_no_fault_and_runs_existing_commands(block: Block, tmp_path: Path) -> None:
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
