"""Compares what the channel gets in a course with what it should get."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from cluster_status.domain.notification.message import Message
from cluster_status.domain.slurm.reason_group import grouped
from cluster_status.render.phrases import instant
from cluster_status.render.text import text
from tests.courses.course import Course, Says, State
from tests.courses.play import Played, Result, play
from tests.courses.site_monitor import INTERVAL, Sent
from tests.courses.steps import hour

_HEAD_OF_THE_TABLE = "PARTITION"
_TOLERANCE = 2 * INTERVAL + timedelta(minutes=1)


def problems(course: Course) -> list[str]:
    """Return what differs from the course, one line each."""
    return list(_problems(course, play(course)))


def _problems(course: Course, result: Result) -> Iterator[str]:
    expected: State | None = None
    for played in result.steps:
        step = played.step
        expected = step.then or expected
        confirmed = played.polls[-1].history.tracker.confirmed
        found = State(confirmed.status, *confirmed.causes[-1:]) if confirmed else None
        if found != expected and (step.then or not step.may_send):
            yield f"{_place(played)}: expected {expected}, found {found}"
        yield from (f"{_place(played)}: {problem}" for problem in _problems_of(played))
    offline = timedelta(seconds=sum(day.offline for day in result.history.record.ledger.days))
    if abs(offline - timedelta(hours=course.offline)) > (_TOLERANCE if course.offline else timedelta()):
        yield f"expected {course.offline} h of downtime, found {offline}"
    yield from (
        f"the history contains '{word}'" for word in result.private if word.encode() in result.content
    )


def _place(played: Played) -> str:
    return f"{played.polls[-1].at:%d %b %H:%M} after '{played.step.happens}'"


def _problems_of(played: Played) -> Iterator[str]:
    step, last = played.step, played.polls[-1]
    yield from _problems_of_messages(played)
    if step.found and last.status is not step.found:
        yield f"expected that the last poll finds {step.found}, not {last.status}"
    yield from _problems_of_notices(played)
    for words, given in (
        (step.summary, "\n".join(last.summary)),
        (step.shows, played.shown),
    ):
        yield from (f"expected '{word}' in {given!r}" for word in words if not _has(given, word))
    yield from (
        f"expected no '{word}' in {played.shown!r}" for word in step.hides if _has(played.shown, word)
    )


def _problems_of_notices(played: Played) -> Iterator[str]:
    """Expect one poll with notices about scontrol if the step has any, and none otherwise."""
    step = played.step
    noticed = ["\n".join(line for line in poll.annotations if "scontrol" in line) for poll in played.polls]
    in_time = noticed if step.within else noticed[-1:]
    if sum(map(bool, noticed)) != bool(step.notices) or any(noticed) is not any(in_time):
        yield f"expected {step.notices} in the notices, got {noticed}"
    yield from (f"no '{word}' in {noticed}" for word in step.notices if not _has("".join(noticed), word))


def _problems_of_messages(played: Played) -> Iterator[str]:
    step = played.step
    early = [one for poll in played.polls[:-1] for one in poll.sent]
    late = list(played.polls[-1].sent)
    expected = {event for says in step.sends for event in says.events}
    if not step.within:
        yield from (
            f"sent before the last poll: {_line(one)}" for one in early if one.event not in step.may_send
        )
    sent = [one for one in [*early, *late] if one.event in expected or one.event not in step.may_send]
    if step.at_most is not None and len(early) + len(late) > step.at_most:
        yield f"expected at most {step.at_most} messages, got {len(early) + len(late)}"
    if len(sent) != len(step.sends):
        names = [" or ".join(says.events) for says in step.sends]
        yield f"expected {names}, got {[_line(one) for one in sent]}"
        return
    for says, one in zip(step.sends, sent, strict=True):
        yield from (f"{problem} in: {_line(one)}" for problem in _differences(says, one))


def _line(sent: Sent) -> str:
    return f"{sent.event}: {' / '.join(_said(sent.message).splitlines())}"


def _differences(says: Says, sent: Sent) -> Iterator[str]:
    message, said = sent.message, _said(sent.message)
    if sent.event not in says.events:
        yield f"expected {' or '.join(says.events)}"
    yield from (f"no '{word}'" for word in says.words if not _has(said, word))
    yield from (f"'{word}'" for word in says.not_said if _has(said, word))
    yield from (f"'{word}'" for word in says.not_in_headline if _has(message.headline, word))
    yield from (f"no {hour(one)}" for one in says.times if not _has_time(message, said, one))
    yield from (f"{hour(one)}" for one in says.not_times if _has_time(message, said, one))
    if bool(message.mention) is not says.ping:
        yield "no mention" if says.ping else "a mention"
    if says.first and _first_of_the_table(message) != says.first:
        yield f"expected {says.first} first in the table, found {_first_of_the_table(message)}"
    reasons = [one.reason for one in grouped(message.drain_reasons, first=message.lost)]
    if says.reason and says.reason not in "".join(reasons[:1]):
        yield f"expected the reason {says.reason} first, found {reasons}"


def _said(message: Message) -> str:
    """Return the text without the table, the reasons and the quotation."""
    return text(replace(message, partitions=(), gpus={}, drain_reasons=(), quotation=None))


def _has(given: str, word: str) -> bool:
    return word.casefold() in given.casefold()


def _has_time(message: Message, said: str, number: float) -> bool:
    at = hour(number)
    return at in [fact.value for fact in message.facts] or instant(at).removesuffix(":00 UTC") in said


def _first_of_the_table(message: Message) -> str:
    """Return the name in the first row; empty without a table."""
    lines = text(message).splitlines()
    heads = [place for place, line in enumerate(lines) if line.startswith(_HEAD_OF_THE_TABLE)]
    return lines[heads[0] + 1].split()[0].rstrip("*") if heads else ""
