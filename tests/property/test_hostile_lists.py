"""No answer of GitHub makes the action forget a host key or delete a history.

Any list may contradict itself, and one of the two views may be consistent and wrong: that of all artifacts,
or that of single runs. If both are, nothing distinguishes them from a repository without a history.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import Message
from typing import Any, Unpack
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.results import Job, ResultsService
from cluster_status.adapters.github.runs import GitHubRuns
from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.http import HttpFailure, HttpResponse, RequestOptions
from cluster_status.app.prune import prune
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.past import copy_to_save
from cluster_status.domain.history.ssh_state import SshState
from cluster_status.domain.secret import Secret
from cluster_status.errors import HistoryError
from tests.fakes import loopback
from tests.fakes.clock import START, VirtualClock
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_wire import Wire
from tests.fakes.hostile_lists import CONTRADICTIONS, FAILURES, LIES, NO_LIST, HostileLists
from tests.fakes.in_turn import in_turn
from tests.fakes.pruner import HISTORY, Pruner
from tests.fakes.runner import RecordingRunner
from tests.property.steady import steady
from tests.unit.domain.history.test_past import year_until

KEY = "ssh-ed25519 SHA256:abc"
YEAR = Histories().with_entry("mscluster", replace(year_until(START), ssh=SshState(host_key=KEY)))
WITH_PAST = copy_to_save(YEAR, None, START, may_wait=False)
VIEWS = {"all": {"artifacts"}, "runs": {"artifacts of a run", "runs"}}

Draw = Callable[..., Any]


def changes(data: st.DataObject) -> Callable[[str], Iterator[str]]:
    """Draw the changes of each answer: one view may lie, the other one only contradicts itself."""
    lying = VIEWS[data.draw(st.sampled_from(sorted(VIEWS)), label="lying view")]

    def drawn(operation: str) -> Iterator[str]:
        false = LIES if operation in lying else CONTRADICTIONS
        possible = st.sampled_from([*(["honest"] if operation == NO_LIST else sorted(false)), *FAILURES])
        always = data.draw(st.none() | possible, label=f"each answer about {operation}")
        while True:
            yield always or data.draw(possible, label=operation)

    return drawn


class _Blobs:
    """Implements RetryingHttp.request for the blob storage, without sockets."""

    def __init__(self, github: LoopbackGitHub) -> None:
        self._github = github

    def request(self, method: str, url: str, **_: Unpack[RequestOptions]) -> HttpResponse:
        parts = urlsplit(url)
        request = loopback.Request("blob", method, parts.path, dict(parse_qsl(parts.query)), Message(), b"")
        response = self._github.receive(request)
        if not isinstance(response, loopback.HttpResponse):
            raise HttpFailure("the connection failed")
        return HttpResponse(response.status, response.headers, response.body)


@steady
@given(data=st.data(), newest_first=st.booleans(), branch=st.sampled_from(["main", "try", "gone", "default"]))
def test_a_restored_history_has_the_host_key_or_the_run_ends_with_an_error(
    *, data: st.DataObject, newest_first: bool, branch: str
) -> None:
    assert WITH_PAST.past
    assert WITH_PAST.ref
    github = LoopbackGitHub(newest_first=newest_first).without_sockets()
    run_of_history = github.start_run("main" if branch == "default" else branch)
    past = pack(codec.render(WITH_PAST.recent, WITH_PAST.ref), codec.render_past(WITH_PAST.past))
    planted = github.plant(f"{HISTORY}.2", past, run=run_of_history)
    ref = replace(WITH_PAST.ref, artifact=planted.id, digest=planted.digest)
    github.plant(HISTORY, pack(codec.render(WITH_PAST.recent, ref)), run=run_of_history)
    foreign = github.start_run("main", github.fork_id)
    for _ in range(data.draw(st.sampled_from([0, 3, 110, 1_100]), label="foreign artifacts")):
        github.plant(HISTORY, b"", run=foreign)
    if branch == "gone":
        github.delete_branch("gone")
    run = github.start_run("try" if branch in {"try", "default"} else "main")
    rest = Rest(HostileLists(Wire(github, run.github_token), changes(data)), github.repository)
    blobs: Any = _Blobs(github)
    store = HistoryArtifact(
        "mscluster",
        Catalog(rest, branch=run.branch, workflow="poll.yml", begin=in_turn),
        Downloader(rest, blobs),
        ResultsService(blobs, Job("", Secret(), "", "")),
        VirtualClock(),
        lambda *_: None,
        retention=timedelta(days=30),
        past_retention=timedelta(days=34),
        begin=in_turn,
    )
    try:
        restored = store.load()
    except HistoryError:
        return
    assert restored is not None
    assert store.completed(restored) == YEAR


@steady
@given(data=st.data(), newest_first=st.booleans(), keep=st.integers(0, 3))
def test_a_prune_leaves_the_newest_copy_of_each_history(
    *, data: st.DataObject, newest_first: bool, keep: int
) -> None:
    pruner = Pruner(newest_first=newest_first)
    kinds = st.sampled_from(["main", "try", "another", "failed", "fork", "past", "past of try", "notified"])
    for kind in ["past", *data.draw(st.lists(kinds, min_size=4, max_size=25), label="runs")]:
        match kind:
            case "failed":
                pruner.poll(1, "log")
            case "fork":
                pruner.github.plant(HISTORY, b"", from_fork=True)
            case "another":
                pruner.poll(1, "cluster-status-another")
            case "past":
                pruner.poll(1, f"{HISTORY}.2")
            case "past of try":
                pruner.poll(1, f"{HISTORY}.2", branch="try")
            case "notified":
                pruner.poll(1, HISTORY, f"{HISTORY}.2")
            case branch:
                pruner.poll(branch=branch)
    before = newest(pruner)
    rest = Rest(
        RateLimiter(
            HostileLists(pruner.wire, changes(data)), pruner.clock, budget_seconds=300, reserved_requests=300
        ),
        pruner.github.repository,
        permission="write",
    )
    limiter = RateLimiter(pruner.wire, pruner.clock, budget_seconds=300, reserved_requests=300)
    for _ in range(2):
        prune(GitHubRuns(rest, limiter), RecordingRunner(), replace(pruner.plan, keep=keep))
        assert newest(pruner) == before


def newest(pruner: Pruner) -> dict[tuple[str, str], int]:
    """Return the id of the newest copy of each history, and of the newest one with the past."""
    ours = [
        one for one in pruner.github.artifacts if one.run.head_repository_id == pruner.github.repository_id
    ]
    copies = {(one.name.removesuffix(".2"), one.run.branch): one.id for one in ours}
    runs_with_first = {one.run.id for one in ours if not one.name.endswith(".2")}
    alone = {(one.name, one.run.branch): one.id for one in ours if one.run.id not in runs_with_first}
    return copies | alone
