from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain import document
from cluster_status.domain.announcement import Window
from cluster_status.domain.cause import Cause, Status
from cluster_status.domain.cluster import Reservation
from cluster_status.domain.complaint import Complaint, Undelivered
from cluster_status.domain.delivery import may_tell, taken_as_told
from cluster_status.domain.history import MAINTENANCE_TOLD_KEPT, History, Login, Terms, has_changed
from cluster_status.domain.identity import Identity, identify
from cluster_status.domain.poll import Poll
from cluster_status.domain.sighting import Obstacle, Recollection, Sighting
from cluster_status.domain.standing import Doubt, Standing
from cluster_status.domain.transitions import Telling
from cluster_status.domain.verdict import Knowledge
from tests.unit.domain.build import (
    CHANNEL,
    IDENTITY,
    NOON,
    announcement,
    counts,
    forewarned,
    history,
    host_key,
    listed,
    met,
    noon_plus,
    partition,
    polled,
    reserved,
    shown,
    spell,
    step,
    tellings,
    told,
    untold,
)

NEW = History(cluster="Deep Thought")
GOOD = listed(free=4)
BROKEN = listed(free=1, unavailable=3)
REFUSED = met(Cause.REFUSED)
NO_LOGIN = met(Cause.LOGIN_REFUSED)
EXPIRED = Sighting(seen=Obstacle(Cause.LOGIN_REFUSED), reached=True, credential_offered=True, logged_in=True)
"""The password was right, and is not taken any more."""
STRANGER = met(Cause.HOST_KEY)
ALWAYS = Terms(IDENTITY, tell_always=True)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def full(announcements: int) -> History:
    """Return a history with this many changes, none of which could be told."""
    return polled(history(Status.ONLINE), *[BROKEN, GOOD] * (announcements // 2))


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
    first = announcement(Telling.FIRST, spell(Status.ONLINE), nodes=counts(free=4))
    assert polled(NEW, GOOD).pending == (first,)


def test_nothing_is_to_be_told_while_nothing_changes() -> None:
    assert polled(history(Status.ONLINE), GOOD, GOOD).pending == ()


def test_a_change_is_told_with_what_it_replaced_and_with_the_nodes() -> None:
    before = history(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert polled(before, GOOD, start=noon_plus(60)).pending == (
        announcement(
            Telling.RECOVERY,
            spell(Status.ONLINE, since=noon_plus(60)),
            at=noon_plus(60),
            before=spell(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED),
            nodes=counts(free=4),
        ),
    )


def test_a_silence_is_told_in_the_second_poll_unless_more_patience_was_set() -> None:
    silent = [met(Cause.TIMEOUT)] * 2
    assert polled(history(Status.ONLINE), *silent[:1]).pending == ()
    assert tellings(polled(history(Status.ONLINE), *silent).pending) == [Telling.OUTAGE]
    assert polled(history(Status.ONLINE), *silent, terms=Terms(IDENTITY, confirm_after=3)).pending == ()


def test_what_has_no_nodes_is_told_without_them() -> None:
    [outage] = polled(history(Status.ONLINE), REFUSED).pending
    assert (outage.telling, outage.nodes) == (Telling.OUTAGE, None)


def test_a_new_cause_within_one_status_is_not_told() -> None:
    after = polled(history(Status.OFFLINE, Cause.REFUSED), met(Cause.DNS))
    assert after.pending == ()
    assert after.standing.confirmed == spell(Status.OFFLINE, Cause.REFUSED, Cause.DNS)


def test_not_to_know_is_told_with_the_last_known_status() -> None:
    before = history(Status.OFFLINE, Cause.REFUSED)
    assert polled(before, STRANGER, STRANGER, STRANGER).pending == (
        announcement(
            Telling.BLIND,
            spell(Status.OFFLINE, Cause.REFUSED),
            at=noon_plus(10),
            doubt=Doubt(NOON, polls=3, cause=Cause.HOST_KEY, told=True),
        ),
    )


def test_a_login_that_worked_until_now_is_told_with_when_that_was() -> None:
    after = polled(history(Status.ONLINE), GOOD, NO_LOGIN, NO_LOGIN, NO_LOGIN, NO_LOGIN, start=noon_plus(60))
    assert [(one.telling, one.login_worked_at) for one in after.pending] == [(Telling.BLIND, noon_plus(60))]


def test_to_know_again_is_told_without_the_doubt() -> None:
    blind, sighted = polled(history(Status.ONLINE), STRANGER, STRANGER, STRANGER, GOOD).pending
    assert (blind.telling, sighted.telling) == (Telling.BLIND, Telling.SIGHTED)
    assert (sighted.doubt, sighted.before) == (None, None)


@pytest.mark.parametrize(
    "sighting",
    [
        NO_LOGIN,
        EXPIRED,
        STRANGER,
        REFUSED,
        met(Cause.DROPPED, reached=True),
        met(Cause.TIMEOUT, reached=True),
        met(Cause.INCOMPATIBLE_SSH),
    ],
)
def test_a_login_that_never_worked_confirms_nothing_and_tells_nothing(sighting: Sighting) -> None:
    after = polled(NEW, *[sighting] * 9)
    assert (after.standing, after.pending) == (Standing(), ())
    assert len(after.polls) == 9


def test_nothing_is_left_over_from_before_the_login_worked() -> None:
    after = polled(NEW, *[NO_LOGIN] * 9, GOOD)
    assert tellings(after.pending) == [Telling.FIRST]
    assert after.standing == Standing(spell(Status.ONLINE, since=noon_plus(45)))


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
    assert repeat == announcement(Telling.REPEAT, spell(Status.ONLINE), nodes=counts(free=4))


def test_a_poll_that_saw_another_status_is_not_told_as_if_nothing_had_changed() -> None:
    assert polled(history(Status.ONLINE), met(Cause.TIMEOUT), terms=ALWAYS).pending == ()


@pytest.mark.parametrize(("before", "sighting"), [(history(Status.ONLINE), STRANGER), (NEW, NO_LOGIN)])
def test_a_poll_that_cannot_tell_is_not_told_even_there(before: History, sighting: Sighting) -> None:
    assert polled(before, sighting, terms=ALWAYS).pending == ()


def test_a_change_is_told_as_such_even_there() -> None:
    assert tellings(polled(history(Status.ONLINE), BROKEN, terms=ALWAYS).pending) == [Telling.IMPAIRED]


def test_a_repeat_that_was_never_told_is_overtaken() -> None:
    pending = polled(history(Status.ONLINE), GOOD, BROKEN, BROKEN, BROKEN, terms=ALWAYS).pending
    assert [(one.telling, one.at) for one in pending] == [
        (Telling.IMPAIRED, noon_plus(5)),
        (Telling.REPEAT, noon_plus(15)),
    ]


@pytest.mark.parametrize(
    ("sighting", "then_told"),
    [
        (GOOD, []),
        (STRANGER, []),
        (NO_LOGIN, []),
        (met(Cause.TIMEOUT), []),
        (BROKEN, [Telling.IMPAIRED]),
        (REFUSED, [Telling.OUTAGE]),
    ],
    ids=["the same", "nothing it can tell", "no login", "no answer yet", "less of it", "nothing of it"],
)
def test_a_repeat_that_waits_is_dropped_at_the_next_poll_whatever_that_one_sees(
    sighting: Sighting, then_told: list[Telling]
) -> None:
    waiting = polled(history(Status.ONLINE), GOOD, terms=ALWAYS)
    assert tellings(waiting.pending) == [Telling.REPEAT]
    assert tellings(step(waiting, sighting, noon_plus(5)).pending) == then_told


def test_a_repeat_that_waits_gives_way_to_the_doubt_that_is_told() -> None:
    pending = polled(history(Status.ONLINE), GOOD, *[STRANGER] * 3, terms=ALWAYS).pending
    assert [(one.telling, one.at) for one in pending] == [(Telling.BLIND, noon_plus(15))]


def test_a_repeat_has_no_doubt_even_where_one_is_left_from_before_the_login_was_lost() -> None:
    doubtful = polled(history(Status.OFFLINE), STRANGER)
    assert doubtful.standing.doubt
    [repeat] = polled(replace(doubtful, login=Login()), REFUSED, terms=ALWAYS).pending
    assert (repeat.telling, repeat.doubt) == (Telling.REPEAT, None)


def test_of_repeats_that_wait_only_the_newest_is_left() -> None:
    pending = polled(history(Status.ONLINE), *[GOOD] * 30, terms=ALWAYS).pending
    assert [(one.telling, one.at, one.left_out) for one in pending] == [(Telling.REPEAT, noon_plus(145), 0)]


def test_a_change_that_waits_is_not_dropped_with_the_repeat_behind_it() -> None:
    waiting = polled(history(Status.ONLINE), BROKEN, BROKEN, terms=ALWAYS)
    assert tellings(waiting.pending) == [Telling.IMPAIRED, Telling.REPEAT]
    assert step(waiting, STRANGER, noon_plus(10)).pending == waiting.pending[:1]


# The outbox


# A maintenance that is coming


TOMORROW = NOON + timedelta(hours=23)
READY = history(Status.ONLINE)


def foretold(*polls: Iterable[Reservation]) -> list[tuple[datetime, datetime]]:
    """Return the times that are announced in a course of polls that see these reservations."""
    after = polled(READY, *(forewarned(*reservations, free=4) for reservations in polls))
    assert set(tellings(after.pending)) <= {Telling.COMING}
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
    after = polled(READY, forewarned(soon, free=4))
    assert len(after.maintenance_told) == 1
    assert step(after, listed(free=4), soon.end).maintenance_told == ()


def test_however_many_are_told_of_few_are_remembered() -> None:
    """A cluster may reserve anew at each poll, for a century."""
    polls = [forewarned(reserved(noon_plus(60 + 5 * number), hours=900_000), free=4) for number in range(60)]
    assert len(polled(READY, *polls).maintenance_told) == MAINTENANCE_TOLD_KEPT


def test_a_poll_that_sees_nothing_does_not_forget_what_was_told() -> None:
    coming = forewarned(reserved(TOMORROW), free=4)
    after = polled(READY, coming, met(Cause.TIMEOUT), listed(free=4), coming)
    assert tellings(after.pending) == [Telling.COMING]


def test_a_maintenance_is_told_with_its_times_where_they_are_known() -> None:
    now = reserved(NOON, hours=3)
    [known] = polled(READY, forewarned(now, maintenance=4)).pending
    [unknown] = polled(READY, listed(maintenance=4)).pending
    assert known.window == Window(now.begin, now.end, nodes=4)
    assert unknown.window is None


def test_nothing_that_the_cluster_chose_is_remembered_of_a_maintenance() -> None:
    after = polled(READY, forewarned(reserved(TOMORROW, name="secret"), free=4))
    assert b"secret" not in document.render(after)


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
    telling = replace(full(2), telling_since=None if since is None else NOON - since)
    assert may_tell(telling, NOON) is expected


def test_a_clock_that_was_set_back_far_stops_nothing() -> None:
    before = polled(history(Status.ONLINE), GOOD, start=noon_plus(60))
    assert step(before, BROKEN, noon_plus(50)).standing.confirmed != before.standing.confirmed
    assert step(before, BROKEN, noon_plus(51)).standing == before.standing


def test_the_first_key_that_was_remembered_stays_though_another_look_saw_another() -> None:
    before = polled(history(), shown(GOOD, host_key()))
    later = step(before, shown(GOOD, host_key(secret=b"S" * 36)), noon_plus(5))
    assert later.host_key == before.host_key == host_key().identity


def test_where_nothing_is_pending_there_is_nothing_to_tell() -> None:
    assert not may_tell(full(0), NOON)


def test_what_was_being_told_when_the_rest_was_lost_is_taken_as_told() -> None:
    assert taken_as_told(replace(full(2), telling_since=NOON)) == replace(full(2), pending=())
    assert taken_as_told(full(2)) == full(2)


def test_the_outcome_of_a_telling_ends_it() -> None:
    telling = replace(full(2), telling_since=NOON)
    assert told(telling, telling.pending[0]).telling_since is None
    assert untold(telling, "no-answer", NOON, webhook_gone=None).telling_since is None


def test_what_could_not_be_told_stays() -> None:
    before = full(4)
    assert untold(before, "no-answer", NOON, webhook_gone=None).pending == before.pending


def test_beyond_twenty_the_oldest_are_summed_up() -> None:
    pending = full(24).pending
    assert [one.left_out for one in pending] == [4, *[0] * 19]
    assert pending[0].at == noon_plus(4 * 5)


def test_a_sum_grows() -> None:
    assert polled(full(24), BROKEN, GOOD, start=noon_plus(1_000)).pending[0].left_out == 6


def test_a_sum_is_told_with_the_message_that_carries_it() -> None:
    before = full(24)
    assert sum(one.left_out for one in told(before, before.pending[0]).pending) == 0


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
    begun = step(history(Status.ONLINE), STRANGER, NOON)
    assert begun.unknown == Complaint("host-key", NOON)
    assert step(begun, met(cause), NOON + after).unknown == Complaint(cause, complained_at)


def test_the_daily_complaint_counts_from_the_last_one() -> None:
    course = polled(history(Status.ONLINE), *[STRANGER] * 50, every=HOUR)
    assert course.unknown == Complaint("host-key", NOON + 2 * DAY)


@pytest.mark.parametrize("sighting", [GOOD, BROKEN, REFUSED])
def test_to_know_again_ends_the_complaint(sighting: Sighting) -> None:
    assert polled(history(Status.ONLINE), STRANGER, sighting).unknown is None


def test_a_new_doubt_is_complained_of_at_once() -> None:
    after = polled(history(Status.ONLINE), STRANGER, GOOD, STRANGER)
    assert after.unknown == Complaint("host-key", noon_plus(10))


def test_a_login_that_never_worked_is_complained_of() -> None:
    assert polled(NEW, NO_LOGIN).unknown == Complaint("login-refused", NOON)


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
    begun = untold(full(2), "no-answer", NOON, webhook_gone=None)
    assert begun.undelivered == {CHANNEL: Undelivered("no-answer", NOON)}
    again = untold(begun, reason, NOON + after, webhook_gone=None)
    assert again.undelivered == {CHANNEL: Undelivered(reason, complained_at)}


def test_a_delivery_ends_the_complaint_and_clears_the_webhook() -> None:
    before = untold(full(2), "webhook-gone", NOON, webhook_gone="digest")
    after = told(before, before.pending[0])
    assert after.undelivered == {}


def test_a_webhook_that_is_gone_is_remembered() -> None:
    assert untold(full(2), "webhook-gone", NOON, webhook_gone="digest").undelivered[CHANNEL].gone == "digest"


def test_a_poll_alone_does_not_end_the_complaint_about_a_message() -> None:
    before = untold(full(2), "webhook-gone", NOON, webhook_gone="digest")
    after = polled(before, GOOD, start=noon_plus(60))
    assert after.undelivered == before.undelivered == {CHANNEL: Undelivered("webhook-gone", NOON, "digest")}


# The server


@pytest.mark.parametrize(
    ("sighting", "known"),
    [
        (REFUSED, Knowledge()),
        (STRANGER, Knowledge(reached=True)),
        (NO_LOGIN, Knowledge(reached=True)),
        (met(Cause.DROPPED, reached=True), Knowledge(reached=True)),
        (met(Cause.NO_SCHEDULER), Knowledge(reached=True)),
        (met(Cause.SCHEDULER_DOWN), Knowledge(reached=True, scheduler_seen=True)),
        (GOOD, Knowledge(reached=True, scheduler_seen=True)),
        (listed(), Knowledge(reached=True, scheduler_seen=True)),
    ],
)
def test_what_a_poll_found_of_the_server_is_known_to_later_ones(sighting: Sighting, known: Knowledge) -> None:
    assert polled(NEW, sighting).knowledge(IDENTITY) == known
    assert polled(NEW, sighting, REFUSED).knowledge(IDENTITY) == known


def test_another_server_starts_from_nothing() -> None:
    other = replace(IDENTITY, server="another")
    before = polled(NEW, GOOD)
    assert before.knowledge(other) == Knowledge()
    after = polled(before, REFUSED, start=noon_plus(60), terms=Terms(other))
    assert after.knowledge(other) == Knowledge()
    assert after.polls[-1] == Poll(noon_plus(60), Status.UNKNOWN, Cause.REFUSED)


@pytest.mark.parametrize("identity", [Identity("new-server", "new-login", "new-webhook"), Identity()])
def test_a_server_stays_known_when_only_the_key_of_the_digests_changes(identity: Identity) -> None:
    known = Knowledge(reached=True, scheduler_seen=True)
    assert polled(NEW, GOOD).knowledge(identity) == known
    assert polled(NEW, GOOD, terms=Terms(identity)).knowledge(IDENTITY) == known


# The host key


def test_the_host_key_is_remembered_once_a_login_worked() -> None:
    after = polled(NEW, shown(GOOD, host_key()))
    assert after.host_key == host_key().identity
    assert after.recollection(IDENTITY, NOON) == Recollection(host_key().identity)


@pytest.mark.parametrize("sighting", [NO_LOGIN, STRANGER, met(Cause.DROPPED, reached=True)])
def test_the_host_key_is_not_remembered_before_a_login_worked(sighting: Sighting) -> None:
    assert polled(NEW, shown(sighting, host_key())).host_key is None


@pytest.mark.parametrize("sighting", [GOOD, REFUSED, shown(STRANGER, host_key(secret=b"S" * 36)), NO_LOGIN])
def test_the_host_key_stays_until_a_login_is_trusted_to_another(sighting: Sighting) -> None:
    assert polled(NEW, shown(GOOD, host_key()), sighting).host_key == host_key().identity


@pytest.mark.parametrize("course", [[], [shown(GOOD, host_key())]])
def test_a_host_key_that_is_pinned_is_not_remembered(course: list[Sighting]) -> None:
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
    assert refused.recollection(IDENTITY, NOON + after).login_held_back is held_back


def test_a_changed_credential_is_tried_at_once() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN)
    assert not refused.recollection(replace(IDENTITY, login="another"), NOON).login_held_back


@pytest.mark.usefixtures("cheap_digests")
def test_in_a_shell_a_refused_credential_is_held_back_as_well_and_a_changed_one_is_not() -> None:
    def given(login: str) -> Identity:
        return identify(webhook="", server="login:22", login=login)

    refused = polled(history(Status.ONLINE), NO_LOGIN, terms=Terms(given("alice:wrong")))
    assert refused.recollection(given("alice:wrong"), NOON).login_held_back
    assert not refused.recollection(given("alice:right"), NOON).login_held_back


def test_a_credential_that_cannot_be_recognised_is_not_held_back() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN, terms=Terms())
    assert not refused.recollection(Identity(), NOON).login_held_back


def test_to_hold_a_credential_back_does_not_prolong_the_hour() -> None:
    not_offered = met(Cause.LOGIN_REFUSED, offered=False)
    refused = polled(history(Status.ONLINE), NO_LOGIN, not_offered, every=timedelta(minutes=30))
    assert not refused.recollection(IDENTITY, NOON + HOUR).login_held_back


def test_a_second_refusal_holds_back_for_another_hour() -> None:
    refused = polled(history(Status.ONLINE), NO_LOGIN, NO_LOGIN, every=HOUR)
    assert refused.recollection(IDENTITY, NOON + 1.5 * HOUR).login_held_back


def test_other_trouble_holds_no_credential_back() -> None:
    assert not polled(history(Status.ONLINE), REFUSED, STRANGER).recollection(IDENTITY, NOON).login_held_back


def test_a_login_that_works_clears_the_refusal() -> None:
    again = polled(history(Status.ONLINE), NO_LOGIN, GOOD)
    assert not again.recollection(IDENTITY, noon_plus(10)).login_held_back


def test_a_password_that_has_expired_is_held_back_like_one_that_is_refused() -> None:
    refused = polled(history(Status.ONLINE), EXPIRED)
    assert refused.recollection(IDENTITY, NOON + HOUR - SECOND).login_held_back
    assert not refused.recollection(IDENTITY, NOON + HOUR).login_held_back
    assert not refused.recollection(replace(IDENTITY, login="another"), NOON).login_held_back


def test_a_password_that_has_expired_has_not_worked() -> None:
    assert polled(NEW, EXPIRED).login.worked_at is None
    after = polled(NEW, GOOD, EXPIRED, EXPIRED, EXPIRED)
    assert after.login.worked_at == NOON
    assert [(one.telling, one.login_worked_at) for one in after.pending] == [
        (Telling.FIRST, None),
        (Telling.BLIND, NOON),
    ]


# What is never written down

WEBHOOK = "https://discord.com/api/webhooks/4711/a-token-nobody-may-see"
HOST, ADDRESS, USER, PASSWORD = "login.hpc.example", "192.0.2.17", "marvin", "brain-the-size-of-a-planet"
SECRETS = (WEBHOOK, "4711", "a-token-nobody-may-see", HOST, ADDRESS, USER, PASSWORD)
DETAIL = f"{USER}@{HOST} [{ADDRESS}] said: {PASSWORD}"


def test_no_secret_host_address_or_user_is_written_down() -> None:
    identity = identify(webhook=WEBHOOK, server=f"{HOST}:22", login=f"{USER}\0{PASSWORD}")
    listing = listed(partition(DETAIL, default=True, unavailable=3), free=1, unavailable=3)
    sightings = [shown(GOOD, host_key()), *(met(cause, DETAIL) for cause in Cause), *[NO_LOGIN] * 3, listing]
    after = polled(NEW, *sightings, terms=Terms(identity))
    written = document.render(untold(after, "webhook-gone", NOON, webhook_gone=identity.webhook)).decode()
    assert [secret for secret in SECRETS if secret in written] == []


def test_nothing_that_the_cluster_chose_is_written_down() -> None:
    chosen = listed(partition("a-partition", default=True, availability="chosen-word", free=4), free=4)
    listing = replace(chosen.seen, unrecognised=("quantum",))
    written = document.render(
        polled(NEW, replace(chosen, seen=listing), met(Cause.UNPARSABLE, "a-line"))
    ).decode()
    assert [word for word in ("a-partition", "chosen-word", "quantum", "a-line") if word in written] == []


def test_a_history_that_is_full_stays_small() -> None:
    assert len(document.render(full(600))) < 100_000
