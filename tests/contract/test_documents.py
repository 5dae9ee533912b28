"""action.yml, the documents and the picture of the README agree with the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster_status.adapters.ssh import algorithms
from cluster_status.app.report import OUTPUTS
from cluster_status.domain.status.cause import CAUSES, Cause, CauseInfo, Status
from cluster_status.settings.inputs import GITHUB_TOKEN, INPUTS
from tools.docs import generate

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
NEEDED = {
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


def test_action_yml_declares_just_the_inputs_of_the_table() -> None:
    assert list(ACTION["inputs"]) == [spec.name for spec in INPUTS]


def test_action_yml_declares_just_the_outputs_of_the_report() -> None:
    assert list(ACTION["outputs"]) == list(OUTPUTS)


def test_only_the_token_has_a_default_in_action_yml_since_the_runner_sets_every_input() -> None:
    assert {name: given["default"] for name, given in ACTION["inputs"].items() if "default" in given} == {
        GITHUB_TOKEN.name: "${{ github.token }}"
    }


@pytest.mark.parametrize(
    "spec", [spec for spec in INPUTS if spec.shown_default and not spec.secret], ids=lambda s: s.name
)
def test_a_default_that_is_shown_is_the_default_that_holds(spec: Any) -> None:
    assert spec.type.read(spec.shown_default) == spec.default
    assert ACTION["inputs"][spec.name]["description"].endswith(f" Default: {spec.shown_default}.")


def test_there_are_no_more_inputs_than_a_user_can_bear() -> None:
    assert len(INPUTS) <= 36


def test_the_generated_parts_of_the_documents_are_up_to_date() -> None:
    assert {path.name: path.read_text() for path in generate.documents()} == {
        path.name: text for path, text in generate.documents().items()
    }


def test_action_yml_runs_the_dockerfile_of_this_repository() -> None:
    assert ACTION["runs"] == {"using": "docker", "image": "Dockerfile"}
    assert (ROOT / ACTION["runs"]["image"]).exists()


def test_the_branding_is_one_that_the_marketplace_has() -> None:
    assert ACTION["branding"] == {"icon": "activity", "color": "green"}


@pytest.mark.parametrize("block", YAML_BLOCKS)
def test_a_workflow_in_the_readme_gives_only_inputs_that_exist_and_all_that_are_required(block: str) -> None:
    steps = [step for job in yaml.safe_load(block)["jobs"].values() for step in job["steps"]]
    [given] = [step["with"] for step in steps if step["uses"] == "org/cluster-status-action@v1"]
    assert set(given) <= {spec.name for spec in INPUTS}
    assert NEEDED[given.get("command", "poll")] <= set(given)


def test_the_readme_shows_a_workflow() -> None:
    assert YAML_BLOCKS


@pytest.mark.parametrize("cause", [cause for cause, info in CAUSES.items() if may_be_unknown(info)])
def test_a_cause_that_fails_a_run_has_a_part_of_its_own_that_says_what_to_do(cause: Cause) -> None:
    text = (ROOT / "docs" / "causes.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("### ") and f"`{cause}`" in line]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_section_that_a_document_links_to_exists(document: Path) -> None:
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
def test_every_command_of_the_readme_can_be_run(command: str) -> None:
    assert (ROOT / command).stat().st_mode & 0o111


def test_every_file_and_folder_that_the_architecture_names_exists() -> None:
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
