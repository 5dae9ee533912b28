"""Commands of this machine: results, limits, the environment, and that nothing is left running."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from cluster_status.adapters.local import executor as executor_module
from cluster_status.adapters.local.executor import Account, LocalExecutor, current_account
from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    Limits,
    OutputLimitError,
)
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure, ProbeResult, RememberedLogin
from tests.servers import process, program
from tests.servers.daemon import wait_until

LONG_SECONDS = 20.0  # longer than any command that ends
SHORT_SECONDS = 0.5
SLACK_SECONDS = 5.0  # of a busy machine
LIMITS = Limits(LONG_SECONDS, 2_000_000, 200_000)
BRIEF = Limits(SHORT_SECONDS, 2_000_000, 200_000)
ROOT = Path(__file__).parents[2]
SHELLS = [path for name in ("sh", "bash", "zsh", "tcsh", "fish") if (path := shutil.which(name))]


def account(home: Path, shell: str = "/bin/sh") -> Account:
    return Account("jdoe", str(home), shell)


Connect = Callable[..., LocalExecutor]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Return a function that connects an executor whose home is empty; each is closed after the test."""
    made: list[LocalExecutor] = []

    def connect(shell: str = "/bin/sh", home: Path = tmp_path) -> LocalExecutor:
        made.append(LocalExecutor(LocalTarget(), look_up=lambda: account(home, shell)))
        made[-1].connect(RememberedLogin, Deadline(LONG_SECONDS))
        return made[-1]

    yield connect
    for executor in made:
        executor.close()


@pytest.fixture
def executor(connect: Connect) -> LocalExecutor:
    return connect()


def starting(file: Path, *, in_session: str = "") -> str:
    """Return a command that starts a process in the background and writes its id to a file."""
    return f"{in_session} sh -c 'echo $$ >{file}.new; mv {file}.new {file}; exec sleep 300' & "


def pid_in(file: Path) -> int:
    wait_until(file.exists, timeout_seconds=LONG_SECONDS, explain=lambda: f"there is no {file}")
    return int(file.read_text())


def ends(pid: int) -> bool:
    wait_until(
        lambda: not process.still_running([pid]),
        timeout_seconds=SLACK_SECONDS,
        explain=lambda: f"{pid} still runs",
    )
    return True


# Results


def test_a_command_has_its_exit_status_and_both_outputs(executor: LocalExecutor) -> None:
    result = executor.run("echo out; echo err >&2; exit 3", LIMITS)
    assert result == CommandResult(3, b"out\n", b"err\n")


def test_a_command_that_is_missing_has_exit_status_127(executor: LocalExecutor) -> None:
    result = executor.run("env no-such-command", LIMITS)
    assert (result.exit_status, result.stdout) == (127, b"")
    assert b"no-such-command" in result.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_runs_in_the_shell_of_the_account(shell: str, connect: Connect, tmp_path: Path) -> None:
    result = connect(shell).run('echo "$SHELL" && pwd && echo \'$x|"\'', LIMITS)
    assert result == CommandResult(0, f'{shell}\n{tmp_path}\n$x|"\n'.encode(), b"")


def test_a_shell_that_does_not_exist_is_an_exit_status_with_its_name(connect: Connect) -> None:
    result = connect("/no/such/shell").run("true", LIMITS)
    assert result.exit_status == 127
    assert b"/no/such/shell" in result.stderr


def test_without_its_home_directory_a_command_runs_elsewhere(connect: Connect, tmp_path: Path) -> None:
    result = connect(home=tmp_path / "missing").run("pwd", LIMITS)
    assert (result.exit_status, result.stdout) == (0, b"/\n")


def test_a_command_gets_no_terminal_and_not_the_input_of_the_program(executor: LocalExecutor) -> None:
    reader, writer = os.pipe()
    own_input = os.dup(0)
    os.write(writer, b"for the program")
    os.dup2(reader, 0)
    try:
        result = executor.run("head -c 1; cat </dev/tty", LIMITS)
    finally:
        os.dup2(own_input, 0)
        for descriptor in (reader, writer, own_input):
            os.close(descriptor)
    assert (result.exit_status != 0, result.stdout) == (True, b"")


