from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history import codec
from cluster_status.domain.history.digests import Digests, keyed_digests
from cluster_status.domain.history.history import (
    ANNOUNCED_MAINTENANCE_KEPT,
    History,
    Login,
    Terms,
    has_changed,
)
from cluster_status.domain.notification.notification import Window
from cluster_status.domain.notification.outbox import assume_delivered, may_deliver
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.run_failure import FailingChannel, RunFailure
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.domain.status.tracker import StatusTracker, UnknownPeriod
from cluster_status.domain.status.verdict import KnownServer
from cluster_status.domain.uptime.polls import Poll
from tests.unit.domain.build import (
    CHANNEL,
    IDENTITY,
    NOON,
    counts,
    delivery_failed,
    events,
    forewarned,
    history,
    host_key,
    listed,
    met,
    noon_plus,
    notification,
    partition,
    period,
    polled,
    reserved,
    shown,
    step,
    told,
)

NEW = History(cluster="Deep Thought")
GOOD = listed(idle=4)
BROKEN = listed(idle=1, down=3)
REFUSED = met(Cause.REFUSED)
NO_LOGIN = met(Cause.LOGIN_REFUSED)
EXPIRED = ProbeResult(
    outcome=ProbeFailure(Cause.LOGIN_REFUSED), reached=True, credential_offered=True, logged_in=True
)
"""The password was right, and is not taken any more."""
UNTRUSTED = met(Cause.HOST_KEY)
ALWAYS = Terms(IDENTITY, notify_always=True)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def full(notifications: int) -> History:
    """Return a history with this many changes, none of which could be told."""
    return polled(history(Status.ONLINE), *[BROKEN, GOOD] * (notifications // 2))


# What was seen


def test_a_poll_is_remembered_with_its_status_and_cause() -> None:
    assert polled(history(), GOOD, BROKEN).polls == (
        Poll(NOON, Status.ONLINE),
        Poll(noon_plus(5), Status.DEGRADED, Cause.NODES_DOWN),
    )


def test_a_day_of_polls_is_remembered_and_no_more() -> None:
    polls = polled(history(), *[GOOD] * 300).polls
    assert [polls[0].at, polls[-1].at] == [noon_plus(12 * 5), noon_plus(299 * 5)]
    assert polls[-1].at - polls[0].at == DAY - timedelta(minutes=5)


def test_the_cluster_keeps_its_name() -> None:
    assert polled(NEW, GOOD, REFUSED).cluster == "Deep Thought"


# What is to be told


def test_the_first_status_is_told_as_the_first_and_replaces_nothing() -> None:
    first = notification(Event.INITIAL, period(Status.ONLINE), nodes=counts(idle=4))
    assert polled(NEW, GOOD).pending == (first,)


def test_nothing_is_to_be_told_while_nothing_changes() -> None:
    assert polled(history(Status.ONLINE), GOOD, GOOD).pending == ()


def test_a_change_is_told_with_what_it_replaced_and_with_the_nodes() -> None:
    before = history(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert polled(before, GOOD, start=noon_plus(60)).pending == (
        notification(
            Event.RECOVERY,
            period(Status.ONLINE, since=noon_plus(60)),
            at=noon_plus(60),
            before=period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED),
            nodes=counts(idle=4),
        ),
    )


def test_a_silence_is_told_in_the_second_poll_unless_more_patience_was_set() -> None:
    silent = [met(Cause.TIMEOUT)] * 2
    assert polled(history(Status.ONLINE), *silent[:1]).pending == ()
    assert events(polled(history(Status.ONLINE), *silent).pending) == [Event.OUTAGE]
    assert polled(history(Status.ONLINE), *silent, terms=Terms(IDENTITY, confirm_after=3)).pending == ()


def test_what_has_no_nodes_is_told_without_them() -> None:
    [outage] = polled(history(Status.ONLINE), REFUSED).pending
    assert (outage.event, outage.nodes) == (Event.OUTAGE, None)


def test_a_new_cause_within_one_status_is_not_told() -> None:
    after = polled(history(Status.OFFLINE, Cause.REFUSED), met(Cause.DNS))
    assert after.pending == ()
    assert after.tracker.confirmed == period(Status.OFFLINE, Cause.REFUSED, Cause.DNS)


def test_not_to_know_is_told_with_the_last_known_status() -> None:
    before = history(Status.OFFLINE, Cause.REFUSED)
    assert polled(before, UNTRUSTED, UNTRUSTED, UNTRUSTED).pending == (
        notification(
            Event.MONITOR_LOST,
            period(Status.OFFLINE, Cause.REFUSED),
            at=noon_plus(10),
            unknown_period=UnknownPeriod(NOON, polls=3, cause=Cause.HOST_KEY, told=True),
        ),
    )


def test_a_login_that_worked_until_now_is_told_with_when_that_was() -> None:
    after = polled(history(Status.ONLINE), GOOD, NO_LOGIN, NO_LOGIN, NO_LOGIN, NO_LOGIN, start=noon_plus(60))
    assert [(one.event, one.login_worked_at) for one in after.pending] == [
        (Event.MONITOR_LOST, noon_plus(60))
    ]


def test_to_know_again_is_told_without_the_doubt() -> None:
    blind, sighted = polled(history(Status.ONLINE), UNTRUSTED, UNTRUSTED, UNTRUSTED, GOOD).pending
    assert (blind.event, sighted.event) == (Event.MONITOR_LOST, Event.MONITOR_RESTORED)
    assert (sighted.unknown_period, sighted.before) == (None, None)


@pytest.mark.parametrize(
    "result",
    [
        NO_LOGIN,
        EXPIRED,
        UNTRUSTED,
        REFUSED,
        met(Cause.DROPPED, reached=True),
        met(Cause.TIMEOUT, reached=True),
        met(Cause.INCOMPATIBLE_SSH),
    ],
)
def test_a_login_that_never_worked_confirms_nothing_and_tells_nothing(result: ProbeResult) -> None:
    after = polled(NEW, *[result] * 9)
    assert (after.tracker, after.pending) == (StatusTracker(), ())
    assert len(after.polls) == 9


def test_nothing_is_left_over_from_before_the_login_worked() -> None:
    after = polled(NEW, *[NO_LOGIN] * 9, GOOD)
    assert events(after.pending) == [Event.INITIAL]
    assert after.tracker == StatusTracker(period(Status.ONLINE, since=noon_plus(45)))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (NEW, history(Status.ONLINE), True),
        (history(Status.ONLINE), history(Status.OFFLINE), True),
        (history(Status.ONLINE), history(Status.ONLINE), False),
        (history(Status.OFFLINE, Cause.DNS), history(Status.OFFLINE, Cause.DNS, Cause.REFUSED), False),
        (NEW, NEW, False),
    ],
)
def test_a_change_is_one_of_the_confirmed_status(before: History, after: History, *, changed: bool) -> None:
    assert has_changed(before, after) is changed


