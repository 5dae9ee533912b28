"""Faults of the artifact store: their annotations, and that no poll and no notification is lost.

Each test polls three times: the cluster is online; it goes down during the fault; it is still down after the
fault. Two notifications are due.
"""

import contextlib
import io
import json
import threading
import zipfile
from collections.abc import Callable
from typing import Any, Unpack

import pytest
from msgspec import Struct

from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.http import Http, HttpResponse, RequestOptions
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from tests.fakes.artifact_store import artifact_store
from tests.fakes.github import (
    QUOTA_HIT,
    Broken,
    Damaged,
    Failed,
    LoopbackGitHub,
    RateLimited,
    Reset,
    Silent,
    Truncated,
)
from tests.fakes.github_actions import Permission
from tests.fakes.github_actions import Run as WorkflowRun
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.monitor import Monitor, Run

NAME = artifact_name("mscluster")
ATTEMPTS = 5
REFUSED = failed(Cause.REFUSED)
EMPTY = Histories().with_entry("mscluster", History())
DUE = ["mscluster is online", "mscluster is offline"]

Inject = Callable[[LoopbackGitHub], object]


class Fault(Struct, frozen=True):
    """`shown` is a part of the annotations; if it is empty, there is none."""

    name: str
    inject: Inject
    shown: str = ""
    permission: Permission = "write"
    repair: Inject = lambda _: None


class Outcome(Struct, frozen=True):
    exit_status: int  # of the poll during the fault
    shown: str
    headlines: list[str]  # of all notifications
    polls: int  # in the history at the end


def play(fault: Fault, *, after_delivery: bool = False) -> Outcome:
    """Inject the fault before the second poll, or after it delivered its notification."""
    monitor = Monitor()
    with LoopbackGitHub(clock=monitor.clock.now) as github, contextlib.closing(HastyHttp()) as http:
        poll(monitor, github, http, ONLINE)
        if after_delivery:
            monitor.notifier.during_next(lambda: _call(fault.inject, github))
        else:
            fault.inject(github)
        during = poll(monitor, github, http, REFUSED, permission=fault.permission)
        fault.repair(github)
        # after this time a run that began a delivery counts as killed
        poll(monitor, github, http, REFUSED, later=DELIVERY_TAKES_AT_MOST)
        history = store_of(monitor, http, github.start_run()).load()
    shown = [text for _, text in during.runner.annotations if "SSH" not in text]
    headlines = [message.headline for message in monitor.notifier.messages]
    return Outcome(
        int(during.exit_status),
        " ".join(shown),
        headlines,
        len(history.of("mscluster").record.polls) if history else 0,
    )


def _call(inject: Inject, github: LoopbackGitHub) -> None:
    inject(github)


class HastyHttp(Http):
    """Has a time-out of 0.1 s: on loopback a response arrives at once, or never."""

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        options["timeout_seconds"] = 0.1
        return super().request(method, url, **options)


def poll(monitor: Monitor, github: LoopbackGitHub, http: Http, result: ProbeResult, **how: Any) -> Run:
    run = github.start_run(permission=how.pop("permission", "write"))
    done = monitor.poll(result, store=store_of(monitor, http, run), **how)
    run.finish()
    return done


def store_of(monitor: Monitor, http: Http, run: WorkflowRun) -> HistoryArtifact:
    return artifact_store(
        run.environment,
        run.github_token,
        http,
        monitor.clock,
        lambda level, text: monitor.runner.annotate(level, text),  # noqa: PLW0108 - each run has its own runner
    )


def _planted(content: bytes, **where: Any) -> Inject:
    return lambda github: github.plant(NAME, content, **where)


def _failing(operation: Any, *faults: Any) -> Inject:
    return lambda github: github.fail_next(*faults, on=operation)


def _refuse_all_uploads(github: LoopbackGitHub) -> None:
    github.fail_next(Failed(403), on="put")
    github.fail_next(Failed(403), on="put-block")


def _delete_the_newest(github: LoopbackGitHub) -> None:
    address = f"{github.api_url}/repos/{github.repository}/actions/artifacts/{github.artifacts[-1].id}"
    with contextlib.closing(Http()) as http:
        http.request("DELETE", address, headers={"Authorization": f"Bearer {github.new_token('write')}"})


def _plant_three_damaged(github: LoopbackGitHub) -> None:
    for _ in range(3):
        github.plant(NAME, DAMAGED)


def _delete_three(github: LoopbackGitHub) -> None:
    for _ in range(3):
        _delete_the_newest(github)


