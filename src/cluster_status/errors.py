"""Error classes with their exit status; an error can have a remedy.

    ClusterStatusError
    ├── InputError            2  invalid inputs
    ├── HistoryError          4  the history could not be loaded or saved
    │   ├── HistoryUnreachableError  the store cannot be reached
    │   └── UnreadableHistoryError   the history is damaged
    ├── DeliveryError         6  a message could not be delivered
    │   ├── ChannelRefusedError  the channel refuses every message
    │   └── MessageLostError     the message to edit was deleted, or can no longer be edited
    ├── GitHubError           5  a request to GitHub failed; workflow runs could not be pruned
    │   ├── GitHubUnreachableError   GitHub cannot be reached, or returns an unexpected response
    │   ├── NoSuchWorkflowError      the workflow does not exist
    │   └── LimitReachedError        rate limit or time limit reached: no failure, the next run continues
    ├── SiteError             7  the status page could not be written
    └── UnparsableError          unexpected output of a command; the probe turns it into a probe failure

A cluster that is down is a result, not an error. `Cancelled` is a signal, not an error.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class ExitStatus(IntEnum):
    """Exit statuses of the action, besides 128 + signal number when it is cancelled."""

    OK = 0
    BAD_INPUT = 2
    UNKNOWN = 3
    HISTORY = 4
    GITHUB = 5
    UNDELIVERED = 6
    SITE = 7


_MOST_SEVERE_FIRST = (
    ExitStatus.BAD_INPUT,
    ExitStatus.HISTORY,
    ExitStatus.UNKNOWN,
    ExitStatus.UNDELIVERED,
    ExitStatus.SITE,
    ExitStatus.GITHUB,
)


def most_severe(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """Return the exit status of the run from those of its parts."""
    given = set(statuses)
    return next((status for status in _MOST_SEVERE_FIRST if status in given), ExitStatus.OK)


class ClusterStatusError(Exception):
    """Base class of all errors: one line for the user, and a remedy. Neither may contain a secret."""

    exit_status: ExitStatus

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class InputError(ClusterStatusError):
    """One or more inputs are invalid; `problems` has one line per input."""

    exit_status = ExitStatus.BAD_INPUT

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems), remedy="Correct these inputs.")


class HistoryError(ClusterStatusError):
    """The history could not be loaded or saved. Nothing is overwritten."""

    exit_status = ExitStatus.HISTORY


class HistoryUnreachableError(HistoryError):
    """The store cannot be reached: it is not known whether there is a history."""


class UnreadableHistoryError(HistoryError):
    """The stored history is damaged or incomplete."""


# what the next runs do, at the end of a remedy
PENDING = "The message stays pending, and the next run sends it."
HELD_BACK = "The action tries again once a day, and at once if"


class DeliveryError(ClusterStatusError):
    """A message could not be delivered and stays pending. `cause` is a short key of the reason."""

    exit_status = ExitStatus.UNDELIVERED

    def __init__(self, message: str, *, cause: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.cause = cause


class Refusal(NamedTuple):
    """Why a channel refuses every message; the history keeps `cause`, a short key."""

    cause: str
    text: str
    remedy: str = ""


class ChannelRefusedError(DeliveryError):
    """The channel refuses every message until its address, or something in the channel, changes.

    A service may ban clients that repeat such a request.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text, cause=refusal.cause, remedy=refusal.remedy)


class MessageLostError(DeliveryError):
    """The message was deleted, or edited too often: a new message replaces it."""

    def __init__(self) -> None:
        super().__init__("The live message can no longer be edited.", cause="post-lost")


class GitHubError(ClusterStatusError):
    """A request to GitHub's REST API failed. The artifact store turns it into HistoryUnreachableError."""

    exit_status = ExitStatus.GITHUB


class GitHubUnreachableError(GitHubError):
    """GitHub cannot be reached, or returns an unexpected response."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="The next run tries again.")


class NoSuchWorkflowError(GitHubError):
    """The workflow does not exist; other workflows can still be pruned."""


class LimitReachedError(GitHubError):
    """The time limit or GitHub's rate limit is reached."""

    exit_status = ExitStatus.OK


class SiteError(ClusterStatusError):
    """The status page could not be written; the poll is complete all the same."""

    exit_status = ExitStatus.SITE


class UnparsableError(ClusterStatusError):
    """Unexpected output of a command."""

    exit_status = ExitStatus.UNKNOWN


class Cancelled(BaseException):
    """SIGINT or SIGTERM was received. Not an `Exception`, so that no handler catches it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
