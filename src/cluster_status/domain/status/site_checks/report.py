"""The site checks after a poll: which fail, and what has changed.

A failure counts from its first poll, is confirmed by the second one in a row, and ends with the first poll in
which the check passes. A poll in which a check could not run says nothing about it.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import CheckResult

CONFIRMED_BY = 2  # polls
CAUSES_OF_CHECKS = (
    Cause.PATH_HANGS,
    Cause.PATH_FAILS,
    Cause.PATH_MISSING,
    Cause.PATH_FULL,
    Cause.CHECK_FAILED,
)
"""The most severe one first."""

_MOST_NAMED = 5


class CheckState(Struct, frozen=True, omit_defaults=True):
    """What is remembered of a check.

    While it fails, `cause` says why, and `polls` counts those in a row in which it has failed, up to two.
    """

    passed: bool = False
    cause: Cause | None = None
    polls: int = 0

    @property
    def is_confirmed(self) -> bool:
        return self.polls >= CONFIRMED_BY


CheckMemory = Mapping[str, CheckState]
"""By name."""


class CheckChange(Struct, frozen=True, omit_defaults=True):
    """A check in a notification: it fails for this cause, or has passed after it."""

    name: str
    cause: Cause
    never_passed: bool = False
    more: int = 0  # others that are not named


class SiteCheckReport(Struct, frozen=True):
    """The checks after a poll. `failing` also has those whose failure is not confirmed."""

    memory: dict[str, CheckState] = {}
    results: tuple[CheckResult, ...] = ()
    key_is_restricted: bool | None = None
    failing: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    newly_confirmed: tuple[str, ...] = ()
    passed: tuple[CheckChange, ...] = ()  # after a confirmed failure

    @property
    def cause(self) -> Cause | None:
        """The most severe cause; None if no check fails."""
        return self._worst(self.failing)

    @property
    def confirmed_cause(self) -> Cause | None:
        return self._worst(self.confirmed)

    def changes(self, names: Iterable[str]) -> tuple[CheckChange, ...]:
        """Return some of the failing checks for a notification, the most severe first."""
        states = {name: self.memory[name] for name in names}
        found = [
            CheckChange(name, one.cause, never_passed=not one.passed)
            for name, one in states.items()
            if one.cause
        ]
        return bounded(found)

    def _worst(self, names: Iterable[str]) -> Cause | None:
        found = {self.memory[name].cause for name in names}
        return next((cause for cause in CAUSES_OF_CHECKS if cause in found), None)


def bounded(changes: Sequence[CheckChange]) -> tuple[CheckChange, ...]:
    """Return the most severe ones, and with the last one how many more there are."""
    ordered = sorted(changes, key=lambda one: severity(one.cause))
    kept, more = ordered[:_MOST_NAMED], len(ordered) - _MOST_NAMED
    if more > 0:
        kept[-1] = replace(kept[-1], more=more)
    return tuple(kept)


def severity(cause: Cause) -> int:
    """Return the place of a cause; one of a later version is the last."""
    return [*CAUSES_OF_CHECKS, cause].index(cause)


def report_on_checks(
    before: CheckMemory,
    results: Sequence[CheckResult],
    *,
    interrupted: bool,
    key_is_restricted: bool | None = None,
) -> SiteCheckReport:
    """Return the report; `interrupted`: no failure that is not confirmed survives since the last poll."""
    after = {one.name: _next(before.get(one.name), one, interrupted=interrupted) for one in results}
    confirmed = tuple(name for name, one in after.items() if one.is_confirmed)
    was = {name: one for name, one in before.items() if one.is_confirmed}
    return SiteCheckReport(
        memory=after,
        results=tuple(results),
        key_is_restricted=key_is_restricted,
        failing=tuple(name for name, one in after.items() if one.cause),
        confirmed=confirmed,
        newly_confirmed=tuple(name for name in confirmed if name not in was),
        passed=bounded(
            [
                CheckChange(name, was[name].cause or Cause.CHECK_FAILED)
                for name in was
                if _has_passed(after.get(name))
            ]
        ),
    )


def _has_passed(state: CheckState | None) -> bool:
    return state is not None and state.cause is None


def _next(before: CheckState | None, result: CheckResult, *, interrupted: bool) -> CheckState:
    state = before or CheckState()
    if interrupted and not state.is_confirmed:
        state = CheckState(state.passed)
    if result.not_run:
        return state
    if result.cause is None:
        return CheckState(passed=True)
    return CheckState(state.passed, result.cause, min(state.polls + 1, CONFIRMED_BY))
