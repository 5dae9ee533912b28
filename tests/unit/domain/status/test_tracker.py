import pytest
from msgspec.structs import replace

from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UnknownPeriod, interrupted
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import ONLINE, noon_plus, period, verdict_of
from tests.unit.domain.course import course, statuses_of

TIMEOUT = verdict_of(Cause.TIMEOUT)
DROPPED = verdict_of(Cause.DROPPED)
REFUSED = verdict_of(Cause.REFUSED)
FEW = verdict_of(Cause.NODES_DOWN)
SILENT = verdict_of(Cause.SCHEDULER_DOWN)
IN_MAINTENANCE = verdict_of(Cause.MAINTENANCE)
UNKNOWN = verdict_of(Cause.HOST_KEY)


# Confirmation


@pytest.mark.parametrize(
    "cause",
    [
        cause
        for cause, info in CAUSES.items()
        if not (info.needs_confirmation or info.by_share) and info.status is not Status.UNKNOWN
    ],
)
def test_a_cause_that_every_runner_sees_is_confirmed_by_one_poll(cause: Cause) -> None:
    assert statuses_of(ONLINE, verdict_of(cause), confirm_after=9) == [Status.ONLINE, CAUSES[cause].status]


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED])
@pytest.mark.parametrize("confirm_after", [1, 2, 5])
def test_a_cause_that_may_depend_on_the_runner_needs_the_configured_polls(
    cause: Cause, confirm_after: int
) -> None:
    steps = course(ONLINE, *[verdict_of(cause)] * 6, confirm_after=confirm_after)
    assert [step.changed for step in steps].index(True, 1) == confirm_after


@pytest.mark.parametrize("confirm_after", [1, 2, 5])
def test_a_failure_that_may_pass_needs_the_configured_polls_with_any_cause(confirm_after: int) -> None:
    may_pass = replace(verdict_of(Cause.DNS), needs_confirmation=True)
    steps = course(ONLINE, *[may_pass] * 6, confirm_after=confirm_after)
    assert [step.changed for step in steps].index(True, 1) == confirm_after


def test_a_name_that_does_not_exist_confirms_a_resolver_that_failed() -> None:
    may_pass = replace(verdict_of(Cause.DNS), needs_confirmation=True)
    assert statuses_of(ONLINE, may_pass, verdict_of(Cause.DNS), confirm_after=9)[-1] is Status.OFFLINE


def test_a_recovery_is_confirmed_by_one_poll() -> None:
    assert statuses_of(ONLINE, TIMEOUT, TIMEOUT, ONLINE)[2:] == [Status.OFFLINE, Status.ONLINE]


def test_single_time_outs_between_good_polls_are_not_confirmed() -> None:
    assert set(statuses_of(ONLINE, TIMEOUT, ONLINE, TIMEOUT, ONLINE)) == {Status.ONLINE}


def test_the_first_status_needs_confirmation_too() -> None:
    assert statuses_of(TIMEOUT, TIMEOUT) == [None, Status.OFFLINE]


def test_another_cause_of_the_pending_status_confirms_it() -> None:
    assert statuses_of(ONLINE, TIMEOUT, DROPPED)[-1] is Status.OFFLINE
    assert statuses_of(ONLINE, TIMEOUT, REFUSED, confirm_after=9)[-1] is Status.OFFLINE


def test_another_status_restarts_the_count() -> None:
    assert statuses_of(ONLINE, TIMEOUT, SILENT, TIMEOUT)[-1] is Status.DEGRADED


def test_an_unknown_status_neither_confirms_nor_clears_the_pending_one() -> None:
    assert statuses_of(ONLINE, TIMEOUT, UNKNOWN, TIMEOUT) == [Status.ONLINE] * 3 + [Status.OFFLINE]


def test_three_unknown_polls_in_a_row_clear_the_pending_status() -> None:
    confirmed = course(ONLINE, TIMEOUT, *[UNKNOWN] * 3, TIMEOUT, TIMEOUT)
    assert [step.after.status for step in confirmed][-2:] == [Status.ONLINE, Status.OFFLINE]
    assert confirmed[-1].after.confirmed == period(Status.OFFLINE, Cause.TIMEOUT, since=noon_plus(5))


def test_unknown_polls_that_are_not_in_a_row_do_not_clear_the_pending_status() -> None:
    verdicts = [ONLINE, *[UNKNOWN, ONLINE] * 5, TIMEOUT, UNKNOWN, UNKNOWN, TIMEOUT]
    assert statuses_of(*verdicts)[-1] is Status.OFFLINE


# The share of nodes


