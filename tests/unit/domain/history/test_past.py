"""The past of the records is stored once a day, and no poll loses it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.past import Copy, StoredPast, copy_to_save, joined
from cluster_status.domain.status.cause import Status
from cluster_status.domain.uptime.gaps import Gap
from cluster_status.domain.uptime.incident import Incident
from cluster_status.domain.uptime.ledger import UptimeLedger
from cluster_status.domain.uptime.record import Record
from cluster_status.domain.uptime.roll_up import DAY, HOUR, Resolution, RollUp

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAYS = timedelta(days=1)
YESTERDAY = datetime(2026, 6, 30, tzinfo=UTC)


def roll_ups(resolution: Resolution, now: datetime) -> tuple[RollUp, ...]:
    last = resolution.begin_of(now)
    length = timedelta(seconds=resolution.seconds)
    return tuple(RollUp(last - number * length, online=60) for number in range(resolution.kept))[::-1]


def year_until(now: datetime) -> History:
    outages = [now - number * DAYS for number in range(100, 0, -1)]
    incidents = tuple(Incident(Status.OFFLINE, at, at + timedelta(minutes=5)) for at in outages)
    gaps = tuple(Gap(at, at + timedelta(hours=2), 3) for at in outages)
    ledger = UptimeLedger(roll_ups(HOUR, now), roll_ups(DAY, now))
    return History(record=Record((), ledger, incidents, gaps))


YEAR = Histories().with_entry("alpha", year_until(NOW)).with_entry("beta", year_until(NOW))


def saved(
    histories: Histories, now: datetime = NOW, stored: StoredPast | None = None, *, may_wait: bool = False
) -> Copy:
    return copy_to_save(histories, stored, now, may_wait=may_wait)


def stored_by(copy: Copy) -> StoredPast:
    assert copy.ref
    return StoredPast(replace(copy.ref, artifact=7), copy.past)


STORED = stored_by(saved(YEAR))


def test_the_first_copy_of_a_day_has_the_past_before_yesterday() -> None:
    copy = saved(YEAR)
    assert copy.past
    assert copy.past.before == YESTERDAY
    assert {roll_up.begin for roll_up in copy.past.clusters["alpha"].days} == {
        roll_up.begin for roll_up in YEAR.of("alpha").record.ledger.days if roll_up.begin < YESTERDAY
    }
    assert [one.begin for one in copy.recent.of("alpha").record.ledger.days] == [YESTERDAY, YESTERDAY + DAYS]


def test_a_later_copy_names_the_past_of_the_day() -> None:
    later = YEAR.with_entry("beta", replace(YEAR.of("beta"), name="Beta"))
    copy = saved(later, NOW + timedelta(hours=11), STORED)
    assert (copy.past, copy.ref) == (None, STORED.ref)
    assert STORED.past
    assert joined(copy.recent, STORED.past) == later


def test_a_new_history_has_no_past() -> None:
    young = Histories().with_entry(
        "alpha", History(record=Record(ledger=UptimeLedger(days=(RollUp(YESTERDAY),))))
    )
    assert saved(young) == Copy(young)


@pytest.mark.parametrize(("days", "has_past"), [(1, False), (2, True)])
def test_a_past_that_is_due_waits_for_a_day_while_messages_are_sent(days: int, *, has_past: bool) -> None:
    assert saved(YEAR, NOW + DAYS, STORED).past
    assert (saved(YEAR, NOW + days * DAYS, STORED, may_wait=True).past is not None) is has_past


def test_a_copy_without_a_past_does_not_wait_if_it_is_large() -> None:
    assert saved(YEAR, may_wait=True).past
    young = Histories().with_entry(
        "alpha", History(record=Record(ledger=UptimeLedger(days=(RollUp(YESTERDAY - DAYS),))))
    )
    assert saved(young, may_wait=True) == Copy(young)


def test_a_past_that_cannot_be_read_is_named_for_three_days() -> None:
    unread = replace(STORED, past=None)
    recent = saved(YEAR).recent
    for days in (0, 1, 2):
        assert saved(recent, NOW + days * DAYS, unread) == Copy(recent, STORED.ref)
    given_up = saved(recent, NOW + 3 * DAYS, unread)
    assert given_up.ref != STORED.ref


def test_a_past_that_can_be_read_again_joins_what_was_recorded_meanwhile() -> None:
    after = NOW + 2 * DAYS
    recent = saved(YEAR).recent
    meanwhile = replace(
        recent.of("alpha"),
        record=replace(
            recent.of("alpha").record,
            ledger=UptimeLedger(
                (), (*recent.of("alpha").record.ledger.days, RollUp(DAY.begin_of(after), online=5))
            ),
        ),
    )
    assert STORED.past
    days = joined(recent.with_entry("alpha", meanwhile), STORED.past).of("alpha").record.ledger.days
    assert len(days) == DAY.kept
    assert days[-1].online == 5


def test_a_cluster_that_the_past_does_not_know_of_is_stored_whole() -> None:
    more = YEAR.with_entry("gamma", year_until(NOW - 5 * DAYS))
    copy = saved(more, NOW, STORED)
    assert copy.past is None
    assert copy.recent.of("gamma") == more.of("gamma")
    assert STORED.past
    assert joined(copy.recent, STORED.past) == more


def test_a_changed_past_day_is_stored_with_the_recent_part() -> None:
    record = YEAR.of("alpha").record
    days = (*record.ledger.days[:5], replace(record.ledger.days[5], offline=9), *record.ledger.days[6:])
    changed = replace(YEAR.of("alpha"), record=replace(record, ledger=replace(record.ledger, days=days)))
    histories = YEAR.with_entry("alpha", changed)
    copy = saved(histories, NOW, STORED)
    assert STORED.past
    assert joined(copy.recent, STORED.past) == histories


def test_a_record_that_does_not_continue_the_past_is_stored_with_a_past_of_its_own() -> None:
    other = Histories().with_entry("alpha", year_until(NOW - 40 * DAYS))
    copy = saved(other, NOW, STORED, may_wait=True)
    assert copy.past
    assert joined(copy.recent, copy.past) == other


def test_a_removed_cluster_does_not_come_back_with_the_past() -> None:
    assert STORED.past
    assert set(joined(Histories(), STORED.past).clusters) == set()
