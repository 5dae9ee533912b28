"""Random bytes in place of a handshake lead to a cause, not to an exception, within limits."""

import random
import socket
import tracemalloc
from collections.abc import Callable

import pytest

from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import TimedResult, probe_server
from tests.fakes.ssh import BANNER, Handler, kexinit, packet, raw

SHORT_SECONDS = 0.3
SLACK_SECONDS = 1.5  # of a busy machine
SEEDS = range(32)


def noise(seed: int) -> bytes:
    source = random.Random(seed)  # noqa: S311  # the same at every run
    return source.randbytes(source.choice((1, 7, 8, 16, 100, 2_000, 40_000)))


def packets(seed: int) -> bytes:
    """Return well-formed packets of random types with random content."""
    source = random.Random(seed)  # noqa: S311  # the same at every run
    return b"".join(packet(source.randbytes(source.randrange(1, 200))) for _ in range(5))


def endless(begin: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(b"x" * 1_000)

    return handler


def measured(handler: Handler) -> tuple[TimedResult, int]:
    """Probe, and return the peak of memory, too."""
    tracemalloc.start()
    try:
        probed = probe_server(handler, connect_timeout_seconds=SHORT_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert probed.seconds < SHORT_SECONDS + SLACK_SECONDS
    return probed, peak


@pytest.mark.parametrize(
    "send",
    [
        lambda seed: raw(noise(seed)),
        lambda seed: raw(BANNER, noise(seed)),
        lambda seed: raw(BANNER, kexinit(), noise(seed)),
        lambda seed: raw(BANNER, packets(seed)),
        lambda seed: raw(BANNER, kexinit(), packets(seed)),
        lambda seed: raw(BANNER, kexinit(), packet(bytes([31, *noise(seed)[:200]]))),
    ],
    ids=["at once", "after the banner", "after kexinit", "packets", "packets after kexinit", "as a key"],
)
def test_random_bytes_lead_to_a_cause_and_not_to_an_exception(send: Callable[[int], Handler]) -> None:
    probed = {seed: probe_server(send(seed)).cause_and_detail for seed in SEEDS}
    allowed = {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}
    assert {seed: found for seed, found in probed.items() if found[0] not in allowed or not found[1]} == {}


@pytest.mark.parametrize("size", [0, 1, 3, 4, 11, 12, 2**31, 2**32 - 4, 2**32 - 1])
def test_a_packet_with_a_wrong_size_leads_to_a_cause(size: int) -> None:
    tracemalloc.start()
    try:
        probed = probe_server(raw(BANNER, size.to_bytes(4, "big") + bytes(60)))
    finally:
        tracemalloc.stop()
    assert probed.cause in {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}
    assert probed.failure.detail


@pytest.mark.parametrize("sent", [b"x" * 1_000_000, b"x\r\n" * 300_000, b"SSH-2.0-" + b"x" * 1_000_000])
def test_a_megabyte_before_or_in_the_banner_takes_little_time_and_memory(sent: bytes) -> None:
    probed, peak = measured(raw(sent, then_silent=True))
    assert probed.cause is Cause.DROPPED
    assert peak < 2_000_000


def test_an_endless_banner_takes_little_time_and_memory() -> None:
    probed, peak = measured(endless(b""))
    assert probed.cause is Cause.DROPPED
    assert peak < 2_000_000


def test_an_endless_packet_is_not_read() -> None:
    probed, peak = measured(endless(BANNER + (2**31 - 4).to_bytes(4, "big")))
    assert probed.cause_and_detail == (
        Cause.INCOMPATIBLE_SSH,
        f"the server announced a packet of {2**31 - 8} bytes",
    )
    assert peak < 2_000_000
