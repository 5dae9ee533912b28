"""Saves that fail for some time, over random courses of statuses: simple rules say what the channel gets."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest

from cluster_status.domain.status.cause import Cause, Status
from cluster_status.errors import ExitStatus
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor, Run

POLLS = 400
SHORTEST = 16  # polls with one status: more than an hour, so that no channel is unstable
HOUR = timedelta(hours=1)
# none of them needs a confirmation
RESULTS = {
    Status.ONLINE: ONLINE,
    Status.OFFLINE: failed(Cause.REFUSED),
    Status.MAINTENANCE: listed(partition(maintenance=8)),
}
NOT_SAVED = "Monitoring of mscluster cannot save its history"


class Course:
    """Polls with random statuses, intervals and saves; `problems` are the messages that break a rule."""

    def __init__(self, seed: int) -> None:
        self.problems: list[str] = []
        self.unsaved_messages = 0
        self._random = Random(seed)  # noqa: S311 - the same at every run
        self._monitor = Monitor()
        self._monitor.set_retries(attempts=1)
        self._saved_at: datetime | None = None
        self._saved_status: Status | None = None
        self._shown: Status | None = None  # in the channel
        self._notified: Counter[tuple[int, Status]] = Counter()  # by hour and status, since the last save
        self._hours: set[int] = set()  # with a run since the last save
        self._unsaved_runs = 0

    def run(self) -> "Course":
        for status, is_full in self._polls():
            self._monitor.store.is_full = is_full
            later = timedelta(seconds=300 + self._random.randrange(-60, 120))
            run = self._monitor.poll(RESULTS[status], later=later)
            self._check(run, status, is_full=is_full)
        return self

    def _polls(self) -> Iterator[tuple[Status, bool]]:
        status, is_full, age = Status.ONLINE, False, 0
        for _ in range(POLLS):
            yield status, is_full
            age += 1
            if age > SHORTEST and self._random.random() < 1 / 8:
                status, age = self._random.choice(list(RESULTS)), 0
            if self._random.random() < 1 / 20:
                is_full = not is_full

    def _check(self, run: Run, status: Status, *, is_full: bool) -> None:
        sent = [message.status for message in run.messages if message.headline != NOT_SAVED]
        self._expect(all(one is status for one in sent), f"{sent} is not {status}")
        self._expect((run.exit_status is ExitStatus.HISTORY) == is_full, "the exit status is wrong")
        self._shown = sent[-1] if sent else self._shown
        if is_full and self._saved_at:
            self._check_unsaved(sent, status, self._saved_at)
        elif not is_full:
            self._check_saved(status)

    def _check_unsaved(self, sent: list[Status], status: Status, saved_at: datetime) -> None:
        self._unsaved_runs += 1
        self.unsaved_messages += len(sent)
        hour = (self._monitor.clock.now() - saved_at) // HOUR
        is_due = hour not in self._hours and status is not self._saved_status
        self._expect(bool(sent) == is_due, f"{sent} in hour {hour}, {status} after {self._saved_status}")
        self._hours.add(hour)
        self._notified[hour, status] += len(sent)
        self._expect(self._notified[hour, status] <= 1, f"{status} is notified twice in an hour")

    def _check_saved(self, status: Status) -> None:
        """After three runs that could not save, the channel never shows another status than the saved one."""
        if self._unsaved_runs >= 3 or not self._notified.total():
            self._expect(self._shown is status, f"the channel shows {self._shown}, not {status}")
        self._saved_at, self._saved_status = self._monitor.clock.now(), status
        self._notified.clear()
        self._hours.clear()
        self._unsaved_runs = 0

    def _expect(self, holds: bool, problem: str) -> None:  # noqa: FBT001 - it is a condition
        if not holds:
            self.problems.append(problem)


@pytest.mark.parametrize("seed", range(8))
def test_the_first_run_of_each_hour_notifies_and_a_saved_status_is_never_contradicted(seed: int) -> None:
    course = Course(seed).run()
    assert course.problems == []
    assert course.unsaved_messages > 0
