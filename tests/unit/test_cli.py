"""The command line: its options are the inputs, except secrets."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cluster_status import action, cli
from cluster_status.settings.inputs import COMMAND, INPUTS


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the variables of the last run of the action."""
    variables: dict[str, str] = {}

    def main(given: Mapping[str, str]) -> int:
        variables.update(given)
        return 3

    monkeypatch.setattr(action, "main", main)
    return variables


def test_an_option_is_an_input(environ: dict[str, str]) -> None:
    assert cli.main(["check", "--cluster-host", "head.example.org", "--degraded-below", "75%"]) == 3
    assert environ["INPUT_COMMAND"] == "check"
    assert environ["INPUT_CLUSTER-HOST"] == "head.example.org"
    assert environ["INPUT_DEGRADED-BELOW"] == "75%"


def test_without_an_option_the_environment_variable_is_used(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER_PASSWORD", "s3cret")
    cli.main([])
    assert environ["CLUSTER_PASSWORD"] == "s3cret"
    assert [name for name in environ if name.startswith("INPUT_")] == []


@pytest.mark.parametrize("name", [spec.name for spec in INPUTS if spec.secret])
def test_a_secret_is_not_an_option(
    name: str, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([f"--{name}=s3cret"])
    assert ended.value.code == 2
    assert environ == {}
    error = capsys.readouterr().err
    assert f"{name} is a secret and must not be an option: set " in error
    assert "s3cret" not in error


@pytest.mark.parametrize(
    ("argument", "error"),
    [
        ("--clustr-name", "--clustr-name is not an option: the nearest option is --cluster-name"),
        ("--Partitions", "--Partitions is not an option: the nearest option is --partitions"),
        ("--cluster-pass", "cluster-password is a secret and must not be an option: set CLUSTER_PASSWORD"),
        ("--zzz", "--zzz is not an option"),
    ],
)
def test_an_unknown_option_is_an_error_with_the_nearest_one(
    argument: str, error: str, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([argument, "s3cret"], [f"{argument}=s3cret"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert (ended.value.code, environ) == (2, {})
        usage, _, shown = capsys.readouterr().err.partition("\n")
        assert usage == "usage: cluster-status {poll,check,test,prune} [--OPTION VALUE ...]"
        assert shown == f"cluster-status: error: {error}\n"


def test_the_help_has_every_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for spec in INPUTS:
        assert (f"--{spec.name} " in shown) is not (spec.secret or spec is COMMAND)
        if spec.shown_default and not spec.secret and spec is not COMMAND:
            assert f"default: {spec.shown_default})" in shown


def test_an_unknown_command_is_an_error(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["watch"])
    assert (ended.value.code, environ) == (2, {})
    assert "watch" in capsys.readouterr().err


PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@laptop"


@pytest.mark.parametrize("form", ["one argument", "several", "a file"])
def test_the_line_for_a_public_key_ends_with_it(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key.pub"
    file.write_text(f"{PUBLIC}\n")
    arguments = {"one argument": [PUBLIC], "several": PUBLIC.split(), "a file": [str(file)]}[form]
    assert cli.main(["authorized-keys", *arguments]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith('restrict,command="exec env CLUSTER_STATUS_SCRIPT=')
    assert line.endswith(f'" {PUBLIC}')


def test_the_line_for_a_jump_host_allows_one_destination(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLUSTER_HOST", "2001:db8::7")
    monkeypatch.setenv("CLUSTER_JUMP", "me@gw.example.org")
    cli.main(["authorized-keys", PUBLIC])
    head_node, _, jump_host, line = capsys.readouterr().out.splitlines()
    assert (head_node, jump_host) == (
        "# authorized_keys on the head node, 2001:db8::7:",
        "# authorized_keys on the jump host, gw.example.org:",
    )
    assert line == f'restrict,port-forwarding,permitopen="[2001:db8::7]:22",command="exit 1" {PUBLIC}'


@pytest.mark.parametrize(
    "arguments", [[], ["no-such-file"], ["-----BEGIN OPENSSH PRIVATE KEY-----"], [f"{PUBLIC}\n{PUBLIC}"]]
)
def test_without_a_valid_key_there_is_no_line_and_the_argument_is_not_shown(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CLUSTER_KEY", raising=False)
    assert cli.main(["authorized-keys", "--", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err
    assert not [argument for argument in arguments if argument in printed.err]
