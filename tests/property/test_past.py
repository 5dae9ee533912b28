"""Later runs read all that was saved, regardless of which runs could read the past."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.past import Past, StoredPast, copy_to_save, joined
from cluster_status.domain.status.cause import Cause, Status
from tests.property import draw
from tests.property.steady import steady, steady_courses
from tests.unit.domain import build
from tests.unit.domain.history.test_past import NOW, year_until


def stored_again(past: Past) -> Past:
    return codec.parse_past(codec.render_past(past))


@steady_courses
@given(st.lists(draw.chronicles(), min_size=1, max_size=3), st.data())
def test_what_is_read_is_what_was_saved(chronicles: list[list[History]], data: st.DataObject) -> None:
    stored: StoredPast | None = None
    for number in range(max(map(len, chronicles))):
        polled = {f"c{one}": each[min(number, len(each) - 1)] for one, each in enumerate(chronicles)}
        histories = Histories(clusters=polled)
        at = max((one.record.polls[-1].at for one in polled.values() if one.record.polls), default=None)
        if at is None:
            continue
        now = at + timedelta(hours=data.draw(st.sampled_from([0, 0, 0, 30, 100, -50])))
        copy = copy_to_save(histories, stored, now, may_wait=data.draw(st.booleans()))
        if copy.past and copy.ref:
            stored = StoredPast(copy.ref, stored_again(copy.past))
        elif copy.ref is None:
            stored = None
        content = codec.render(copy.recent, copy.ref)
        recent, ref = codec.parse_copy(content)
        assert ref == (stored and stored.ref)
        restored = joined(recent, stored.past) if stored and stored.past else recent
        assert restored == histories


@steady
@given(draw.chronicles(), st.data())
def test_a_past_that_is_read_again_is_not_lost(chronicle: list[History], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(chronicle) - 1))
    first = chronicle[begin]
    if not first.record.polls:
        return
    histories = Histories().with_entry("a", first)
    copy = copy_to_save(histories, None, first.record.polls[-1].at + timedelta(days=1), may_wait=False)
    if not (copy.past and copy.ref):
        return
    unread = StoredPast(copy.ref)
    later = copy_to_save(copy.recent, unread, copy.ref.before + timedelta(days=2), may_wait=False)
    assert joined(later.recent, copy.past).of("a").record == first.record


def test_a_year_stays_complete_while_days_pass() -> None:
    random = Random(1)  # noqa: S311 - the same at every run
    history, at = replace(build.history(Status.ONLINE), record=year_until(NOW).record), NOW
    stored: StoredPast | None = None
    copies_with_past = 0
    for _ in range(500):
        at += timedelta(minutes=20)
        result = build.failed(Cause.REFUSED) if random.random() < 0.2 else build.listed(idle=4)
        history = build.step(history, result, at)
        histories = Histories().with_entry("a", history)
        copy = copy_to_save(histories, stored, at, may_wait=random.random() < 0.5)
        if copy.past and copy.ref:
            stored = StoredPast(copy.ref, copy.past)
            copies_with_past += 1
        assert stored
        assert stored.past
        assert joined(copy.recent, stored.past) == histories
    assert copies_with_past == 8  # in seven days