# Where every poll is to be told


def test_every_poll_that_can_tell_is_told_where_that_is_wanted() -> None:
    [repeat] = polled(history(Status.ONLINE), GOOD, terms=ALWAYS).pending
    assert repeat == notification(Event.REMINDER, period(Status.ONLINE), nodes=counts(idle=4))


def test_a_poll_that_saw_another_status_is_not_told_as_if_nothing_had_changed() -> None:
    assert polled(history(Status.ONLINE), met(Cause.TIMEOUT), terms=ALWAYS).pending == ()


@pytest.mark.parametrize(("before", "result"), [(history(Status.ONLINE), UNTRUSTED), (NEW, NO_LOGIN)])
def test_a_poll_that_cannot_tell_is_not_told_even_there(before: History, result: ProbeResult) -> None:
    assert polled(before, result, terms=ALWAYS).pending == ()


def test_a_change_is_told_as_such_even_there() -> None:
    assert events(polled(history(Status.ONLINE), BROKEN, terms=ALWAYS).pending) == [Event.DEGRADED]


def test_a_repeat_that_was_never_told_is_overtaken() -> None:
    pending = polled(history(Status.ONLINE), GOOD, BROKEN, BROKEN, BROKEN, terms=ALWAYS).pending
    assert [(one.event, one.at) for one in pending] == [
        (Event.DEGRADED, noon_plus(5)),
        (Event.REMINDER, noon_plus(15)),
    ]


