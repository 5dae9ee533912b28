"""The search for a history: which artifact is restored, and what proves that there is none."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.http import Http
from cluster_status.domain.actions.artifact import NAME_PREFIX
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.ssh_state import SshState
from cluster_status.domain.notification.damping import Damping
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import LiveMessage, MessageRef, Notification
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.domain.uptime.polls import Poll
from cluster_status.domain.uptime.record import Record
from cluster_status.errors import HistoryUnreachableError
from cluster_status.ports import Level
from tests.fakes.artifact_store import StoreOfRun
from tests.fakes.github import Failed, Fault, LoopbackGitHub, Odd, Operation

NAME = f"{NAME_PREFIX}mscluster"
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "ssh-ed25519 SHA256:abc"


StartRun = Callable[..., StoreOfRun]


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub(newest_first=True) as running:
        yield running


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http()
    yield client
    client.close()


@pytest.fixture
def start_run(github: LoopbackGitHub, http: Http) -> StartRun:
    return lambda **run: StoreOfRun(http, github.start_run(**run))


def numbered(number: int) -> Histories:
    """Return histories that differ by their number."""
    poll = Poll(AT + timedelta(seconds=number), Status.ONLINE)
    history = History(record=Record(polls=(poll,)), ssh=SshState(host_key=KEY))
    return Histories().with_entry("mscluster", history)


def planted(number: int) -> bytes:
    return pack(codec.render(numbered(number)))


# how far GitHub is searched


@pytest.mark.parametrize("newer_ones", [0, 99])
def test_a_sorted_list_is_read_only_as_far_as_the_first_usable_artifact(
    newer_ones: int, github: LoopbackGitHub, http: Http
) -> None:
    run, other = github.start_run(), github.start_run(branch="try")
    for number in range(250):
        github.plant(NAME, planted(1), run=run if number < 250 - newer_ones else other)
    assert StoreOfRun(http, run).store.load() == numbered(1)
    assert github.operations == ["list", "list", "zip", "blob-get"]  # a list for each of the two names


def test_a_history_behind_a_thousand_foreign_artifacts_is_found_by_the_runs_of_the_branch(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(1))
    foreign = github.start_run(branch="main", head_repository_id=github.fork_id)
    for _ in range(1_200):
        github.plant(NAME, b"", run=foreign)
    assert start_run().store.load() == numbered(1)
    assert len(github.requests) < 10


@pytest.mark.parametrize("foreign", ["a fork", "another branch", "another workflow"])
def test_a_thousand_foreign_artifacts_never_mean_that_there_is_no_history(
    foreign: str, github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(1), run=github.start_run(workflow="renamed.yml"))
    uploader = {
        "a fork": lambda: github.start_run(head_repository_id=github.fork_id),
        "another branch": lambda: github.start_run(branch="try"),
        "another workflow": lambda: github.start_run(branch="try", workflow="ci.yml"),
    }[foreign]()
    names = (NAME, f"{NAME}.2")
    for number in range(2_500):
        github.plant(names[number % 2], b"", run=uploader)
    stored = start_run()
    with pytest.raises(HistoryUnreachableError, match="do not show whether there is a history") as caught:
        stored.store.load()
    assert "another history-name" in caught.value.remedy
    lists = [request for request in github.requests if request.operation == "list"]
    assert Counter(request.query["name"] for request in lists) == dict.fromkeys(names, 10)
    assert stored.store.newer() is None


def test_the_newer_history_of_another_run_is_searched_on_the_first_page_only(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    run = github.start_run(branch="try")
    for _ in range(150):
        github.plant(NAME, planted(1), run=run)
    stored = start_run()
    stored.store.newer()
    assert github.operations == ["list", "list"]


# what proves that there is none

EMPTY = Odd(b'{"total_count": 0, "artifacts": []}')
NO_RUNS = Odd(b'{"total_count": 0, "workflow_runs": []}')
CONTRADICTORY: dict[str, tuple[Operation, Fault]] = {
    "fewer artifacts than total_count": ("list", Odd(b'{"total_count": 3, "artifacts": []}')),
    "an empty list of artifacts": ("list", EMPTY),
    "a null id": (
        "list",
        Odd(b'{"total_count": 1, "artifacts": [{"id": null, "expired": false, "name": "x"}]}'),
    ),
    "a negative id": (
        "list",
        Odd(b'{"total_count": 1, "artifacts": [{"id": -1, "expired": false, "name": "x"}]}'),
    ),
    "a negative size": (
        "list",
        Odd(
            b'{"total_count": 1, "artifacts": '
            b'[{"id": 1, "expired": false, "name": "x", "size_in_bytes": -1}]}'
        ),
    ),
    "a null list": ("list", Odd(b'{"total_count": 1, "artifacts": null}')),
    "a negative total_count": ("list", Odd(b'{"total_count": -1, "artifacts": []}')),
    "an artifact of unknown origin": (
        "list",
        Odd(
            b'{"total_count": 1, "artifacts": [{"id": 1, "expired": false, '
            b'"name": "cluster-status-mscluster", "workflow_run": null}]}'
        ),
    ),
}


@pytest.mark.parametrize(("operation", "fault"), CONTRADICTORY.values(), ids=CONTRADICTORY)
def test_a_wrong_list_is_an_error_or_the_history_is_found_by_the_runs(
    operation: Operation, fault: Fault, github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(1))
    github.fail_next(fault, on=operation)
    stored = start_run()
    with contextlib.suppress(HistoryUnreachableError):
        assert stored.store.load() == numbered(1)


@pytest.mark.parametrize(
    "of_runs",
    [
        ("list-runs", NO_RUNS),
        ("list-runs", Odd(b'{"total_count": 5, "workflow_runs": []}')),
        ("list-runs", Failed(404, "Not Found")),
        ("list-of-run", Failed(404, "Not Found")),
        ("list-of-run", Odd(b'{"total_count": 2, "artifacts": []}')),
    ],
    ids=str,
)
def test_an_empty_list_proves_nothing_if_the_runs_are_not_known(
    of_runs: tuple[Operation, Fault], github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(1))
    github.fail_next(EMPTY, EMPTY, on="list")
    github.fail_next(*[of_runs[1]] * 2, on=of_runs[0])
    with pytest.raises(HistoryUnreachableError):
        start_run().store.load()


def test_an_artifact_with_another_name_is_not_restored(github: LoopbackGitHub, start_run: StartRun) -> None:
    """A forge may ignore the filter."""
    github.plant("cluster-status-another", planted(1))
    body = b"".join(
        (
            b'{"total_count": 1, "artifacts": [{"id": %d, "expired": false,' % github.artifacts[0].id,
            b'"name": "cluster-status-another", "workflow_run": {"id": 1, "head_branch": "main", ',
            b'"repository_id": 1, "head_repository_id": 1}}]}',
        )
    )
    github.fail_next(Odd(body), Odd(body), on="list")
    assert start_run().store.load() is None


# branches


def full(number: int) -> Histories:
    """Return a history with a status, a host key, polls, and everything that belongs to one branch."""
    period = StatusPeriod(Status.OFFLINE, AT)
    outage = Notification("1", Event.OUTAGE, AT, period)
    channel = ChannelOutbox(
        pending=(outage,),
        live=LiveMessage("digest", MessageRef("1", "2"), outage),
        damping=Damping(changes=(AT,), unstable_since=AT),
    )
    history = numbered(number).of("mscluster")
    history = History(
        tracker=StatusTracker(confirmed=period),
        record=history.record,
        ssh=history.ssh,
        outbox=Outbox(channels={"discord": channel}, delivering_since=AT),
    )
    return Histories().with_entry("mscluster", history)


def taken_over(number: int) -> Histories:
    history = full(number).of("mscluster")
    return Histories().with_entry(
        "mscluster", History(tracker=history.tracker, record=history.record, ssh=history.ssh)
    )


def plant(github: LoopbackGitHub, number: int, **run: str) -> None:
    github.plant(NAME, pack(codec.render(full(number))), run=github.start_run(**run))  # type: ignore[arg-type]


def test_a_branch_restores_its_own_history_with_its_messages(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    plant(github, 1, branch="try")
    plant(github, 2)
    stored = start_run(branch="try")
    assert (stored.store.load(), stored.annotations) == (full(1), [])


@pytest.mark.parametrize("others", [0, 1_100])
def test_a_new_branch_takes_over_the_history_of_the_default_branch_without_its_messages(
    others: int, github: LoopbackGitHub, start_run: StartRun
) -> None:
    plant(github, 1)
    plant(github, 2, branch="other")
    run = github.start_run()
    for _ in range(others):
        github.plant(NAME, pack(codec.render(full(1))), run=run)
    stored = start_run(branch="try")
    assert stored.store.load() == taken_over(1)
    text = "This branch has no history yet. It continues the one of the branch 'main', without its pending "
    assert (Level.NOTICE, f"{text}messages.") in stored.annotations


def test_a_new_branch_takes_over_nothing_of_a_branch_that_is_not_the_default(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    plant(github, 1, branch="other")
    github.delete_branch("other")
    assert start_run(branch="try").store.load() is None


def _rename(github: LoopbackGitHub) -> None:
    plant(github, 1, branch="main")
    github.rename_branch("main", "trunk")


def _rename_twice(github: LoopbackGitHub) -> None:
    _rename(github)
    github.rename_branch("trunk", "stem")
    github.rename_branch("stem", "trunk")


def _delete_after_a_rename(github: LoopbackGitHub) -> None:
    plant(github, 2, branch="another/older")
    plant(github, 1, branch="feature/poll")
    github.rename_branch("main", "trunk")
    github.delete_branch("feature/poll")
    github.delete_branch("another/older")


@pytest.mark.parametrize("arrange", [_rename, _rename_twice, _delete_after_a_rename])
def test_the_default_branch_takes_over_the_newest_history_of_a_branch_that_is_gone(
    arrange: Callable[[LoopbackGitHub], None], github: LoopbackGitHub, start_run: StartRun
) -> None:
    arrange(github)
    assert start_run(branch="trunk").store.load() == taken_over(1)


def test_the_default_branch_takes_over_a_history_if_the_token_cannot_see_branches(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    _rename(github)
    github.hide_branches()
    assert start_run(branch="trunk").store.load() == taken_over(1)


def test_the_default_branch_takes_over_nothing_from_a_living_branch_a_fork_or_another_workflow(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    plant(github, 1, branch="alive")
    plant(github, 2, branch="gone", workflow="other.yml")
    github.delete_branch("gone")
    github.plant(NAME, planted(3), branch="forked", from_fork=True)
    assert start_run().store.load() is None


def test_many_histories_of_another_workflow_on_a_branch_that_is_gone_need_few_requests(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    for number in range(60):
        plant(github, number, branch="gone", workflow="other.yml")
    github.delete_branch("gone")
    assert start_run().store.load() is None
    assert len(github.requests) < 40


@pytest.mark.parametrize("operation", ["repository", "branch", "get-run"])
def test_a_failure_to_look_for_other_branches_is_out_of_reach(
    operation: Operation, github: LoopbackGitHub, start_run: StartRun
) -> None:
    _rename(github)
    github.fail_next(*[Failed(500)] * 5, on=operation)
    with pytest.raises(HistoryUnreachableError):
        start_run(branch="trunk").store.load()
