"""Look after look in one session, its end, and the time limits of a look."""

import threading
from collections.abc import Callable
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import check, is_listed, open_sockets, probe_at, probing
from tests.fakes.ssh import BANNER, Front, Loopback, Play, Visit, answer, raw, waits
from tests.servers.daemon import wait_until

LIMIT_SECONDS = 0.4
SLACK_SECONDS = 1.5  # of a busy machine


# the session, look after look


def test_a_second_look_uses_the_session_of_the_first() -> None:
    front = Front()
    with Loopback(front) as server, probing(server.port) as probe:
        assert [is_listed(check(probe)) for _ in range(3)] == [True] * 3
        assert server.visits == 1
    assert len(front.offers) == 1
    assert len(front.commands) == 3


def test_after_a_command_that_hung_another_look_uses_the_same_session() -> None:
    def hang(_: Visit, channel: paramiko.Channel, __: str) -> None:
        waits(channel)

    front = Front(hang)
    with Loopback(front) as server, probing(server.port, command_timeout_seconds=LIMIT_SECONDS) as probe:
        assert check(probe).cause is Cause.SCHEDULER_TIMEOUT
        front.command = answer
        assert is_listed(check(probe))
    assert len(front.offers) == 1


def test_after_a_session_is_lost_another_look_has_a_cause_and_offers_nothing() -> None:
    def lose(visit: Visit, channel: paramiko.Channel, _: str) -> None:
        channel.sendall(b"\n")
        visit.hang_up()

    front = Front(lose)
    with Loopback(front) as server, probing(server.port) as probe:
        first, second = check(probe), check(probe)
        assert server.visits == 1
    assert first.cause is Cause.SINFO_FAILED
    assert second.cause is Cause.SINFO_FAILED
    assert second.failure.detail
    assert second.result.logged_in
    assert len(front.offers) == 1


def test_to_close_leaves_no_thread_and_no_socket() -> None:
    with Loopback(Front()) as server:
        threads, sockets = threading.active_count(), open_sockets()
        with probing(server.port) as probe:
            check(probe)
            assert threading.active_count() > threads
            assert len(open_sockets() - sockets) == 2  # both ends are in this process
            probe.close()
            wait_until(lambda: threading.active_count() == threads, timeout_seconds=3)
            assert open_sockets() == sockets


def test_to_close_again_or_before_a_look_does_nothing() -> None:
    with Loopback(Front()) as server, probing(server.port) as probe:
        probe.close()
        assert is_listed(check(probe))
        probe.close()
        probe.close()
        assert server.visits == 1


def test_a_look_after_the_end_has_a_cause_and_offers_nothing() -> None:
    front = Front()
    with Loopback(front) as server, probing(server.port) as probe:
        check(probe)
        probe.close()
        seen = check(probe)
    assert seen.told == (Cause.SINFO_FAILED, "the session is closed")
    assert len(front.offers) == 1


# the time limits


def never_logs_in(visit: Visit, _: str) -> int:
    visit.hold()
    return AUTH_FAILED


def never_opens(visit: Visit) -> int:
    visit.hold()
    return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def never_runs(visit: Visit) -> bool:
    visit.hold()
    return False


def never_ends(_: Visit, channel: paramiko.Channel, __: str) -> None:
    waits(channel)


def never_agrees_on_new_keys(visit: Visit) -> bool:
    visit.begin_new_keys_and_hold()
    return False


HANGING: dict[str, Callable[[], Play]] = {
    "before the banner": lambda: raw(then_silent=True),
    "after the banner": lambda: raw(BANNER, then_silent=True),
    "at the login": lambda: Front(at_login=never_logs_in),
    "at the channel": lambda: Front(at_channel=never_opens),
    "at the command": lambda: Front(at_command=never_runs),
    "in the command": lambda: Front(never_ends),
    "over new keys": lambda: Front(never_ends, at_command=never_agrees_on_new_keys),
}
LIMITS: dict[str, dict[str, Any]] = {
    "its own": {
        "connect_timeout_seconds": LIMIT_SECONDS,
        "command_timeout_seconds": LIMIT_SECONDS,
        "seconds": 60.0,
    },
    "the look's": {
        "connect_timeout_seconds": 60.0,
        "command_timeout_seconds": 60.0,
        "seconds": LIMIT_SECONDS,
    },
}


@pytest.mark.parametrize("where", HANGING)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_server_that_hangs_ends_the_look_in_time(limit: str, where: str) -> None:
    seen = probe_at(HANGING[where](), **LIMITS[limit])
    assert seen.cause in {Cause.TIMEOUT, Cause.SCHEDULER_TIMEOUT}
    assert LIMIT_SECONDS - 0.1 <= seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_a_server_that_hangs_over_new_keys_ends_another_look_in_time() -> None:
    front = Front(at_command=never_agrees_on_new_keys)
    with Loopback(front) as server, probing(server.port, command_timeout_seconds=LIMIT_SECONDS) as probe:
        for _ in range(2):
            seen = check(probe)
            assert seen.cause is Cause.SCHEDULER_TIMEOUT
            assert seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_a_look_without_any_time_ends_at_once() -> None:
    seen = probe_at(Front(), seconds=0.0)
    assert seen.cause in {Cause.DNS, Cause.TIMEOUT, Cause.SCHEDULER_TIMEOUT}
    assert seen.took < SLACK_SECONDS


def test_another_look_without_any_time_ends_at_once() -> None:
    with Loopback(Front()) as server, probing(server.port) as probe:
        check(probe)
        seen = check(probe, seconds=0.0)
    assert seen.cause is Cause.SCHEDULER_TIMEOUT
    assert seen.took < SLACK_SECONDS