def test_the_environment_is_that_of_a_login_without_the_secrets_of_the_program(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_WEBHOOK", "https://discord.example/s3cret")
    lines = executor.run("env", LIMITS).stdout.decode().splitlines()
    found = dict(line.split("=", 1) for line in lines)
    assert {name: found[name] for name in ("HOME", "LOGNAME", "PATH", "SHELL", "USER")} == {
        "HOME": str(tmp_path),
        "LOGNAME": "jdoe",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "SHELL": "/bin/sh",
        "USER": "jdoe",
    }
    assert found.keys() - {"HOME", "LOGNAME", "PATH", "SHELL", "USER", "PWD", "OLDPWD", "_", "SHLVL"} == {
        executor_module.MARK
    }


def test_the_home_of_the_target_has_priority(tmp_path: Path) -> None:
    executor = LocalExecutor(LocalTarget(home="/tmp"), look_up=lambda: account(tmp_path))  # noqa: S108
    executor.connect(RememberedLogin, Deadline(LONG_SECONDS))
    assert executor.run("pwd", LIMITS).stdout == b"/tmp\n"
    executor.close()


# Limits


def test_a_command_that_hangs_is_a_timeout_with_what_it_printed(executor: LocalExecutor) -> None:
    begin = time.monotonic()
    with pytest.raises(CommandTimeoutError) as caught:
        executor.run("echo out; echo err >&2; sleep 300", BRIEF)
    assert SHORT_SECONDS - 0.1 <= time.monotonic() - begin < SHORT_SECONDS + SLACK_SECONDS
    assert (caught.value.stdout, caught.value.stderr) == (b"out\n", b"err\n")


@pytest.mark.parametrize(("redirection", "limit"), [("", 100_000), (">&2", 50_000)], ids=["stdout", "stderr"])
def test_a_command_that_prints_without_an_end_is_killed_at_the_limit(
    redirection: str, limit: int, executor: LocalExecutor
) -> None:
    with pytest.raises(OutputLimitError) as caught:
        executor.run(f"yes {redirection}", Limits(LONG_SECONDS, 100_000, 50_000))
    assert str(caught.value) == f"the command printed more than {limit} bytes"
    assert limit < len(caught.value.stdout) + len(caught.value.stderr) <= limit + 32_768


def test_an_output_of_exactly_the_limit_is_no_error(executor: LocalExecutor) -> None:
    assert len(executor.run("head -c 100000 /dev/zero", Limits(LONG_SECONDS, 100_000, 0)).stdout) == 100_000


def test_much_output_on_both_streams_blocks_neither(executor: LocalExecutor) -> None:
    result = executor.run("head -c 150000 /dev/zero >&2; head -c 1500000 /dev/zero", LIMITS)
    assert (len(result.stdout), len(result.stderr)) == (1_500_000, 150_000)


def test_a_shell_ended_by_a_signal_was_killed(executor: LocalExecutor) -> None:
    with pytest.raises(CommandKilledError) as caught:
        executor.run("echo out; kill -9 $$", LIMITS)
    assert caught.value.stdout == b"out\n"


def test_a_command_that_closes_its_output_is_waited_for(executor: LocalExecutor) -> None:
    assert executor.run("exec >&- 2>&-; sleep 0.3; exit 4", LIMITS).exit_status == 4


def test_after_a_command_that_hung_another_one_works(executor: LocalExecutor) -> None:
    with pytest.raises(CommandTimeoutError):
        executor.run("sleep 300", BRIEF)
    assert executor.run("echo out", LIMITS).stdout == b"out\n"


# Nothing is left running


def test_at_the_deadline_grandchildren_are_killed(executor: LocalExecutor, tmp_path: Path) -> None:
    with pytest.raises(CommandTimeoutError):
        executor.run(f'sh -c "{starting(tmp_path / "pid")} wait"; true', Limits(2.0, 1000, 1000))
    assert ends(pid_in(tmp_path / "pid"))


def test_at_the_limit_of_output_grandchildren_are_killed(executor: LocalExecutor, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(OutputLimitError):
        executor.run(
            f"{starting(file)} while ! test -e {file}; do sleep 0.01; done; yes",
            Limits(LONG_SECONDS, 1000, 1000),
        )
    assert ends(pid_in(file))


def test_a_background_process_that_holds_the_output_delays_the_result_by_a_second_and_is_killed(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    begin = time.monotonic()
    result = executor.run(f"{starting(file)} while ! test -e {file}; do sleep 0.01; done; echo out", LIMITS)
    assert result.stdout == b"out\n"
    assert time.monotonic() - begin < 1 + SLACK_SECONDS
    assert ends(pid_in(file))


def test_a_process_in_a_session_of_its_own_ends_when_the_executor_is_closed(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    line = f"{starting(file, in_session='setsid')} while ! test -e {file}; do sleep 0.01; done"
    executor.run(f"({line}) >/dev/null 2>&1", LIMITS)
    assert process.still_running([pid_in(file)])
    executor.close()
    assert ends(pid_in(file))


def test_closing_ends_a_command_that_runs_in_another_thread(connect: Connect, tmp_path: Path) -> None:
    for number in range(20):  # both threads can be the first to see its end
        executor, file = connect(), tmp_path / f"pid{number}"
        errors: list[Exception] = []
        thread = threading.Thread(target=run_and_note, args=(executor, f"{starting(file)} wait", errors))
        thread.start()
        pid = pid_in(file)
        executor.close()
        thread.join(SLACK_SECONDS)
        assert ends(pid)
        assert [type(error) for error in errors] == [CommandKilledError]


def run_and_note(executor: LocalExecutor, command: str, errors: list[Exception]) -> None:
    try:
        executor.run(command, LIMITS)
    except Exception as error:  # noqa: BLE001 - the test checks it
        errors.append(error)


def test_a_closed_executor_starts_no_command(executor: LocalExecutor) -> None:
    executor.close()
    with pytest.raises(CommandRefusedError, match="the executor is closed"):
        executor.run("true", LIMITS)


def test_the_descriptors_of_a_command_are_closed(executor: LocalExecutor) -> None:
    executor.run("true", LIMITS)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for command, limits in (("true", LIMITS), ("sleep 300", BRIEF), ("yes", Limits(LONG_SECONDS, 10, 10))):
        with contextlib.suppress(CommandTimeoutError, OutputLimitError):
            executor.run(command, limits)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


# Accounts


def test_the_account_is_that_of_the_process() -> None:
    found = current_account()
    assert Path(found.home).is_absolute()
    assert Path(found.shell).is_absolute()


def test_a_process_without_an_account_cannot_run_commands() -> None:
    def missing() -> NoReturn:
        raise KeyError

    failure = failure_of(LocalExecutor(LocalTarget(), look_up=missing))
    assert (failure.cause, failure.detail) == (
        Cause.SHELL_FAILS,
        f"uid {os.getuid()} has no account on this machine",
    )


def test_a_directory_of_accounts_that_does_not_respond_is_a_shell_that_hangs(tmp_path: Path) -> None:
    answered = threading.Event()

    def hang() -> Account:
        answered.wait(LONG_SECONDS)
        return account(tmp_path)

    failure = failure_of(LocalExecutor(LocalTarget(), look_up=hang), seconds=SHORT_SECONDS)
    answered.set()
    assert failure.cause is Cause.SHELL_HANGS


def failure_of(executor: LocalExecutor, *, seconds: float = LONG_SECONDS) -> ProbeFailure:
    with pytest.raises(ProbeFailed) as caught:
        executor.connect(RememberedLogin, Deadline(seconds))
    executor.close()
    return caught.value.failure


# Probes


def probe(executor: LocalExecutor, remembered: RememberedLogin | None = RememberedLogin()) -> ProbeResult:  # noqa: B008
    return SlurmProbe(executor, SlurmQuery(timeout_seconds=LONG_SECONDS), PLAIN).probe(
        lambda: remembered, Deadline(LONG_SECONDS)
    )


@pytest.mark.parametrize(
    "remembered", [None, RememberedLogin(login_shell=True)], ids=["no history", "history"]
)
def test_sinfo_is_found_through_the_profile_of_the_account(
    remembered: RememberedLogin | None, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / ".profile").write_text(f"PATH={ROOT / 'demo' / 'bin'}:$PATH\n")
    result = probe(connect(), remembered)
    assert isinstance(result.outcome, ClusterState), result.outcome
    assert result.outcome.nodes.total == 36
    assert (result.login_shell, result.local, result.logged_in) == (True, True, True)
    assert (result.reached, result.host_key, result.line_to_pin, result.credential_offered) == (
        False,
        None,
        "",
        False,
    )


FAILURES = {
    "no sinfo": ('PATH={programs}; [ "$1" != -l ] || shift', Cause.NO_SCHEDULER),
    "a shell that hangs": ("sleep 300", Cause.SHELL_HANGS),
    "a shell that ends": ("exit 1", Cause.SHELL_FAILS),
    "a shell that is killed": ("kill -9 $$", Cause.SHELL_FAILS),
    "a shell that prints without an end": ("yes", Cause.SHELL_FAILS),
}


@pytest.mark.parametrize(("line", "cause"), FAILURES.values(), ids=FAILURES)
def test_no_failure_of_this_machine_has_a_cause_of_the_network(
    line: str, cause: Cause, connect: Connect, tmp_path: Path
) -> None:
    (programs := tmp_path / "bin").mkdir()
    (programs / "env").symlink_to(program.find("env"))
    line = line.replace("{programs}", str(programs))
    shell = tmp_path / "shell"
    shell.write_text(f'#!/bin/sh\n{line}\nexec /bin/sh "$@"\n')
    shell.chmod(0o755)
    query = SlurmQuery(timeout_seconds=1)
    result = SlurmProbe(connect(str(shell)), query, PLAIN).probe(RememberedLogin, Deadline(LONG_SECONDS))
    assert result.cause is cause


def test_signals_that_the_program_ignores_still_end_a_command(executor: LocalExecutor) -> None:
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        result = executor.run("yes | head -n 1", LIMITS)
    finally:
        signal.signal(signal.SIGPIPE, before)
    assert result == CommandResult(0, b"y\n", b"")


# The program


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_program_leaves_no_command_running(number: signal.Signals, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    for profile in (".profile", ".bash_profile", ".zprofile"):
        (tmp_path / profile).write_text(f"echo $$ >{file}.new; mv {file}.new {file}; exec sleep 300\n")
    command = [sys.executable, "-m", "cluster_status.cli", "check", "--cluster-host", "local"]
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL) as running:
        pid = pid_in(file)
        running.send_signal(number)
        assert running.wait(LONG_SECONDS) == 128 + number
    assert ends(pid)
