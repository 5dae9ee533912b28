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

InputType = Literal["execute", "edit", "message", "webhook", "error", "rate-limit"]
Check = Callable[[InputType, object], list[str]]
CheckExchange = Callable[[Mapping[str, object]], list[str]]
OfficialClient = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def discord_schema() -> Iterator[Check]:
    """Check a body against the schema Discord publishes: an empty list, or what is wrong with it."""
    with _checker(DISCORD, "--include=dev") as ask:
        yield lambda kind, body: ask({"kind": kind, "body": body})


@pytest.fixture(scope="session")
def github_document() -> Iterator[CheckExchange]:
    """Check a request, or an answer to one, against the OpenAPI document GitHub publishes."""
    with _checker(GITHUB, "--omit=dev") as ask:
        yield ask


@pytest.fixture(scope="session")
def official_client() -> OfficialClient:
    """Run a command of `github/client.mjs` in a run's environment: what it says, or {"error"}."""
    node = npm.find("node")
    npm.install(GITHUB, "--omit=dev")

    def call(run: Run, *command: object) -> dict[str, Any]:
        tokens = {"GITHUB_TOKEN": run.github_token}
        result = subprocess.run(
            [node, "client.mjs", *map(str, command)],
            cwd=GITHUB,
            env={"PATH": os.environ["PATH"], **run.environment, **tokens},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if not result.stdout:
            pytest.fail(f"client.mjs said nothing:\n{result.stderr}")
        said: dict[str, Any] = json.loads(result.stdout)
        return said

    return call


@pytest.fixture(scope="session")
def find_program() -> Callable[[str], str]:
    return npm.find


@contextlib.contextmanager
def _checker(package: Path, wanted: str) -> Iterator[Callable[[object], list[str]]]:
    """Keep a package's `check.mjs` running: one line in, one line out."""
    node = npm.find("node")
    npm.install(package, wanted)
    command = [node, "check.mjs"]
    with subprocess.Popen(
        command, cwd=package, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        question, answer = process.stdin, process.stdout
        assert question is not None
        assert answer is not None

        def ask(whole: object) -> list[str]:
            question.write(json.dumps(whole, allow_nan=False) + "\n")
            question.flush()
            line = answer.readline()
            if not line:
                pytest.fail(f"check.mjs ended with status {process.wait()}; what it said is in stderr")
            issues: list[str] = json.loads(line)["issues"]
            return issues

        try:
            yield ask
            question.close()
            assert process.wait(timeout=10) == 0
        finally:
            process.kill()