@pytest.mark.parametrize(
    ("result", "then_told"),
    [
        (GOOD, []),
        (UNTRUSTED, []),
        (NO_LOGIN, []),
        (met(Cause.TIMEOUT), []),
        (BROKEN, [Event.DEGRADED]),
        (REFUSED, [Event.OUTAGE]),
    ],
    ids=["the same", "nothing it can tell", "no login", "no answer yet", "less of it", "nothing of it"],
)
def test_a_repeat_that_waits_is_dropped_at_the_next_poll_whatever_that_one_sees(
    result: ProbeResult, then_told: list[Event]
) -> None:
    waiting = polled(history(Status.ONLINE), GOOD, terms=ALWAYS)
    assert events(waiting.pending) == [Event.REMINDER]
    assert events(step(waiting, result, noon_plus(5)).pending) == then_told


def test_a_repeat_that_waits_gives_way_to_the_doubt_that_is_told() -> None:
    pending = polled(history(Status.ONLINE), GOOD, *[UNTRUSTED] * 3, terms=ALWAYS).pending
    assert [(one.event, one.at) for one in pending] == [(Event.MONITOR_LOST, noon_plus(15))]


def test_a_repeat_has_no_doubt_even_where_one_is_left_from_before_the_login_was_lost() -> None:
    doubtful = polled(history(Status.OFFLINE), UNTRUSTED)
    assert doubtful.tracker.unknown_period
    [repeat] = polled(replace(doubtful, login=Login()), REFUSED, terms=ALWAYS).pending
    assert (repeat.event, repeat.unknown_period) == (Event.REMINDER, None)


def test_of_repeats_that_wait_only_the_newest_is_left() -> None:
    pending = polled(history(Status.ONLINE), *[GOOD] * 30, terms=ALWAYS).pending
    assert [(one.event, one.at, one.dropped) for one in pending] == [(Event.REMINDER, noon_plus(145), 0)]


def test_a_change_that_waits_is_not_dropped_with_the_repeat_behind_it() -> None:
    waiting = polled(history(Status.ONLINE), BROKEN, BROKEN, terms=ALWAYS)
    assert events(waiting.pending) == [Event.DEGRADED, Event.REMINDER]
    assert step(waiting, UNTRUSTED, noon_plus(10)).pending == waiting.pending[:1]


# The outbox


# A maintenance that is coming


TOMORROW = NOON + timedelta(hours=23)
READY = history(Status.ONLINE)


def foretold(*polls: Iterable[Reservation]) -> list[tuple[datetime, datetime]]:
    """Return the times that are announced in a course of polls that see these reservations."""
    after = polled(READY, *(forewarned(*reservations, idle=4) for reservations in polls))
    assert set(events(after.pending)) <= {Event.MAINTENANCE_SCHEDULED}
    return [(one.window.begin, one.window.end) for one in after.pending if one.window]


def test_a_maintenance_is_told_beforehand_once() -> None:
    coming = reserved(TOMORROW)
    assert foretold([coming], [coming], [], [coming]) == [(coming.begin, coming.end)]


def test_reservations_at_the_same_time_are_one_maintenance() -> None:
    assert len(foretold(*[[reserved(TOMORROW, nodes=1), reserved(TOMORROW, name="power")]] * 3)) == 1


def test_a_maintenance_that_was_moved_is_told_with_its_new_times() -> None:
    first, moved = reserved(TOMORROW), reserved(TOMORROW, hours=6)
    assert foretold([first], [moved], [moved]) == [(one.begin, one.end) for one in (first, moved)]


def test_of_two_that_are_coming_each_is_told() -> None:
    both = [reserved(NOON + timedelta(hours=2)), reserved(TOMORROW)]
    assert foretold(both, both, both) == [(one.begin, one.end) for one in both]


