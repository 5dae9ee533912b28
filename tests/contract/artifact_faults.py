"""Each fault of the artifact store: what the user sees, and what is left of the history and the messages.

Three polls: the cluster is online, it goes down during the fault, and it is still down after the fault.
"""

import contextlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Unpack

from msgspec import Struct

from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.history_artifact.catalog import Catalog, Origin
from cluster_status.adapters.history_artifact.results import Job, ResultsService
from cluster_status.adapters.history_artifact.store import HistoryArtifact, artifact_name
from cluster_status.adapters.http import Http, HttpResponse, Options
from cluster_status.adapters.retry import RetryingHttp
from cluster_status.domain.history import codec
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import DELIVERY_TAKES_AT_MOST
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from tests.fakes.github import (
    QUOTA_HIT,
    Broken,
    Failed,
    LoopbackGitHub,
    RateLimited,
    Reset,
    Silent,
    Truncated,
)
from tests.fakes.github_actions import Run as WorkflowRun
from tests.fakes.probe import ONLINE, met
from tests.unit.app.monitor import Monitor, Run

NAME = artifact_name("mscluster")
TRIES = 5
NOTING = "saving that it was delivered"
REFUSED = met(Cause.REFUSED)


class Fault(Struct, frozen=True):
    moment: str
    words: str
    strike: Callable[[LoopbackGitHub], object]
    exit_status: int = 0
    shows: str = ""  # a part of what the user sees; empty: nothing is shown
    permission: Any = "write"
    remedy: Callable[[LoopbackGitHub], object] = lambda _: None


class Outcome(Struct, frozen=True):
    fault: Fault
    exit_status: int
    shown: str
    headlines: tuple[str, ...]
    polls_kept: int


def _planted(content: bytes, **where: Any) -> Callable[[LoopbackGitHub], object]:
    return lambda github: github.plant(NAME, content, **where)


def _failing(operation: Any, *faults: Any) -> Callable[[LoopbackGitHub], object]:
    return lambda github: github.fail_next(*faults, on=operation)


def _refuse_the_file(github: LoopbackGitHub) -> None:
    github.fail_next(Failed(403), on="put")
    github.fail_next(Failed(403), on="put-block")


def _delete_the_newest(github: LoopbackGitHub) -> None:
    address = f"{github.api_url}/repos/{github.repository}/actions/artifacts/{github.artifacts[-1].id}"
    with contextlib.closing(Http()) as http:
        http.request("DELETE", address, headers={"Authorization": f"Bearer {github.new_token('write')}"})


def _plant_damaged_ones(github: LoopbackGitHub) -> None:
    for _ in range(3):
        github.plant(NAME, b"PK\x03\x04 and no more")


def _delete_damaged_ones(github: LoopbackGitHub) -> None:
    for _ in range(3):
        _delete_the_newest(github)


def _several_files() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("history.json", "../history.json"):
            file.writestr(name, codec.render(History(cluster="mscluster")))
    return archive.getvalue()


_UNTRUSTED = pack(codec.render(History(cluster="another")))
_TO_COME = pack(codec.render(History(schema=99, cluster="mscluster")))
_FORGED = pack(codec.render(History(cluster="mscluster")))

