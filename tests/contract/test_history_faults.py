"""Unusable history files and killed runs, with real processes, an SSH server and Discord on loopback."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import Struct

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from tests.contract.process import Site, site, without_nodes
from tests.fakes.discord import Silent
from tests.fakes.ssh import ServerConnection, check_password

DELIVERY_SECONDS = int(DELIVERY_TAKES_AT_MOST.total_seconds())


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, bytes]]:
    """Yield a site whose cluster was online at the first poll and is down now, and the first poll's file."""
    with site(tmp_path_factory.mktemp("workspace")) as watched:
        first = watched.poll()
        if first.exit_status or watched.headlines() != ["online"]:
            raise RuntimeError(f"the first poll failed: {first.log}")
        watched.ssh_server.command = without_nodes
        yield watched, watched.history_file.read_bytes()


# unusable files


class FileFault(Struct, frozen=True):
    name: str
    shown: str  # a part of the error
    damage: Callable[[Path], object]


def _holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _grow(path: Path) -> None:
    path.write_bytes(path.read_bytes().ljust(100_000_000))


def _replace_by_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _contradict(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"status":"online"', b'"status":"unknown"'))


FILE_FAULTS = (
    FileFault("0 bytes", "truncated", _holding(b"")),
    FileFault("truncated", "truncated", _truncate),
    FileFault("not JSON", "JSON is malformed", _holding(b"\x00\xff\xfe not at all")),
    FileFault("other JSON", "Expected `object`, got `str`", _holding(b'"online"')),
    FileFault("a missing field", "missing required field `schema`", _holding(b'{"status": "online"}')),
    FileFault(
        "a field of another type",
        "Expected `object`, got `int` - at `$.clusters`",
        _holding(b'{"schema": 1, "clusters": 7}'),
    ),
    FileFault("contradictory content", "inconsistent", _contradict),
    FileFault("nested 200,000 deep", "recursion", _holding(b'{"schema": 1, "clusters": ' + b"[" * 200_000)),
    FileFault("100 MB", "larger than 5250000 bytes", _grow),
    FileFault("a newer schema", "schema 99", _holding(codec.render(Histories(schema=99)))),
    FileFault(
        "the original script's file without an instant",
        "missing required field `poll_time`",
        _holding(b'[{"online": true}]'),
    ),
    FileFault(
        "the original script's file with an invalid instant",
        "31/01/26",
        _holding(b'[{"online": true, "poll_time": "31/01/26"}]'),
    ),
    FileFault("a directory", "Is a directory", _replace_by_a_directory),
)


def test_a_history_that_is_a_fifo_is_an_error_and_the_status_is_published(tmp_path: Path) -> None:
    with site(tmp_path) as watched:
        os.mkfifo(watched.history_file)
        poll = watched.poll()  # it would wait for a process that writes
        assert (poll.exit_status, poll.outputs["status"], watched.headlines()) == (4, "online", [])
    assert "it is a device or a FIFO" in " ".join(poll.annotations)


@pytest.mark.parametrize("fault", FILE_FAULTS, ids=lambda fault: fault.name)
def test_an_unusable_history_file_is_an_error_and_is_not_changed(
    fault: FileFault, down: tuple[Site, bytes]
) -> None:
    watched, good = down
    path = watched.history_file
    path.write_bytes(good)
    fault.damage(path)
    before = _content(path)
    poll = watched.poll()
    after = _content(path)
    if path.is_dir():
        path.rmdir()
    assert (poll.exit_status, watched.headlines()) == (4, [])
    assert fault.shown in " ".join(poll.annotations)
    assert after == before


def _content(path: Path) -> tuple[bytes | None, list[str]]:
    """Return the file's content, and the names of history files in its folder."""
    return None if path.is_dir() else path.read_bytes(), sorted(one.name for one in path.parent.glob("*his*"))


def test_the_file_of_the_original_script_is_imported_and_notifies_nothing(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    entries: list[dict[str, object]] = [
        {
            "partitions": [],
            "poll_time": str(now - timedelta(minutes=5 * ago)),
            "online": True,
            "error_msg": None,
        }
        for ago in range(5, 0, -1)
    ]
    with site(tmp_path) as watched:
        watched.history_file.write_text(json.dumps(entries))
        poll = watched.poll()
        assert (poll.exit_status, poll.outputs["previous-status"]) == (0, "online")
        assert watched.headlines() == []
        assert _polls(watched.history_file.read_bytes()) == 6


# killed runs


class Kill(Struct, frozen=True):
    """A run gets SIGKILL before one of its steps, or from one of its servers."""

    name: str
    before: str = ""
    arm: Callable[[Site], object] = lambda _: None
    polls: int = 2  # of the killed run and of the next one, in the history
    is_repeated: bool = False  # Discord has the message, but it is pending in the history


def _at_login(watched: Site) -> None:
    def kill(connection: ServerConnection, password: str) -> int:
        watched.kill()
        return check_password(connection, password)

    watched.ssh_server.on_password = kill


def _at_command(watched: Site) -> None:
    def kill(_: ServerConnection) -> bool:
        watched.kill()
        return False

    watched.ssh_server.on_exec = kill


def _at_request(*, accepted: bool) -> Callable[[Site], object]:
    def arm(watched: Site) -> None:
        watched.discord.fail_next(Silent(after_accepting=accepted))
        arrived = len(watched.discord.requests) + 1

        def kill() -> None:
            watched.discord.wait_for_requests(arrived, timeout_seconds=30)
            watched.kill()

        threading.Thread(target=kill).start()

    return arm


KILLS = (
    Kill("before it reads the history", "open history.json 1", polls=1),
    Kill("before it connects to the cluster", "connect cluster 1", polls=1),
    Kill("during the login", arm=_at_login, polls=1),
    Kill("during sinfo", arm=_at_command, polls=1),
    Kill("before it writes the new history", "write new 1", polls=1),
    Kill("before the new history replaces the old one", "rename 1", polls=1),
    Kill("before it connects to Discord", "connect discord 1"),
    Kill("before Discord accepts the message", arm=_at_request(accepted=False)),
    Kill("before Discord's response", arm=_at_request(accepted=True), is_repeated=True),
    Kill("before it writes that the message is delivered", "write new 2", is_repeated=True),
    Kill("before that history replaces the old one", "rename 2", is_repeated=True),
    Kill("before it publishes its outputs", "open outputs 1"),
    Kill("before it publishes its summary", "open summary 1"),
)


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.name)
def test_the_run_after_a_killed_one_notifies_the_outage(kill: Kill, down: tuple[Site, bytes]) -> None:
    watched, good = down
    watched.history_file.write_bytes(good)
    ports = {
        "cluster": watched.server.port,
        "discord": int(watched.discord.webhook_url.split(":")[2].split("/")[0]),
    }
    step = " ".join(str(ports.get(word, word)) for word in kill.before.split(" "))
    with _servers_restored(watched):
        kill.arm(watched)
        killed = watched.poll(kill_before=step)
    after = watched.poll(seconds_later=DELIVERY_SECONDS)
    polls = _polls(watched.history_file.read_bytes()) - _polls(good)
    assert (killed.exit_status, after.exit_status) == (-9, 0)
    assert watched.headlines() == ["offline"] * (2 if kill.is_repeated else 1)
    assert polls == kill.polls


def _polls(content: bytes) -> int:
    return len(codec.parse(content).of("mscluster").record.polls)


@contextmanager
def _servers_restored(watched: Site) -> Iterator[None]:
    """Restore the scripts of the SSH server."""
    server = watched.ssh_server
    on_password, on_exec = server.on_password, server.on_exec
    yield
    server.on_password, server.on_exec = on_password, on_exec