def test_one_that_is_over_is_forgotten() -> None:
    soon = reserved(noon_plus(60), hours=1)
    after = polled(READY, forewarned(soon, idle=4))
    assert len(after.announced_maintenance) == 1
    assert step(after, listed(idle=4), soon.end).announced_maintenance == ()


def test_however_many_are_told_of_few_are_remembered() -> None:
    """A cluster may reserve anew at each poll, for a century."""
    polls = [forewarned(reserved(noon_plus(60 + 5 * number), hours=900_000), idle=4) for number in range(60)]
    assert len(polled(READY, *polls).announced_maintenance) == ANNOUNCED_MAINTENANCE_KEPT


def test_a_poll_that_sees_nothing_does_not_forget_what_was_told() -> None:
    coming = forewarned(reserved(TOMORROW), idle=4)
    after = polled(READY, coming, met(Cause.TIMEOUT), listed(idle=4), coming)
    assert events(after.pending) == [Event.MAINTENANCE_SCHEDULED]


def test_a_maintenance_is_told_with_its_times_where_they_are_known() -> None:
    now = reserved(NOON, hours=3)
    [known] = polled(READY, forewarned(now, maintenance=4)).pending
    [unknown] = polled(READY, listed(maintenance=4)).pending
    assert known.window == Window(now.begin, now.end, nodes=4)
    assert unknown.window is None


def test_nothing_that_the_cluster_chose_is_remembered_of_a_maintenance() -> None:
    after = polled(READY, forewarned(reserved(TOMORROW, name="secret"), idle=4))
    assert b"secret" not in codec.render(after)


def test_what_was_told_leaves_the_outbox_the_oldest_first() -> None:
    before = full(4)
    assert told(before, before.pending[0]).pending == before.pending[1:]


def test_what_was_told_leaves_what_another_run_has_queued_meanwhile() -> None:
    queued = full(4).pending
    assert told(full(4), full(2).pending[0]).pending == queued[1:]
    assert told(full(4), full(6).pending[4]).pending == queued


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, True),
        (timedelta(), False),
        (timedelta(seconds=599), False),
        (timedelta(seconds=600), True),
        (timedelta(seconds=-599), False),
        (timedelta(days=-3), True),
    ],
)
def test_what_another_run_may_be_telling_is_left_to_it_for_ten_minutes(
    since: timedelta | None, *, expected: bool
) -> None:
    event = replace(full(2), delivering_since=None if since is None else NOON - since)
    assert may_deliver(event, NOON) is expected


def test_a_clock_that_was_set_back_far_stops_nothing() -> None:
    before = polled(history(Status.ONLINE), GOOD, start=noon_plus(60))
    assert step(before, BROKEN, noon_plus(50)).tracker.confirmed != before.tracker.confirmed
    assert step(before, BROKEN, noon_plus(51)).tracker == before.tracker


def test_the_first_key_that_was_remembered_stays_though_another_look_saw_another() -> None:
    before = polled(history(), shown(GOOD, host_key()))
    later = step(before, shown(GOOD, host_key(secret=b"S" * 36)), noon_plus(5))
    assert later.host_key == before.host_key == host_key().type_and_fingerprint


def test_where_nothing_is_pending_there_is_nothing_to_tell() -> None:
    assert not may_deliver(full(0), NOON)


def test_what_was_being_told_when_the_rest_was_lost_is_taken_as_told() -> None:
    assert assume_delivered(replace(full(2), delivering_since=NOON)) == replace(full(2), pending=())
    assert assume_delivered(full(2)) == full(2)


def test_the_outcome_of_a_telling_ends_it() -> None:
    event = replace(full(2), delivering_since=NOON)
    assert told(event, event.pending[0]).delivering_since is None
    assert delivery_failed(event, "no-answer", NOON, webhook_gone=None).delivering_since is None


def test_what_could_not_be_told_stays() -> None:
    before = full(4)
    assert delivery_failed(before, "no-answer", NOON, webhook_gone=None).pending == before.pending