@pytest.mark.parametrize("confirm_after", [1, 2, 5])
@pytest.mark.parametrize(
    ("before", "verdict"),
    [(ONLINE, FEW), (IN_MAINTENANCE, FEW), (REFUSED, FEW), (FEW, ONLINE), (FEW, IN_MAINTENANCE)],
)
def test_a_change_that_the_share_of_nodes_causes_needs_the_configured_polls(
    before: Verdict, verdict: Verdict, confirm_after: int
) -> None:
    first = [before] * confirm_after
    steps = course(*first, *[verdict] * 6, confirm_after=confirm_after)[len(first) :]
    assert [step.changed for step in steps].index(True) + 1 == confirm_after


def test_a_first_status_that_the_share_of_nodes_causes_is_confirmed_at_once() -> None:
    assert statuses_of(FEW) == [Status.DEGRADED]


@pytest.mark.parametrize("verdict", [REFUSED, verdict_of(Cause.NO_NODES_IN_SERVICE)])
def test_an_outage_is_confirmed_at_once_after_too_few_nodes(verdict: Verdict) -> None:
    assert statuses_of(FEW, verdict)[-1] is Status.OFFLINE


def test_a_share_that_alternates_is_never_confirmed() -> None:
    assert set(statuses_of(*[ONLINE, FEW] * 144)) == {Status.ONLINE}


def test_after_another_cause_a_recovery_is_confirmed_at_once() -> None:
    assert statuses_of(ONLINE, FEW, FEW, SILENT, ONLINE)[-1] is Status.ONLINE


# Evidence that is not confirmed


LOST = replace(verdict_of(Cause.PARTITION_DOWN), unconfirmed=True)


def test_a_loss_that_is_not_confirmed_confirms_no_status() -> None:
    assert set(statuses_of(ONLINE, *[LOST] * 5)) == {Status.ONLINE}
    assert statuses_of(ONLINE, LOST, verdict_of(Cause.PARTITION_DOWN))[-1] is Status.DEGRADED


def test_a_loss_that_is_not_confirmed_does_not_count_for_the_share_of_nodes() -> None:
    assert statuses_of(ONLINE, LOST, FEW, FEW)[-2:] == [Status.ONLINE, Status.DEGRADED]


def test_a_return_that_is_not_confirmed_confirms_no_status() -> None:
    unconfirmed = replace(ONLINE, unconfirmed=True)
    assert statuses_of(verdict_of(Cause.PARTITION_DOWN), unconfirmed, unconfirmed, ONLINE)[1:] == [
        Status.DEGRADED,
        Status.DEGRADED,
        Status.ONLINE,
    ]


# Gaps and steps of the clock


def test_an_interruption_ends_a_pending_status_and_moves_no_instant_into_the_future() -> None:
    tracker = course(TIMEOUT, TIMEOUT, *[UNKNOWN] * 3, ONLINE)[-1].after
    tracker = replace(tracker, pending=period(Status.ONLINE, since=noon_plus(9)), pending_polls=1)
    at = noon_plus(-90)
    after = interrupted(replace(tracker, known_since=noon_plus(9)), at)
    assert (after.pending, after.pending_polls, after.known_since) == (None, 0, at)
    assert after.confirmed
    assert after.confirmed.since == at
    assert after.status is tracker.status


# Since


def test_a_status_began_when_it_was_first_seen() -> None:
    confirmed = course(ONLINE, TIMEOUT, UNKNOWN, TIMEOUT)[-1].after.confirmed
    assert confirmed == period(Status.OFFLINE, Cause.TIMEOUT, since=noon_plus(1))


def test_causes_of_a_status_are_recorded_in_order_and_once() -> None:
    confirmed = course(ONLINE, TIMEOUT, DROPPED, REFUSED, TIMEOUT)[-1].after.confirmed
    causes = (Cause.TIMEOUT, Cause.DROPPED, Cause.REFUSED)
    assert confirmed == period(Status.OFFLINE, *causes, since=noon_plus(1))


def test_the_cause_of_an_unknown_status_is_not_one_of_the_confirmed_status() -> None:
    assert course(REFUSED, UNKNOWN, REFUSED)[-1].after.confirmed == period(Status.OFFLINE, Cause.REFUSED)


# Unknown


def test_an_unknown_period_begins_with_its_first_poll_and_has_the_latest_cause() -> None:
    steps = course(ONLINE, UNKNOWN, UNKNOWN, verdict_of(Cause.LOGIN_REFUSED))
    assert steps[-1].after.unknown == UnknownPeriod(
        noon_plus(1), polls=3, cause=Cause.LOGIN_REFUSED, notified=True
    )


@pytest.mark.parametrize("verdict", [ONLINE, TIMEOUT, REFUSED])
def test_a_known_status_ends_an_unknown_period(verdict: Verdict) -> None:
    assert course(ONLINE, UNKNOWN, verdict)[-1].after.unknown is None


def test_a_notified_unknown_period_ends_with_a_confirmed_status_only() -> None:
    steps = course(ONLINE, *[UNKNOWN] * 3, TIMEOUT, REFUSED)
    assert [step.after.unknown is not None for step in steps[3:]] == [True, True, False]
