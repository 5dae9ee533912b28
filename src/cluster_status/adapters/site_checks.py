"""Runs the site checks over an executor, in one command line of their own."""

import secrets

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, CommandResult, Limits
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.site_checks.script import part
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.slurm.commands import shell_line
from cluster_status.domain.status.site_checks.result import CheckResults, not_run, results_of
from cluster_status.ports import Executor

_GRACE_SECONDS = 5.0  # to start the shell, and to send the results
_OUTPUT_BYTES = 200_000


class ExecutedSiteChecks:
    """Implements ports.SiteCheckRunner. The probe of the same cluster owns the executor."""

    def __init__(self, executor: Executor, checks: SiteChecks, redaction: Redaction) -> None:
        self._executor = executor
        self._checks = checks
        self._redaction = redaction

    def run(self, deadline: Deadline, *, login_shell: bool) -> CheckResults:
        seconds = self._checks.timeout_seconds + _GRACE_SECONDS
        if deadline.left < seconds:
            return not_run(self._checks, "no time was left in this run", self._redaction)
        boundary = secrets.token_hex(16)
        line = shell_line(boundary, [part(self._checks, boundary)], login_shell=login_shell)
        outcome: CommandResult | CommandError
        try:
            outcome = self._executor.run(line, Limits(seconds, _OUTPUT_BYTES, _OUTPUT_BYTES))
        except CommandError as error:
            outcome = error
        return results_of(self._checks, outcome, boundary, self._redaction)
