"""The demo: a simulated cluster runs, goes down and recovers, and the real action polls it each time."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

import cluster_status
from demo.cluster import DemoCluster
from demo.interruption import Interruption

HISTORY = "demo-history.json"
SITE = "demo-site"

_SOURCE = Path(cluster_status.__file__).parents[1]
_DELAY_SECONDS = "0.5"


class Step(Struct, frozen=True):
    """A change of the cluster, and the expected result of the poll after it."""

    title: str
    change: Callable[[DemoCluster], None]
    status: str
    cause: str | None = None


STEPS = (
    Step("the cluster runs", DemoCluster.start, "online"),
    Step("the cluster goes down", DemoCluster.stop, "offline", "refused"),
    Step("the cluster recovers", DemoCluster.start, "online"),
)


def run(directory: Path, interruption: Interruption) -> int:
    """Run all steps, with the history in `directory`; return 0 if all polls had the expected results."""
    history = directory / HISTORY
    try:
        history.unlink(missing_ok=True)
    except OSError as error:
        return _failed(f"{HISTORY} of an earlier demo cannot be deleted: {error.strerror}")
    with DemoCluster() as cluster:
        _print(
            "This is a demo. It polls a simulated Slurm cluster three times, as the action would poll yours.",
            f"The cluster has a real SSH server on this machine ({cluster.host}, port {cluster.port}).",
            "Messages for Discord are printed below. The polls are seconds apart instead of minutes.",
        )
        for number, step in enumerate(STEPS, 1):
            if number > 1:
                _await_next_second()
            _print("", f"==> {number} of {len(STEPS)}: {step.title}")
            step.change(cluster)
            if step.cause:
                _print(f"    The poll makes three attempts, {_DELAY_SECONDS} s apart instead of 15 s.")
            status = _poll(cluster, directory, interruption)
            if interruption.exit_status:
                return interruption.exit_status
            if status:
                return _failed(f"poll {number} ended with exit status {status}")
    [entry] = json.loads(history.read_text(encoding="utf-8"))["clusters"].values()
    results = [(poll["status"], poll.get("cause")) for poll in entry["record"]["polls"]]
    if results != [(step.status, step.cause) for step in STEPS]:
        return _failed(f"the polls had unexpected results: {results}")
    _print(
        "",
        f"==> The history for the next poll is in {history}",
        "    (shown without empty fields)",
        *_condensed(entry),
        "",
        f"==> Open the status page in a browser: {directory / SITE / 'index.html'}",
        "",
        "==> To poll your own cluster, run these two lines, then scripts/poll again. The history is kept in",
        "    history.json in the current directory. Set DISCORD_WEBHOOK to send messages to the channel.",
        "export CLUSTER_HOST=login.example.org CLUSTER_USER=you",
        "read -rsp 'Password: ' CLUSTER_PASSWORD && export CLUSTER_PASSWORD",
    )
    return 0


def _poll(cluster: DemoCluster, directory: Path, interruption: Interruption) -> int:
    """Poll once, in a process with its own environment."""
    command = [
        "-m",
        "cluster_status.cli",
        "--attempt-delay",
        _DELAY_SECONDS,
        "--history-path",
        HISTORY,
        "--site-path",
        SITE,
    ]
    environment = {
        "CLUSTER_HOST": cluster.host,
        "CLUSTER_PORT": str(cluster.port),
        "CLUSTER_USER": cluster.user,
        "CLUSTER_PASSWORD": cluster.password,
        "CLUSTER_HOST_KEY": cluster.host_key,
        "CLUSTER_NAME": "demo",
        "PYTHONPATH": str(_SOURCE),
    }
    with subprocess.Popen(
        [sys.executable, "-P", *command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C goes to this process only, which passes it on
    ) as process:
        return interruption.wait_for(process)


def _await_next_second() -> None:
    """Wait for the next second: an outage of 0 s would look like an error."""
    now = time.time()
    time.sleep(math.ceil(now) - now)


def _condensed(entry: dict[str, Any]) -> Iterator[str]:
    for name, value in _without_empty(entry).items():
        if isinstance(value, list):
            yield f"{name}:"
            yield from (f"  {json.dumps(item)}" for item in value)
        else:
            yield f"{name}: {json.dumps(value)}"


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    if isinstance(value, dict):
        reduced = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in reduced.items() if item not in (None, [], {})}
    return value


def _print(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # flushed, because the polls write to the same terminal


def _failed(reason: str) -> int:
    print(f"The demo failed: {reason}.", file=sys.stderr, flush=True)
    return 1
