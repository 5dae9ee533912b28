"""Noise instead of a handshake: always a cause, never an exception, and bounded."""

import random
import socket
import tracemalloc
from collections.abc import Callable

import pytest

from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import Check, probe_at
from tests.fakes.ssh import BANNER, Play, kexinit, packet, raw

LIMIT_SECONDS = 0.3
SLACK_SECONDS = 1.5  # of a busy machine
SEEDS = range(32)


def noise(seed: int) -> bytes:
    source = random.Random(seed)  # noqa: S311  # the same at every run
    return source.randbytes(source.choice((1, 7, 8, 16, 100, 2_000, 40_000)))


def bounded(seed: int) -> bytes:
    """Return packets that are well-formed, of any type, with anything in them."""
    source = random.Random(seed)  # noqa: S311  # the same at every run
    return b"".join(packet(source.randbytes(source.randrange(1, 200))) for _ in range(5))


def endless(begin: bytes) -> Play:
    def play(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(b"x" * 1_000)

    return play


def measured(play: Play) -> tuple[Check, int]:
    """Look; return the peak of memory, too."""
    tracemalloc.start()
    try:
        seen = probe_at(play, connect_timeout_seconds=LIMIT_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.took < LIMIT_SECONDS + SLACK_SECONDS
    return seen, peak


@pytest.mark.parametrize(
    "say",
    [
        lambda seed: raw(noise(seed)),
        lambda seed: raw(BANNER, noise(seed)),
        lambda seed: raw(BANNER, kexinit(), noise(seed)),
        lambda seed: raw(BANNER, bounded(seed)),
        lambda seed: raw(BANNER, kexinit(), bounded(seed)),
        lambda seed: raw(BANNER, kexinit(), packet(bytes([31, *noise(seed)[:200]]))),
    ],
    ids=["at once", "after the banner", "after kexinit", "packets", "packets after kexinit", "as a key"],
)
def test_noise_is_a_cause_and_never_an_exception(say: Callable[[int], Play]) -> None:
    seen = {seed: probe_at(say(seed)).told for seed in SEEDS}
    allowed = {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}
    assert {seed: told for seed, told in seen.items() if told[0] not in allowed or not told[1]} == {}


@pytest.mark.parametrize("size", [0, 1, 3, 4, 11, 12, 2**31, 2**32 - 4, 2**32 - 1])
def test_a_packet_that_lies_about_its_size_is_a_cause_and_costs_no_memory(size: int) -> None:
    tracemalloc.start()
    try:
        seen = probe_at(raw(BANNER, size.to_bytes(4, "big") + bytes(60)))
    finally:
        tracemalloc.stop()
    assert seen.cause in {Cause.DROPPED, Cause.INCOMPATIBLE_SSH}
    assert seen.failure.detail


@pytest.mark.parametrize("said", [b"x" * 1_000_000, b"x\r\n" * 300_000, b"SSH-2.0-" + b"x" * 1_000_000])
def test_a_megabyte_before_or_in_the_banner_is_bounded_in_time_and_memory(said: bytes) -> None:
    seen, peak = measured(raw(said, then_silent=True))
    assert seen.cause is Cause.DROPPED
    assert peak < 2_000_000


def test_a_banner_that_never_ends_is_not_listened_to_for_long() -> None:
    seen, peak = measured(endless(b""))
    assert seen.cause is Cause.DROPPED
    assert peak < 2_000_000


def test_a_packet_that_never_ends_is_not_listened_to_at_all() -> None:
    seen, peak = measured(endless(BANNER + (2**31 - 4).to_bytes(4, "big")))
    assert seen.told == (Cause.INCOMPATIBLE_SSH, f"it announced a packet of {2**31 - 8} bytes")
    assert peak < 2_000_000
