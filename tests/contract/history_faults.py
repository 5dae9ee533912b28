"""What a history file may be, and where a run may be killed, with real processes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from cluster_status.domain.history import codec
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from tests.contract.process import Site, site, without_nodes
from tests.fakes.discord import Silent
from tests.fakes.ssh import ServerConnection, check_password

TEN_MINUTES = int(DELIVERY_TAKES_AT_MOST.total_seconds())


class FileFault(Struct, frozen=True):
    words: str
    spoil: Callable[[Path], object]
    shows: str  # a part of what the user sees


def _holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _grow(path: Path) -> None:
    path.write_bytes(path.read_bytes().ljust(100_000_000))


def _become_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _contradict_itself(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"status": "online"', b'"status": "unknown"'))


FILE_FAULTS = (
    FileFault("has 0 bytes", _holding(b""), "truncated"),
    FileFault("is cut off", _cut_off, "truncated"),
    FileFault("is no JSON", _holding(b"\x00\xff\xfe not at all"), "malformed"),
    FileFault("is other JSON", _holding(b'"online"'), "Expected `object`"),
    FileFault("lacks what every history has", _holding(b'{"status": "online"}'), "`schema`"),
    FileFault(
        "has something else in one place",
        _holding(b'{"schema": 1, "cluster": "mscluster", "polls": 7}'),
        "`$.polls`",
    ),
    FileFault("contradicts itself", _contradict_itself, "history"),
    FileFault(
        "is nested 200,000 deep", _holding(b'{"schema": 1, "cluster": ' + b"[" * 200_000), "recursion depth"
    ),
    FileFault("has 100 MB", _grow, "5000000"),
    FileFault(
        "has a schema to come",
        _holding(codec.render(History(schema=99, cluster="mscluster"))),
        "schema 99",
    ),
    FileFault("is another cluster's", _holding(codec.render(History(cluster="another"))), "'another'"),
    FileFault(
        "is the original script's, and lacks an instant", _holding(b'[{"online": true}]'), "`poll_time`"
    ),
    FileFault(
        "is the original script's, and an instant of it is none",
        _holding(b'[{"online": true, "poll_time": "31/01/26"}]'),
        "31/01/26",
    ),
    FileFault("is a directory", _become_a_directory, "Is a directory"),
)


class FileOutcome(Struct, frozen=True):
    exit_status: int
    shown: str
    sent: list[str]
    untouched: bool


def file_outcome(site: Site, good: bytes, fault: FileFault) -> FileOutcome:
    """Spoil a good file, poll while the cluster is down, and put the file back."""
    path = site.history_file
    path.write_bytes(good)
    fault.spoil(path)
    before = _picture(path)
    struck = site.poll()
    untouched = _picture(path) == before
    if path.is_dir():
        path.rmdir()
    return FileOutcome(struck.exit_status, " ".join(struck.annotations), site.headlines(), untouched)


def _picture(path: Path) -> tuple[bytes | None, list[str]]:
    """Return the file's content and what lies beside it."""
    return None if path.is_dir() else path.read_bytes(), sorted(one.name for one in path.parent.glob("*his*"))


class Kill(Struct, frozen=True):
    """A step of a run; it is killed before it by itself, or by whoever takes part in it."""

    words: str
    before: str = ""
    arm: Callable[[Site], object] = lambda _: None
    sent_again: bool = False  # Discord has it, and the history does not say so
    polls: int = 2  # that are kept, of this run's and the next one's


def _at_login(site: Site) -> None:
    def killed(connection: ServerConnection, password: str) -> int:
        site.kill()
        return check_password(connection, password)

    site.ssh_server.on_password = killed


def _at_command(site: Site) -> None:
    def killed(_: ServerConnection) -> bool:
        site.kill()
        return False

    site.ssh_server.on_exec = killed


def _at_the_request(*, accepted: bool) -> Callable[[Site], object]:
    def arm(site: Site) -> None:
        site.discord.fail_next(Silent(after_accepting=accepted))
        arrived = len(site.discord.requests) + 1

        def kill() -> None:
            site.discord.wait_for_requests(arrived, timeout_seconds=30)
            site.kill()

        threading.Thread(target=kill).start()

    return arm


KILLS = (
    Kill("before it reads the history", "open history.json 1", polls=1),
    Kill("before it connects to the cluster", "connect cluster 1", polls=1),
    Kill("while it logs in", arm=_at_login, polls=1),
    Kill("while sinfo runs", arm=_at_command, polls=1),
    Kill("before it writes the new history", "write new 1", polls=1),
    Kill("before that takes the place of the old one", "rename 1", polls=1),
    Kill("before it connects to Discord", "connect discord 1"),
    Kill("before Discord has taken the message", arm=_at_the_request(accepted=False)),
    Kill("when Discord has taken it, before its answer", arm=_at_the_request(accepted=True), sent_again=True),
    Kill("when Discord has answered, before it writes that down", "write new 2", sent_again=True),
    Kill("before what it wrote takes its place", "rename 2", sent_again=True),
    Kill("before it publishes its outputs", "open outputs 1"),
    Kill("before it publishes its summary", "open summary 1"),
)


class KillOutcome(Struct, frozen=True):
    killed: bool
    sent: list[str]
    polls: int


def kill_outcome(site: Site, good: bytes, kill: Kill) -> KillOutcome:
    """Kill a run that is to tell of an outage, and run again when it may be held for dead."""
    site.history_file.write_bytes(good)
    ports = {
        "cluster": site.server.port,
        "discord": int(site.discord.webhook_url.split(":")[2].split("/")[0]),
    }
    step = " ".join(str(ports.get(word, word)) for word in kill.before.split(" "))
    with _as_before(site):
        kill.arm(site)
        killed = site.poll(kill_before=step)
    after = site.poll(seconds_later=TEN_MINUTES)
    if after.exit_status:
        raise RuntimeError(f"the run after the kill failed: {after.log}")
    polls = len(codec.parse(site.history_file.read_bytes()).polls) - len(codec.parse(good).polls)
    return KillOutcome(killed.exit_status == -9, site.headlines(), polls)


@contextmanager
def _as_before(site: Site) -> Iterator[None]:
    """Restore the scripts of the SSH server."""
    server = site.ssh_server
    on_password, on_exec = server.on_password, server.on_exec
    yield
    server.on_password, server.on_exec = on_password, on_exec


@contextmanager
def gone_down(workspace: Path) -> Iterator[tuple[Site, bytes]]:
    """Yield a site whose cluster was online at the first poll and is down since, and that poll's file."""
    with site(workspace) as watched:
        first = watched.poll()
        if first.exit_status or watched.headlines() != ["online"]:
            raise RuntimeError(f"the first poll failed: {first.log}")
        watched.ssh_server.command = without_nodes
        yield watched, watched.history_file.read_bytes()
