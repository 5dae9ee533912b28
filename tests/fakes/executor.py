"""An executor whose commands are answered by a script."""

from collections.abc import Callable

from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandError, CommandResult, Limits
from cluster_status.domain.status.probe_result import (
    LoginProgress,
    ProbeFailed,
    ProbeFailure,
    RememberedLogin,
)

LOGGED_IN = LoginProgress(reached=True, credential_offered=True, logged_in=True)

Script = Callable[[str], str | CommandResult | CommandError]
"""Returns the output of a successful command, its result, or its error, from its part of the line."""


class ScriptedExecutor:
    """Implements ports.Executor. It prints the boundaries around the outputs, as a shell does."""

    def __init__(
        self, script: Script, *, login: LoginProgress = LOGGED_IN, failure: ProbeFailure | None = None
    ) -> None:
        self.login = login
        self.lines: list[str] = []  # the command lines
        self.limits: list[Limits] = []
        self.is_closed = False
        self._script = script
        self._failure = failure

    @property
    def commands(self) -> list[str]:
        return [command for line in self.lines for command in _commands(line)]

    def connect(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        del load_remembered, deadline
        if self._failure:
            raise ProbeFailed(self._failure)

    def run(self, command: str, limits: Limits) -> CommandResult:
        self.lines.append(command)
        self.limits.append(limits)
        boundary = command.split()[3]
        printed = f"\n{boundary}\n"
        for part in _commands(command):
            output = self._script(part)
            if isinstance(output, CommandError):
                raise output
            if isinstance(output, CommandResult):
                return CommandResult(output.exit_status, printed.encode() + output.stdout, output.stderr)
            printed += "".join(f"{line}\n" for line in [*output.splitlines(), boundary])
        return CommandResult(0, printed.encode(), b"")

    def close(self) -> None:
        self.is_closed = True


def _commands(line: str) -> list[str]:
    return [part for part in line.split(" && ") if part.startswith("env ")]
