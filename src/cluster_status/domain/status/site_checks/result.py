"""What the site checks of one poll found, from the output of their command line."""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from cluster_status.domain.execution import CommandError, CommandResult, CommandTimeoutError
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.site_checks import script
from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.text import is_short

_KILLED = 128 + 9  # the exit status of `timeout -s KILL`
_FAILED = (1, 2)  # a warning and an error of a Nagios plugin
_SHOWN = 200  # characters
_TAIL = 15  # characters of a long path; the history stores at most 64 bytes
_MISSING = re.compile(r"(No such file or directory|Not a directory)$")
_BLOCKS = re.compile(r"(\d{1,20}) (\d{1,20}) (\d{1,20})")
_PERFORMANCE_DATA = re.compile(r"\s*\|\s*[^|=]{1,100}=-?[\d.]+.*")


class CheckResult(Struct, frozen=True):
    """`name` may be shown and stored, and `output`, the first line of it, may be shown only.

    With `not_run`, which says why, the check has no result: it has neither passed nor failed.
    """

    name: str
    is_path: bool
    cause: Cause | None = None  # None if it has passed
    output: str = ""
    not_run: str = ""


class CheckResults(Struct, frozen=True):
    """`key_is_restricted`: the key allows only the commands of the action; None if that is not known."""

    results: tuple[CheckResult, ...] = ()
    key_is_restricted: bool | None = None


def results_of(
    checks: SiteChecks, outcome: CommandResult | CommandError, boundary: str, redaction: Redaction
) -> CheckResults:
    """Return the results of all checks, also if the command line failed."""
    printed = _Printed(outcome.stdout, boundary)
    why = _why_none_ran(outcome, printed, redaction)
    if why:
        return not_run(checks, why, redaction)
    reader = _Reader(checks, redaction, _why_missing(outcome))
    results = (
        reader.result(one, shown, printed.of(number))
        for number, (one, shown) in enumerate(_named(checks, redaction))
    )
    return CheckResults(tuple(results), printed.begin == script.LOCKED)


def not_run(checks: SiteChecks, why: str, redaction: Redaction) -> CheckResults:
    """Return the results of checks that could not run."""
    named = _named(checks, redaction)
    return CheckResults(tuple(CheckResult(shown, one.is_path, not_run=why) for one, shown in named))


class _Printed:
    """The lines that begin with the boundary."""

    def __init__(self, output: bytes, boundary: str) -> None:
        lines = output.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        mark = f"{boundary} "
        self._lines = [line.removeprefix(mark) for line in lines if line.startswith(mark)]
        first = self._lines[0] if self._lines else ""
        self.has_begun = first.startswith(script.BEGIN)
        self.begin = first.removeprefix(script.BEGIN).strip()
        self.has_no_directory = script.FAILED in self._lines

    def of(self, number: int) -> Mapping[str, str]:
        """Return the texts about a check by their kind."""
        words = (line.split(" ", 2) for line in self._lines)
        return {word[1]: "".join(word[2:]) for word in words if word[0] == str(number) and word[1:]}


def _why_none_ran(outcome: CommandResult | CommandError, printed: _Printed, redaction: Redaction) -> str:
    if printed.has_no_directory:
        return "no directory for locks: XDG_RUNTIME_DIR and /dev/shm cannot be used"
    if printed.has_begun:
        return ""
    if isinstance(outcome, CommandError):
        return str(outcome)
    lines = [line for line in outcome.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    if "this key does not allow" in outcome.stderr.decode("utf-8", "replace"):
        return "the restricted key does not allow these checks: print its line again, see docs/checks.md"
    return redaction.clean(lines[-1], limit=_SHOWN) if lines else f"exit status {outcome.exit_status}"


def _why_missing(outcome: CommandResult | CommandError) -> str:
    """Return why a check may have no result; empty if the time of all checks was over."""
    if isinstance(outcome, CommandResult):
        return "" if outcome.exit_status == _KILLED else "it ended without a result"
    return "" if isinstance(outcome, CommandTimeoutError) else str(outcome)


def _named(checks: SiteChecks, redaction: Redaction) -> Iterator[tuple[SiteCheck, str]]:
    """Yield the checks with the names that may be shown and stored, all of them different."""
    seen: dict[str, int] = {}
    for one in checks.checks:
        shown = redaction.clean(one.name)
        if not is_short(shown):
            shown = f"…{shown[-_TAIL:]}"
        seen[shown] = seen.get(shown, 0) + 1
        yield one, shown if seen[shown] == 1 else f"{shown} ({seen[shown]})"


class _Reader:
    """`why_missing` says why a check has no result, if that is not because it hangs."""

    def __init__(self, checks: SiteChecks, redaction: Redaction, why_missing: str) -> None:
        self._checks = checks
        self._redaction = redaction
        self._why_missing = why_missing

    def result(self, check: SiteCheck, shown: str, texts: Mapping[str, str]) -> CheckResult:
        if script.NO_LOCK in texts:
            return CheckResult(shown, check.is_path, not_run="the command flock does not work")
        status, printed = texts.get(script.STATUS, ""), texts.get(script.OUTPUT, "")
        if not re.fullmatch(r"\d{1,3}", status):
            return self._without_status(check, shown)
        code = int(status)
        output = self._cleaned(_PERFORMANCE_DATA.sub("", printed) or printed)
        if code and code not in _FAILED:
            reason = f"exit status {code}" + (f": {output}" if output else "")
            return CheckResult(shown, check.is_path, not_run=reason)
        if check.is_path:
            return self._path_failed(shown, printed) if code else self._path_passed(shown, printed)
        return CheckResult(shown, is_path=False, cause=Cause.CHECK_FAILED if code else None, output=output)

    def _without_status(self, check: SiteCheck, shown: str) -> CheckResult:
        if self._why_missing:
            return CheckResult(shown, check.is_path, not_run=self._why_missing)
        cause = Cause.PATH_HANGS if check.is_path else Cause.CHECK_FAILED
        output = f"no response within {self._checks.timeout_seconds} s"
        return CheckResult(shown, check.is_path, cause, output)

    def _path_failed(self, shown: str, printed: str) -> CheckResult:
        cause = Cause.PATH_MISSING if _MISSING.search(printed) else Cause.PATH_FAILS
        error = self._cleaned(printed.rpartition(": ")[2])  # the text after the path
        return CheckResult(shown, is_path=True, cause=cause, output=error)

    def _path_passed(self, shown: str, printed: str) -> CheckResult:
        blocks = _BLOCKS.fullmatch(printed)
        if not blocks:
            return CheckResult(shown, is_path=True, not_run="unexpected output of stat")
        total, free, available = map(int, blocks.groups())
        used, limit = total - free, self._checks.full_at
        percent = 100 * used // (used + available) if used + available > 0 else 0  # of users, as in df
        is_full = limit is not None and used > 0 and percent >= limit
        cause = Cause.PATH_FULL if is_full else None
        return CheckResult(shown, is_path=True, cause=cause, output=f"{percent} % used")

    def _cleaned(self, text: str) -> str:
        return self._redaction.clean(text, limit=_SHOWN)


def failing(results: Sequence[CheckResult]) -> list[CheckResult]:
    return [one for one in results if one.cause]
