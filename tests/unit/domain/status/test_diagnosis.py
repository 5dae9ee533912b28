import pytest

from cluster_status.domain.execution import (
    CommandError,
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    JumpHostLostError,
    OutputLimitError,
)
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose, diagnose_error
from cluster_status.domain.status.probe_result import ProbeFailure

BOUNDARY = "f4a3e"
BEGUN = f"welcome\n{BOUNDARY}\n".encode()


def diagnosis(exit_status: int, stderr: bytes, stdout: bytes = BEGUN) -> ProbeFailure:
    return diagnose(CommandResult(exit_status, stdout, stderr), BOUNDARY)


@pytest.mark.parametrize(
    ("exit_status", "stderr", "cause"),
    [
        (
            1,
            "slurm_load_partitions: Unable to contact slurm controller (connect failure)",
            Cause.SCHEDULER_DOWN,
        ),
        (1, "slurm_load_partitions: Socket timed out on send/recv operation", Cause.SCHEDULER_DOWN),
        (1, "slurm_load_partitions: Unexpected message received", Cause.SCHEDULER_DOWN),
        (1, "sinfo: error: If munged is up, restart with --num-threads=10", Cause.SCHEDULER_DOWN),
        (1, 'sinfo: error: Munge encode failed: Failed to access "/run/munge"', Cause.SCHEDULER_DOWN),
        (1, "slurm_load_partitions: Protocol authentication error", Cause.SCHEDULER_DOWN),
        (1, "sinfo: error: cannot stat file /etc/slurm/slurm.conf, retrying in 1sec", Cause.SCHEDULER_DOWN),
        (1, "sinfo: fatal: Unable to process configuration file", Cause.SCHEDULER_DOWN),
        (1, "sinfo: fatal: Could not establish a configuration source", Cause.SCHEDULER_DOWN),
        (
            1,
            "some notice of the login\nslurm_load_node: Unable to contact slurm controller",
            Cause.SCHEDULER_DOWN,
        ),
        (1, "slurm_load_node: Access/permission denied", Cause.SINFO_FAILED),
        (1, "sinfo: unrecognized option '--what'", Cause.SINFO_FAILED),
        (126, "env: 'sinfo': Permission denied", Cause.SINFO_FAILED),
        (137, "Killed", Cause.SINFO_FAILED),
        (1, "", Cause.SINFO_FAILED),
        (127, "env: 'sinfo': No such file or directory", Cause.NO_SCHEDULER),
        (127, "env: can't execute 'sinfo': No such file or directory", Cause.NO_SCHEDULER),
        (127, "some notice\nenv: „sinfo“: Datei oder Verzeichnis nicht gefunden", Cause.NO_SCHEDULER),
        (127, "/usr/local/bin/sinfo: line 3: /opt/slurm/bin/sinfo: not found", Cause.SINFO_FAILED),
        (127, "env: 'sinfo-wrapped': No such file or directory", Cause.SINFO_FAILED),
        (127, "", Cause.SINFO_FAILED),
        (
            1,
            "munge module loaded\nslurm_load_partitions: Access/permission denied",
            Cause.SINFO_FAILED,
        ),
    ],
)
def test_a_failure_is_one_of_slurm_of_the_account_or_that_sinfo_is_missing(
    exit_status: int, stderr: str, cause: Cause
) -> None:
    assert diagnosis(exit_status, stderr.encode()).cause is cause


@pytest.mark.parametrize(
    ("exit_status", "stderr", "cause"),
    [
        (
            1,
            "WARNING: Your password has expired.\nPassword change required but no TTY available.",
            Cause.LOGIN_REFUSED,
        ),
        (127, "env: 'sinfo': No such file or directory", Cause.SINFO_FAILED),
        (127, "bash: /etc/profile: Stale file handle", Cause.SINFO_FAILED),
        (1, "This account is currently not available.", Cause.SINFO_FAILED),
    ],
)
def test_a_login_that_ends_before_sinfo_says_nothing_about_slurm(
    exit_status: int, stderr: str, cause: Cause
) -> None:
    assert diagnosis(exit_status, stderr.encode(), stdout=b"").cause is cause


def test_the_detail_is_the_last_line_of_stderr() -> None:
    stderr = b"welcome\n\nslurm_load_node: Access/permission denied\n  \n"
    assert diagnosis(1, stderr).detail == "slurm_load_node: Access/permission denied"


@pytest.mark.parametrize("stderr", [b"", b"\n \n"])
def test_without_stderr_the_detail_is_the_exit_status(stderr: bytes) -> None:
    assert diagnosis(3, stderr).detail == "exit status 3"


@pytest.mark.parametrize("stderr", [b"", b"bash: line 1: 27781 Killed   env -u SINFO_ALL sinfo -h"])
def test_a_killed_sinfo_has_the_same_detail_in_every_shell(stderr: bytes) -> None:
    assert diagnosis(137, stderr).detail == "killed by signal 9"
    assert diagnosis(255, stderr).detail != "killed by signal 127"


def test_without_munge_the_detail_is_the_line_that_names_it() -> None:
    stderr = (
        b"sinfo: error: If munged is up, restart with --num-threads=10\n"
        b'sinfo: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2"\n'
        b"slurm_load_partitions: Protocol authentication error\n"
    )
    assert "Munge encode failed" in diagnosis(1, stderr).detail


# Commands without a result


def test_a_timeout_after_some_output_is_one_of_sinfo() -> None:
    error = CommandTimeoutError("", stdout=b"motd\n")
    expected = ProbeFailure(Cause.SCHEDULER_TIMEOUT, "sinfo did not finish within 30 s")
    assert diagnose_error(error, seconds=30) == expected


def test_a_timeout_without_output_is_one_of_the_login_shell() -> None:
    error = CommandTimeoutError("", stdout=b"\r\n")
    expected = ProbeFailure(Cause.SCHEDULER_TIMEOUT, "the login shell did not answer within 30 s")
    assert diagnose_error(error, seconds=30) == expected


def test_a_timeout_quotes_the_last_line_of_stderr_cleaned() -> None:
    stderr = b"motd\nsinfo: error: no \x1b[31mfile, retrying up to 60sec\n \n"
    detail = diagnose_error(CommandTimeoutError("", stderr=stderr), seconds=30).detail
    assert detail.endswith("; last line on stderr: sinfo: error: no [31mfile, retrying up to 60sec")


def test_too_much_output_is_unparsable_with_a_remedy() -> None:
    failure = diagnose_error(OutputLimitError("too much"), seconds=30)
    assert (failure.cause, failure.detail) == (Cause.UNPARSABLE, "too much")
    assert "run sinfo" in failure.remedy


def test_a_connection_that_is_lost_after_the_login_is_dropped() -> None:
    found = diagnose_error(ConnectionLostError("the connection was lost"), seconds=30)
    assert found == ProbeFailure(Cause.DROPPED, "after the login: the connection was lost")


def test_a_connection_that_is_lost_with_that_to_the_jump_host_is_no_outage() -> None:
    assert diagnose_error(JumpHostLostError("lost"), seconds=30) == ProbeFailure(Cause.JUMP_HOST, "lost")


@pytest.mark.parametrize("kind", [CommandKilledError, CommandRefusedError])
def test_any_other_error_is_a_failure_of_sinfo(kind: type[CommandError]) -> None:
    assert diagnose_error(kind("as it is"), seconds=30) == ProbeFailure(Cause.SINFO_FAILED, "as it is")