def _several_files() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("history.json", "../history.json"):
            file.writestr(name, codec.render(EMPTY))
    return archive.getvalue()


DAMAGED = b"PK\x03\x04 and no more"
FORGED = pack(codec.render(EMPTY))
NEWER_SCHEMA = pack(codec.render(Histories(schema=99)))

TOLERATED = (
    Fault("a newer artifact has expired", _planted(FORGED, expired=True)),
    Fault("a newer artifact is from a fork", _planted(FORGED, from_fork=True)),
    Fault("a newer artifact is from another branch", _planted(FORGED, branch="try")),
    Fault(
        "a newer artifact is damaged",
        _planted(DAMAGED),
        "Could not read artifact 5000000003 ('cluster-status-mscluster'): The zip archive is damaged. "
        "An older artifact is used.",
    ),
    Fault(
        "a newer artifact holds several files", _planted(_several_files()), "holds 2 files instead of one."
    ),
    Fault("a newer artifact is a zip bomb of 1 GB", _planted(pack(bytes(1_000_000_000))), "larger than"),
    Fault(
        "the artifact is deleted after it is listed", _failing("zip", Failed(404)), "It was deleted or has"
    ),
    Fault("the artifact expires after it is listed", _failing("zip", Failed(410)), "It was deleted or has"),
    Fault("only an upload in blocks is allowed", _failing("put", Failed(403))),
    Fault("the upload arrives damaged", _failing("put", Damaged())),
)

NOT_RESTORED = (
    Fault(
        "a newer artifact has a newer schema", _planted(NEWER_SCHEMA), "schema 99", repair=_delete_the_newest
    ),
    Fault(
        "the newest three artifacts are damaged",
        _plant_three_damaged,
        "Delete the damaged artifacts on the pages of their runs.",
        repair=_delete_three,
    ),
    Fault(
        "the token has no permission",
        lambda _: None,
        "github-token lacks a permission (HTTP 403: Resource not accessible by integration). "
        "Give the job this permission and use the default github-token: `permissions: {actions: read}`.",
        permission="none",
    ),
    Fault(
        "the hourly limit is used up",
        _failing("list", RateLimited()),
        "GitHub returned HTTP 403: API rate limit exceeded for installation ID 1. The next run tries again.",
    ),
    Fault(
        "429 in all attempts", _failing("list", *[Failed(429)] * ATTEMPTS), "GitHub returned HTTP 429: It did"
    ),
    Fault(
        "5xx in all attempts",
        _failing("list", *[Broken(502)] * ATTEMPTS),
        "GitHub returned HTTP 502. The next run tries again.",
    ),
    Fault(
        "no response to the list",
        _failing("list", *[Silent()] * ATTEMPTS),
        "GitHub cannot be reached: the request timed out. The next run tries again.",
    ),
    Fault(
        "all downloads are incomplete",
        _failing("blob-get", *[Truncated()] * ATTEMPTS),
        "Could not download the history artifact: the response is incomplete. The next run tries again.",
    ),
)

NOT_SAVED = (
    Fault(
        "the storage quota is used up",
        _failing("create", QUOTA_HIT),
        "The artifact storage quota of the account is used up. Delete old runs with their artifacts, or",
    ),
    Fault(
        "5xx in all attempts",
        _failing("create", *[Broken(503)] * ATTEMPTS),
        "The artifact store refused the history (HTTP 503). The next run tries again.",
    ),
    Fault(
        "no response to CreateArtifact",
        _failing("create", Silent()),
        "The artifact store cannot be reached: the request timed out. The next run tries again.",
    ),
    Fault(
        "the response to CreateArtifact is lost",
        _failing("create", Broken(502, after_accepting=True)),
        "The artifact store refused the history (HTTP 502). The next run tries again.",
    ),
    Fault("all uploads are refused", _refuse_all_uploads, "Could not upload the history (HTTP 403)."),
    Fault(
        "FinalizeArtifact is refused",
        _failing("finalize", Failed(403, "Forbidden")),
        "The artifact store refused the history (HTTP 403: Forbidden). The next run tries again.",
    ),
    Fault(
        "the connection is reset in all attempts",
        _failing("finalize", *[Reset()] * ATTEMPTS),
        "The artifact store cannot be reached: the connection failed. The next run tries again.",
    ),
)

