"""Several probes in one session, several sessions at once, and the time limits of a probe."""

import gc
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

from cluster_status.domain.slurm.commands import PARTITIONS, RESERVATIONS, TOTAL, command_line
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.threads import run_in_thread
from tests.contract.ssh_probe import LONG_SECONDS, new_probe, open_sockets, probe_server, run_probe
from tests.fakes.ssh import (
    BANNER,
    Handler,
    LoopbackServer,
    ServerConnection,
    SshServer,
    raw,
    wait_for_close,
)
from tests.servers.daemon import wait_until

SHORT_SECONDS = 0.4
SLACK_SECONDS = 1.5  # of a busy machine


# Several probes in one session


def test_a_probe_logs_in_and_runs_the_slurm_commands() -> None:
    server = SshServer()
    probed = probe_server(server)
    assert probed.lists_nodes
    assert (probed.result.reached, probed.result.logged_in) == (True, True)
    state, maintenance = server.commands
    assert state == command_line(state.split()[3], PARTITIONS, TOTAL, clusters=True)
    assert maintenance == command_line(maintenance.split()[3], RESERVATIONS)


def test_another_probe_uses_the_session_of_the_first() -> None:
    server = SshServer()
    with LoopbackServer(server) as listening, new_probe(listening.port) as probe:
        assert [run_probe(probe).lists_nodes for _ in range(3)] == [True] * 3
        assert listening.connection_count == 1
    assert len(server.offers) == 1
    assert len(server.commands) == 3 + 1  # maintenance is read once


def test_closing_leaves_no_thread_and_no_socket() -> None:
    with LoopbackServer(SshServer()) as listening:
        threads, sockets = threading.active_count(), open_sockets()
        with new_probe(listening.port) as probe:
            run_probe(probe)
            assert threading.active_count() > threads
            assert len(open_sockets() - sockets) == 2  # both ends are in this process
            probe.close()
            wait_until(lambda: threading.active_count() == threads, timeout_seconds=3)
            assert open_sockets() == sockets


def test_closing_twice_or_before_a_probe_does_nothing() -> None:
    with LoopbackServer(SshServer()) as listening, new_probe(listening.port) as probe:
        probe.close()
        assert run_probe(probe).lists_nodes
        probe.close()
        probe.close()
        assert listening.connection_count == 1


# Several sessions at once


def test_the_disconnect_reason_of_one_server_does_not_appear_at_another() -> None:
    other_is_waiting, first_has_ended = threading.Event(), threading.Event()

    def disconnect(connection: ServerConnection, _: str) -> int:
        other_is_waiting.wait(LONG_SECONDS)
        connection.disconnect(b"too many users")
        return AUTH_FAILED

    def close_later(connection: ServerConnection, _: str) -> int:
        other_is_waiting.set()
        first_has_ended.wait(LONG_SECONDS)
        connection.close()
        return AUTH_FAILED

    with (
        LoopbackServer(SshServer(on_password=disconnect)) as first,
        LoopbackServer(SshServer(on_password=close_later)) as second,
        new_probe(first.port) as probe,
        new_probe(second.port) as other_probe,
    ):
        other = run_in_thread(lambda: run_probe(other_probe))
        assert run_probe(probe).failure.detail.endswith("after it got the password: too many users")
        first_has_ended.set()
        detail = other.result().failure.detail
    assert detail == "the server closed the connection after it got the password"


def test_sessions_leave_no_loggers_and_no_handlers_behind() -> None:
    def left() -> tuple[Mapping[str, object], int]:
        gc.collect()
        return dict(logging.root.manager.loggerDict), len(logging._handlers)  # type: ignore[attr-defined]  # noqa: SLF001

    probe_server(SshServer())
    before = left()
    for _ in range(3):
        probe_server(SshServer())
    assert left() == before


# Time limits


def never_accepts(connection: ServerConnection, _: str) -> int:
    connection.stay_silent()
    return AUTH_FAILED


def never_opens(connection: ServerConnection) -> int:
    connection.stay_silent()
    return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def never_starts(connection: ServerConnection) -> bool:
    connection.stay_silent()
    return False


def never_ends(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
    wait_for_close(channel)


def never_exchanges_keys(connection: ServerConnection) -> bool:
    connection.begin_key_exchange_and_stay_silent()
    return False


SILENT: dict[str, Callable[[], Handler]] = {
    "before the banner": lambda: raw(then_silent=True),
    "after the banner": lambda: raw(BANNER, then_silent=True),
    "at the login": lambda: SshServer(on_password=never_accepts),
    "at the channel": lambda: SshServer(on_channel=never_opens),
    "at the command": lambda: SshServer(on_exec=never_starts),
    "in the command": lambda: SshServer(never_ends),
    "in another key exchange": lambda: SshServer(never_ends, on_exec=never_exchanges_keys),
}
LIMITS: dict[str, dict[str, Any]] = {
    "of the step": {
        "connect_timeout_seconds": SHORT_SECONDS,
        "query": SlurmQuery(timeout_seconds=SHORT_SECONDS),
        "seconds": 60.0,
    },
    "of the probe": {
        "connect_timeout_seconds": 60.0,
        "query": SlurmQuery(timeout_seconds=60.0),
        "seconds": SHORT_SECONDS,
    },
}


@pytest.mark.parametrize("where", SILENT)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_silent_server_ends_the_probe_in_time(limit: str, where: str) -> None:
    probed = probe_server(SILENT[where](), **LIMITS[limit])
    assert probed.cause in {Cause.TIMEOUT, Cause.LOGIN_HANGS, Cause.SHELL_HANGS}
    assert SHORT_SECONDS - 0.1 <= probed.seconds < SHORT_SECONDS + SLACK_SECONDS


def test_a_server_that_is_silent_in_another_key_exchange_ends_each_probe_in_time() -> None:
    server = SshServer(on_exec=never_exchanges_keys)
    query = SlurmQuery(timeout_seconds=SHORT_SECONDS)
    with LoopbackServer(server) as listening, new_probe(listening.port, query=query) as probe:
        for _ in range(2):
            probed = run_probe(probe)
            assert probed.cause is Cause.SHELL_HANGS
            assert probed.seconds < SHORT_SECONDS + SLACK_SECONDS


def test_a_probe_without_any_time_ends_at_once() -> None:
    probed = probe_server(SshServer(), seconds=0.0)
    assert probed.cause in {Cause.DNS, Cause.TIMEOUT, Cause.SHELL_HANGS}
    assert probed.seconds < SLACK_SECONDS


def test_another_probe_without_any_time_ends_at_once() -> None:
    with LoopbackServer(SshServer()) as listening, new_probe(listening.port) as probe:
        run_probe(probe)
        probed = run_probe(probe, seconds=0.0)
    assert probed.cause is Cause.SHELL_HANGS
    assert probed.seconds < SLACK_SECONDS