def test_beyond_twenty_the_oldest_are_summed_up() -> None:
    pending = full(24).pending
    assert [one.dropped for one in pending] == [4, *[0] * 19]
    assert pending[0].at == noon_plus(4 * 5)


def test_a_sum_grows() -> None:
    assert polled(full(24), BROKEN, GOOD, start=noon_plus(1_000)).pending[0].dropped == 6


def test_a_sum_is_told_with_the_message_that_carries_it() -> None:
    before = full(24)
    assert sum(one.dropped for one in told(before, before.pending[0]).pending) == 0


# Complaints


@pytest.mark.parametrize(
    ("after", "cause", "complained_at"),
    [
        (timedelta(minutes=5), Cause.HOST_KEY, NOON),
        (DAY - SECOND, Cause.HOST_KEY, NOON),
        (DAY, Cause.HOST_KEY, NOON + DAY),
        (-DAY, Cause.HOST_KEY, NOON - DAY),
        (timedelta(minutes=5), Cause.LOGIN_REFUSED, noon_plus(5)),
    ],
)
def test_not_to_know_is_complained_of_when_it_begins_or_changes_and_once_a_day(
    after: timedelta, cause: Cause, complained_at: datetime
) -> None:
    begun = step(history(Status.ONLINE), UNTRUSTED, NOON)
    assert begun.unknown == RunFailure("host-key", NOON)
    assert step(begun, met(cause), NOON + after).unknown == RunFailure(cause, complained_at)


def test_the_daily_complaint_counts_from_the_last_one() -> None:
    course = polled(history(Status.ONLINE), *[UNTRUSTED] * 50, every=HOUR)
    assert course.unknown == RunFailure("host-key", NOON + 2 * DAY)


@pytest.mark.parametrize("result", [GOOD, BROKEN, REFUSED])
def test_to_know_again_ends_the_complaint(result: ProbeResult) -> None:
    assert polled(history(Status.ONLINE), UNTRUSTED, result).unknown is None


def test_a_new_doubt_is_complained_of_at_once() -> None:
    after = polled(history(Status.ONLINE), UNTRUSTED, GOOD, UNTRUSTED)
    assert after.unknown == RunFailure("host-key", noon_plus(10))


def test_a_login_that_never_worked_is_complained_of() -> None:
    assert polled(NEW, NO_LOGIN).unknown == RunFailure("login-refused", NOON)


@pytest.mark.parametrize(
    ("after", "reason", "complained_at"),
    [
        (timedelta(minutes=5), "no-answer", NOON),
        (timedelta(minutes=5), "webhook-gone", noon_plus(5)),
        (DAY, "no-answer", NOON + DAY),
    ],
)
def test_an_undelivered_message_is_complained_of_when_it_begins_or_changes_and_once_a_day(
    after: timedelta, reason: str, complained_at: datetime
) -> None:
    begun = delivery_failed(full(2), "no-answer", NOON, webhook_gone=None)
    assert begun.failing_channels == {CHANNEL: FailingChannel("no-answer", NOON)}
    again = delivery_failed(begun, reason, NOON + after, webhook_gone=None)
    assert again.failing_channels == {CHANNEL: FailingChannel(reason, complained_at)}


def test_a_delivery_ends_the_complaint_and_clears_the_webhook() -> None:
    before = delivery_failed(full(2), "webhook-gone", NOON, webhook_gone="digest")
    after = told(before, before.pending[0])
    assert after.failing_channels == {}


def test_a_webhook_that_is_gone_is_remembered() -> None:
    assert (
        delivery_failed(full(2), "webhook-gone", NOON, webhook_gone="digest").failing_channels[CHANNEL].gone
        == "digest"
    )


def test_a_poll_alone_does_not_end_the_complaint_about_a_message() -> None:
    before = delivery_failed(full(2), "webhook-gone", NOON, webhook_gone="digest")
    after = polled(before, GOOD, start=noon_plus(60))
    assert (
        after.failing_channels
        == before.failing_channels
        == {CHANNEL: FailingChannel("webhook-gone", NOON, "digest")}
    )


# The server


