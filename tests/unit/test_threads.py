"""Work in threads: its result and its exceptions are in the future; Once does work once."""

import signal
import threading
from concurrent.futures import wait

import pytest

from cluster_status.errors import Cancelled, HistoryError
from cluster_status.threads import Once, run_in_thread

LONG = 10.0  # seconds, only reached by a test that fails
A_MOMENT = 0.02  # seconds, enough for a thread that does not wait


# run_in_thread


def test_the_future_has_the_result_of_the_work() -> None:
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
def test_an_exception_of_the_work_is_raised_by_its_future(error: BaseException) -> None:
    def work() -> None:
        raise error

    future = run_in_thread(work)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            future.result(LONG)
        assert caught.value is error


def test_the_caller_continues_during_the_work() -> None:
    gate = threading.Event()
    future = run_in_thread(lambda: gate.wait(LONG))
    assert not future.done()
    gate.set()
    assert future.result(LONG)


def test_the_process_can_end_during_the_work() -> None:
    assert run_in_thread(lambda: threading.current_thread().daemon).result(LONG)


# Once


class Work:
    """Work that waits until it may continue, and fails the given number of times."""

    def __init__(self, *, failures: int = 0) -> None:
        self.begun = threading.Event()
        self.may_continue = threading.Event()
        self.attempts = 0
        self.done = 0
        self._failures = failures

    def __call__(self) -> None:
        self.attempts += 1
        self.begun.set()
        assert self.may_continue.wait(LONG)
        if self.attempts <= self._failures:
            raise OSError("not yet")
        self.done += 1


@pytest.fixture
def work() -> Work:
    return Work()


def test_once_does_no_work_before_a_call(work: Work) -> None:
    Once(work)
    assert work.attempts == 0


def test_calls_from_many_threads_do_the_work_once(work: Work) -> None:
    once = Once(work)
    all_started = threading.Barrier(8)

    def call() -> None:
        all_started.wait(LONG)
        once()

    calls = [run_in_thread(call) for _ in range(8)]
    work.may_continue.set()
    for each in calls:
        each.result(LONG)
    assert work.attempts == 1


def test_a_call_during_the_work_waits_for_its_end(work: Work) -> None:
    once = Once(work)

    def call() -> int:
        once()
        return work.done

    first = run_in_thread(call)
    assert work.begun.wait(LONG)
    second = run_in_thread(call)
    assert not wait([second], A_MOMENT).done
    work.may_continue.set()
    assert (first.result(LONG), second.result(LONG)) == (1, 1)
    assert work.attempts == 1


def test_failed_work_is_done_again_by_the_next_call_until_it_succeeds() -> None:
    work = Work(failures=1)
    work.may_continue.set()
    once = Once(work)
    with pytest.raises(OSError, match="not yet"):
        once()
    once()
    once()
    assert (work.attempts, work.done) == (2, 1)


def test_a_call_that_waited_for_failed_work_does_the_work_itself() -> None:
    work = Work(failures=1)
    once = Once(work)
    first = run_in_thread(once)
    assert work.begun.wait(LONG)
    second = run_in_thread(once)
    work.may_continue.set()
    with pytest.raises(OSError, match="not yet"):
        first.result(LONG)
    second.result(LONG)
    assert (work.attempts, work.done) == (2, 1)
