from itertools import permutations

import pytest

from cluster_status.errors import (
    Cancelled,
    ChannelRefusedError,
    ClusterStatusError,
    DeliveryError,
    ExitStatus,
    GitHubError,
    GitHubUnreachableError,
    HistoryError,
    InputError,
    LimitReachedError,
    NoSuchWorkflowError,
    Refusal,
    UnparsableError,
    most_severe,
)

GONE = Refusal("webhook-gone", "The webhook is gone.", "Create a new one.")
MOST_SEVERE_FIRST = (
    ExitStatus.BAD_INPUT,
    ExitStatus.HISTORY,
    ExitStatus.UNKNOWN,
    ExitStatus.UNDELIVERED,
    ExitStatus.GITHUB,
)


@pytest.mark.parametrize(
    ("exit_status", "number"),
    [
        (ExitStatus.OK, 0),
        (ExitStatus.BAD_INPUT, 2),
        (ExitStatus.UNKNOWN, 3),
        (ExitStatus.HISTORY, 4),
        (ExitStatus.GITHUB, 5),
        (ExitStatus.UNDELIVERED, 6),
    ],
)
def test_each_exit_status_has_its_documented_number(exit_status: ExitStatus, number: int) -> None:
    assert exit_status == number


@pytest.mark.parametrize("first", range(len(MOST_SEVERE_FIRST)))
def test_the_first_exit_status_in_the_documented_order_is_the_most_severe(first: int) -> None:
    given = MOST_SEVERE_FIRST[first:]
    assert {most_severe(order) for order in permutations(given)} == {MOST_SEVERE_FIRST[first]}


@pytest.mark.parametrize("given", [(), (ExitStatus.OK,)])
def test_without_a_reason_to_fail_the_run_succeeds(given: tuple[ExitStatus, ...]) -> None:
    assert most_severe(given) is ExitStatus.OK


def test_a_failure_outweighs_success() -> None:
    assert most_severe([ExitStatus.OK, ExitStatus.UNDELIVERED]) is ExitStatus.UNDELIVERED


@pytest.mark.parametrize(
    ("error", "exit_status"),
    [
        (InputError(["cluster-host is empty"]), ExitStatus.BAD_INPUT),
        (HistoryError("truncated"), ExitStatus.HISTORY),
        (DeliveryError("no answer", cause="no-answer"), ExitStatus.UNDELIVERED),
        (ChannelRefusedError(GONE), ExitStatus.UNDELIVERED),
        (GitHubError("no"), ExitStatus.GITHUB),
        (NoSuchWorkflowError("pol.yml"), ExitStatus.GITHUB),
        (GitHubUnreachableError("no answer"), ExitStatus.GITHUB),
        (LimitReachedError("enough"), ExitStatus.OK),
        (UnparsableError("unexpected output"), ExitStatus.UNKNOWN),
    ],
)
def test_an_error_has_its_exit_status(error: ClusterStatusError, exit_status: ExitStatus) -> None:
    assert error.exit_status is exit_status


def test_an_error_has_a_message_and_a_remedy() -> None:
    error = HistoryError("The file is truncated.", remedy="Restore an older copy.")
    assert (str(error), error.remedy) == ("The file is truncated.", "Restore an older copy.")


def test_an_input_error_names_every_problem() -> None:
    problems = ["cluster-host is empty", "attempts is no number"]
    error = InputError(problem for problem in problems)
    assert error.problems == tuple(problems)
    assert all(problem in str(error) for problem in problems)


def test_a_channel_that_refuses_messages_has_the_cause_and_the_remedy_of_the_refusal() -> None:
    error = ChannelRefusedError(GONE)
    assert (error.cause, str(error), error.remedy) == (GONE.cause, GONE.text, GONE.remedy)


def test_a_cancellation_is_not_an_exception() -> None:
    assert not isinstance(Cancelled(15), Exception)


def test_a_cancellation_has_its_signal() -> None:
    assert Cancelled(15).signal_number == 15
