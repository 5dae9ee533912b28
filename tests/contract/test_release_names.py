"""The name of the repository in the files for users, and its change in a fork."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from release import __main__ as program
from release.error import ReleaseError
from release.image import base_image
from release.name import RepositoryName, releasing
from release.references import rename
from release.repository import Repository
from tests.contract.workflows.validators import ACTION, ROOT

DECLARED = RepositoryName.parse(ACTION)
FORK = RepositoryName(f"{DECLARED.owner}-Lab", f"{DECLARED.name}-Fork")
LAB = RepositoryName("Example-Lab", "Slurm-Watch")
PYPROJECT = '[project]\nurls.Repository = "https://github.com/org/action"\n'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a copy of this repository with one commit, whose origin is a fork."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    monkeypatch.delenv("GITHUB_REF", raising=False)
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for file in files:
        if (ROOT / file).is_file():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, tmp_path / file)
    copy = Repository(tmp_path)
    copy.git("init", "--quiet")
    copy.git("remote", "add", "origin", f"https://github.com/{FORK}.git")
    _commit(copy)
    monkeypatch.chdir(tmp_path)
    return copy


def _commit(repository: Repository) -> None:
    repository.git("add", "--all")
    identity = ("-c", "user.name=alice", "-c", "user.email=alice@example.org")
    repository.git(*identity, "commit", "--quiet", "--message", "Something")


def test_a_release_of_a_fork_is_refused_with_the_command_that_renames(
    checkout: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["check", "1.0.0"]) == 1
    refusal = capsys.readouterr().err
    [named] = re.findall(
        rf"^Another repository than {FORK} is named in (.*)\. Run scripts/release", refusal, re.MULTILINE
    )
    assert {"README.md", "pyproject.toml", ".github/zizmor.yml", ".github/SECURITY.md"} < set(
        named.split(", ")
    )
    examples = (ROOT / "examples").glob("*.yml")
    with_action = {f"examples/{path.name}" for path in examples if ACTION in path.read_text(encoding="utf-8")}
    assert "examples/poll.yml" in with_action
    assert with_action < set(named.split(", "))
    [command] = re.findall(r"scripts/release (rename .*?),", refusal)
    assert program.main(command.split()) == 0
    _commit(checkout)
    capsys.readouterr()
    program.main(["check", "1.0.0"])
    assert "Another repository" not in capsys.readouterr().err


def test_every_file_names_the_repository_that_pyproject_toml_declares(checkout: Repository) -> None:
    # an action of others with a version would be renamed, too: name its commit
    assert checkout.rename(DECLARED) == []


def test_no_file_has_the_old_name_after_the_rename(checkout: Repository) -> None:
    checkout.rename(FORK)
    left = [
        file
        for file in checkout.git("ls-files").splitlines()
        if ACTION.lower() in (checkout.root / file).read_bytes().decode(errors="replace").lower()
    ]
    assert left == []
    assert RepositoryName.declared(checkout.read("pyproject.toml")) == FORK
    assert f"oci://{FORK.image}:" in checkout.read(".github/SECURITY.md")


def test_a_renamed_repository_can_be_renamed_again(checkout: Repository) -> None:
    before = checkout.git("rev-parse", "HEAD^{tree}")
    checkout.rename(FORK)
    checkout.rename(DECLARED)
    assert checkout.git("status", "--porcelain") == ""
    assert checkout.git("rev-parse", "HEAD^{tree}") == before


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("      - uses: org/action@v1\n", "      - uses: Example-Lab/Slurm-Watch@v1\n"),
        ("  org/action: ref-pin # why", "  Example-Lab/Slurm-Watch: ref-pin # why"),
        ("docker://ghcr.io/org/action:1.0.0", "docker://ghcr.io/example-lab/slurm-watch:1.0.0"),
        ("ghcr.io/Example-Lab/Slurm-Watch:1", "ghcr.io/example-lab/slurm-watch:1"),
        ("git+https://github.com/org/action@v1", "git+https://github.com/Example-Lab/Slurm-Watch@v1"),
        ("- uses: example-lab/slurm-watch@v1", "- uses: example-lab/slurm-watch@v1"),
        ("- uses: actions/checkout@3d3c42e5 # v7.0.1", "- uses: actions/checkout@3d3c42e5 # v7.0.1"),
        ("see https://github.com/org/other/issues/1", "see https://github.com/org/other/issues/1"),
    ],
)
def test_only_the_name_of_this_repository_is_renamed(text: str, renamed: str) -> None:
    assert rename(text, LAB) == renamed


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/Example-Lab/Slurm-Watch.git", LAB),
        ("https://github.com/Example-Lab/Slurm-Watch", LAB),
        ("https://user@github.com/Example-Lab/Slurm-Watch/", LAB),
        ("git@github.com:Example-Lab/Slurm-Watch.git", LAB),
        ("ssh://git@github.com/Example-Lab/Slurm-Watch.git", LAB),
        ("https://git.example.org/Example-Lab/Slurm-Watch.git", ("org", "action")),
        ("/srv/clone", ("org", "action")),
        ("", ("org", "action")),
    ],
)
def test_the_repository_that_releases_is_the_origin_on_github(
    remote: str, name: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert releasing(remote, PYPROJECT) == name
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada_example/x")
    assert releasing(remote, PYPROJECT) == ("ada_example", "x")


@pytest.mark.parametrize("text", ["", "name", "a/b/c", "a b/c", "a/.", "example-lab/-x", "example-lab/a..b"])
def test_a_name_without_owner_or_without_an_image_is_refused(text: str) -> None:
    with pytest.raises(ReleaseError, match=r"Use OWNER/NAME|No image can have the name"):
        RepositoryName.parse(text)


@pytest.mark.parametrize("urls", ["", 'urls.Repository = "https://git.example.org/org/action"\n'])
def test_a_project_without_the_url_of_its_repository_is_refused(urls: str) -> None:
    with pytest.raises(ReleaseError, match=r"urls\.Repository"):
        RepositoryName.declared(f"[project]\nversion = '1.0.0'\n{urls}")


# the base image

# how Dependabot reads a line (docker/file_parser.rb): image, tag and digest, without variables
_DEPENDABOT = re.compile(
    r"^FROM\s+(?:[\w.-]+\.[\w.:-]+/)?([a-z0-9._/-]+)(?::(\w[\w.-]{0,127}))?(?:@(\S+))?",
    re.IGNORECASE | re.MULTILINE,
)


def test_dependabot_finds_the_base_image_with_its_tag_in_one_line() -> None:
    lines = _DEPENDABOT.findall((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    [(image, tag, digest)] = [line for line in lines if line[1] or line[2]]
    assert (image, digest) == ("python", "")
    assert base_image((ROOT / "Dockerfile").read_text(encoding="utf-8")) == f"{image}:{tag}"


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM python\n",
        "FROM python:3.13@sha256:5e\n",
        "ARG BASE=python:3.13\nFROM ${BASE}\n",
        "FROM python:3.13 AS base\nFROM python:3.14\n",
    ],
)
def test_a_release_needs_one_base_image_with_a_tag(dockerfile: str) -> None:
    with pytest.raises(ReleaseError, match="IMAGE:TAG"):
        base_image(dockerfile)