TOLERATED_AFTER_DELIVERY = (
    Fault("5xx for all attempts to list newer artifacts", _failing("list", *[Broken(502)] * ATTEMPTS)),
    Fault("503 four times", _failing("create", *[Broken(503)] * (ATTEMPTS - 1))),
    Fault(
        "the response to FinalizeArtifact is lost", _failing("finalize", Broken(502, after_accepting=True))
    ),
)

NOT_SAVED_AFTER_DELIVERY = (
    Fault("the storage quota is used up", _failing("create", QUOTA_HIT), "quota of the account is used up."),
    Fault(
        "5xx in all attempts",
        _failing("create", *[Broken(503)] * ATTEMPTS),
        "The artifact store refused the history (HTTP 503).",
    ),
    Fault(
        "FinalizeArtifact is refused",
        _failing("finalize", Failed(403, "Forbidden")),
        "The artifact store refused the history (HTTP 403: Forbidden).",
    ),
)


def named(faults: tuple[Fault, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults, ids=[fault.name for fault in faults])


@named(TOLERATED)
def test_a_fault_that_leaves_a_usable_history_changes_nothing(fault: Fault) -> None:
    outcome = play(fault)
    assert bool(outcome.shown) == bool(fault.shown)
    assert fault.shown in outcome.shown
    assert (outcome.exit_status, outcome.headlines, outcome.polls) == (0, DUE, 3)


@named(NOT_RESTORED)
def test_a_poll_that_cannot_restore_the_history_notifies_nothing_and_the_next_one_does(fault: Fault) -> None:
    outcome = play(fault)
    assert fault.shown in outcome.shown
    assert (outcome.exit_status, outcome.headlines, outcome.polls) == (4, DUE, 2)


@named(NOT_SAVED)
def test_a_poll_that_cannot_save_the_history_notifies_and_the_next_one_does_again(fault: Fault) -> None:
    outcome = play(fault)
    assert fault.shown in outcome.shown
    assert (outcome.exit_status, outcome.headlines, outcome.polls) == (4, [*DUE, DUE[-1]], 2)


@named(TOLERATED_AFTER_DELIVERY)
def test_a_fault_after_a_delivery_that_passes_changes_nothing(fault: Fault) -> None:
    outcome = play(fault, after_delivery=True)
    assert (outcome.shown, outcome.exit_status, outcome.headlines, outcome.polls) == ("", 0, DUE, 3)


@named(NOT_SAVED_AFTER_DELIVERY)
def test_a_delivery_that_could_not_be_saved_is_repeated(fault: Fault) -> None:
    outcome = play(fault, after_delivery=True)
    assert fault.shown in outcome.shown
    assert (outcome.exit_status, outcome.headlines, outcome.polls) == (4, [*DUE, DUE[-1]], 3)


def test_two_overlapping_runs_keep_both_polls_and_notify_once() -> None:
    one, other = Monitor(), Monitor()
    other.notifier, other.clock = one.notifier, one.clock
    with LoopbackGitHub(clock=one.clock.now) as github, contextlib.closing(Http()) as http:
        one.poll(ONLINE, store=store_of(one, http, github.start_run()))
        late = store_of(one, http, github.start_run())
        has_loaded = threading.Event()
        load = late.load

        def load_and_signal() -> object:
            history = load()
            has_loaded.set()
            return history

        def poll_in_the_other_run() -> None:
            assert has_loaded.wait(5)
            store = store_of(other, http, github.start_run())
            assert other.poll(REFUSED, store=store).outputs["changed"] == "true"

        late.load = load_and_signal  # type: ignore[method-assign, assignment]
        one.on_connectivity_check = poll_in_the_other_run
        overtaken = one.poll(REFUSED, store=late)
        history = store_of(one, http, github.start_run()).load()
    assert history
    assert len(history.of("mscluster").record.polls) == 3
    assert overtaken.outputs["changed"] == "false"
    assert [message.headline for message in one.notifier.messages] == DUE


def test_the_file_of_the_original_script_is_restored_from_an_artifact() -> None:
    monitor = Monitor()
    polls = json.dumps([{"poll_time": f"2026-03-01 {time}", "online": True} for time in ("11:55", "12:00")])
    with LoopbackGitHub(clock=monitor.clock.now) as github, contextlib.closing(Http()) as http:
        github.plant(NAME, pack(polls.encode()))
        runs = [
            monitor.poll(result, store=store_of(monitor, http, github.start_run()))
            for result in (ONLINE, REFUSED)
        ]
        history = store_of(monitor, http, github.start_run()).load()
    assert history
    assert len(history.of("mscluster").record.polls) == 4
    assert [run.headlines for run in runs] == [[], ["mscluster is offline"]]
