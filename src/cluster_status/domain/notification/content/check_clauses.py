"""Clauses about site checks: each completes "mscluster is degraded: ...", and is a sentence of its own."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.report import CheckChange, SiteCheckReport, severity

_SPELLING = " and has never passed: check its spelling"
_SPELLING_OF_SEVERAL = " and have never passed: check their spelling"


def clauses_of_report(report: SiteCheckReport | None) -> Iterator[str]:
    """Yield clauses about the checks that fail in a poll."""
    if report:
        yield from clauses_of_failing(report.changes(report.failing))


def clauses_of_failing(changes: Sequence[CheckChange]) -> Iterator[str]:
    """Yield a clause for each cause."""
    in_order = sorted(changes, key=lambda one: (severity(one.cause), one.never_passed))
    for (cause, never_passed), group in groupby(in_order, lambda one: (one.cause, one.never_passed)):
        same = list(group)
        singular, plural = _TEXTS.get(cause, _TEXTS[Cause.CHECK_FAILED])
        several = _are_several(same)
        clause = (plural if several else singular).format(_joined(same))
        spelling = _SPELLING_OF_SEVERAL if several else _SPELLING
        yield clause + (spelling if never_passed and cause in _OF_PATHS else "")


def clauses_of_passed(changes: Sequence[CheckChange]) -> Iterator[str]:
    """Yield clauses about checks that have passed after a failure."""
    paths = [one for one in changes if one.cause in _OF_PATHS]
    commands = [one for one in changes if one.cause not in _OF_PATHS]
    if paths:
        yield f"path{'s' if _are_several(paths) else ''} {_joined(paths)} {_be(paths)} usable again"
    if commands:
        noun, verb = ("checks", "pass") if _are_several(commands) else ("check", "passes")
        yield f"{noun} {_joined(commands)} {verb} again"


_TEXTS = {
    Cause.PATH_HANGS: ("path {} does not respond", "paths {} do not respond"),
    Cause.PATH_FAILS: ("path {} cannot be read", "paths {} cannot be read"),
    Cause.PATH_MISSING: ("path {} does not exist", "paths {} do not exist"),
    Cause.PATH_FULL: ("the file system of {} is full", "the file systems of {} are full"),
    Cause.CHECK_FAILED: ("check {} fails", "checks {} fail"),
}
_OF_PATHS = frozenset(_TEXTS) - {Cause.CHECK_FAILED}


def _be(changes: Sequence[CheckChange]) -> str:
    return "are" if _are_several(changes) else "is"


def _are_several(changes: Sequence[CheckChange]) -> bool:
    return len(changes) + sum(one.more for one in changes) > 1


def _joined(changes: Sequence[CheckChange]) -> str:
    more = sum(one.more for one in changes)
    *first, last = [*(one.name for one in changes), *([f"{more} more"] if more else [])]
    return f"{', '.join(first)} and {last}" if first else last
