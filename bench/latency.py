"""A poll with the latencies of a real network, compared with its longest unavoidable chain of waits."""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.goals import Goal, report
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.fakes.loopback import Aborted, Held, HttpResponse, Request
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

ROOT = Path(__file__).parents[1]
ROUNDS = 7
HTTP_SECONDS = 0.1  # for each response
SSH_RTT_SECONDS = 0.05
# Python and the first imports; three requests of the restore, or six round trips to the methods of the login;
# the password, two for a channel, and the command; what the server needs; three requests of the save.
UNAVOIDABLE_SECONDS = 0.06 + max(3 * HTTP_SECONDS, 6 * SSH_RTT_SECONDS) + 4 * SSH_RTT_SECONDS + 0.045 + 0.3
MAX_TIMES = 1.12
MAX_IN_SEQUENCE = {"quiet": 6, "with a message": 10}


class Span(NamedTuple):
    begin: float
    end: float


class Poll(NamedTuple):
    seconds: float
    in_sequence: int  # HTTP requests, of which each begins after the one before has ended


Answer = HttpResponse | Held | Aborted


class SlowGitHub(LoopbackGitHub):
    spans: list[Span]

    def receive(self, request: Request) -> Answer:
        return _slowly(self.spans, lambda: super(SlowGitHub, self).receive(request))


class SlowDiscord(LoopbackDiscord):
    spans: list[Span]

    def receive(self, request: Request) -> Answer:
        return _slowly(self.spans, lambda: super(SlowDiscord, self).receive(request))


def _slowly(spans: list[Span], answer: Callable[[], Answer]) -> Answer:
    begin = time.monotonic()
    time.sleep(HTTP_SECONDS)
    try:
        return answer()
    finally:
        spans.append(Span(begin, time.monotonic()))


def main() -> int:
    """Measure and print; return 1 if a goal is missed."""
    polls: dict[str, list[Poll]] = {}
    with (
        public_directory() as directory,
        Account(directory) as account,
        Slurm(directory) as slurm,
        OpenSSH(directory, account, set_env=slurm.environment) as openssh,
        _delayed(openssh.port) as port,
        SlowGitHub() as github,
        SlowDiscord() as discord,
        tempfile.TemporaryDirectory() as workspace,
    ):
        github.spans = discord.spans = []
        inputs = _inputs(openssh, port, discord, workspace)
        for name, always in (("first", "false"), ("quiet", "false"), ("with a message", "true")):
            for _ in range(1 if name == "first" else ROUNDS):
                run = github.start_run()
                given = {**inputs, **run.environment, "INPUT_GITHUB-TOKEN": run.github_token}
                polls.setdefault(name, []).append(
                    _poll({**given, "DISCORD_MSG_ALWAYS": always}, github.spans)
                )
                run.finish()
    return _report(polls)


def _inputs(openssh: OpenSSH, port: int, discord: SlowDiscord, workspace: str) -> dict[str, str]:
    return {
        "CLUSTER_HOST": openssh.host,
        "CLUSTER_PORT": str(port),
        "CLUSTER_USER": openssh.user,
        "CLUSTER_PASSWORD": openssh.password,
        "CLUSTER_HOST_KEY": openssh.known_hosts_line.replace(f":{openssh.port} ", f":{port} "),
        "DISCORD_WEBHOOK": discord.webhook_url,
        "GITHUB_WORKSPACE": workspace,
        "PYTHONPATH": str(ROOT / "src"),
    }


def _poll(environment: Mapping[str, str], spans: list[Span]) -> Poll:
    spans.clear()
    begin = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, str(ROOT / "entrypoint.py")],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"a poll failed with exit status {ended.returncode}:\n{ended.stdout}")
    return Poll(time.perf_counter() - begin, _in_sequence(spans))


def _in_sequence(spans: list[Span]) -> int:
    """Return the length of the longest sequence in which no two requests overlap."""
    count, last_end = 0, 0.0
    for span in sorted(spans, key=lambda one: one.end):
        if span.begin >= last_end:
            count, last_end = count + 1, span.end
    return count


@contextmanager
def _delayed(port: int) -> Iterator[int]:
    """Yield a port that forwards to another one, with half of the round trip time in each direction."""
    loop = asyncio.new_event_loop()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(65_536):
                loop.call_later(SSH_RTT_SECONDS / 2, writer.write, data)
        loop.call_later(SSH_RTT_SECONDS / 2, writer.close)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SSH_RTT_SECONDS)  # of TCP's handshake
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(forward(reader, other_writer), forward(other_reader, writer))

    server = loop.run_until_complete(asyncio.start_server(accept, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
            loop.run_until_complete(task)
        loop.close()


def _report(polls: Mapping[str, list[Poll]]) -> int:
    print(f"median of {ROUNDS} rounds      wall s   HTTP requests in sequence")
    goals = []
    for name, limit in MAX_IN_SEQUENCE.items():
        count = max(poll.in_sequence for poll in polls[name])
        print(f"{name:<24} {statistics.median(poll.seconds for poll in polls[name]):6.3f}   {count}")
        goals.append(Goal(f"HTTP requests in sequence, {name}", count, limit))
    times = statistics.median(poll.seconds for poll in polls["quiet"]) / UNAVOIDABLE_SECONDS
    chain = f"times the longest unavoidable chain ({UNAVOIDABLE_SECONDS:.2f} s), quiet"
    return report([*goals, Goal(chain, times, MAX_TIMES)])


if __name__ == "__main__":
    sys.exit(main())
