"""The cause of a failed command.

Before the first boundary, the login shell failed, not Slurm. After it, the origin of the lines on stderr
decides. Slurm's libraries print "sinfo: error: ...", "sinfo: fatal: ..." and "slurm_load_node: ...".
Recorded from Slurm 22.05 and 24.11.

The lines as they were printed decide; what is quoted of them is redacted.
"""

import re

from msgspec import Struct

from cluster_status.domain.execution import (
    CommandError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    JumpHostLostError,
    OutputLimitError,
)
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.commands import has_begun
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure
from cluster_status.domain.text import clean

_TAIL_BYTES = 20_000  # of an output that may be long
_COMMAND_NOT_FOUND = 127
_KILLED_BY = range(129, 129 + 64)  # 128 + signal; each shell prints it differently
# the rest of the line is in the account's language
_NOT_INSTALLED = re.compile(r"^env: .*\b(sinfo|scontrol)(?![\w-])")
_NO_LIBRARY = re.compile(r"\S*sinfo: error while loading shared libraries: ")  # exit status 127 as well
_PASSWORD_EXPIRED = re.compile("password has expired|[Pp]assword change required")  # from OpenSSH and PAM

_FROM_SLURM = re.compile(
    r"(\[[^\]]*\] ?)?"  # a time
    r"(\S*\b(sinfo|scontrol|slurm): (error|fatal): |(\S*\b(sinfo|scontrol): )?slurm_\w+( error)?: )"
)
# Errors about the account or the command, not about Slurm. Munge has its own permissions.
_NOT_OF_SLURM = re.compile(
    r"permission denied|invalid user(?! for slurm)|invalid group|user id"
    r"|not permitted|not authorized|not allowed"
    r"|(unrecognized|unknown|invalid) option|requires an argument|usage"
    r"|invalid (partition|node|reservation) name|format specification|conflicting options",
    re.IGNORECASE,
)
_AUTHENTICATION = re.compile(r"munge|authentication|\bauth[_/]|\bsack", re.IGNORECASE)
_NO_CONFIGURATION = re.compile(
    r"configuration source|configuration file|DNS SRV|failed to fetch config"
    r"|(cannot|unable to) (stat|status|access|open|read)( file)? .*slurm.*\.conf|slurm\.conf",
    re.IGNORECASE,
)
# More specific than the error that follows it.
_SPECIFIC = re.compile(r"Munge \w+ failed|: fatal: |control machine address")

_NO_SUCH_CLUSTER = "invalid entry for --cluster"  # also of one whose controller was shut down
_CLUSTER_REMEDY = "Check slurm-cluster. If it is correct, ask the administrators whether its controller runs."
_ENDLESS_OUTPUT_REMEDY = (
    "Log in as cluster-user and run sinfo: sinfo or a login script prints without an end."
)
_ENDLESS_LOGIN_REMEDY = "Log in as cluster-user: a login script such as ~/.bashrc prints without an end."


def diagnose(result: CommandResult, boundary: str, redaction: Redaction) -> ProbeFailure:
    """Return the failure of a command that ended with an exit status other than 0."""
    if not has_begun(result.stdout, boundary):
        return diagnose_shell(result, redaction)
    lines = _lines(result.stderr)
    # earlier lines may come from the login
    detail = redaction.clean(lines[-1].printed) if lines else f"exit status {result.exit_status}"
    if result.exit_status in _KILLED_BY:
        signal = _KILLED_BY.index(result.exit_status) + 1
        return ProbeFailure(Cause.SINFO_FAILED, f"killed by signal {signal}")
    if result.exit_status == _COMMAND_NOT_FOUND and _any(_NOT_INSTALLED, lines):
        # a wrapper around sinfo may end with the same exit status
        return ProbeFailure(Cause.NO_SCHEDULER, detail, not_found=True)
    return diagnose_slurm(result, boundary, redaction) or ProbeFailure(
        Cause.SINFO_FAILED, detail, not_found=_any(_NO_LIBRARY, lines)
    )


