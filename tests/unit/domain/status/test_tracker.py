import pytest

from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UnknownPeriod
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import ONLINE, caused, noon_plus, period
from tests.unit.domain.course import course, told

SILENT = caused(Cause.TIMEOUT)
REFUSED = caused(Cause.REFUSED)
BROKEN = caused(Cause.NODES_DOWN)
NO_IDEA = caused(Cause.HOST_KEY)
AT_ONCE = [cause for cause, info in CAUSES.items() if not info.needs_confirmation]
IN_DOUBT = [cause for cause, info in CAUSES.items() if info.status is Status.UNKNOWN]


# Confirmation


@pytest.mark.parametrize("cause", [cause for cause in AT_ONCE if cause not in IN_DOUBT])
def test_a_cause_that_looks_the_same_from_everywhere_is_believed_at_once(cause: Cause) -> None:
    assert course(ONLINE, caused(cause), confirm_after=9)[-1].statuses == (
        Status.ONLINE,
        CAUSES[cause].status,
    )


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED])
@pytest.mark.parametrize("confirm_after", [1, 2, 5])
def test_a_cause_that_may_be_the_runners_is_believed_after_as_many_polls_as_were_set(
    cause: Cause, confirm_after: int
) -> None:
    steps = course(ONLINE, *[caused(cause)] * 6, confirm_after=confirm_after)
    assert [step.changed for step in steps].index(True, 1) == confirm_after


def test_a_recovery_is_believed_at_once() -> None:
    assert told(ONLINE, SILENT, SILENT, ONLINE)[-1] is Event.RECOVERY


def test_a_single_silence_between_good_polls_is_not_told() -> None:
    assert told(ONLINE, SILENT, ONLINE, SILENT, ONLINE) == [Event.INITIAL, None, None, None, None]


def test_the_first_status_ever_needs_confirmation_too() -> None:
    assert told(SILENT, SILENT) == [None, Event.INITIAL]


def test_another_cause_of_the_same_status_confirms_it() -> None:
    assert told(ONLINE, SILENT, caused(Cause.DROPPED)) == [Event.INITIAL, None, Event.OUTAGE]


def test_a_cause_that_needs_no_confirmation_confirms_what_waited_for_it() -> None:
    assert told(ONLINE, SILENT, REFUSED, confirm_after=9)[-1] is Event.OUTAGE


def test_another_status_in_between_starts_the_count_anew() -> None:
    assert told(ONLINE, SILENT, BROKEN, SILENT) == [Event.INITIAL, None, Event.DEGRADED, None]


def test_a_poll_that_cannot_tell_neither_confirms_nor_clears_what_was_seen() -> None:
    assert told(ONLINE, SILENT, NO_IDEA, SILENT) == [Event.INITIAL, None, None, Event.OUTAGE]


def test_a_status_lasts_from_when_it_was_first_seen() -> None:
    confirmed = course(ONLINE, SILENT, NO_IDEA, SILENT)[-1].after.confirmed
    assert confirmed == period(Status.OFFLINE, Cause.TIMEOUT, since=noon_plus(1))


def test_causes_within_one_status_are_recorded_in_order_and_not_told() -> None:
    steps = course(REFUSED, SILENT, caused(Cause.DNS), REFUSED)
    assert steps[-1].after.confirmed == period(Status.OFFLINE, Cause.REFUSED, Cause.TIMEOUT, Cause.DNS)
    assert [step.event for step in steps[1:]] == [None, None, None]


def test_a_cause_before_the_confirmation_is_recorded() -> None:
    confirmed = course(ONLINE, SILENT, caused(Cause.DROPPED))[-1].after.confirmed
    assert confirmed == period(Status.OFFLINE, Cause.TIMEOUT, Cause.DROPPED, since=noon_plus(1))


def test_a_cause_of_a_doubt_is_not_recorded_as_one_of_the_status() -> None:
    assert course(REFUSED, NO_IDEA, REFUSED)[-1].after.confirmed == period(Status.OFFLINE, Cause.REFUSED)


# Doubt


@pytest.mark.parametrize("cause", IN_DOUBT)
def test_not_to_know_is_told_in_the_third_poll_in_a_row_and_once(cause: Cause) -> None:
    assert told(ONLINE, *[caused(cause)] * 9) == [Event.INITIAL, None, None, Event.MONITOR_LOST, *[None] * 6]


def test_not_to_know_is_told_however_the_causes_change() -> None:
    assert told(ONLINE, *(caused(cause) for cause in IN_DOUBT))[3] is Event.MONITOR_LOST


def test_not_to_know_is_not_told_while_no_status_ever_was() -> None:
    assert set(told(*[NO_IDEA] * 9)) == {None}


@pytest.mark.parametrize("interruption", [ONLINE, SILENT])
def test_a_poll_that_can_tell_ends_a_doubt_that_was_not_told(interruption: Verdict) -> None:
    assert Event.MONITOR_LOST not in told(ONLINE, NO_IDEA, NO_IDEA, interruption, NO_IDEA, NO_IDEA)


def test_the_end_of_a_doubt_that_was_told_is_told_once() -> None:
    assert told(ONLINE, *[NO_IDEA] * 3, ONLINE, ONLINE)[3:] == [
        Event.MONITOR_LOST,
        Event.MONITOR_RESTORED,
        None,
    ]


def test_the_end_of_a_doubt_that_was_not_told_is_not_told() -> None:
    assert told(ONLINE, NO_IDEA, NO_IDEA, ONLINE)[-1] is None


def test_a_doubt_that_ends_with_a_change_is_told_as_the_change() -> None:
    assert told(ONLINE, *[NO_IDEA] * 3, REFUSED, ONLINE)[3:] == [
        Event.MONITOR_LOST,
        Event.OUTAGE,
        Event.RECOVERY,
    ]


def test_a_doubt_that_was_told_ends_with_a_confirmed_status_and_not_with_a_guess() -> None:
    assert told(ONLINE, *[NO_IDEA] * 3, SILENT, *[NO_IDEA] * 3, ONLINE)[4:] == [
        None,
        None,
        None,
        None,
        Event.MONITOR_RESTORED,
    ]


def test_a_new_doubt_is_told_anew() -> None:
    assert told(ONLINE, *[NO_IDEA] * 3, ONLINE, *[NO_IDEA] * 3)[-1] is Event.MONITOR_LOST


def test_a_doubt_lasts_from_its_first_poll_and_has_its_latest_cause() -> None:
    steps = course(ONLINE, NO_IDEA, NO_IDEA, caused(Cause.LOGIN_REFUSED))
    assert steps[-1].after.unknown_period == UnknownPeriod(
        noon_plus(1), polls=3, cause=Cause.LOGIN_REFUSED, told=True
    )
