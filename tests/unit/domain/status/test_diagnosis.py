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
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose, diagnose_error, diagnose_shell
from cluster_status.domain.status.probe_result import ProbeFailure

BOUNDARY = "f4a3e"
BEGUN = f"welcome\n{BOUNDARY}\n".encode()


def diagnosis(exit_status: int, stderr: bytes, stdout: bytes = BEGUN) -> ProbeFailure:
    return diagnose(CommandResult(exit_status, stdout, stderr), BOUNDARY, PLAIN)


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
        (127, "env: 'sinfo': No such file or directory", Cause.SHELL_FAILS),
        (127, "bash: /etc/profile: Stale file handle", Cause.SHELL_FAILS),
        (1, "This account is currently not available.", Cause.SHELL_FAILS),
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


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"slurm_load_partitions: {text}"
            for text in (
                "Zero Bytes were transmitted or received",
                "Unexpected message received",
                "Unexpected missing socket error",
                "Connection reset by peer",
                "Connection refused",
                "No route to host",
                "Insane message length",
                "Incompatible versions of client and server code",
                "Message receive failure",
                "Message send failure",
                "Communication connection failure",
                "Slurm backup controller in standby mode",
                "Invalid authentication credential",
                "Unspecified error",
                "A text of a later version",
            )
        ),
        "sinfo: error: Unable to establish control machine address",
        "sinfo: fatal: Invalid user for SlurmUser slurm",
        "sinfo: error: Parsing error at unrecognized key: NoSuchParameter",
        "sinfo: error: auth_g_pack: REQUEST_PARTITION_INFO has authentication error: Permission denied",
        'sinfo: error: Munge encode failed: Failed to connect to "/run/munge/socket": Permission denied',
        "sinfo: error: Problem talking to database",
        "/opt/slurm/bin/sinfo: error: slurm_receive_msg: Zero Bytes were transmitted or received",
        "slurm_load_reservations error: Unable to contact slurm controller (connect failure)",
        "[2026-01-31T12:00:00.000] sinfo: error: fetch_config: DNS SRV lookup failed",
    ],
)
def test_any_other_error_of_slurm_is_a_fault_of_slurm_and_is_quoted(line: str) -> None:
    failure = diagnosis(1, f"a text of the login\n{line}\n".encode())
    assert (failure.cause, failure.detail) == (Cause.SCHEDULER_DOWN, line)
    on_stdout = diagnosis(1, b"", stdout=BEGUN + line.encode())
    assert (on_stdout.cause, on_stdout.detail) == (Cause.SCHEDULER_DOWN, line)


def test_the_remedy_for_a_cluster_that_slurm_does_not_reach_names_its_input() -> None:
    failure = diagnosis(
        1, b"sinfo: error: 'b' can't be reached now, or it is an invalid entry for --cluster."
    )
    assert failure.cause is Cause.SCHEDULER_DOWN
    assert failure.remedy.startswith("Check slurm-cluster.")


@pytest.mark.parametrize(
    "line",
    [
        "slurm_load_partitions: Access/permission denied",
        "slurm_load_partitions: Invalid user id",
        "sinfo: error: Invalid node format specification: X",
        "sinfo: invalid option -- 'Z'",
        "sinfo: error while loading shared libraries: libslurmfull.so: cannot open shared object file",
        "/usr/local/bin/sinfo: line 3: syntax error",
        "slurm_wrapper.sh: line 3: Connection refused",
        "Traceback (most recent call last):",
    ],
)
def test_an_error_about_the_account_or_the_command_is_no_fault_of_slurm(line: str) -> None:
    failure = diagnosis(1, line.encode())
    assert (failure.cause, failure.detail) == (Cause.SINFO_FAILED, line)