def diagnose_slurm(result: CommandResult, boundary: str, redaction: Redaction) -> ProbeFailure | None:
    """Return the failure that Slurm's own lines report, if any; a wrapper may print them on stdout."""
    _, _, stdout = result.stdout.partition(boundary.encode())
    errors = _errors_of_slurm(result.stderr) or _errors_of_slurm(stdout)
    if not errors:
        return None
    last = errors[-1]
    if _NOT_OF_SLURM.search(last.text) and not _AUTHENTICATION.search(last.text):
        return ProbeFailure(Cause.SINFO_FAILED, redaction.clean(last.printed))
    shown = next((line for line in errors if _SPECIFIC.search(line.text)), last)
    remedy = _CLUSTER_REMEDY if _NO_SUCH_CLUSTER in shown.text else ""
    not_found = any(_NO_CONFIGURATION.search(line.text) for line in errors)
    return ProbeFailure(Cause.SCHEDULER_DOWN, redaction.clean(shown.printed), remedy, not_found=not_found)


def diagnose_error(
    error: CommandError, boundary: str, redaction: Redaction, *, seconds: float, program: str = "sinfo"
) -> ProbeFailure:
    """Return the failure of a command of `program` without a result; `seconds` was its limit."""
    begun = has_begun(error.stdout, boundary)
    if isinstance(error, CommandTimeoutError):
        return _diagnose_timeout(error, seconds, program, redaction, begun=begun)
    if isinstance(error, OutputLimitError):
        if begun:
            return ProbeFailure(Cause.UNPARSABLE, str(error), _ENDLESS_OUTPUT_REMEDY)
        return ProbeFailure(Cause.SHELL_FAILS, str(error), _ENDLESS_LOGIN_REMEDY)
    if isinstance(error, JumpHostLostError):
        return ProbeFailure(Cause.JUMP_HOST, str(error))
    if isinstance(error, ConnectionLostError):
        return ProbeFailure(Cause.DROPPED, f"after the login: {error}")
    if begun:
        return ProbeFailure(Cause.SINFO_FAILED, str(error))
    return ProbeFailure(Cause.SHELL_FAILS, clean(f"{error}{_quoted(error, redaction)}"))


def diagnose_shell(result: CommandResult, redaction: Redaction) -> ProbeFailure:
    """Return the failure of a shell that ended before the first command, with any exit status."""
    lines = _lines(result.stderr)
    if any(_PASSWORD_EXPIRED.search(line.text) for line in lines):
        return ProbeFailure(Cause.LOGIN_REFUSED, redaction.clean(lines[-1].printed))
    printed = lines or _lines(result.stdout)
    detail = f"exit status {result.exit_status}"
    if printed:
        detail = clean(f"{detail}: {redaction.clean(printed[-1].printed)}")
    return ProbeFailure(Cause.SHELL_FAILS, detail)


def _diagnose_timeout(
    error: CommandTimeoutError, seconds: float, program: str, redaction: Redaction, *, begun: bool
) -> ProbeFailure:
    if not begun:
        detail = f"the login shell did not respond within {seconds:.0f} s{_quoted(error, redaction)}"
        return ProbeFailure(Cause.SHELL_HANGS, clean(detail))
    # without its configuration, for example, sinfo prints an error and retries for a minute
    errors = _errors_of_slurm(error.stderr)
    quoted = _quoted(error, redaction, stdout=False)
    return ProbeFailure(
        Cause.SCHEDULER_TIMEOUT,
        clean(f"{program} did not finish within {seconds:.0f} s{quoted}"),
        not_found=any(_NO_CONFIGURATION.search(line.text) for line in errors),
    )


def _quoted(error: CommandError, redaction: Redaction, *, stdout: bool = True) -> str:
    """Return the last line that was printed, on stderr if there is one there."""
    for name, output in (("stderr", error.stderr), ("stdout", error.stdout if stdout else b"")):
        if lines := _lines(output):
            return f"; last line on {name}: {redaction.clean(lines[-1].printed)}"
    return ""


class _Line(Struct, frozen=True):
    """A line as it was `printed`, and cleaned."""

    printed: str
    text: str


def _lines(output: bytes) -> list[_Line]:
    """Return the last lines without empty ones."""
    printed = output[-_TAIL_BYTES:].decode("utf-8", "replace").splitlines()
    return [line for line in (_Line(one, clean(one)) for one in printed) if line.text]


def _errors_of_slurm(output: bytes) -> list[_Line]:
    return [line for line in _lines(output) if _FROM_SLURM.match(line.text)]


def _any(pattern: re.Pattern[str], lines: list[_Line]) -> bool:
    """Return whether a line begins with the pattern."""
    return any(pattern.match(line.text) for line in lines)