@pytest.mark.parametrize(
    ("result", "known"),
    [
        (REFUSED, KnownServer()),
        (UNTRUSTED, KnownServer(reached=True)),
        (NO_LOGIN, KnownServer(reached=True)),
        (met(Cause.DROPPED, reached=True), KnownServer(reached=True)),
        (met(Cause.NO_SCHEDULER), KnownServer(reached=True)),
        (met(Cause.SCHEDULER_DOWN), KnownServer(reached=True, scheduler_seen=True)),
        (GOOD, KnownServer(reached=True, scheduler_seen=True)),
        (listed(), KnownServer(reached=True, scheduler_seen=True)),
    ],
)
def test_what_a_poll_found_of_the_server_is_known_to_later_ones(
    result: ProbeResult, known: KnownServer
) -> None:
    assert polled(NEW, result).known_server(IDENTITY) == known
    assert polled(NEW, result, REFUSED).known_server(IDENTITY) == known


def test_another_server_starts_from_nothing() -> None:
    other = replace(IDENTITY, server="another")
    before = polled(NEW, GOOD)
    assert before.known_server(other) == KnownServer()
    after = polled(before, REFUSED, start=noon_plus(60), terms=Terms(other))
    assert after.known_server(other) == KnownServer()
    assert after.polls[-1] == Poll(noon_plus(60), Status.UNKNOWN, Cause.REFUSED)


@pytest.mark.parametrize("identity", [Digests("new-server", "new-login", "new-webhook"), Digests()])
def test_a_server_stays_known_when_only_the_key_of_the_digests_changes(identity: Digests) -> None:
    known = KnownServer(reached=True, scheduler_seen=True)
    assert polled(NEW, GOOD).known_server(identity) == known
    assert polled(NEW, GOOD, terms=Terms(identity)).known_server(IDENTITY) == known


# The host key


def test_the_host_key_is_remembered_once_a_login_worked() -> None:
    after = polled(NEW, shown(GOOD, host_key()))
    assert after.host_key == host_key().type_and_fingerprint
    assert after.remembered_login(IDENTITY, NOON) == RememberedLogin(host_key().type_and_fingerprint)


@pytest.mark.parametrize("result", [NO_LOGIN, UNTRUSTED, met(Cause.DROPPED, reached=True)])
def test_the_host_key_is_not_remembered_before_a_login_worked(result: ProbeResult) -> None:
    assert polled(NEW, shown(result, host_key())).host_key is None


@pytest.mark.parametrize("result", [GOOD, REFUSED, shown(UNTRUSTED, host_key(secret=b"S" * 36)), NO_LOGIN])
def test_the_host_key_stays_until_a_login_is_trusted_to_another(result: ProbeResult) -> None:
    assert polled(NEW, shown(GOOD, host_key()), result).host_key == host_key().type_and_fingerprint


@pytest.mark.parametrize("course", [[], [shown(GOOD, host_key())]])
def test_a_host_key_that_is_pinned_is_not_remembered(course: list[ProbeResult]) -> None:
    assert polled(NEW, *course, shown(GOOD, host_key(), pinned=True)).host_key is None


# The login


@pytest.mark.parametrize(
    ("after", "held_back"),
    [
        (0 * HOUR, True),
        (HOUR - SECOND, True),
        (HOUR, False),
        (DAY, False),
        (SECOND - HOUR, True),
        (-HOUR, False),
    ],
)
def test_a_credential_that_was_refused_is_held_back_for_an_hour(after: timedelta, *, held_back: bool) -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN)
    assert refused.remembered_login(IDENTITY, NOON + after).login_held_back is held_back


def test_a_changed_credential_is_tried_at_once() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN)
    assert not refused.remembered_login(replace(IDENTITY, login="another"), NOON).login_held_back


@pytest.mark.usefixtures("cheap_digests")
def test_in_a_shell_a_refused_credential_is_held_back_as_well_and_a_changed_one_is_not() -> None:
    def given(login: str) -> Digests:
        return keyed_digests(webhook="", server="login:22", login=login)

    refused = polled(history(Status.ONLINE), NO_LOGIN, terms=Terms(given("alice:wrong")))
    assert refused.remembered_login(given("alice:wrong"), NOON).login_held_back
    assert not refused.remembered_login(given("alice:right"), NOON).login_held_back


