"""The heartbeat is sent after every poll; a failure is a warning and does not fail the run."""

import contextlib
from collections.abc import Iterator
from typing import NoReturn

import pytest

from cluster_status import action, wiring
from cluster_status.adapters import heartbeat
from cluster_status.adapters.heartbeat import HttpHeartbeat, failure_url
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


SERVICES = {
    "Healthchecks": "/ping/{secret}",
    "Healthchecks, with a slash": "/ping/{secret}/",
    "Healthchecks, with a run id": "/ping/{secret}?rid=1",
    "Healthchecks, with a slug": "/ping/{secret}/nightly-poll?create=1",
    "Uptime Kuma": "/api/push/{secret}?status=up&msg=OK&ping=",
    "Uptime Kuma, without a query": "/api/push/{secret}",
    "Cronitor": "/p/{secret}/monitor?state=complete&env=production",
}


@pytest.mark.parametrize("form", SERVICES.values(), ids=SERVICES)
def test_each_service_learns_of_a_successful_and_of_a_failed_poll(
    form: str, watchdog: LoopbackWatchdog, http: Http
) -> None:
    runner = RecordingRunner()
    heartbeat = HttpHeartbeat(watchdog.origin + form.format(secret=watchdog.secret), http, runner.annotate)
    heartbeat.beat(worked=True)
    heartbeat.beat(worked=False)
    assert (watchdog.pings, runner.annotations) == (["ok", "fail"], [])


def test_a_failed_poll_requests_no_url_with_the_query_of_an_unknown_service(
    watchdog: LoopbackWatchdog, http: Http
) -> None:
    runner = RecordingRunner()
    heartbeat = HttpHeartbeat(f"{watchdog.url}?apiKey=1", http, runner.annotate)
    heartbeat.beat(worked=True)
    heartbeat.beat(worked=False)
    assert (watchdog.pings, runner.annotations) == (["ok"], [])


UUID = "5f1a8e6c-2b7d-4c39-9e0f-1d2c3b4a5968"
FORMS = {
    f"https://hc-ping.com/{UUID}": f"https://hc-ping.com/{UUID}/fail",
    "https://hc-ping.com/KEY/poll?create=1": "https://hc-ping.com/KEY/poll/fail?create=1",
    f"https://checks.example.org/ping/{UUID}/": f"https://checks.example.org/ping/{UUID}/fail",
    "https://beat.example.org": "https://beat.example.org/fail",
    "https://kuma.example.org/api/push/KEY?status=up&msg=OK&ping=": (
        "https://kuma.example.org/api/push/KEY?status=down&msg=The+poll+failed.&ping="
    ),
    "https://example.org/kuma/api/push/KEY/": (
        "https://example.org/kuma/api/push/KEY/?status=down&msg=The+poll+failed."
    ),
    "https://kuma.example.org/api/push/KEY?status=true&msg=OK": (
        "https://kuma.example.org/api/push/KEY?status=down&msg=The+poll+failed."
    ),
    "https://example.org/behind/a/proxy?status=up": (
        "https://example.org/behind/a/proxy?status=down&msg=The+poll+failed."
    ),
    "https://cronitor.link/p/KEY/poll?state=complete": (
        "https://cronitor.link/p/KEY/poll?state=fail&message=The+poll+failed."
    ),
    "https://cronitor.link/p/KEY/poll": "https://cronitor.link/p/KEY/poll?state=fail&message=The+poll+failed.",
    "https://cronitor.link/p/KEY/poll?env=a%26b&metric=count:1&metric=error_count:2": (
        "https://cronitor.link/p/KEY/poll?state=fail&message=The+poll+failed."
        "&env=a%26b&metric=count%3A1&metric=error_count%3A2"
    ),
    "https://api.example.org/v2/heartbeats/poll/ping?apiKey=KEY": "",
    "https://example.org/beat.php?status=upstream": "",
}


@pytest.mark.parametrize(("url", "expected"), FORMS.items())
def test_a_failed_poll_is_reported_in_the_form_of_the_service(url: str, expected: str) -> None:
    assert failure_url(url) == expected


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


@pytest.mark.parametrize("scheme", ["http://", "", "ftp://"])
def test_an_invalid_heartbeat_url_is_a_bad_input(scheme: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert action.main({**BAD_INPUT, "INPUT_HEARTBEAT-URL": f"{scheme}watchdog.example/s3cret"}) == 2
    output = "\n".join(line for line in capsys.readouterr().out.splitlines() if "add-mask" not in line)
    assert "heartbeat-url is not a URL that begins with https://" in output
    assert "s3cret" not in output
