"""Slots and logins of a probe: a server that has not sent its banner takes no slot."""

import socket
import threading

import pytest

from cluster_status.deadline import Deadline
from cluster_status.domain.status.cause import Cause
from cluster_status.slots import NoSlotError, Place, Slots
from tests.contract.ssh_probe import LONG_SECONDS, new_probe, nothing_left_behind, probe_server, run_probe
from tests.fakes.ssh import HOST, Handler, LoopbackServer, SshServer, raw

SHORT_SECONDS = 0.5


@pytest.fixture
def busy() -> Slots:
    """Return slots without a free one: a cluster that would have to wait raises NoSlotError."""
    slots = Slots(Deadline(0), 1)
    Place(slots).take_slot()
    return slots


@pytest.mark.parametrize(
    "handler",
    [raw(then_silent=True), raw(b"Welcome\r\n", then_silent=True), raw(b"SSH-2.0-Open", then_silent=True)],
    ids=["silent", "a line of text", "a part of its banner"],
)
def test_a_server_without_a_banner_waits_for_no_slot(handler: Handler, busy: Slots) -> None:
    probed = probe_server(handler, place=Place(busy), connect_timeout_seconds=SHORT_SECONDS)
    assert probed.cause is Cause.TIMEOUT


def test_a_resolver_that_does_not_answer_waits_for_no_slot(
    busy: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: is_over.wait(LONG_SECONDS))
    with new_probe(1, place=Place(busy), connect_timeout_seconds=SHORT_SECONDS) as probe:
        probed = run_probe(probe)
        is_over.set()
    assert probed.cause is Cause.DNS


def test_a_server_waits_for_a_slot_after_its_banner(busy: Slots) -> None:
    server = SshServer()
    with pytest.raises(NoSlotError):
        probe_server(server, place=Place(busy))
    assert server.negotiated == []


def test_after_the_login_another_cluster_may_log_in_to_the_server() -> None:
    slots = Slots(Deadline(0), logins=1)
    with LoopbackServer(SshServer()) as server, new_probe(server.port, place=Place(slots)) as probe:
        assert run_probe(probe).lists_nodes
        Place(slots).connect_to(HOST)


def test_until_the_login_no_other_cluster_may_log_in_to_the_server() -> None:
    slots = Slots(Deadline(0), logins=1)
    Place(slots).connect_to(HOST)
    server = SshServer()
    with pytest.raises(NoSlotError):
        probe_server(server, place=Place(slots))
    assert server.offers == []


def test_a_connection_whose_login_failed_is_closed_at_once() -> None:
    with (
        LoopbackServer(SshServer()) as server,
        new_probe(server.port, password="not it") as probe,
        nothing_left_behind(),
    ):
        assert run_probe(probe).cause is Cause.LOGIN_REFUSED
