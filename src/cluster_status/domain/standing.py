"""How what single polls saw becomes the status that counts: confirmation, and patience with not knowing."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from cluster_status.domain.cause import TRAITS, Cause, Status
from cluster_status.domain.transitions import TELLINGS, Telling
from cluster_status.domain.verdict import Verdict

Instant = Annotated[datetime, Meta(tz=True)]
"""An aware UTC datetime, in whole seconds; a naive one in a document is an error."""

POLLS_BEFORE_DOUBT_IS_TOLD = 3


class Spell(Struct, frozen=True):
    """A status and the time it lasts; `causes` in the order they were first seen."""

    status: Status
    since: Instant
    causes: tuple[Cause, ...] = ()

    def also(self, cause: Cause | None) -> "Spell":
        if cause is None or cause in self.causes:
            return self
        return replace(self, causes=(*self.causes, cause))

    def ending_with(self, cause: Cause | None) -> "Spell":
        """Return it with one of its causes last: the one that is now, though another was new after it."""
        if cause is None or cause not in self.causes:
            return self
        return replace(self, causes=(*(one for one in self.causes if one is not cause), cause))


class Doubt(Struct, frozen=True):
    """A spell of polls that could not tell; never an outage, never in the uptime."""

    since: Instant
    polls: int = 0
    cause: Cause | None = None
    told: bool = False


class Standing(Struct, frozen=True):
    """The confirmed status, and what may be about to replace it.

    `candidate` is a differing status that was seen but is not believed yet. A poll that cannot tell
    neither confirms it nor clears it.
    """

    confirmed: Spell | None = None
    candidate: Spell | None = None
    candidate_polls: int = 0
    doubt: Doubt | None = None


def observe(
    standing: Standing, verdict: Verdict, at: datetime, *, confirm_after: int
) -> tuple[Standing, Telling | None]:
    """Return the standing after this verdict, and what is to be told of it.

    `confirm_after` counts the polls in a row that a cause needs to be believed if another runner, with
    another address, might see otherwise; every other cause is believed at once.
    """
    if verdict.status is Status.UNKNOWN:
        return _doubt(standing, verdict, at)
    confirmed = standing.confirmed
    if confirmed and verdict.status is confirmed.status:
        telling = Telling.SIGHTED if standing.doubt and standing.doubt.told else None
        return Standing(confirmed.also(verdict.cause)), telling
    candidate, polls = _candidate(standing, verdict, at)
    if polls < _polls_needed(verdict, confirm_after):
        # a doubt that was told ends with a confirmed status, not with a guess
        doubt = standing.doubt if standing.doubt and standing.doubt.told else None
        return Standing(confirmed, candidate, polls, doubt), None
    before = confirmed.status if confirmed else None
    return Standing(candidate), TELLINGS[before][candidate.status]


def _candidate(standing: Standing, verdict: Verdict, at: datetime) -> tuple[Spell, int]:
    candidate = standing.candidate
    if candidate and candidate.status is verdict.status:
        return candidate.also(verdict.cause), standing.candidate_polls + 1
    return Spell(verdict.status, at).also(verdict.cause), 1


def _polls_needed(verdict: Verdict, confirm_after: int) -> int:
    return confirm_after if verdict.cause and TRAITS[verdict.cause].needs_confirmation else 1


def _doubt(standing: Standing, verdict: Verdict, at: datetime) -> tuple[Standing, Telling | None]:
    doubt = standing.doubt or Doubt(at)
    doubt = replace(doubt, polls=doubt.polls + 1, cause=verdict.cause)
    tell = bool(standing.confirmed) and not doubt.told and doubt.polls >= POLLS_BEFORE_DOUBT_IS_TOLD
    return (
        replace(standing, doubt=replace(doubt, told=doubt.told or tell)),
        Telling.BLIND if tell else None,
    )
