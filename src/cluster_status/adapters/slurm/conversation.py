"""Runs Slurm commands over an executor, and reads what they print."""

import secrets
from math import inf

from msgspec import Struct

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, CommandResult, ConnectionLostError, Limits
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.slurm.commands import Command, command_line, has_begun, have_ended, split_outputs
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose, diagnose_error, diagnose_shell
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure
from cluster_status.errors import UnparsableError
from cluster_status.ports import Executor

_STDOUT_BYTES = 2_000_000  # for each command; 5,000 nodes in 200 partitions take 16,000
_STDERR_BYTES = 200_000


class Answer(Struct, frozen=True):
    """The lines that an optional command printed, or why there are none."""

    lines: list[str] = []
    error: str = ""  # cleaned


class Conversation:
    """Some commands that share a deadline, a boundary and the kind of shell."""

    def __init__(
        self,
        executor: Executor,
        deadline: Deadline,
        redaction: Redaction,
        *,
        login_shell: bool = False,
        stdout_bytes: int = _STDOUT_BYTES,
    ) -> None:
        self.boundary = secrets.token_hex(16)
        self.redaction = redaction
        self._executor = executor
        self._deadline = deadline
        self._login_shell = login_shell
        self._stdout_bytes = stdout_bytes

    def run(
        self, *commands: Command, clusters: bool = False, deadline: Deadline | None = None
    ) -> CommandResult:
        """Return what the login and the commands printed; raise ProbeFailed if one fails."""
        deadline = deadline or self._deadline
        limits = Limits(deadline.left, self._stdout_bytes, _STDERR_BYTES)
        line = command_line(self.boundary, *commands, login_shell=self._login_shell, clusters=clusters)
        try:
            result = self._executor.run(line, limits)
            if result.may_be_cut and not have_ended(result.stdout, self.boundary, len(commands)):
                raise ConnectionLostError(
                    "the connection was lost", stdout=result.stdout, stderr=result.stderr
                )
        except CommandError as error:
            program = commands[0].program if commands else ""
            failure = diagnose_error(
                error, self.boundary, self.redaction, seconds=deadline.seconds, program=program
            )
            raise ProbeFailed(failure) from None
        # a restricted shell, or a locked key of an earlier version, refuses to print SLURM_CLUSTERS
        if result.exit_status != 0 and not (
            clusters and have_ended(result.stdout, self.boundary, len(commands))
        ):
            raise ProbeFailed(diagnose(result, self.boundary, self.redaction))
        if not has_begun(result.stdout, self.boundary):
            raise ProbeFailed(diagnose_shell(result, self.redaction))
        return result

    def lines(self, command: Command, *, deadline: Deadline | None = None) -> list[str]:
        """Return the lines that one command printed; raise ProbeFailed or UnparsableError."""
        output = self.run(command, deadline=deadline).stdout
        return split_outputs(output, self.boundary, 1, self.redaction)[0]

    def ask(self, command: Command) -> Answer:
        """Run an optional command.

        It may take half of the time that is left, so one that hangs leaves time for those after it.
        """
        [answer] = self.ask_all(command)
        return answer

    def ask_all(self, *commands: Command, seconds: float = inf) -> list[Answer]:
        """Run optional commands in one line; if one fails, none has an answer."""
        deadline = self._deadline.part(min(seconds, self._deadline.left / 2))
        if deadline.passed:
            return [Answer(error=f"no time was left for {commands[0].program}")] * len(commands)
        try:
            output = self.run(*commands, deadline=deadline).stdout
            outputs = split_outputs(output, self.boundary, len(commands), self.redaction)
            return [Answer(lines) for lines in outputs]
        except ProbeFailed as failed:
            return [Answer(error=_reason(failed.failure, commands[0]))] * len(commands)
        except UnparsableError as error:
            return [Answer(error=str(error))] * len(commands)


def _reason(failure: ProbeFailure, command: Command) -> str:
    if failure.cause is Cause.NO_SCHEDULER:
        return f"{command.program}: command not found"
    return failure.detail or f"{command.program} failed"