def test_a_credential_that_cannot_be_recognised_is_not_held_back() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN, terms=Terms())
    assert not refused.remembered_login(Digests(), NOON).login_held_back


def test_to_hold_a_credential_back_does_not_prolong_the_hour() -> None:
    not_offered = met(Cause.LOGIN_REFUSED, offered=False)
    refused = polled(history(Status.ONLINE), NO_LOGIN, not_offered, every=timedelta(minutes=30))
    assert not refused.remembered_login(IDENTITY, NOON + HOUR).login_held_back


def test_a_second_refusal_holds_back_for_another_hour() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN, NO_LOGIN, every=HOUR)
    assert refused.remembered_login(IDENTITY, NOON + 1.5 * HOUR).login_held_back


def test_other_trouble_holds_no_credential_back() -> None:
    assert (
        not polled(history(Status.ONLINE), REFUSED, UNTRUSTED)
        .remembered_login(IDENTITY, NOON)
        .login_held_back
    )


def test_a_login_that_works_clears_the_refusal() -> None:
    again = polled(history(Status.ONLINE), NO_LOGIN, GOOD)
    assert not again.remembered_login(IDENTITY, noon_plus(10)).login_held_back


def test_a_password_that_has_expired_is_held_back_like_one_that_is_refused() -> None:
    refused = polled(history(Status.ONLINE), EXPIRED)
    assert refused.remembered_login(IDENTITY, NOON + HOUR - SECOND).login_held_back
    assert not refused.remembered_login(IDENTITY, NOON + HOUR).login_held_back
    assert not refused.remembered_login(replace(IDENTITY, login="another"), NOON).login_held_back


def test_a_password_that_has_expired_has_not_worked() -> None:
    assert polled(NEW, EXPIRED).login.worked_at is None
    after = polled(NEW, GOOD, EXPIRED, EXPIRED, EXPIRED)
    assert after.login.worked_at == NOON
    assert [(one.event, one.login_worked_at) for one in after.pending] == [
        (Event.INITIAL, None),
        (Event.MONITOR_LOST, NOON),
    ]


# What is never written down

WEBHOOK = "https://discord.com/api/webhooks/4711/a-token-nobody-may-see"
HOST, ADDRESS, USER, PASSWORD = "login.hpc.example", "192.0.2.17", "marvin", "brain-the-size-of-a-planet"
SECRETS = (WEBHOOK, "4711", "a-token-nobody-may-see", HOST, ADDRESS, USER, PASSWORD)
DETAIL = f"{USER}@{HOST} [{ADDRESS}] said: {PASSWORD}"


def test_no_secret_host_address_or_user_is_written_down() -> None:
    identity = keyed_digests(webhook=WEBHOOK, server=f"{HOST}:22", login=f"{USER}\0{PASSWORD}")
    cluster_state = listed(partition(DETAIL, default=True, down=3), idle=1, down=3)
    results = [
        shown(GOOD, host_key()),
        *(met(cause, DETAIL) for cause in Cause),
        *[NO_LOGIN] * 3,
        cluster_state,
    ]
    after = polled(NEW, *results, terms=Terms(identity))
    written = codec.render(
        delivery_failed(after, "webhook-gone", NOON, webhook_gone=identity.webhook)
    ).decode()
    assert [secret for secret in SECRETS if secret in written] == []


def test_nothing_that_the_cluster_chose_is_written_down() -> None:
    chosen = listed(partition("a-partition", default=True, availability="chosen-word", idle=4), idle=4)
    cluster_state = replace(chosen.outcome, unknown_states=("quantum",))
    written = codec.render(
        polled(NEW, replace(chosen, outcome=cluster_state), met(Cause.UNPARSABLE, "a-line"))
    ).decode()
    assert [word for word in ("a-partition", "chosen-word", "quantum", "a-line") if word in written] == []


def test_a_history_that_is_full_stays_small() -> None:
    assert len(codec.render(full(600))) < 100_000
