"""Download of the image, and time to the first byte at the cluster, beside those of the base image."""

import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from socket import socket

from bench.goals import Goal, report
from tests.image import docker
from tests.image.container import ContainerAction
from tests.image.docker import Image
from tests.image.intermediary import silent_server

ROUNDS = 11
MAX_SECONDS_MORE = 0.14
MAX_MEGABYTES = 24.0  # of all layers, compressed as a registry does


def main() -> int:
    """Measure and print; return 1 if a goal is missed."""
    base = docker.base_image()
    with Image() as image, silent_server() as cluster, tempfile.TemporaryDirectory() as directory:
        action = ContainerAction(image, Path(directory))
        rounds = [(_until_python_ended(base), _until_first_byte(action, cluster)) for _ in range(ROUNDS)]
        megabytes = [_compressed(name) for name in (base, image.name)]
    seconds = [statistics.median(values) for values in zip(*rounds, strict=True)]
    return _report(base, seconds, megabytes)


def _until_python_ended(image: str) -> float:
    """Return the seconds of `docker run`, including the removal of the container: about 30 ms."""
    begin = time.perf_counter()
    command = [docker.program(), "run", "--rm", "--network", "host", image, "python", "-c", "pass"]
    subprocess.run(command, check=True)
    return time.perf_counter() - begin


def _until_first_byte(action: ContainerAction, cluster: socket) -> float:
    """Return the seconds until the action sends its first byte to the cluster."""
    inputs = {
        "cluster-host": cluster.getsockname()[0],
        "cluster-port": str(cluster.getsockname()[1]),
        "cluster-user": "alice",
        "cluster-password": "anything",
        "command": "check",
        "attempts": "1",
    }
    begin = time.perf_counter()
    with action.start(inputs, {}) as step:
        connection, _ = cluster.accept()
        with connection:
            connection.recv(1)
            seconds = time.perf_counter() - begin
        step.end()
    return seconds


def _compressed(image: str) -> float:
    """Return the megabytes that a runner downloads, with Docker's default level of compression."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "image.tar"
        docker.run("save", "--output", str(saved), image)
        return len(gzip.compress(saved.read_bytes(), compresslevel=6)) / 1e6


def _report(base: str, seconds: list[float], megabytes: list[float]) -> int:
    print(f"median of {ROUNDS} rounds                       wall s   gzip MB")
    for name, number in (f"{base} python -c pass", 0), ("the image, to the first byte", 1):
        print(f"{name:<40} {seconds[number]:6.3f} {megabytes[number]:9.1f}")
    return report(
        [
            Goal(
                "s to the first byte, over Python",
                seconds[1] - seconds[0],
                MAX_SECONDS_MORE,
            ),
            Goal("MB to download, compressed", megabytes[1], MAX_MEGABYTES),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