@pytest.mark.parametrize(
    ("exit_status", "stderr", "not_found"),
    [
        (127, "env: 'sinfo': No such file or directory", True),
        (127, "sinfo: error while loading shared libraries: libslurmfull.so: cannot open", True),
        (1, "sinfo: fatal: Could not establish a configuration source", True),
        (1, "sinfo: error: s_p_parse_file: unable to status file /etc/slurm.conf: No such file", True),
        (1, "slurm_load_partitions: Unable to contact slurm controller (connect failure)", False),
        (1, "slurm_load_partitions: Access/permission denied", False),
        (126, "env: 'sinfo': Permission denied", False),
    ],
)
def test_another_shell_may_find_what_is_missing(exit_status: int, stderr: str, *, not_found: bool) -> None:
    assert diagnosis(exit_status, stderr.encode()).not_found is not_found


@pytest.mark.parametrize("exit_status", [0, 1, 127])
def test_before_the_first_boundary_the_text_of_the_shell_is_quoted(exit_status: int) -> None:
    result = CommandResult(exit_status, b"\nThis account is currently not available.\n", b"")
    expected = f"exit status {exit_status}: This account is currently not available."
    assert diagnose_shell(result, PLAIN) == ProbeFailure(Cause.SHELL_FAILS, expected)


def test_a_shell_that_prints_its_command_has_not_begun() -> None:
    failure = diagnosis(1, b"", stdout=f"command not allowed: echo && echo {BOUNDARY} && env".encode())
    assert failure.cause is Cause.SHELL_FAILS


# Commands without a result


def failure_of(error: CommandError) -> ProbeFailure:
    return diagnose_error(error, BOUNDARY, PLAIN, seconds=30)


def test_a_timeout_after_the_first_boundary_is_one_of_sinfo() -> None:
    expected = ProbeFailure(Cause.SCHEDULER_TIMEOUT, "sinfo did not finish within 30 s")
    assert failure_of(CommandTimeoutError("", stdout=BEGUN)) == expected


@pytest.mark.parametrize("stdout", [b"", b"\r\n"])
def test_a_timeout_before_it_is_one_of_the_login_shell(stdout: bytes) -> None:
    expected = ProbeFailure(Cause.SHELL_HANGS, "the login shell did not respond within 30 s")
    assert failure_of(CommandTimeoutError("", stdout=stdout)) == expected


@pytest.mark.parametrize("stdout", [BEGUN, b""])
def test_a_timeout_quotes_the_last_line_of_stderr_cleaned(stdout: bytes) -> None:
    stderr = b"motd\nsinfo: error: no \x1b[31mfile, retrying up to 60sec\n \n"
    detail = failure_of(CommandTimeoutError("", stdout=stdout, stderr=stderr)).detail
    assert detail.endswith("; last line on stderr: sinfo: error: no file, retrying up to 60sec")


def test_too_much_output_has_a_remedy_that_names_its_source() -> None:
    of_sinfo = failure_of(OutputLimitError("too much", stdout=BEGUN))
    assert (of_sinfo.cause, of_sinfo.detail) == (Cause.UNPARSABLE, "too much")
    assert "run sinfo" in of_sinfo.remedy
    of_login = failure_of(OutputLimitError("too much", stdout=b"motd\n"))
    assert (of_login.cause, of_login.detail) == (Cause.SHELL_FAILS, "too much")
    assert "login script" in of_login.remedy


def test_a_connection_that_is_lost_after_the_login_is_dropped() -> None:
    found = failure_of(ConnectionLostError("the connection was lost"))
    assert found == ProbeFailure(Cause.DROPPED, "after the login: the connection was lost")


def test_a_connection_that_is_lost_with_that_to_the_jump_host_is_no_outage() -> None:
    assert failure_of(JumpHostLostError("lost")) == ProbeFailure(Cause.JUMP_HOST, "lost")


@pytest.mark.parametrize("kind", [CommandKilledError, CommandRefusedError])
def test_any_other_error_is_a_failure_of_sinfo_only_after_the_first_boundary(
    kind: type[CommandError],
) -> None:
    assert failure_of(kind("as it is")) == ProbeFailure(Cause.SHELL_FAILS, "as it is")
    assert failure_of(kind("as it is", stdout=BEGUN)) == ProbeFailure(Cause.SINFO_FAILED, "as it is")