FAULTS = (
    Fault("restoring", "a newer one has expired", _planted(_FORGED, expired=True)),
    Fault("restoring", "a newer one is from a fork", _planted(_FORGED, from_fork=True)),
    Fault("restoring", "a newer one is from another branch", _planted(_FORGED, branch="try")),
    Fault(
        "restoring",
        "a newer one is damaged",
        _planted(b"PK\x03\x04 and no more"),
        shows="5000000003",
    ),
    Fault("restoring", "a newer one holds several files", _planted(_several_files()), shows="5000000003"),
    Fault(
        "restoring",
        "a newer one is a bomb: 1 GB when unpacked",
        _planted(pack(bytes(1_000_000_000))),
        shows="5000000003",
    ),
    Fault(
        "restoring",
        "a newer one holds another cluster's history",
        _planted(_UNTRUSTED),
        remedy=_delete_the_newest,
        exit_status=4,
        shows="'another'",
    ),
    Fault(
        "restoring",
        "a newer one has a schema to come",
        _planted(_TO_COME),
        remedy=_delete_the_newest,
        exit_status=4,
        shows="schema 99",
    ),
    Fault(
        "restoring",
        "the newest three are damaged",
        _plant_damaged_ones,
        remedy=_delete_damaged_ones,
        exit_status=4,
        shows="5000000003",
    ),
    Fault(
        "restoring",
        "the token lacks the permission",
        lambda _: None,
        permission="none",
        exit_status=4,
        shows="permissions: {actions: read}",
    ),
    Fault(
        "restoring",
        "the rate limit is used up",
        _failing("list", RateLimited()),
        exit_status=4,
        shows="rate limit exceeded",
    ),
    Fault("restoring", "429 for good", _failing("list", *[Failed(429)] * TRIES), exit_status=4, shows="429"),
    Fault("restoring", "5xx for good", _failing("list", *[Broken(502)] * TRIES), exit_status=4, shows="502"),
    Fault(
        "restoring",
        "no answer",
        _failing("list", *[Silent()] * TRIES),
        exit_status=4,
        shows="GitHub",
    ),
    Fault(
        "restoring",
        "the artifact was deleted a moment ago (404)",
        _failing("zip", Failed(404)),
        shows="5000000002",
    ),
    Fault("restoring", "it expired a moment ago (410)", _failing("zip", Failed(410)), shows="5000000002"),
    Fault(
        "restoring",
        "the download breaks off for good",
        _failing("blob-get", *[Truncated()] * TRIES),
        exit_status=4,
        shows="GitHub",
    ),
    Fault(
        "saving",
        "the storage quota is used up",
        _failing("create", QUOTA_HIT),
        exit_status=4,
        shows="storage quota",
    ),
    Fault("saving", "the answer to its begin is lost", _failing("create", Broken(502, after_accepting=True))),
    Fault("saving", "5xx for good", _failing("create", *[Broken(503)] * TRIES), exit_status=4, shows="503"),
    Fault(
        "saving",
        "no answer",
        _failing("create", *[Silent()] * TRIES),
        exit_status=4,
        shows="artifact store",
    ),
    Fault("saving", "the file is refused as a whole, not in blocks", _failing("put", Failed(403))),
    Fault("saving", "the file is refused, whole and in blocks", _refuse_the_file, exit_status=4, shows="403"),
    Fault(
        "saving",
        "the end of the upload is refused",
        _failing("finalize", Failed(403, "Forbidden")),
        exit_status=4,
        shows="403",
    ),
    Fault(
        "saving",
        "the connection is reset for good",
        _failing("finalize", *[Reset()] * TRIES),
        exit_status=4,
        shows="artifact store",
    ),
    Fault(
        NOTING, "GitHub does not say whether there is a newer one", _failing("list", *[Broken(502)] * TRIES)
    ),
    Fault(
        NOTING,
        "the answer to the upload's begin is lost",
        _failing("create", Broken(502, after_accepting=True)),
    ),
    Fault(NOTING, "5xx, four times", _failing("create", *[Broken(503)] * (TRIES - 1))),
    Fault(
        NOTING,
        "the storage quota is used up",
        _failing("create", QUOTA_HIT),
        exit_status=4,
        shows="storage quota",
    ),
    Fault(NOTING, "5xx for good", _failing("create", *[Broken(503)] * TRIES), exit_status=4, shows="503"),
    Fault(
        NOTING,
        "the end of the upload is refused",
        _failing("finalize", Failed(403, "Forbidden")),
        exit_status=4,
        shows="403",
    ),
)


def outcome(fault: Fault) -> Outcome:
    """Play the three polls, and see what is left of them."""
    monitor = Monitor()
    with LoopbackGitHub(clock=monitor.clock.now) as github, contextlib.closing(_HastyHttp()) as http:
        _poll(monitor, github, http, ONLINE)
        if fault.moment == NOTING:
            monitor.notifier.during_next(lambda: _ignore(fault.strike(github)))
        else:
            fault.strike(github)
        struck = _poll(monitor, github, http, REFUSED, permission=fault.permission)
        fault.remedy(github)
        # by then, a run that delivered and could not save that counts as killed
        _poll(monitor, github, http, REFUSED, later=DELIVERY_TAKES_AT_MOST)
        kept = store_of(monitor, http, github.start_run()).load()
    seen = [text for _, text in struck.runner.annotations if "refuses SSH connections" not in text]
    return Outcome(
        fault,
        int(struck.exit_status),
        " ".join(seen),
        tuple(message.headline for message in monitor.notifier.messages),
        len(kept.polls) if kept else 0,
    )


def _ignore(_: object) -> None:
    """Make an interlude of what returns something."""


class _HastyHttp(Http):
    """Waits a tenth of a second, not ten: the answers are on loopback, or never come."""

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpResponse:
        options["timeout_seconds"] = 0.1
        return super().request(method, url, **options)


def _poll(monitor: Monitor, github: LoopbackGitHub, http: Http, seen: ProbeResult, **how: Any) -> Run:
    run = github.start_run(permission=how.pop("permission", "write"))
    done = monitor.poll(seen, store=store_of(monitor, http, run), **how)
    run.finish()
    return done


def store_of(monitor: Monitor, http: Http, run: WorkflowRun) -> HistoryArtifact:
    here = run.environment
    patient = RetryingHttp(http, monitor.clock)
    origin = Origin(here["GITHUB_API_URL"], here["GITHUB_REPOSITORY"], run.branch, Secret(run.github_token))
    job = Job.of(here["ACTIONS_RESULTS_URL"], Secret(run.runtime_token))
    return HistoryArtifact(
        "mscluster",
        Catalog(patient, origin),
        ResultsService(patient, job),
        monitor.clock,
        lambda level, text: monitor.runner.annotate(level, text),  # noqa: PLW0108 - a run has its own runner
        kept_for=timedelta(days=30),
    )
