"""The process of the action: masks, errors, signals and exit statuses."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

import cluster_status
from cluster_status import action, wiring
from cluster_status.errors import Cancelled, ExitStatus
from cluster_status.ports import Runner
from cluster_status.settings.load import Settings
from tests.fakes.workflow_commands import Command, read_commands

IN_A_SHELL = {
    "INPUT_COMMAND": "check",
    "INPUT_CLUSTER-HOST": "head.example.org",
    "INPUT_CLUSTER-USER": "alice",
    "INPUT_CLUSTER-PASSWORD": "s3cret",
}
ON_RUNNER = IN_A_SHELL | {"GITHUB_ACTIONS": "true"}
SIGNALS = (signal.SIGINT, signal.SIGTERM)
ENDLESS = """
import json, signal, sys
from cluster_status import action, wiring
from cluster_status.errors import Cancelled

def run(settings, runner):
    try:
        signal.raise_signal(int(sys.argv[1]))
    except Cancelled:
        print("ignored", flush=True)
    while True:
        signal.pause()

action._GRACE_SECONDS = 0.05
wiring.run = run
action.main(json.loads(sys.argv[2]))
"""

Run = Callable[[Settings, Runner], ExitStatus]
ReplaceRun = Callable[[Run], None]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Restore the signal handlers after the test."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def replace_run(monkeypatch: pytest.MonkeyPatch) -> ReplaceRun:
    """Return a function that replaces the use cases."""

    def replace(run: Run) -> None:
        monkeypatch.setattr(wiring, "run", run)

    return replace


def raising(error: BaseException) -> Run:
    def run(_settings: Settings, _runner: Runner) -> ExitStatus:
        raise error

    return run


@pytest.mark.parametrize("status", ExitStatus)
def test_the_exit_status_of_the_process_is_that_of_the_run(
    status: ExitStatus, replace_run: ReplaceRun
) -> None:
    replace_run(lambda _settings, _runner: status)
    assert action.main(ON_RUNNER) == status


def test_every_bad_input_is_its_own_error_and_nothing_runs(
    replace_run: ReplaceRun, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_run(raising(AssertionError("it ran")))
    environ = ON_RUNNER | {"INPUT_CLUSTER-PORT": "ssh", "INPUT_ATTEMPTS": "0", "INPUT_CLUSTER-PASSWORD": ""}
    assert action.main(environ) == 2
    errors = [data for name, data in read_commands(capsys.readouterr().out) if name == "error"]
    assert sorted(error.partition(" ")[0].rstrip(":") for error in errors) == [
        "attempts",
        "cluster-password",
        "cluster-port",
    ]


def test_on_a_runner_secrets_are_masked_before_other_output(
    replace_run: ReplaceRun, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_run(raising(AssertionError("it ran")))
    action.main(ON_RUNNER | {"INPUT_DISCORD-WEBHOOK": "no-webhook", "INPUT_CLUSTER-PORT": "ssh"})
    commands = read_commands(capsys.readouterr().out)
    first_other = next(number for number, command in enumerate(commands) if command.name != "add-mask")
    assert {Command("add-mask", "s3cret"), Command("add-mask", "no-webhook")} <= set(commands[:first_other])


def test_in_a_shell_no_masks_are_printed(replace_run: ReplaceRun, capsys: pytest.CaptureFixture[str]) -> None:
    replace_run(lambda _settings, _runner: ExitStatus.OK)
    action.main(IN_A_SHELL)
    assert "s3cret" not in capsys.readouterr().out


def test_an_internal_error_shows_its_place_and_not_its_message(
    replace_run: ReplaceRun, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_run(raising(ValueError("the password is s3cret")))
    assert action.main(IN_A_SHELL) == 1
    printed = capsys.readouterr()
    assert "ValueError" in printed.out
    assert "test_action.py" in printed.out
    assert "s3cret" not in printed.out + printed.err


@pytest.mark.parametrize(("number", "exit_status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_128_and_its_number(
    number: signal.Signals, exit_status: int, replace_run: ReplaceRun, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_settings: Settings, _runner: Runner) -> ExitStatus:
        signal.raise_signal(number)
        return ExitStatus.OK

    replace_run(run)
    assert action.main(ON_RUNNER) == exit_status
    assert Command("warning", f"Cancelled by {number.name}.") in read_commands(capsys.readouterr().out)


def test_a_run_that_does_not_end_in_time_is_stopped_with_an_error(
    replace_run: ReplaceRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait(_settings: Settings, _runner: Runner) -> ExitStatus:
        while True:
            signal.pause()

    monkeypatch.setattr(action, "_LIMIT_SECONDS", 0.05)
    replace_run(wait)
    assert action.main(ON_RUNNER) == 128 + signal.SIGALRM
    [*_, error] = read_commands(capsys.readouterr().out)
    assert error.name == "error"
    assert error.data.endswith("was stopped. The next run tries again.")


@pytest.mark.parametrize(("minutes", "seconds"), [("", 250), ("1", 370), ("300", 18_310)])
def test_a_check_that_waits_has_that_much_more_time(
    minutes: str, seconds: int, replace_run: ReplaceRun
) -> None:
    left: list[float] = []

    def run(_settings: Settings, _runner: Runner) -> ExitStatus:
        left.append(signal.getitimer(signal.ITIMER_REAL)[0])
        return ExitStatus.OK

    replace_run(run)
    action.main(IN_A_SHELL | {"INPUT_WAIT-MINUTES": minutes})
    assert left == [pytest.approx(seconds, abs=10)]


def test_a_run_that_ended_leaves_no_timer(replace_run: ReplaceRun) -> None:
    replace_run(lambda _settings, _runner: ExitStatus.OK)
    action.main(IN_A_SHELL)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize(("first", "second"), [*product(SIGNALS, SIGNALS)])
def test_a_second_signal_does_not_interrupt_a_save(
    first: signal.Signals, second: signal.Signals, replace_run: ReplaceRun
) -> None:
    saved = []

    def run(_settings: Settings, _runner: Runner) -> ExitStatus:
        try:
            signal.raise_signal(first)
        except Cancelled:
            signal.raise_signal(second)
            saved.append(True)
            raise
        return ExitStatus.OK

    replace_run(run)
    assert action.main(ON_RUNNER) == 128 + first
    assert saved == [True]


def test_a_cancelled_run_has_between_four_and_five_seconds_for_a_save(replace_run: ReplaceRun) -> None:
    left = []

    def run(_settings: Settings, _runner: Runner) -> ExitStatus:
        try:
            signal.raise_signal(signal.SIGTERM)
        except Cancelled:
            left.append(signal.getitimer(signal.ITIMER_REAL)[0])
            raise
        return ExitStatus.OK

    replace_run(run)
    action.main(ON_RUNNER)
    assert 4.0 < left[0] < 5.0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_cancelled_run_that_does_not_end_is_killed(number: signal.Signals) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDLESS, str(int(number)), json.dumps(IN_A_SHELL)],
        env={"PYTHONPATH": str(Path(cluster_status.__file__).parents[1])},
        stdout=subprocess.PIPE,
        timeout=10,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (128 + number, b"ignored\n")
