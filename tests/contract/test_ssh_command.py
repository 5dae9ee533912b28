"""What a command brings back over SSH, and the ways in which it can have no result."""

import contextlib
import itertools
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator

import paramiko
import pytest
from paramiko.common import (
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    cMSG_CHANNEL_DATA,
    cMSG_CHANNEL_EXTENDED_DATA,
    cMSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_SUCCESS,
    cMSG_GLOBAL_REQUEST,
    cMSG_IGNORE,
)

from cluster_status.adapters.ssh import jump_hosts
from cluster_status.adapters.ssh.connect import Address, connect_to
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandError,
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    Limits,
    OutputLimitError,
)
from cluster_status.domain.status.probe_result import ProbeFailed, RememberedLogin
from tests.contract.ssh_probe import LONG_SECONDS, nothing_left_behind, ssh_target
from tests.fakes.ssh import (
    NO,
    YES,
    Command,
    LoopbackServer,
    ServerConnection,
    SshServer,
    payload,
    wait_for_close,
)

SHORT_SECONDS = 0.5
SLACK_SECONDS = 1.5  # of a busy machine
STDOUT_BYTES, STDERR_BYTES = 2_000_000, 200_000
LIMITS = Limits(LONG_SECONDS, STDOUT_BYTES, STDERR_BYTES)
SMALL_BUFFER = 4_096
REQUESTS = 5_000  # more than their replies fit into the buffers
EXEC_ACCEPTED = payload(cMSG_CHANNEL_SUCCESS, 0)
EXITED = payload(cMSG_CHANNEL_REQUEST, 0, b"exit-status", NO, 0)
GLOBAL_REQUEST = payload(cMSG_GLOBAL_REQUEST, b"x", YES)
BRIEF = Limits(SHORT_SECONDS, STDOUT_BYTES, STDERR_BYTES)


@contextlib.contextmanager
def logged_in(server: SshServer, *, receive_buffer: int = 0) -> Iterator[SshExecutor]:
    with LoopbackServer(server) as listening, nothing_left_behind():
        if receive_buffer:
            listening.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        executor = SshExecutor(ssh_target(listening.port))
        try:
            executor.connect(RememberedLogin, Deadline(LONG_SECONDS))
            yield executor
        finally:
            executor.close()


def run(server: SshServer, limits: Limits = LIMITS) -> CommandResult:
    with logged_in(server) as executor:
        return executor.run("true", limits)


def error_of(server: SshServer, limits: Limits = LIMITS) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(server, limits)
    return caught.value


