"""The output in a shell."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cluster_status.adapters.console import Console
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.message import Message
from cluster_status.domain.status.cause import Status
from cluster_status.ports import Level
from cluster_status.render.summary import Summary
from tests.fakes.clock import START
from tests.fakes.probe import partition

MESSAGE = Message(
    Status.OFFLINE,
    "mscluster is offline",
    "SSH connection timed out.",
    START,
    facts=(Fact("Since", START - timedelta(minutes=5)),),
    partitions=(partition(idle=1, down=7),),
)
SUMMARY = Summary(
    Status.OFFLINE, "mscluster is offline", ("Details: No route to host",), (partition(idle=1, down=7),)
)

LEGEND = (
    "A star marks the default partition. ALLOC: in service, not idle. DOWN: not in service. "
    "A node in several partitions counts in each."
)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(stream: io.StringIO) -> Console:
    return Console(stream)


def test_a_message_is_printed_between_two_lines(console: Console, stream: io.StringIO) -> None:
    console.send(MESSAGE)
    assert stream.getvalue() == (
        "─── message ───\n"
        "❌ mscluster is offline\n"
        "SSH connection timed out.\n"
        "Time: 2026-03-01 12:00:00 UTC\n"
        "Since: 2026-03-01 11:55:00 UTC\n"
        "PARTITION IDLE ALLOC DOWN TOTAL LIMIT\n"
        "debug*       1     0    7     8 1d\n"
        "───────────────\n"
    )


@pytest.mark.parametrize("level", Level)
def test_an_annotation_is_a_line_with_its_level(level: Level, console: Console, stream: io.StringIO) -> None:
    console.annotate(level, "The SSH host key is not pinned.")
    assert stream.getvalue() == f"{level.value}: The SSH host key is not pinned.\n"


def test_a_line_is_one_write_so_that_those_of_threads_do_not_mix() -> None:
    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return super().write(text)

    writes: list[str] = []
    Console(Stream()).log("alpha: attempt 2 of 3")
    assert writes == ["alpha: attempt 2 of 3\n"]


def test_the_summary_is_printed_and_the_outputs_are_not(console: Console, stream: io.StringIO) -> None:
    console.publish({"status": "online", "message": "m"}, [SUMMARY])
    assert stream.getvalue() == (
        "❌ mscluster is offline\n"
        "Details: No route to host\n"
        "PARTITION IDLE ALLOC DOWN TOTAL LIMIT\n"
        "debug*       1     0    7     8 1d\n"
        f"{LEGEND}\n"
    )


def test_each_of_several_summaries_is_printed(console: Console, stream: io.StringIO) -> None:
    console.publish({}, [SUMMARY, replace(SUMMARY, headline="othercluster is offline")])
    shown = stream.getvalue()
    assert shown.index("mscluster is offline") < shown.index("othercluster is offline")
    assert shown.count("PARTITION") == 2


def test_after_a_message_the_summary_has_no_table(console: Console, stream: io.StringIO) -> None:
    console.send(MESSAGE)
    stream.truncate(0)
    console.publish({}, [SUMMARY])
    assert "mscluster is offline\nDetails: No route to host\n" in stream.getvalue()
    assert "PARTITION" not in stream.getvalue()


def test_a_terminal_without_emoji_shows_the_rest(tmp_path: Path) -> None:
    with (tmp_path / "terminal").open("w", encoding="ascii") as stream:
        Console(stream).send(MESSAGE)
    assert "? mscluster is offline\n" in (tmp_path / "terminal").read_text()


def test_a_reader_that_closes_the_pipe_does_not_end_the_run() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a pipe has no path
        console = Console(stream)
        console.annotate(Level.NOTICE, "This has no reader.")
        console.publish({}, [SUMMARY])
        assert Path(f"/proc/self/fd/{writing}").readlink() == Path(os.devnull)
