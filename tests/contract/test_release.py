"""Releases: their errors, and the tags that are pushed. The tests run git, but no GitHub."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from release import __main__ as program
from release.error import ReleaseError
from release.image import publishing
from release.name import RepositoryName
from release.pin import pin
from release.repository import Repository
from release.steps import Release
from release.version import Version
from tests.contract.workflows.validators import ROOT

DIGEST = f"sha256:{'5e' * 32}"
NAME = RepositoryName("Example-Lab", "Slurm-Watch")
IMAGE = "ghcr.io/example-lab/slurm-watch"
ACTION_YML = (ROOT / "action.yml").read_text(encoding="utf-8")
FILES = {
    "action.yml": ACTION_YML,
    "pyproject.toml": f'[project]\nversion = "1.2.3"\nurls.Repository = "https://github.com/{NAME}"\n',
    "src/cluster_status/__init__.py": '__version__ = "1.2.3"\n',
    "CHANGELOG.md": "# Changes\n\n## Unreleased\n\n## 1.2.3\n\n- Faster\n\n## 1.2.2\n\n- Older\n",
}


class Clone(Repository):
    """A clone of a repository with four files that is ready for the release of 1.2.3."""

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def commit_all(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Something")

    def at_origin(self, *arguments: str) -> str:
        """Run git in the repository that was cloned."""
        return self.git("-C", str(self.root.parent / "origin"), *arguments)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    for variable, value in (("NAME", "alice"), ("EMAIL", "alice@example.org")):
        monkeypatch.setenv(f"GIT_AUTHOR_{variable}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{variable}", value)
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", tmp_path / "origin"], check=True)
    subprocess.run(["git", "clone", "--quiet", tmp_path / "origin", tmp_path / "clone"], check=True)
    clone = Clone(tmp_path / "clone")
    for name, text in FILES.items():
        clone.write(name, text)
    clone.commit_all()
    clone.git("push", "--quiet", "origin", "main")
    return clone


@pytest.fixture
def github(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put fakes of `gh` and `docker` first on PATH; return the log of the arguments of `gh`."""
    log = tmp_path / "gh.log"
    programs = {
        "docker": "echo 'cluster-host is required'; exit 2",
        "gh": f'git ls-remote --exit-code --tags origin "$3" && printf "%s\\n" "$*" >>{log}',
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert clone.root.exists()
    return log


def _release(clone: Clone, version: str = "1.2.3") -> Release:
    return Release(clone, Version.parse(version), NAME)


REFUSALS: dict[str, tuple[Callable[[Clone], object], str]] = {
    "a version that exists": (lambda clone: clone.git("tag", "v1.2.3"), "v1.2.3 exists and is never moved"),
    "an older version": (lambda clone: clone.git("tag", "v1.10.0"), "1.10.0 is newer, so v1 would move back"),
    "another version in pyproject.toml": (
        lambda clone: clone.write("pyproject.toml", '[project]\nversion = "1.2.4"\n'),
        "pyproject.toml has version 1.2.4 instead of 1.2.3",
    ),
    "another version in the package": (
        lambda clone: clone.write("src/cluster_status/__init__.py", '__version__ = "1.2"\n'),
        "src/cluster_status/__init__.py has version 1.2 instead of 1.2.3",
    ),
    "no section in the changelog": (
        lambda clone: clone.write("CHANGELOG.md", "# Changes\n\n## 1.2.30\n\n- Other\n"),
        "CHANGELOG.md has no section '## 1.2.3'",
    ),
    "an empty section in the changelog": (
        lambda clone: clone.write("CHANGELOG.md", "# Changes\n\n## 1.2.3\n\n## 1.2.2\n\n- Older\n"),
        "CHANGELOG.md has no text in section '## 1.2.3'",
    ),
    "unreleased changes in the changelog": (
        lambda clone: clone.write(
            "CHANGELOG.md", FILES["CHANGELOG.md"].replace("eased\n", "eased\n\n- More\n")
        ),
        "CHANGELOG.md has changes under 'Unreleased'",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_release_with_a_fault_is_refused_with_a_reason(name: str, clone: Clone) -> None:
    change, reason = REFUSALS[name]
    change(clone)
    if clone.git("status", "--porcelain"):
        clone.commit_all()
    with pytest.raises(ReleaseError) as caught:
        _release(clone)
    assert str(caught.value).startswith(reason)
    assert len(str(caught.value).splitlines()) == 1


def test_a_release_of_uncommitted_changes_is_refused_and_every_reason_is_named(
    clone: Clone,
) -> None:
    clone.write("new.txt", "")
    with pytest.raises(ReleaseError) as caught:
        _release(clone, "1.2.4")
    assert [line.split()[0] for line in str(caught.value).splitlines()] == [
        "pyproject.toml",
        "src/cluster_status/__init__.py",
        "There",
        "CHANGELOG.md",
    ]


@pytest.mark.parametrize("version", ["v1.2.3", "1.2", "1.2.3-rc1", "01.2.3", "1.2.3\n", "", "--force"])
def test_an_invalid_version_is_refused(version: str) -> None:
    with pytest.raises(ReleaseError):
        Version.parse(version)


def test_a_release_of_a_branch_is_refused_with_exit_status_1(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clone.root)
    monkeypatch.delenv("GITHUB_REF", raising=False)
    assert program.main(["check", "1.2.3"]) == 0
    monkeypatch.setenv("GITHUB_REF", "refs/heads/topic")
    assert program.main(["check", "1.2.3"]) == 1
    assert capsys.readouterr().err == "Could not release:\nA release is made from main, not from topic.\n"


def test_the_commit_that_pins_the_image_is_not_on_main_and_has_both_tags(clone: Clone, github: Path) -> None:
    main = clone.commit
    _release(clone).publish(DIGEST)
    assert clone.at_origin("rev-parse", "main") == main
    assert clone.at_origin("rev-parse", "v1.2.3^{commit}", "v1^{commit}", "v1.2.3~1").splitlines() == [
        *[clone.commit] * 2,
        main,
    ]
    assert clone.at_origin("diff", "--name-only", "main", "v1.2.3") == "action.yml"
    assert clone.at_origin("show", "v1:action.yml").endswith(f"image: docker://{IMAGE}@{DIGEST}")
    [arguments] = github.read_text().splitlines()
    assert arguments.startswith("release create v1.2.3 --verify-tag --title v1.2.3 --notes-file ")
    assert arguments.endswith("--latest=true")


def test_the_next_release_moves_the_major_tag_and_keeps_the_full_tag(clone: Clone, github: Path) -> None:
    _release(clone).publish(DIGEST)
    first = clone.commit
    clone.git("switch", "--quiet", "main")
    for name, text in FILES.items():
        clone.write(name, text.replace("1.2.3", "1.3.0"))
    clone.commit_all()
    _release(clone, "1.3.0").publish(DIGEST)
    tags = clone.at_origin("rev-parse", "v1.2.3^{commit}", "v1.3.0^{commit}", "v1^{commit}").splitlines()
    assert tags == [first, clone.commit, clone.commit]
    assert len(github.read_text().splitlines()) == 2


def test_an_existing_tag_at_the_origin_is_not_moved_and_no_other_tag_is_pushed(
    clone: Clone, github: Path
) -> None:
    clone.at_origin("tag", "v1.2.3", "main")
    with pytest.raises(ReleaseError, match=r"v1\.2\.3 was pushed since this run began.* Use a new version"):
        _release(clone).publish(DIGEST)
    assert clone.at_origin("tag", "--list") == "v1.2.3"
    assert clone.at_origin("rev-parse", "v1.2.3") == clone.at_origin("rev-parse", "main")
    assert not github.exists()


@pytest.mark.parametrize("tag", ["v1", "v1.2.3"])
def test_a_ruleset_for_tags_refuses_the_release_and_the_error_names_the_remedy(
    tag: str, clone: Clone, github: Path
) -> None:
    hook = clone.root.parent / "origin" / "hooks" / "update"
    rule = f"GH013: Repository rule violations found for refs/tags/{tag}."
    hook.write_text(f'#!/bin/sh\n[ "$1" != refs/tags/{tag} ] || {{ echo "error: {rule}" >&2; exit 1; }}\n')
    hook.chmod(0o755)
    with pytest.raises(
        ReleaseError, match=r"^The tags v1\.2\.3 and v1 were refused\. None was pushed\."
    ) as caught:
        _release(clone).publish(DIGEST)
    assert "*Settings*, *Rules*, *Rulesets*" in str(caught.value)
    assert f"remote: error: {rule}" in str(caught.value)
    assert clone.at_origin("tag", "--list") == ""
    assert not github.exists()


def test_a_refused_push_for_another_reason_is_an_error_that_quotes_it(clone: Clone, github: Path) -> None:
    clone.git("remote", "set-url", "origin", str(clone.root.parent / "nowhere"))
    with pytest.raises(ReleaseError, match="nowhere"):
        _release(clone).publish(DIGEST)
    assert not github.exists()


def test_a_failed_release_page_is_reported_with_the_command_that_creates_it(
    clone: Clone, github: Path
) -> None:
    (github.parent / "gh").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    with pytest.raises(
        ReleaseError, match=r"v1\.2\.3 and v1 are pushed.* Create it: gh release create v1\.2\.3 "
    ):
        _release(clone).publish(DIGEST)
    assert clone.at_origin("tag", "--list").splitlines() == ["v1", "v1.2.3"]


def test_tags_that_are_no_versions_do_not_prevent_a_release(clone: Clone, github: Path) -> None:
    for tag in ("v01.2.3", "v1.2", "v1.2.4-rc1", "nightly"):
        clone.git("tag", tag)
    _release(clone).publish(DIGEST)
    assert len(github.read_text().splitlines()) == 1


def test_no_tag_is_made_if_the_image_cannot_be_pulled_by_everyone(clone: Clone, github: Path) -> None:
    (github.parent / "docker").write_text("#!/bin/sh\necho denied >&2; exit 125\n", encoding="utf-8")
    with pytest.raises(ReleaseError) as caught:
        _release(clone).publish(DIGEST)
    assert f"{IMAGE} cannot be pulled without a login. A new package is private." in str(caught.value)
    assert f"https://github.com/{NAME}/pkgs/container/slurm-watch and select" in str(caught.value)
    assert "*Re-run failed jobs*" in str(caught.value)
    assert "denied" in str(caught.value)
    assert clone.git("tag", "--list") == clone.at_origin("tag", "--list") == ""
    assert not github.exists()


def test_no_tag_is_made_if_the_image_does_not_report_its_missing_inputs(clone: Clone, github: Path) -> None:
    (github.parent / "docker").write_text("#!/bin/sh\necho Traceback; exit 1\n", encoding="utf-8")
    with pytest.raises(ReleaseError, match="It ended with exit status 1: Traceback"):
        _release(clone).publish(DIGEST)
    assert clone.at_origin("tag", "--list") == ""


def test_a_missing_program_is_named(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(clone.root.parent))
    monkeypatch.setattr(Repository, "check", lambda *_: "notes")
    monkeypatch.setattr(Repository, "versions", lambda _: [])
    with pytest.raises(ReleaseError, match="docker is not installed"):
        _release(clone).publish(DIGEST)


def test_a_release_of_an_older_major_version_is_not_the_latest(clone: Clone, github: Path) -> None:
    clone.git("tag", "v2.0.0")
    _release(clone).publish(DIGEST)
    assert github.read_text().strip().endswith("--latest=false")


def test_the_image_in_the_security_document_is_one_that_a_release_pushes() -> None:
    document = (ROOT / ".github" / "SECURITY.md").read_text()
    [(image, tag)] = re.findall(r"oci://([^\s:]+):(\S+)", document)
    name = RepositoryName.declared((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert any(f"name={image}:{tag}," in option for option in publishing(name, Version.parse(tag)))
    assert tag in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_pinned_action_yml_differs_in_one_line() -> None:
    before, after = ACTION_YML.splitlines(), pin(ACTION_YML, IMAGE, DIGEST).splitlines()
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [
        ("  image: Dockerfile", f"  image: docker://{IMAGE}@{DIGEST}")
    ]


@pytest.mark.parametrize(
    ("action", "digest"),
    [
        (ACTION_YML, "latest"),
        (ACTION_YML, DIGEST[:-1]),
        (ACTION_YML, f"{DIGEST}\n"),
        (ACTION_YML.replace("Dockerfile", "docker://somewhere/else"), DIGEST),
        (f"{ACTION_YML}runs:\n  image: Dockerfile\n", DIGEST),
        (ACTION_YML.replace("\nruns:", "\nruns: {using: docker, image: other}\nno-runs:"), DIGEST),
    ],
)
def test_an_action_yml_or_a_digest_that_cannot_be_pinned_is_refused(action: str, digest: str) -> None:
    with pytest.raises(ReleaseError):
        pin(action, IMAGE, digest)
