import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.contract import npm
from tests.fakes.github import Run

DISCORD = Path(__file__).parent / "discord"
GITHUB = Path(__file__).parent / "github"
OFFICIAL_CLIENTS = {"client 6": "@actions/artifact", "client 5": "@actions/artifact-5"}

InputType = Literal["execute", "edit", "message", "webhook", "error", "rate-limit"]
Check = Callable[[InputType, object], list[str]]
CheckExchange = Callable[[Mapping[str, object]], list[str]]
OfficialClient = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def discord_schema() -> Iterator[Check]:
    """Return a function that checks a body against the schema Discord publishes, and lists the faults."""
    with _checker(DISCORD, "--include=dev") as check:
        yield lambda kind, body: check({"kind": kind, "body": body})


@pytest.fixture(scope="session")
def github_document() -> Iterator[CheckExchange]:
    """Return a function that checks a request or a response against GitHub's OpenAPI document."""
    with _checker(GITHUB, "--omit=dev") as check:
        yield check


@pytest.fixture(scope="session", params=list(OFFICIAL_CLIENTS))
def official_client(request: pytest.FixtureRequest) -> OfficialClient:
    """Return a function that runs a command of `github/client.mjs`; its result has "error" if it failed.

    It runs with each of the two newest major versions of the client.
    """
    return _official_client(OFFICIAL_CLIENTS[request.param])


@pytest.fixture(scope="session")
def newest_official_client() -> OfficialClient:
    """Return the function of `official_client` for the newest version."""
    return _official_client("@actions/artifact")


def _official_client(package: str) -> OfficialClient:
    node = npm.find("node")
    npm.install(GITHUB, "--omit=dev")

    def call(run: Run, *command: object) -> dict[str, Any]:
        variables = {"GITHUB_TOKEN": run.github_token, "ARTIFACT_CLIENT": package}
        result = subprocess.run(
            [node, "client.mjs", *map(str, command)],
            cwd=GITHUB,
            env={"PATH": os.environ["PATH"], **run.environment, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not result.stdout:
            pytest.fail(f"client.mjs printed nothing:\n{result.stderr}")
        output: dict[str, Any] = json.loads(result.stdout)
        return output

    return call


@pytest.fixture(scope="session")
def find_program() -> Callable[[str], str]:
    return npm.find


@contextlib.contextmanager
def _checker(package: Path, option: str) -> Iterator[Callable[[object], list[str]]]:
    """Run a package's `check.mjs`, which answers each line with a line; yield a function that uses it."""
    node = npm.find("node")
    npm.install(package, option)
    command = [node, "check.mjs"]
    with subprocess.Popen(
        command, cwd=package, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def check(value: object) -> list[str]:
            stdin.write(json.dumps(value, allow_nan=False) + "\n")
            stdin.flush()
            line = stdout.readline()
            if not line:
                pytest.fail(f"check.mjs ended with status {process.wait()}; see its stderr")
            issues: list[str] = json.loads(line)["issues"]
            return issues

        try:
            yield check
            stdin.close()
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
