"""The shell for people: its options are the inputs, and no secret is one of them."""

from collections.abc import Mapping

import pytest

from cluster_status import action, cli
from cluster_status.settings.inputs import COMMAND, INPUTS


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the variables the action was last run with."""
    seen: dict[str, str] = {}

    def main(given: Mapping[str, str]) -> int:
        seen.update(given)
        return 3

    monkeypatch.setattr(action, "main", main)
    return seen


def test_an_option_is_an_input(environ: dict[str, str]) -> None:
    assert cli.main(["look", "--cluster-host", "head.example.org", "--degraded-below", "75%"]) == 3
    assert environ["INPUT_COMMAND"] == "look"
    assert environ["INPUT_CLUSTER-HOST"] == "head.example.org"
    assert environ["INPUT_DEGRADED-BELOW"] == "75%"


def test_what_is_not_given_is_left_to_the_environment(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER_PASSWORD", "s3cret")
    cli.main([])
    assert environ["CLUSTER_PASSWORD"] == "s3cret"
    assert [name for name in environ if name.startswith("INPUT_")] == []


@pytest.mark.parametrize("name", [spec.name for spec in INPUTS if spec.secret])
def test_a_secret_is_no_option(
    name: str, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([f"--{name}=s3cret"])
    assert ended.value.code == 2
    assert environ == {}
    said = capsys.readouterr().err
    assert f"{name} is a secret, and read from the environment only: set " in said
    assert "s3cret" not in said


def test_an_option_is_not_taken_for_another_that_begins_like_it(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--cluster-pass=s3cret"])
    assert environ == {}
    assert "unrecognized arguments" in capsys.readouterr().err


def test_the_help_names_every_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for spec in INPUTS:
        assert (f"--{spec.name} " in shown) is not (spec.secret or spec is COMMAND)
        if spec.shown_default and not spec.secret and spec is not COMMAND:
            assert f"default: {spec.shown_default})" in shown


def test_a_command_that_is_none_is_refused(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["watch"])
    assert (ended.value.code, environ) == (2, {})
    assert "watch" in capsys.readouterr().err
