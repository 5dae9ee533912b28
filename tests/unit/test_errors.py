from itertools import permutations

import pytest

from cluster_status.errors import (
    Cancelled,
    ClusterStatusError,
    DeliveryError,
    ExitStatus,
    GitHubError,
    GitHubUnreachableError,
    HistoryError,
    InputError,
    LimitReachedError,
    NoSuchWorkflowError,
    UnparsableError,
    WebhookGoneError,
    most_severe,
)

MOST_SEVERE_FIRST = (
    ExitStatus.BAD_INPUT,
    ExitStatus.HISTORY,
    ExitStatus.UNKNOWN,
    ExitStatus.UNDELIVERED,
    ExitStatus.GITHUB,
)


@pytest.mark.parametrize(
    ("meaning", "number"),
    [
        (ExitStatus.OK, 0),
        (ExitStatus.BAD_INPUT, 2),
        (ExitStatus.UNKNOWN, 3),
        (ExitStatus.HISTORY, 4),
        (ExitStatus.GITHUB, 5),
        (ExitStatus.UNDELIVERED, 6),
    ],
)
def test_an_exit_status_is_the_number_that_is_documented(meaning: ExitStatus, number: int) -> None:
    assert meaning == number


@pytest.mark.parametrize("lightest", range(len(MOST_SEVERE_FIRST)))
def test_the_first_in_the_documented_order_wins_however_they_are_given(lightest: int) -> None:
    given = MOST_SEVERE_FIRST[lightest:]
    assert {most_severe(order) for order in permutations(given)} == {MOST_SEVERE_FIRST[lightest]}


@pytest.mark.parametrize("given", [(), (ExitStatus.OK,)])
def test_without_a_reason_to_fail_the_run_succeeds(given: tuple[ExitStatus, ...]) -> None:
    assert most_severe(given) is ExitStatus.OK


def test_success_outweighs_no_failure() -> None:
    assert most_severe([ExitStatus.OK, ExitStatus.UNDELIVERED]) is ExitStatus.UNDELIVERED


@pytest.mark.parametrize(
    ("error", "exit_status"),
    [
        (InputError(["cluster-host is empty"]), ExitStatus.BAD_INPUT),
        (HistoryError("cut off"), ExitStatus.HISTORY),
        (DeliveryError("no answer", cause="no-answer"), ExitStatus.UNDELIVERED),
        (WebhookGoneError(), ExitStatus.UNDELIVERED),
        (GitHubError("no"), ExitStatus.GITHUB),
        (NoSuchWorkflowError("pol.yml"), ExitStatus.GITHUB),
        (GitHubUnreachableError("no answer"), ExitStatus.GITHUB),
        (LimitReachedError("enough"), ExitStatus.OK),
        (UnparsableError("what is this"), ExitStatus.UNKNOWN),
    ],
)
def test_an_error_knows_the_exit_status_it_ends_with(
    error: ClusterStatusError, exit_status: ExitStatus
) -> None:
    assert error.exit_status is exit_status


def test_an_error_tells_what_happened_apart_from_what_to_do() -> None:
    error = HistoryError("it is cut off", remedy="Restore an older copy.")
    assert (str(error), error.remedy) == ("it is cut off", "Restore an older copy.")


def test_an_input_error_names_every_problem() -> None:
    problems = ["cluster-host is empty", "attempts is no number"]
    error = InputError(problem for problem in problems)
    assert error.problems == tuple(problems)
    assert all(problem in str(error) for problem in problems)


def test_a_delivery_error_has_a_word_that_tells_reasons_apart() -> None:
    assert DeliveryError("no answer", cause="no-answer").cause != WebhookGoneError().cause


def test_a_webhook_that_is_gone_names_the_input_to_mend() -> None:
    assert "discord-webhook" in WebhookGoneError().remedy


def test_a_cancellation_is_not_swallowed_as_an_exception() -> None:
    assert not isinstance(Cancelled(15), Exception)


def test_a_cancellation_knows_its_signal() -> None:
    assert Cancelled(15).signal_number == 15