def printing(stdout: bytes = b"", stderr: bytes = b"", exit_status: int = 0) -> Command:
    def command(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall_stderr(stderr)
        channel.sendall(stdout)
        channel.send_exit_status(exit_status)

    return command


def sending(message: bytes) -> Callable[[ServerConnection], bool]:
    """Send a message again and again instead of an answer."""

    def on_exec(connection: ServerConnection) -> bool:
        while True:
            connection.transport.packetizer.send_message(paramiko.Message(message))

    return on_exec


# The result


def test_a_result_is_the_exit_status_and_both_outputs() -> None:
    server = SshServer(printing(b"out", b"err", 3))
    assert run(server) == CommandResult(3, b"out", b"err")
    assert server.commands == ["true"]


def test_output_after_the_exit_status_belongs_to_the_result() -> None:
    def late(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.send_exit_status(0)
        channel.sendall(b"late")

    assert run(SshServer(late)) == CommandResult(0, b"late", b"")


def test_an_output_may_be_cut_if_the_connection_is_lost_after_the_exit_status() -> None:
    def leave(connection: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"half")
        channel.send_exit_status(0)
        connection.close()

    assert run(SshServer(leave)) == CommandResult(0, b"half", b"", may_be_cut=True)


def test_a_connection_that_is_closed_right_after_the_exit_status_loses_no_result() -> None:
    def leave(connection: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"out")
        channel.send_exit_status(0)
        channel.shutdown_write()
        connection.close()

    assert [run(SshServer(leave)).stdout for _ in range(10)] == [b"out"] * 10


def test_a_channel_that_cannot_be_closed_loses_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    # as when the server closes the connection right after the exit status
    begin = paramiko.Transport.open_session
    attempts = []

    def open_session(transport: paramiko.Transport, window: int, *, timeout: float) -> paramiko.Channel:
        channel = begin(transport, window, timeout=timeout)
        close = channel.close

        def fail() -> None:
            attempts.append("to close")
            close()
            raise EOFError

        monkeypatch.setattr(channel, "close", fail)
        return channel

    monkeypatch.setattr(paramiko.Transport, "open_session", open_session)
    assert run(SshServer(printing(b"out"))).stdout == b"out"
    assert attempts == ["to close"]


@pytest.mark.parametrize("limits", [LIMITS, BRIEF], ids=["long limit", "short limit"])
def test_a_background_process_that_keeps_the_output_open_delays_the_result_by_a_second_at_most(
    limits: Limits,
) -> None:
    def linger(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"out")
        channel.send_exit_status(0)
        wait_for_close(channel)

    with logged_in(SshServer(linger)) as executor:
        begin = time.monotonic()
        assert executor.run("true", limits).stdout == b"out"
        assert time.monotonic() - begin < min(limits.seconds, 1.0) + 0.7


# Limits of output


def test_output_up_to_the_limits_is_complete() -> None:
    result = run(SshServer(printing(b"o" * STDOUT_BYTES, b"e" * STDERR_BYTES)))
    assert (len(result.stdout), len(result.stderr)) == (STDOUT_BYTES, STDERR_BYTES)


@pytest.mark.parametrize("size", [STDERR_BYTES + 1, 5_000_000])
def test_too_much_stderr_is_an_error_and_does_not_block_stdout(size: int) -> None:
    begin = time.monotonic()
    error = error_of(SshServer(printing(b"out", b"x" * size)))
    assert isinstance(error, OutputLimitError)
    assert str(error) == "the command printed more than 200000 bytes"
    assert time.monotonic() - begin < LONG_SECONDS / 2


def test_endless_output_is_an_error_and_is_cut_off() -> None:
    sent = []

    def flood(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        while True:
            channel.sendall(b"x" * 32_000)
            sent.append(32_000)

    tracemalloc.start()
    try:
        error = error_of(SshServer(flood))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, OutputLimitError)
    assert str(error) == "the command printed more than 2000000 bytes"
    assert sum(sent) < 10_000_000
    assert peak < 20_000_000


@pytest.mark.parametrize("kind", [cMSG_CHANNEL_DATA, cMSG_CHANNEL_EXTENDED_DATA], ids=["stdout", "stderr"])
def test_output_before_the_command_has_begun_is_an_error_beyond_the_window(kind: bytes) -> None:
    code = [1] if kind == cMSG_CHANNEL_EXTENDED_DATA else []
    error = error_of(SshServer(on_exec=sending(payload(kind, 0, *code, b"x" * 32_000))))
    assert isinstance(error, OutputLimitError)
    assert str(error) == "the server exceeded the window of 262144 bytes"


def test_a_session_ends_after_32_megabytes_that_are_no_output() -> None:
    error = error_of(SshServer(on_exec=sending(payload(cMSG_IGNORE, b"x" * 200_000))))
    assert isinstance(error, OutputLimitError)
    assert str(error) == "the server sent more than 32000000 bytes"


# No result


def test_a_command_that_hangs_is_a_timeout_with_what_it_printed() -> None:
    def hang(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"out")
        channel.sendall_stderr(b"err")
        wait_for_close(channel)

    with logged_in(SshServer(hang)) as executor:
        begin = time.monotonic()
        with pytest.raises(CommandTimeoutError) as caught:
            executor.run("true", BRIEF)
        assert SHORT_SECONDS - 0.1 <= time.monotonic() - begin < SHORT_SECONDS + SLACK_SECONDS
    assert (caught.value.stdout, caught.value.stderr) == (b"out", b"err")


def test_a_server_that_starts_no_command_refuses_it() -> None:
    error = error_of(SshServer(on_exec=lambda _: False))
    assert isinstance(error, CommandRefusedError)
    assert str(error) == "the server did not run the command: Channel closed."


def test_a_server_that_opens_no_channel_refuses_the_command() -> None:
    error = error_of(SshServer(on_channel=lambda _: OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED))
    assert isinstance(error, CommandRefusedError)
    assert "Administratively prohibited" in str(error)


@pytest.mark.parametrize("stdout", [b"", b"\nmotd\n"], ids=["before any output", "after some output"])
def test_a_connection_that_ends_before_the_command_is_lost(stdout: bytes) -> None:
    def lose(connection: ServerConnection, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(stdout)
        connection.close()

    assert isinstance(error_of(SshServer(lose)), ConnectionLostError)


def test_a_connection_that_ends_amid_much_output_is_lost() -> None:
    def lose(connection: ServerConnection, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(b"x" * 1_500_000)
        connection.close()

    # so much that the client has to allow more on a connection that has ended
    assert {type(error_of(SshServer(lose))) for _ in range(5)} == {ConnectionLostError}


def test_a_stream_that_cannot_be_read_is_a_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise EOFError

    def lose(connection: ServerConnection, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(b"x")
        connection.close()

    monkeypatch.setattr(paramiko.Channel, "recv", fail)
    assert isinstance(error_of(SshServer(lose)), ConnectionLostError)


def test_a_command_ended_by_a_signal_was_killed() -> None:
    def die(connection: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"out")
        connection.report_kill(channel)

    error = error_of(SshServer(die))
    assert isinstance(error, CommandKilledError)
    assert error.stdout == b"out"


def test_a_command_that_reads_its_input_gets_none() -> None:
    def read(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"read: " + channel.recv(1))
        channel.send_exit_status(0)

    assert run(SshServer(read)) == CommandResult(0, b"read: ", b"")


# Several commands in one session


def test_after_a_command_that_hung_the_session_runs_another_one() -> None:
    server = SshServer(lambda _, channel, __: wait_for_close(channel))
    with logged_in(server) as executor:
        with pytest.raises(CommandTimeoutError):
            executor.run("true", BRIEF)
        server.command = printing(b"out")
        assert executor.run("true", LIMITS).stdout == b"out"
    assert len(server.offers) == 1


def test_after_a_lost_session_there_is_one_new_login() -> None:
    server = SshServer(lambda connection, *_: connection.close())
    with logged_in(server) as executor:
        for spent in (False, True):
            executor.connect(RememberedLogin, Deadline(LONG_SECONDS))
            with pytest.raises(ConnectionLostError):
                executor.run("true", LIMITS)
            assert executor.login.login_spent is spent
        with pytest.raises(ProbeFailed, match="after two logins"):
            executor.connect(RememberedLogin, Deadline(LONG_SECONDS))
    assert len(server.offers) == 2


def test_after_it_is_closed_an_executor_has_no_connection() -> None:
    with logged_in(SshServer()) as executor:
        executor.close()
        with pytest.raises(ConnectionLostError, match="the session is closed"):
            executor.run("true", LIMITS)


# A server that reads nothing


def test_a_server_that_reads_nothing_does_not_keep_the_client_after_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def connect_with_small_buffer(address: Address, deadline: Deadline) -> socket.socket:
        connection = connect_to(address, deadline)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
        return connection

    def reply_and_read_nothing(connection: ServerConnection) -> bool:
        """Run in the thread that reads: report the end, and send requests whose replies fill the buffers."""
        for sent in (EXEC_ACCEPTED, EXITED, *itertools.repeat(GLOBAL_REQUEST, REQUESTS)):
            connection.transport.packetizer.send_message(paramiko.Message(sent))
        connection.read_nothing()
        raise EOFError

    monkeypatch.setattr(jump_hosts, "connect_to", connect_with_small_buffer)
    with logged_in(SshServer(on_exec=reply_and_read_nothing), receive_buffer=SMALL_BUFFER) as executor:
        begin = time.monotonic()
        executor.run("true", Limits(2 * SHORT_SECONDS, STDOUT_BYTES, STDERR_BYTES))
        assert time.monotonic() - begin < 2 * SHORT_SECONDS + 1.0 + SLACK_SECONDS
