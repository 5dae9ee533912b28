"""action.yml and the documents agree with the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster_status.adapters.ssh import algorithms
from cluster_status.app.report import OUTPUTS
from cluster_status.domain.status.cause import CAUSES, Cause, CauseInfo, Status
from cluster_status.settings.inputs import GITHUB_TOKEN, INPUTS
from tests.contract.workflows.validators import ACTION as NAME

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
REQUIRED = {
    "poll": {"cluster-host", "cluster-user", "cluster-password", "discord-webhook"},
    "prune": {"prune-workflows"},
}
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "aws/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / ".github").glob("*.md")),
]
YAML_BLOCKS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def may_be_unknown(info: CauseInfo) -> bool:
    return info.network or info.status is Status.UNKNOWN


def test_action_yml_declares_exactly_the_inputs_of_the_table() -> None:
    assert list(ACTION["inputs"]) == [spec.name for spec in INPUTS]


def test_action_yml_declares_exactly_the_outputs_of_the_report() -> None:
    assert list(ACTION["outputs"]) == list(OUTPUTS)


def test_only_the_token_has_a_default_in_action_yml() -> None:
    # the runner sets every input, so a default of the code would have no effect
    assert {name: given["default"] for name, given in ACTION["inputs"].items() if "default" in given} == {
        GITHUB_TOKEN.name: "${{ github.token }}"
    }


@pytest.mark.parametrize(
    "spec", [spec for spec in INPUTS if spec.shown_default and not spec.secret], ids=lambda s: s.name
)
def test_the_default_in_a_description_is_the_default_of_the_input(spec: Any) -> None:
    assert spec.type.read(spec.shown_default) == spec.default
    assert ACTION["inputs"][spec.name]["description"].endswith(f" Default: {spec.shown_default}.")


def test_there_are_at_most_54_inputs() -> None:
    assert len(INPUTS) <= 54


def test_action_yml_runs_the_dockerfile_of_this_repository() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert (ROOT / ACTION["runs"]["image"]).exists()


def test_the_branding_exists_in_the_marketplace() -> None:
    assert ACTION["branding"] == {"icon": "activity", "color": "green"}


@pytest.mark.parametrize("block", YAML_BLOCKS)
def test_a_workflow_in_the_readme_sets_existing_inputs_and_all_required_ones(block: str) -> None:
    steps = [step for job in yaml.safe_load(block)["jobs"].values() for step in job["steps"]]
    [given] = [step["with"] for step in steps if step["uses"] == f"{NAME}@v1"]
    assert set(given) <= {spec.name for spec in INPUTS}
    assert REQUIRED[given.get("command", "poll")] <= set(given)


def test_the_readme_shows_a_workflow() -> None:
    assert YAML_BLOCKS


@pytest.mark.parametrize("cause", [cause for cause, info in CAUSES.items() if may_be_unknown(info)])
def test_a_cause_that_fails_a_run_has_its_own_section_in_the_documents(cause: Cause) -> None:
    text = (ROOT / "docs" / "causes.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("### ") and f"`{cause}`" in line]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_to_an_existing_file_and_section(document: Path) -> None:
    for link in re.findall(r"\]\(((?!https?:)[^)]+)", document.read_text()):
        name, _, section = link.partition("#")
        target = document.parent / name if name else document
        assert target.exists(), link
        assert not section or section in _sections(target), link


def _sections(document: Path) -> set[str]:
    """Return the anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", re.findall(r"`?\b(scripts/[a-z]+)\b", README))
def test_every_script_in_the_readme_is_executable(command: str) -> None:
    assert (ROOT / command).stat().st_mode & 0o111


def test_every_file_and_folder_in_the_architecture_document_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert named
    places = (ROOT, ROOT / "src" / "cluster_status", ROOT / "src" / "cluster_status" / "app")
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


@pytest.mark.parametrize(
    ("kind", "offered"),
    [
        ("key exchange", algorithms.KEY_EXCHANGES),
        ("host key", algorithms.HOST_KEYS),
        ("cipher", algorithms.CIPHERS),
        ("MAC", algorithms.MACS),
    ],
)
def test_the_document_about_the_login_lists_the_algorithms_that_are_offered(
    kind: str, offered: tuple[str, ...]
) -> None:
    text = (ROOT / "docs" / "login.md").read_text(encoding="utf-8")
    [row] = re.findall(rf"^\| {kind} \| (.*) \|$", text, re.MULTILINE)
    assert re.findall("`([^`]+)`", row) == list(offered)
