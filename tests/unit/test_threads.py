"""Work beside other work: what becomes of it is found where it is asked for, and it is done once."""

import signal
import threading
from concurrent.futures import wait

import pytest

from cluster_status.errors import Cancelled, HistoryError
from cluster_status.threads import Once, run_in_thread

LONG = 10.0  # seconds: only waited for where a test fails
A_MOMENT = 0.02  # seconds: long enough for a thread that does not wait


# beside


def test_what_the_work_returns_is_found_in_the_future() -> None:
    assert run_in_thread(lambda: 42).result(LONG) == 42


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        HistoryError("no", remedy="none"),
        TimeoutError(),
        Cancelled(signal.SIGTERM),
        KeyboardInterrupt(),
        SystemExit(3),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_work_raises_is_raised_where_its_result_is_asked_for(error: BaseException) -> None:
    def work() -> None:
        raise error

    future = run_in_thread(work)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            future.result(LONG)
        assert caught.value is error


def test_the_caller_goes_on_while_the_work_is_done() -> None:
    gate = threading.Event()
    future = run_in_thread(lambda: gate.wait(LONG))
    assert not future.done()
    gate.set()
    assert future.result(LONG)


def test_nobody_has_to_wait_for_the_work_before_the_process_ends() -> None:
    assert run_in_thread(lambda: threading.current_thread().daemon).result(LONG)


# Once


class Work:
    """Something to be done once: it begins, waits until it may go on, and fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.begun = threading.Event()
        self.may_go_on = threading.Event()
        self.attempts = 0
        self.done = 0
        self._failures = failures

    def __call__(self) -> None:
        self.attempts += 1
        self.begun.set()
        assert self.may_go_on.wait(LONG)
        if self.attempts <= self._failures:
            raise OSError("not yet")
        self.done += 1


@pytest.fixture
def work() -> Work:
    return Work()


def test_before_it_is_called_nothing_is_done(work: Work) -> None:
    Once(work)
    assert work.attempts == 0


def test_however_many_threads_call_it_the_work_is_done_once(work: Work) -> None:
    once = Once(work)
    all_there = threading.Barrier(8)

    def call() -> None:
        all_there.wait(LONG)
        once()

    calls = [run_in_thread(call) for _ in range(8)]
    work.may_go_on.set()
    for each in calls:
        each.result(LONG)
    assert work.attempts == 1


def test_who_comes_while_the_work_is_done_waits_until_it_is(work: Work) -> None:
    once = Once(work)

    def call() -> int:
        once()
        return work.done

    first = run_in_thread(call)
    assert work.begun.wait(LONG)
    second = run_in_thread(call)
    assert not wait([second], A_MOMENT).done
    work.may_go_on.set()
    assert (first.result(LONG), second.result(LONG)) == (1, 1)
    assert work.attempts == 1


def test_a_first_time_that_fails_is_tried_again_and_then_no_more() -> None:
    work = Work(failures=1)
    work.may_go_on.set()
    once = Once(work)
    with pytest.raises(OSError, match="not yet"):
        once()
    once()
    once()
    assert (work.attempts, work.done) == (2, 1)


def test_who_waited_for_a_time_that_failed_does_the_work_instead() -> None:
    work = Work(failures=1)
    once = Once(work)
    first = run_in_thread(once)
    assert work.begun.wait(LONG)
    second = run_in_thread(once)
    work.may_go_on.set()
    with pytest.raises(OSError, match="not yet"):
        first.result(LONG)
    second.result(LONG)
    assert (work.attempts, work.done) == (2, 1)
