"""The harness runs steps as GitHub's runner does, finds faults, and removes its containers."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image import docker
from tests.image.container import ContainerAction
from tests.image.docker import ROOT, DockerError, Image
from tests.image.intermediary import silent_server
from tests.image.log import foreign_commands, plain_lines, shown_secrets
from tests.image.workflow import Workflow
from tests.servers.process import PROC

# the stage of the Dockerfile that has a shell and its programs
WITH_PROGRAMS = ("--target", "build")
VALUE = "two\nlines, 'quotes\", $(id) and = signs"


@pytest.fixture
def with_programs(tmp_path: Path) -> Iterator[ContainerAction]:
    with Image(ROOT, *WITH_PROGRAMS) as image:
        yield ContainerAction(image, tmp_path)


def test_a_step_has_the_variables_that_the_runner_sets(with_programs: ContainerAction) -> None:
    given = {"cluster-user": VALUE}
    env = {"SOME_VARIABLE": VALUE, "HOME": "/overridden", "GITHUB_ACTIONS": "overridden"}
    with with_programs.start(given, {}, env=env, options=("--rm", "--entrypoint", "/usr/bin/env")) as step:
        log = step.end().log
    variables = log.replace(VALUE, "VALUE").splitlines()
    assert {
        "INPUT_CLUSTER-USER=VALUE",
        "INPUT_CLUSTER-HOST=",
        "SOME_VARIABLE=VALUE",
        "HOME=/github/home",
        "GITHUB_WORKSPACE=/github/workspace",
        "GITHUB_ACTIONS=true",
        "CI=true",
    } <= set(variables)


def test_a_step_has_the_mounts_of_the_runner(with_programs: ContainerAction) -> None:
    (with_programs.home / "a-file").touch()
    (with_programs.workspace / "another").touch()
    program = ("--entrypoint", "/usr/bin/find")
    with with_programs.start({}, {}, options=("--rm", *program, "--workdir", "/github")) as step:
        found = step.end().log.splitlines()
    assert {"./home/a-file", "./workspace/another", "./runner_temp/_github_home/a-file"} <= set(found)
    assert {"./workflow", "./file_commands"} <= set(found)


def test_an_input_that_action_yml_does_not_declare_is_refused(action: ContainerAction) -> None:
    with pytest.raises(ValueError, match="cluster-hots"), action.start({"cluster-hots": ""}, {}):
        pass


def test_a_step_that_does_not_end_is_an_error_and_is_killed(image: Image, workflow: Workflow) -> None:
    with silent_server() as server, workflow.start(inputs=_port_of(server)) as step:
        number = step.process_id()
        assert image.containers() == [step.name]
        with pytest.raises(TimeoutError, match="has not ended"):
            step.end(timeout_seconds=0.1)
    assert image.containers() == []
    assert not (PROC / str(number)).exists()


def test_no_container_outlives_a_test_that_fails(image: Image, workflow: Workflow) -> None:
    def fail() -> None:
        with silent_server() as server, workflow.start(inputs=_port_of(server), options=()):
            server.accept()[0].close()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert image.containers() == []


@pytest.mark.parametrize(
    "line", ["::set-output name=a::b", "  ::stop-commands::x", "so ##[add-mask]online", "::add-mask::on"]
)
def test_a_command_that_is_not_of_the_action_is_found(line: str) -> None:
    log = f"::add-mask::a secret\n::warning::##[error]\n{line}\nmscluster is online\n"
    assert len(foreign_commands(log, {"a secret"})) == 1
    assert plain_lines(log) == ["mscluster is online"]


def test_a_secret_that_is_shown_is_found() -> None:
    log = "::add-mask::two%0Alines\n::error::It is lines.\n"
    assert shown_secrets(log, {"two\nlines", "online"}) == ["two\nlines"]
    assert shown_secrets("::add-mask::secret\n", {"secret"}) == []


def test_a_missing_docker_client_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DockerError, match="no `docker` is on the PATH"):
        docker.require_engine()


def test_a_missing_engine_is_an_error_with_its_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine")
    with pytest.raises(DockerError, match=r"none answers at unix://.*/no-engine"):
        docker.require_engine()


def _port_of(server: socket.socket) -> dict[str, str]:
    return {"cluster-port": str(server.getsockname()[1])}
