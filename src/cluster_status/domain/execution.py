"""A command: its limits, its result, and its errors."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Limits of a command."""

    seconds: float
    stdout_bytes: int
    stderr_bytes: int


class CommandResult(Struct, frozen=True):
    """`may_be_cut`: the connection was lost after the exit status, which can precede the last output."""

    exit_status: int
    stdout: bytes
    stderr: bytes
    may_be_cut: bool = False


class CommandError(Exception):
    """The command has no result. `stdout` and `stderr` are the output until then.

    The message is cleaned text.
    """

    def __init__(self, message: str, *, stdout: bytes = b"", stderr: bytes = b"") -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr


class CommandRefusedError(CommandError):
    """The server did not start the command."""


class CommandTimeoutError(CommandError):
    """The command did not finish within its limit, or the server did not start it within that."""


class OutputLimitError(CommandError):
    """The command printed more than its limits allow."""


class CommandKilledError(CommandError):
    """The command ended without an exit status, as after a signal."""


class ConnectionLostError(CommandError):
    """The connection ended before the command did."""


class JumpHostLostError(ConnectionLostError):
    """The connection to a jump host on the way ended."""
