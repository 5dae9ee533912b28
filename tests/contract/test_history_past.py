"""The past of the records in the artifact store: saved once a day, and read back by each run."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.http import Http
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.outbox import Outbox
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.polls import Poll
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.artifact_store import StoreOfRun
from tests.fakes.clock import VirtualClock
from tests.fakes.github import Broken, Failed, Fault, LoopbackGitHub, Odd, Operation, Reset, Truncated
from tests.fakes.github_actions import Artifact, Run
from tests.fakes.pruner import Pruner
from tests.unit.domain.history.test_past import year_until

NAME = "cluster-status-mscluster"
WITH_PAST = f"{NAME}.2"
DAY = timedelta(days=1)


class Site:
    """A workflow whose cluster has been polled for a year."""

    def __init__(self, github: LoopbackGitHub, clock: VirtualClock, http: Http) -> None:
        self.github = github
        self.clock = clock
        self._http = http
        self.histories = Histories().with_entry("mscluster", year_until(clock.now()))

    def start(self, run: Run | None = None, branch: str = "main") -> StoreOfRun:
        return StoreOfRun(self._http, run or self.github.start_run(branch), clock=self.clock)

    def polled(self, *, delivering: bool = False) -> Histories:
        """Return the histories one poll later."""
        before = self.histories.of("mscluster")
        polls = (*before.record.polls, Poll(self.clock.now(), Status.ONLINE))
        outbox = Outbox(delivering_since=self.clock.now() if delivering else None)
        record = replace(before.record, polls=polls)
        self.histories = self.histories.with_entry("mscluster", replace(before, record=record, outbox=outbox))
        return self.histories

    def poll(self, branch: str = "main") -> list[str]:
        """Let a run restore, poll and save; return its warnings. It has to restore what was saved last."""
        self.clock.advance(timedelta(minutes=10))
        run = self.start(branch=branch)
        assert self.restored(run) == self.histories
        run.store.save(self.polled())
        return [text for level, text in run.annotations if level is Level.WARNING]

    @staticmethod
    def restored(run: StoreOfRun) -> Histories | None:
        loaded = run.store.load()
        return loaded and run.store.completed(loaded)

    @property
    def newest(self) -> Artifact:
        return self.github.artifacts[-1]

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.github.artifacts]


@pytest.fixture
def made_site() -> Iterator[Site]:
    clock, http = VirtualClock(), Http()
    with LoopbackGitHub(clock=clock.exactly) as github:
        yield Site(github, clock, http)
    http.close()


@pytest.fixture
def site(made_site: Site) -> Site:
    made_site.start().store.save(made_site.polled())
    return made_site


def test_the_first_copy_of_a_day_has_the_past_and_later_ones_are_small(site: Site) -> None:
    for _ in range(3):
        assert site.poll() == []
    site.clock.advance(DAY)
    site.poll()
    site.poll()
    assert site.names == [WITH_PAST, NAME, NAME, NAME, WITH_PAST, NAME]
    whole, small, *_ = site.github.artifacts
    assert 3 * len(small.content) < len(whole.content)


def test_the_official_client_downloads_a_copy_with_its_past(
    site: Site, official_client: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    result = official_client(site.newest.run, "download", WITH_PAST, tmp_path)
    assert result["digestMismatch"] is False
    assert sorted(file.name for file in tmp_path.iterdir()) == ["history.json", "past.json"]


def test_a_copy_with_the_past_outlives_the_copies_that_name_it(site: Site) -> None:
    site.poll()
    whole, small = site.github.artifacts
    assert whole.expires_at - small.expires_at >= 3 * DAY


def test_a_poll_reads_the_past_with_two_requests_besides_the_check(site: Site) -> None:
    site.poll()
    before = len(site.github.requests)
    site.poll()
    assert len(site.github.requests) - before == 9  # without the two of `newer`


FAULTS: list[tuple[Fault, Operation]] = [
    (Failed(404), "zip"),
    (Failed(410), "zip"),
    (Failed(403, "Forbidden"), "zip"),
    (Broken(), "zip"),
    (Failed(404), "blob-get"),
    (Odd(pack(b"{}", b"{}")), "blob-get"),
    (Truncated(), "blob-get"),
    (Reset(), "blob-get"),
]


@pytest.mark.parametrize(("fault", "operation"), FAULTS, ids=str)
def test_no_answer_of_github_makes_a_run_forget_the_past(
    fault: Fault, operation: Operation, site: Site
) -> None:
    site.poll()
    complete = site.histories
    for _ in range(2):
        run = site.start()
        site.github.fail_next(None, *[fault] * 5, on=operation)  # the first request is for the recent part
        recent = site.restored(run)
        site.github.fail_none()
        assert recent
        record = recent.of("mscluster").record
        assert record.polls == complete.of("mscluster").record.polls
        assert len(record.ledger.days) == 2
        [(level, warning)] = run.annotations
        assert (level, "older part of the history" in warning) == (Level.WARNING, True)
        run.store.save(recent)
        site.clock.advance(timedelta(hours=6))
    assert site.restored(site.start()) == complete


def test_a_lost_past_is_given_up_after_three_days_and_not_missed_then(site: Site) -> None:
    site.poll()
    site.github.delete_run(site.github.artifacts[0].run)
    warnings = []
    for _ in range(10):
        run = site.start()
        recent = site.restored(run)
        assert recent
        run.store.save(recent)
        warnings.append(bool(run.annotations))
        site.clock.advance(DAY / 2)
    assert warnings == [True] * 6 + [False] * 4


def test_a_run_that_sends_messages_leaves_the_past_to_the_next_one(site: Site) -> None:
    site.clock.advance(DAY)
    run = site.start()
    assert site.restored(run) == site.histories
    run.store.save(site.polled(delivering=True))
    run.store.save(site.polled())
    assert site.names == [WITH_PAST, NAME, WITH_PAST]
    assert "past.json" not in site.newest.files
    site.poll()
    assert "past.json" in site.newest.files


def test_every_copy_of_a_run_that_holds_the_past_has_it(site: Site) -> None:
    run = site.github.start_run()
    site.clock.advance(3 * DAY)
    for _ in range(3):
        store = site.start(run)
        for delivering in (True, False):
            assert site.restored(site.start()) == site.histories
            assert site.restored(store) == site.histories
            store.store.save(site.polled(delivering=delivering))
            assert site.restored(site.start()) == site.histories
            assert [one.name for one in site.github.artifacts if one.run.id == run.id] == [WITH_PAST]
            assert "past.json" in site.newest.files
        run.finish("failure")
        run = run.rerun()


def test_a_branch_that_continues_another_one_stores_a_past_of_its_own(site: Site) -> None:
    site.poll()
    run = site.start(branch="try")
    assert site.restored(run) == site.histories
    run.store.save(site.histories)
    assert (site.newest.run.branch, site.newest.name) == ("try", WITH_PAST)


@pytest.mark.parametrize("keep", [0, 1])
def test_pruning_keeps_the_past(keep: int) -> None:
    pruner = Pruner()
    http = Http()
    with pruner.github as github:
        site = Site(github, pruner.clock, http)
        site.start().store.save(site.polled())
        for _ in range(40):
            site.clock.advance(timedelta(hours=5))
            run = site.start()
            assert site.restored(run) == site.histories
            assert run.annotations == []
            run.store.save(site.polled())
            for one in github.runs:
                one.finish()
            assert pruner.prune(keep=keep) is ExitStatus.OK
        assert len(github.runs) <= 3 + 5
    http.close()
