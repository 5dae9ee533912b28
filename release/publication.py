"""The commit and the tags of a release, and the commands that publish them."""

import subprocess
from pathlib import Path

from release.command import attempt
from release.error import ReleaseError
from release.pin import pin
from release.repository import Repository
from release.version import Version

_AUTHOR = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


def commit(repository: Repository, version: Version, image: str, digest: str) -> None:
    """Commit the pinned action.yml on a detached HEAD, and tag that commit."""
    action = repository.root / "action.yml"
    action.write_text(pin(action.read_text(encoding="utf-8"), image, digest), encoding="utf-8")
    name, email = _AUTHOR
    identity = ("-c", f"user.name={name}", "-c", f"user.email={email}")
    repository.git("switch", "--quiet", "--detach")
    repository.git(*identity, "commit", "--quiet", "--message", f"Release {version}", "--", "action.yml")
    repository.git(*identity, "tag", "--annotate", "--message", f"Release {version}", version.tag)
    repository.git("tag", "--force", version.major_tag, f"{version.tag}^{{}}")


def push(root: Path, version: Version) -> None:
    """Push both tags; ReleaseError if GitHub refuses one of them. Nothing is pushed then."""
    result = attempt(push_tags(version), root, stderr=subprocess.PIPE)
    if not result.returncode:
        return
    reason = "\n".join(line.strip() for line in result.stderr.splitlines() if line.strip())
    remedy = "Solve this, then select *Re-run failed jobs* on the page of this run."
    if "rule violations" in reason:
        remedy = (
            f"A ruleset must let the workflow create {version.tag} and move {version.major_tag}: change or "
            "disable it in *Settings*, *Rules*, *Rulesets*. Then select *Re-run failed jobs* on the page of "
            "this run."
        )
    elif "already exists" in reason:
        remedy = f"{version.tag} was pushed since this run began, and is never moved. Use a new version."
    raise ReleaseError(
        f"The tags {version.tag} and {version.major_tag} were refused. None was pushed. {remedy}\n{reason}"
    )


def push_tags(version: Version) -> list[str]:
    """Return the command that pushes both tags or none. The full tag must be new; the major tag moves."""
    tags = (f"refs/tags/{version.tag}", f"+refs/tags/{version.major_tag}")
    helper = "credential.helper=!gh auth git-credential"
    return ["git", "-c", helper, "push", "--atomic", "origin", *tags]


def create_release(version: Version, versions: list[Version], notes: Path) -> list[str]:
    """Return the command that creates the release on GitHub. Only the highest version is the latest."""
    latest = "true" if version >= max(versions, default=version) else "false"
    title = ("--title", version.tag, "--notes-file", str(notes))
    return ["gh", "release", "create", version.tag, "--verify-tag", *title, f"--latest={latest}"]
