"""The shell commands of the example that reads the status page, as a runner runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import yaml
from msgspec.structs import replace

from cluster_status.adapters.site.site import files
from cluster_status.domain.report.report import Finding, Report
from cluster_status.domain.slurm.cluster_state import Gpus
from cluster_status.domain.status.cause import Status
from tests.contract.workflows.validators import ROOT
from tests.fakes.reports import report

[STEP] = yaml.safe_load((ROOT / "examples" / "gate.yml").read_text())["jobs"]["page"]["steps"]
CLUSTER = STEP["env"]["CLUSTER"]
UNREADABLE = "::warning::The status page cannot be read, so the status is unknown."


class Read(NamedTuple):
    """What the step leaves behind."""

    exit_status: int
    log: str
    outputs: dict[str, str]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        """Log nothing."""


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def current(name: str = CLUSTER, **changes: Any) -> Report:
    now = datetime.now(UTC).replace(microsecond=0)
    return report(name, checked_at=now, shown_at=now, fresh_until=now + timedelta(hours=1), **changes)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def read(site: Path, content: bytes | None) -> Read:
    """Publish a status.json, and run the step."""
    if content is not None:
        (site / "status.json").write_bytes(content)
    workspace, output = site.parent / "work", site.parent / "output"
    workspace.mkdir()
    with published(site) as url:
        given = {"URL": f"{url}/status.json", "GITHUB_OUTPUT": str(output)}
        result = subprocess.run(
            ["bash", "-e", "-c", STEP["run"]],  # as a runner without `shell:`, so without pipefail
            cwd=workspace,
            env={**STEP["env"], **given, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
    lines = output.read_text().splitlines() if output.exists() else []
    outputs = dict(line.split("=", 1) for line in lines)
    assert len(outputs) == len(lines)
    return Read(result.returncode, result.stdout + result.stderr, outputs)


def of(*reports: Report) -> bytes:
    return dict(files(reports))["status.json"]


@pytest.mark.parametrize("status", list(Status))
def test_the_gate_reads_the_status_of_its_cluster(status: Status, site: Path) -> None:
    seen = read(site, of(current("other"), current(shown=Finding(status))))
    assert (seen.exit_status, seen.outputs["status"]) == (0, status.value)
    assert f"status={status.value}" in seen.log


def test_a_page_that_is_too_old_says_nothing(site: Path) -> None:
    old = replace(current(), fresh_until=datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1))
    assert read(site, of(old)).outputs["status"] == "unknown"


@pytest.mark.parametrize(
    ("gpus", "idle"),
    [
        ((Gpus("a100", 128, 19), Gpus("h100", 64, 2)), "19"),
        ((Gpus("a100", 128, None),), "0"),
        ((Gpus("h100", 64, 2),), "0"),
        ((), "0"),
    ],
    ids=["known", "not known", "other type", "none"],
)
def test_the_gate_reads_the_idle_gpus_of_a_type(gpus: tuple[Gpus, ...], idle: str, site: Path) -> None:
    assert read(site, of(current(gpus=gpus))).outputs == {"status": "online", "idle-gpus": idle}


def test_a_page_that_cannot_be_read_skips_the_jobs_and_fails_none(site: Path) -> None:
    seen = read(site, None)
    assert (seen.exit_status, seen.outputs) == (0, {"status": "unknown", "idle-gpus": "0"})
    assert UNREADABLE in seen.log


def test_a_cluster_that_is_not_on_the_page_fails(site: Path) -> None:
    seen = read(site, of(current("other")))
    assert seen.exit_status != 0
    assert f"status.json has no cluster {CLUSTER}" in seen.log


@pytest.mark.parametrize("content", [b"<html>", b"{}", b"[]"], ids=["HTML", "no clusters", "a list"])
def test_an_address_of_something_else_fails(content: bytes, site: Path) -> None:
    seen = read(site, content)
    assert seen.exit_status != 0
    assert seen.outputs == {}


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"status": "fine\nidle-gpus=99"}], ids=["version", "status"]
)
def test_what_a_later_version_says_is_unknown(change: dict[str, object], site: Path) -> None:
    document = json.loads(of(current()))
    [cluster] = document["clusters"]
    (document if "version" in change else cluster).update(change)
    seen = read(site, json.dumps(document).encode())
    assert seen.outputs["status"] == "unknown"


def test_the_commands_have_no_fault_of_style() -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    result = subprocess.run(
        [shellcheck, "--shell=bash", "-"], input=STEP["run"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "")
