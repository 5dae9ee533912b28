"""What is run once the probe is logged in: what comes back, and what becomes of it."""

import contextlib
import tracemalloc
from collections.abc import Callable

import paramiko
import pytest
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

from cluster_status.adapters.ssh.command import CommandResult, run
from cluster_status.adapters.ssh.deadline import Deadline
from cluster_status.domain.slurm import sinfo
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import PATIENCE_SECONDS, check, is_listed, nothing_left, probe_at, probing
from tests.fakes.ssh import HOST, PASSWORD, USER, Command, Front, Loopback, Visit, answer, healthy, waits

LIMIT_SECONDS = 0.5
SLACK_SECONDS = 1.5  # of a busy machine
BOUNDARY = "0123456789abcdef"


def says(output: bytes | Callable[[str], bytes] = b"", stderr: bytes = b"", exit_status: int = 0) -> Command:
    def command(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
        channel.sendall_stderr(stderr)
        channel.sendall(output(boundary) if callable(output) else output)
        channel.send_exit_status(exit_status)

    return command


# what comes back


def test_a_command_s_output_complaint_and_exit_status_are_its_answer() -> None:
    command = says(b"out", b"complaint", 3)
    with (
        Loopback(Front(command)) as server,
        nothing_left(),
        contextlib.closing(paramiko.Transport((HOST, server.port))) as transport,
    ):
        transport.connect(username=USER, password=PASSWORD)
        got = run(transport, sinfo.command(BOUNDARY), Deadline(PATIENCE_SECONDS))
    assert got == CommandResult(3, b"out", b"complaint")


def test_a_healthy_answer_is_a_listing() -> None:
    front = Front()
    seen = probe_at(front)
    assert isinstance(seen.result.outcome, ClusterState)
    assert seen.result.outcome.nodes.total == 8
    assert (seen.result.reached, seen.result.logged_in) == (True, True)
    assert [sinfo.command(front.commands[0].split()[3])] == front.commands


def test_each_look_frames_its_answer_by_another_word() -> None:
    front = Front()
    with Loopback(front) as server, probing(server.port) as probe:
        check(probe)
        check(probe)
    assert len(set(front.commands)) == 2


def test_a_command_that_fails_is_diagnosed_from_its_complaint() -> None:
    stderr = b"slurm_load_partitions: Unable to contact slurm controller (connect failure)\n"
    seen = probe_at(Front(says(b"", stderr, 1)))
    assert seen.told == (Cause.SCHEDULER_DOWN, stderr.decode().strip())


def test_an_answer_that_is_none_is_quoted_cleaned() -> None:
    def garble(boundary: str) -> bytes:
        return healthy(boundary).replace(b"|8|idle", b"|\x1b[31m::error::eight|idle")

    seen = probe_at(Front(says(garble)))
    assert seen.cause is Cause.UNPARSABLE
    assert "'debug*|up|1-00:00:00| [31m::error::eight|idle'" in seen.failure.detail


def test_an_answer_that_is_cut_off_is_incomplete_although_the_command_did_not_fail() -> None:
    seen = probe_at(Front(says(lambda boundary: healthy(boundary)[:-10])))
    assert seen.cause is Cause.UNPARSABLE
    assert "incomplete" in seen.failure.detail


# floods


def test_a_complaint_may_be_long() -> None:
    assert is_listed(probe_at(Front(says(healthy, b"module load: deprecated\n" * 8_000))))


@pytest.mark.parametrize("size", [200_001, 5_000_000])
def test_a_flood_of_complaints_beside_a_healthy_answer_blocks_nothing_and_is_unparsable(size: int) -> None:
    seen = probe_at(Front(says(healthy, b"x" * size)))
    assert seen.told == (Cause.UNPARSABLE, "more than 200000 bytes came back")
    assert seen.took < PATIENCE_SECONDS / 2


def test_a_flood_of_output_is_cut_off_and_unparsable() -> None:
    sent = []

    def flood(_: Visit, channel: paramiko.Channel, __: str) -> None:
        while True:
            channel.sendall(b"x" * 32_000)
            sent.append(32_000)

    tracemalloc.start()
    try:
        seen = probe_at(Front(flood))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.told == (Cause.UNPARSABLE, "more than 2000000 bytes came back")
    assert sum(sent) < 10_000_000
    assert peak < 20_000_000


# what does not end, or not as it should


def test_a_command_that_hangs_after_some_output_has_not_ended() -> None:
    def hang(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
        channel.sendall(healthy(boundary)[:60])
        waits(channel)

    seen = probe_at(Front(hang), command_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.SCHEDULER_TIMEOUT
    assert seen.failure.detail.startswith("sinfo has not ended within")
    assert LIMIT_SECONDS - 0.1 <= seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_what_a_command_said_before_it_was_given_up_is_told() -> None:
    def hang(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
        channel.sendall(healthy(boundary)[:60])
        channel.sendall_stderr(b"motd\nsinfo: error: no \x1b[31mfile, retrying up to 60sec\n \n")
        waits(channel)

    told = probe_at(Front(hang), command_timeout_seconds=LIMIT_SECONDS).told
    assert told[0] is Cause.SCHEDULER_TIMEOUT
    assert told[1].endswith("; the last that was said: sinfo: error: no [31mfile, retrying up to 60sec")


def test_a_login_shell_that_prints_nothing_has_not_even_answered() -> None:
    def hang(_: Visit, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(b"\r\n")
        waits(channel)

    seen = probe_at(Front(hang), command_timeout_seconds=LIMIT_SECONDS)
    assert seen.cause is Cause.SCHEDULER_TIMEOUT
    assert seen.failure.detail.startswith("not even the login shell has answered within")


def test_a_server_that_runs_no_command_says_so() -> None:
    seen = probe_at(Front(at_command=lambda _: False))
    assert seen.told == (Cause.SINFO_FAILED, "the command was not run: Channel closed.")


def test_a_server_that_opens_no_channel_says_so() -> None:
    seen = probe_at(Front(at_channel=lambda _: OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED))
    assert seen.cause is Cause.SINFO_FAILED
    assert "no command can be run: " in seen.failure.detail
    assert "Administratively prohibited" in seen.failure.detail


LOST = (Cause.SINFO_FAILED, "it was killed, or the connection was lost")


@pytest.mark.parametrize("said", [b"", b"\nmotd\n"], ids=["before a word", "amid its output"])
def test_a_connection_that_is_lost_amid_the_command_is_told_as_such(said: bytes) -> None:
    def lose(visit: Visit, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(said)
        visit.hang_up()

    assert probe_at(Front(lose)).told == LOST


def test_a_connection_that_is_lost_amid_a_flood_is_told_as_such() -> None:
    def lose(visit: Visit, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(b"x" * 1_500_000)
        visit.hang_up()

    # so much that the probe has to allow for more meanwhile, on a connection that has gone
    assert {probe_at(Front(lose)).told for _ in range(5)} == {LOST}


def test_a_stream_that_can_no_longer_be_read_is_told_as_a_lost_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> bytes:
        raise EOFError

    def lose(visit: Visit, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(b"x")
        visit.hang_up()

    monkeypatch.setattr(paramiko.Channel, "recv", fail)
    assert probe_at(Front(lose)).told == LOST


def test_a_command_that_a_signal_ended_has_failed() -> None:
    def die(visit: Visit, channel: paramiko.Channel, boundary: str) -> None:
        channel.sendall(healthy(boundary))
        visit.kill(channel)

    assert probe_at(Front(die)).told == LOST


def test_a_channel_that_cannot_be_closed_takes_nothing_from_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # as it is where the server hangs up right after its answer
    begin = paramiko.Transport.open_session
    tried = []

    def open_session(transport: paramiko.Transport, *, timeout: float) -> paramiko.Channel:
        channel = begin(transport, timeout=timeout)
        close = channel.close

        def fail() -> None:
            tried.append("to close")
            close()
            raise EOFError

        monkeypatch.setattr(channel, "close", fail)
        return channel

    monkeypatch.setattr(paramiko.Transport, "open_session", open_session)
    assert is_listed(probe_at(Front()))
    assert tried == ["to close"]


def test_a_server_that_hangs_up_right_after_its_answer_has_answered() -> None:
    def leave(visit: Visit, channel: paramiko.Channel, boundary: str) -> None:
        answer(visit, channel, boundary)
        channel.shutdown_write()
        visit.hang_up()

    assert [is_listed(probe_at(Front(leave))) for _ in range(10)] == [True] * 10


# what the login leaves running


@pytest.mark.parametrize("limit", [PATIENCE_SECONDS, LIMIT_SECONDS], ids=["long limit", "short limit"])
def test_a_background_process_that_keeps_the_output_open_takes_nothing_from_the_answer(limit: float) -> None:
    def linger(visit: Visit, channel: paramiko.Channel, boundary: str) -> None:
        answer(visit, channel, boundary)
        waits(channel)

    seen = probe_at(Front(linger), command_timeout_seconds=limit)
    assert is_listed(seen)
    assert seen.took < min(limit, 1.0) + 0.7  # both streams are waited for together


def test_what_comes_just_after_the_exit_status_belongs_to_the_answer() -> None:
    def late(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
        channel.send_exit_status(0)
        channel.sendall(healthy(boundary))

    assert is_listed(probe_at(Front(late)))
