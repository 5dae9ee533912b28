"""The show: a cluster that runs, goes down and comes back, polled each time by the real thing."""

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

_SOURCE = Path(cluster_status.__file__).parents[1]
_DELAY_SECONDS = "0.5"


class Act(Struct, frozen=True):
    """What happens to the cluster, and what the poll after it is to see."""

    title: str
    happens: Callable[[DemoCluster], None]
    status: str
    cause: str | None = None


ACTS = (
    Act("the cluster runs", DemoCluster.start, "online"),
    Act("the cluster goes down", DemoCluster.stop, "offline", "refused"),
    Act("the cluster comes back", DemoCluster.start, "online"),
)


def tell(directory: Path, interruption: Interruption) -> int:
    """Perform all acts, with the history in `directory`; return 0 if everything went as it should."""
    history = directory / HISTORY
    try:
        history.unlink(missing_ok=True)
    except OSError as error:
        return _failed(f"{HISTORY} of an earlier demo cannot be removed: {error.strerror}")
    with DemoCluster() as cluster:
        _say(
            "This is a demo: a small Slurm cluster, simulated behind a real SSH server on this machine",
            f"({cluster.host}, port {cluster.port}), is polled three times, as yours would be.",
            "Messages that would go to Discord are shown here. Polls are seconds apart; yours are minutes.",
        )
        for number, act in enumerate(ACTS, 1):
            if number > 1:
                _await_next_second()
            _say("", f"==> {number} of {len(ACTS)}: {act.title}")
            act.happens(cluster)
            if act.cause:
                _say(
                    f"    A poll looks three times before it believes that, {_DELAY_SECONDS} s apart here and"
                )
                _say("    15 s by default.")
            status = _poll(cluster, directory, interruption)
            if interruption.exit_status:
                return interruption.exit_status
            if status:
                return _failed(f"poll {number} ended with status {status}")
    [remembered] = json.loads(history.read_text(encoding="utf-8"))["clusters"].values()
    seen = [(poll["status"], poll["cause"]) for poll in remembered["record"]["polls"]]
    if seen != [(act.status, act.cause) for act in ACTS]:
        return _failed(f"the polls did not see what was to be seen, but {seen}")
    _say(
        "",
        f"==> What the next poll would start from: {history}",
        "    (shown without what is empty)",
        *_condensed(remembered),
        "",
        "==> Now your own cluster: run these two lines, then scripts/poll again. It keeps history.json in",
        "    the directory it is called from. With DISCORD_WEBHOOK set, messages go to the channel.",
        "export CLUSTER_HOST=login.example.org CLUSTER_USER=you",
        "read -rsp 'Password: ' CLUSTER_PASSWORD && export CLUSTER_PASSWORD",
    )
    return 0


def _poll(cluster: DemoCluster, directory: Path, interruption: Interruption) -> int:
    """Poll once, in a process of its own that knows nothing of this one's environment."""
    command = ["-m", "cluster_status.cli", "--attempt-delay", _DELAY_SECONDS, "--history-path", HISTORY]
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
        start_new_session=True,  # a terminal's Ctrl-C is for this process alone, which passes it on
    ) as process:
        return interruption.wait_for(process)


def _await_next_second() -> None:
    """Let the next poll come in another second: an outage of 0 s would look like a fault."""
    now = time.time()
    time.sleep(math.ceil(now) - now)


def _condensed(remembered: dict[str, Any]) -> Iterator[str]:
    for name, value in _without_empty(remembered).items():
        if isinstance(value, list):
            yield f"{name}:"
            yield from (f"  {json.dumps(entry)}" for entry in value)
        else:
            yield f"{name}: {json.dumps(value)}"


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(entry) for entry in value]
    if isinstance(value, dict):
        slim = {name: _without_empty(entry) for name, entry in value.items()}
        return {name: entry for name, entry in slim.items() if entry not in (None, [], {})}
    return value


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # at once: the polls write to the same terminal


def _failed(reason: str) -> int:
    print(f"The demo failed: {reason}.", file=sys.stderr, flush=True)
    return 1
