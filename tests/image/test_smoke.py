"""The smoke test on GitHub: its checks pass for runs of the image in this test."""

import re
import subprocess
from typing import Any

import yaml

from tests.fakes.github import LoopbackGitHub
from tests.image.container import ContainerAction, Ending
from tests.image.docker import ROOT
from tests.image.site import Site

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "smoke.yml").read_text("utf-8"))
_, FIRST, SECOND, CHECK = WORKFLOW["jobs"]["smoke"]["steps"]


def test_the_second_poll_continues_the_first_as_the_smoke_test_expects(
    action: ContainerAction, github: LoopbackGitHub, site: Site
) -> None:
    polls = {step["id"]: _poll(step, action, github, site) for step in (FIRST, SECOND)}
    assert [poll.exit_status for poll in polls.values()] == [6, 0]
    assert FIRST["continue-on-error"] is True
    environment = {name: _evaluate(value, polls) for name, value in CHECK["env"].items()}
    result = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
        cwd=action.workspace,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def _poll(step: dict[str, Any], action: ContainerAction, github: LoopbackGitHub, site: Site) -> Ending:
    assert step["uses"] == "./"
    login = {name: value for name, value in site.login.items() if name in step["with"]}
    run = github.start_run()
    given = {**{name: str(value) for name, value in step["with"].items()}, **login}
    with action.start({**given, "github-token": run.github_token}, run.environment) as started:
        return started.end()


def _evaluate(expression: str, polls: dict[str, Ending]) -> str:
    """Return the value of `${{ steps.x.outcome }}` or `${{ steps.x.outputs.y }}` on GitHub."""
    found = re.fullmatch(r"\$\{\{ steps\.(\w+)\.(?:outcome|outputs\.([\w-]+)) \}\}", expression)
    assert found
    poll = polls[found.group(1)]
    if found.group(2) is None:
        return "failure" if poll.exit_status else "success"
    return poll.outputs[found.group(2)]
