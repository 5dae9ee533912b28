"""What the use cases need of the world, and the values that cross over. Adapters implement these."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from msgspec import Struct

from cluster_status.deadline import Deadline
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.retention import WorkflowRun
from cluster_status.domain.execution import CommandResult, Limits
from cluster_status.domain.history.history import Histories
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.status.probe_result import LoginProgress, ProbeResult, RememberedLogin
from cluster_status.render.summary import Summary


class Level(StrEnum):
    """How loud an annotation is."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


class Probe(Protocol):
    """Asks one cluster for its state. Until it is closed it keeps its connection for the next probe."""

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        """Probe the cluster once. A failure of the cluster is a result, not an error.

        `load_remembered` is called before a credential is offered. It waits for the history, pauses
        `deadline` meanwhile, and returns None if the history cannot be read.
        """

    def close(self) -> None: ...


class Executor(Protocol):
    """Runs commands with the cluster's account. It keeps its connection until it is closed."""

    @property
    def login(self) -> LoginProgress:
        """How far the login got, also after a failure."""

    def connect(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        """Connect and log in, unless that is done; raise ProbeFailed if it fails.

        For the arguments see `Probe.probe`.
        """

    def run(self, command: str, limits: Limits) -> CommandResult:
        """Run a command line in the account's login shell; raise CommandError if it has no result."""

    def close(self) -> None: ...


class HistoryStore(Protocol):
    """Keeps the history from run to run. All methods raise HistoryError."""

    path: str  # of the file it leaves in the workspace; empty if there is none

    def load(self) -> Histories | None:
        """Return what was saved, None if nothing was. What cannot be read is an error, never None."""

    def newer(self) -> Histories | None:
        """Return what another run has saved since this one loaded or saved, if anything."""

    def save(self, histories: Histories) -> None:
        """Save completely or not at all."""


class Notifier(Protocol):
    """Delivers messages to a channel."""

    def send(self, message: Message) -> MessageRef | None:
        """Return once the channel has accepted the message; raise DeliveryError if it has not.

        The result is for an EditableNotifier; None where messages cannot be edited.
        """


class EditableNotifier(Protocol):
    """A notifier that can edit what it has sent, without a sound."""

    def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Make the message show this content; if it does already, nothing is sent.

        Raises DeliveryError, or MessageLostError if the message no longer exists or cannot be edited.
        """


class Heartbeat(Protocol):
    """Tells a watchdog that polls go on."""

    def beat(self, *, worked: bool) -> None:
        """Report this poll. That this fails is mentioned, and never raised."""


class RunPage(Struct, frozen=True):
    """A page of the runs of a workflow, usually the newest first; `total` counts the runs of all pages."""

    total: int
    runs: Sequence[WorkflowRun]


class ArtifactPage(Struct, frozen=True):
    """A page of the repository's artifacts, usually the newest first; `total` counts all pages."""

    total: int
    is_last: bool
    artifacts: Sequence[Artifact]


class RunCatalog(Protocol):
    """The workflow runs of one repository, and their artifacts.

    Methods that send requests raise GitHubError. They raise LimitReachedError before they exceed their time
    or GitHub's hourly limit.
    """

    def runs(self, workflow: str, page: int) -> RunPage:
        """Return up to 100 runs of the workflow with this file name; `page` starts at 1."""

    def artifacts(self, page: int) -> ArtifactPage:
        """Return up to 100 artifacts of the repository; `page` starts at 1."""

    def artifacts_of(self, run_id: int) -> Sequence[Artifact]: ...

    def delete(self, run_id: int) -> bool:
        """Delete a run, its logs and artifacts; return False if it is in progress again."""

    def affordable_deletions(self) -> int:
        """Return how many deletions the remaining time and the last known limits allow."""


class Runner(Protocol):
    """What started this run and shows its results: GitHub's runner, or a person's shell."""

    def log(self, line: str) -> None:
        """Show what is going on, to somebody who waits."""

    def annotate(self, level: Level, text: str) -> None: ...

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> None: ...

    def summarize(self, text: str, markdown: str) -> None:
        """Add a section to the summary: as text in the log, as Markdown on the page of the run."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the instant, aware, UTC, in whole seconds."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


ConnectivityCheck: TypeAlias = Callable[[], bool]
"""Tells whether this run reaches anything at all; asked when the cluster cannot be reached."""
