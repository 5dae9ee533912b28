"""The heartbeat is sent after every poll; a failure is a warning and does not fail the run."""

import contextlib
from collections.abc import Iterator
from typing import NoReturn

import pytest

from cluster_status import action, wiring
from cluster_status.adapters import heartbeat
from cluster_status.adapters.heartbeat import HttpHeartbeat
from cluster_status.adapters.http import Http
from tests.fakes.loopback import HttpResponse, Reset, Silent
from tests.fakes.runner import RecordingRunner
from tests.fakes.watchdog import Fault, LoopbackWatchdog

BAD_INPUT = {"GITHUB_ACTIONS": "true", "INPUT_CLUSTER-PORT": "ssh"}
IN_A_SHELL = {
    "INPUT_CLUSTER-HOST": "head.example.org",
    "INPUT_CLUSTER-USER": "alice",
    "INPUT_CLUSTER-PASSWORD": "s3cret",
}


@pytest.fixture
def watchdog() -> Iterator[LoopbackWatchdog]:
    with LoopbackWatchdog() as running:
        yield running


@pytest.fixture
def http() -> Iterator[Http]:
    with contextlib.closing(Http()) as opened:
        yield opened


def test_successful_and_failed_polls_have_different_urls(watchdog: LoopbackWatchdog, http: Http) -> None:
    runner = RecordingRunner()
    for url in (watchdog.url, f"{watchdog.url}/", f"{watchdog.url}?rid=1"):
        HttpHeartbeat(url, http, runner.annotate).beat(worked=False)
    HttpHeartbeat(watchdog.url, http, runner.annotate).beat(worked=True)
    assert (watchdog.pings, runner.annotations) == (["fail", "fail", "fail", "ok"], [])


FAULTS: dict[str, tuple[Fault, str]] = {
    "unknown": (HttpResponse(404, b"not found"), "HTTP 404"),
    "moved": (HttpResponse(301, headers={"Location": "https://elsewhere.example/"}), "HTTP 301"),
    "out of order": (HttpResponse(503), "HTTP 503"),
    "reset": (Reset(), "the connection failed"),
    "silent": (Silent(), "the request timed out"),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_failed_heartbeat_is_a_warning_without_its_url(
    fault: Fault, reason: str, watchdog: LoopbackWatchdog, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "_TIMEOUT_SECONDS", 0.1)
    runner = RecordingRunner()
    watchdog.fail_next(fault)
    HttpHeartbeat(watchdog.url, http, runner.annotate).beat(worked=True)
    [(level, text)] = runner.annotations
    assert (level, text) == ("warning", f"The heartbeat failed: {reason}. Check heartbeat-url.")


@pytest.mark.parametrize(("command", "pings"), [("", ["fail"]), ("poll", ["fail"]), ("check", [])])
def test_a_poll_that_cannot_start_counts_as_failed(
    command: str, pings: list[str], watchdog: LoopbackWatchdog
) -> None:
    given = {**BAD_INPUT, "INPUT_HEARTBEAT-URL": watchdog.url, "INPUT_COMMAND": command}
    assert action.main(given) == 2
    assert watchdog.pings == pings


def test_a_poll_that_crashes_counts_as_failed(
    watchdog: LoopbackWatchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> NoReturn:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(wiring, "run", crash)
    assert action.main({**IN_A_SHELL, "INPUT_HEARTBEAT-URL": watchdog.url}) == 1
    assert watchdog.pings == ["fail"]


def test_an_invalid_heartbeat_url_is_a_bad_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert action.main({**BAD_INPUT, "INPUT_HEARTBEAT-URL": "http://watchdog.example/s3cret"}) == 2
    output = "\n".join(line for line in capsys.readouterr().out.splitlines() if "add-mask" not in line)
    assert "heartbeat-url is not a URL that begins with https://" in output
    assert "s3cret" not in output
