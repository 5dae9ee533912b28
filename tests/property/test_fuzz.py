"""The readers of untrusted text with randomly changed seeds; `scripts/fuzz` searches longer."""

import random
import time
import traceback
import tracemalloc
from pathlib import Path

import pytest

from tests.property.fuzz import FINDINGS, READERS, Reader

ROUNDS = 1_500
LARGE_BYTES = 400_000
LARGE_SECONDS = 15.0  # it takes at most one on a busy machine

readers = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


def mutated(reader: Reader, source: random.Random) -> bytes:
    """Return a seed with parts changed, removed, doubled, or replaced by tokens."""
    content = bytearray(source.choice(reader.seeds))
    for _ in range(source.randrange(1, 8)):
        begin = source.randrange(len(content) + 1)
        end = min(len(content), begin + source.choice((0, 1, 2, 8, 64)))
        content[begin:end] = source.choice(
            (
                b"",
                source.choice(reader.tokens),
                source.randbytes(end - begin),
                2 * content[begin:end],
                b"\0\n",
            )
        )
    return bytes(content)


def large_units(reader: Reader) -> tuple[bytes, ...]:
    return (*reader.seeds[:3], *reader.tokens, b"a", b"a ", b"a\n")


def large(reader: Reader, unit: bytes) -> bytes:
    return reader.seeds[-1] + unit * (LARGE_BYTES // len(unit))


def fault_of(reader: Reader, content: bytes) -> str | None:
    """Return the traceback if the reader fails an assertion or raises an undocumented error."""
    try:
        reader.probe(content)
    except Exception:  # noqa: BLE001 - any exception is a fault
        return traceback.format_exc()
    return None


@readers
def test_any_text_is_read_or_is_a_documented_error(reader: Reader) -> None:
    source = random.Random(reader.name)  # noqa: S311 - the same at every run
    for _ in range(ROUNDS):
        content = mutated(reader, source)
        assert fault_of(reader, content) is None, content


@readers
def test_large_text_is_read_in_bounded_time(reader: Reader) -> None:
    for unit in large_units(reader):
        begun = time.monotonic()
        reader.probe(large(reader, unit))
        assert time.monotonic() - begun < LARGE_SECONDS, unit


@readers
def test_large_text_is_read_in_bounded_memory(reader: Reader) -> None:
    content = large(reader, reader.seeds[0])[: LARGE_BYTES // 4]
    tracemalloc.start()
    try:
        reader.probe(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * len(content)


@pytest.mark.parametrize(
    "finding", sorted(FINDINGS.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_an_earlier_finding_of_the_fuzzer_stays_fixed(finding: Path) -> None:
    [reader] = [reader for reader in READERS if reader.name == finding.parent.name]
    assert fault_of(reader, finding.read_bytes()) is None


def test_every_finding_has_a_reader() -> None:
    assert {folder.name for folder in FINDINGS.iterdir()} <= {reader.name for reader in READERS}
