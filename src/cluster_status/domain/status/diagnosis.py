"""What a failed Slurm command means: the cause of a failed probe.

The texts were recorded from Slurm 22.05 and 24.11.
"""

import re

from cluster_status.domain.execution import (
    CommandError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    JumpHostLostError,
    OutputLimitError,
)
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure
from cluster_status.domain.text import clean

_COMMAND_NOT_FOUND = 127
_KILLED_BY = range(129, 129 + 64)  # 128 + signal; each shell words it differently
# the rest of the line is in the account's language
_NOT_INSTALLED = re.compile(r"^env: .*\bsinfo(?![\w-])", re.MULTILINE)
_PASSWORD_EXPIRED = re.compile("password has expired|[Pp]assword change required")  # from OpenSSH and PAM
# Faults of Slurm itself, not of the account or of the command.
_FROM_SLURM = re.compile(r"\S*(sinfo|slurm\w*): ")
_SCHEDULER_DOWN = re.compile(
    r"Unable to contact slurm controller|Socket timed out|[Mm]unge|Protocol authentication error"
    r"|Unexpected message received"  # Slurm 23.11, where the controller does not answer in time
    r"|Unable to process configuration file|Could not establish a configuration source"
    r"|cannot stat file"
)
_MUNGE_FAILED = re.compile(r"Munge \w+ failed")  # more specific than the protocol error that follows it
_ENDLESS_OUTPUT_REMEDY = "Log in as cluster-user and run sinfo: sinfo or the login prints without end."


def diagnose(result: CommandResult, boundary: str) -> ProbeFailure:
    """Return what it means that a command ended with an exit status other than 0."""
    text = result.stderr.decode("utf-8", "replace")
    lines = [line for line in map(clean, text.splitlines()) if line]
    detail = lines[-1] if lines else f"exit status {result.exit_status}"  # earlier lines may be the login's
    begun = boundary.encode() in result.stdout.split()
    if not begun and _PASSWORD_EXPIRED.search(text):
        return ProbeFailure(Cause.LOGIN_REFUSED, detail)
    # a broken login shell or a wrapper around sinfo may end with the same exit status
    if begun and result.exit_status == _COMMAND_NOT_FOUND and _NOT_INSTALLED.search(text):
        return ProbeFailure(Cause.NO_SCHEDULER, detail)
    if any(_SCHEDULER_DOWN.search(line) for line in lines if _FROM_SLURM.match(line)):
        return ProbeFailure(Cause.SCHEDULER_DOWN, next(filter(_MUNGE_FAILED.search, lines), detail))
    if begun and result.exit_status in _KILLED_BY:
        signal = _KILLED_BY.index(result.exit_status) + 1
        return ProbeFailure(Cause.SINFO_FAILED, f"killed by signal {signal}")
    return ProbeFailure(Cause.SINFO_FAILED, detail)


def diagnose_error(error: CommandError, *, seconds: float) -> ProbeFailure:
    """Return what it means that a command has no result; `seconds` was its limit."""
    if isinstance(error, CommandTimeoutError):
        return _diagnose_timeout(error, seconds)
    if isinstance(error, OutputLimitError):
        return ProbeFailure(Cause.UNPARSABLE, str(error), _ENDLESS_OUTPUT_REMEDY)
    if isinstance(error, JumpHostLostError):
        return ProbeFailure(Cause.JUMP_HOST, str(error))
    if isinstance(error, ConnectionLostError):
        return ProbeFailure(Cause.DROPPED, f"after the login: {error}")
    return ProbeFailure(Cause.SINFO_FAILED, str(error))


def _diagnose_timeout(error: CommandTimeoutError, seconds: float) -> ProbeFailure:
    what = "sinfo did not finish" if error.stdout.strip() else "the login shell did not answer"
    # without its configuration, for example, sinfo prints an error and retries for a minute
    last = next((line for line in map(clean, reversed(error.stderr.splitlines())) if line), "")
    quoted = f"; last line on stderr: {last}" if last else ""
    return ProbeFailure(Cause.SCHEDULER_TIMEOUT, f"{what} within {seconds:.0f} s{quoted}")
