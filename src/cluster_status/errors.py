"""What can go wrong, as a tree; each class knows its exit status and its remedy.

    ClusterStatusError
    ├── InputError            2  something given cannot be used
    ├── HistoryError          4  the history could not be restored, read or saved
    │   ├── HistoryOutOfReachError   ... the store does not answer
    │   └── UnreadableHistoryError   ... it is there, and damaged
    ├── DeliveryError         6  a message could not be delivered
    │   ├── WebhookGoneError     ... and never will be with this webhook
    │   └── PostLostError        ... where it was to be: what was posted is gone, or final
    ├── GitHubError           5  GitHub's REST API refused a request; workflow runs could not be pruned
    │   ├── GitHubOutOfReachError    ... no usable response
    │   ├── NoSuchWorkflowError      ... no workflow has this file name
    │   └── LimitReachedError        ... time budget or hourly limit; no failure: the next prune continues
    └── UnparsableError          sinfo printed what cannot be read; the probe makes a sighting of it

A cluster that is down is a result, not an error. `Cancelled` is no error either: it is somebody's wish.
"""

from collections.abc import Iterable
from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of the action, apart from 128 + signal when it is cancelled."""

    OK = 0
    BAD_INPUT = 2
    UNKNOWN = 3
    HISTORY = 4
    GITHUB = 5
    UNDELIVERED = 6


_BY_WEIGHT = (
    ExitStatus.BAD_INPUT,
    ExitStatus.HISTORY,
    ExitStatus.UNKNOWN,
    ExitStatus.UNDELIVERED,
    ExitStatus.GITHUB,
)


def most_severe(statuses: Iterable[ExitStatus]) -> ExitStatus:
    """Of several reasons to fail, the one the process ends with."""
    given = set(statuses)
    return next((status for status in _BY_WEIGHT if status in given), ExitStatus.OK)


class ClusterStatusError(Exception):
    """Base of all errors of this package: one line for the user, and what to do about it.

    Neither part ever holds a secret.
    """

    exit_status: ExitStatus

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class InputError(ClusterStatusError):
    """One or more inputs cannot be used; `problems` has a line for each."""

    exit_status = ExitStatus.BAD_INPUT

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems), remedy="Correct the inputs named above.")


class HistoryError(ClusterStatusError):
    """The history could not be restored, read or saved. Nothing is announced, nothing overwritten."""

    exit_status = ExitStatus.HISTORY


class HistoryOutOfReachError(HistoryError):
    """What is in the store is not known at the moment."""


class UnreadableHistoryError(HistoryError):
    """What was found is damaged: no history at all, or not a whole one."""


class DeliveryError(ClusterStatusError):
    """A message could not be delivered; it stays pending. `cause` is a word that tells reasons apart."""

    exit_status = ExitStatus.UNDELIVERED

    def __init__(self, message: str, *, cause: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.cause = cause


class WebhookGoneError(DeliveryError):
    """The webhook was deleted, or its token is wrong: to ask again would only get the runner banned."""

    def __init__(self) -> None:
        super().__init__(
            "The webhook is gone: it was deleted, or its token is wrong.",
            cause="webhook-gone",
            remedy="Make a new webhook and put its URL into the secret behind discord-webhook; "
            "what is pending is delivered then.",
        )


class PostLostError(DeliveryError):
    """What was posted was deleted, or was edited too often: a new post takes its place."""

    def __init__(self) -> None:
        super().__init__("The message can no longer be edited.", cause="post-lost")


class GitHubError(ClusterStatusError):
    """A request to GitHub's REST API failed. The artifact store turns it into HistoryOutOfReachError."""

    exit_status = ExitStatus.GITHUB


class GitHubOutOfReachError(GitHubError):
    """No usable response; another time, or for another run, the request may succeed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="The next run tries again.")


class NoSuchWorkflowError(GitHubError):
    """No workflow has this file name; other workflows can be pruned."""


class LimitReachedError(GitHubError):
    """The time budget or GitHub's hourly limit is used up."""

    exit_status = ExitStatus.OK


class UnparsableError(ClusterStatusError):
    """A line of output that is not what was asked for."""

    exit_status = ExitStatus.UNKNOWN


class Cancelled(BaseException):
    """SIGINT or SIGTERM arrived; not an `Exception`, so that nothing swallows it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number
