import pytest
from msgspec.structs import replace

from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UnknownPeriod
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
