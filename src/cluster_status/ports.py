"""The interfaces of the use cases to the outside, with their values. Adapters implement them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias

from msgspec import Struct

from cluster_status.deadline import Deadline
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.retention import WorkflowRun
from cluster_status.domain.execution import CommandResult, Limits
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.instant import Instant
from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.report.report import Report
from cluster_status.domain.status.probe_result import LoginProgress, ProbeResult, RememberedLogin
from cluster_status.domain.status.site_checks.result import CheckResults
from cluster_status.errors import Refusal
from cluster_status.render.summary import Summary


class Level(StrEnum):
    """The level of an annotation."""

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


class SiteCheckRunner(Protocol):
    """Runs the site checks of a cluster after its probe, in the session of the probe."""

    def run(self, deadline: Deadline, *, login_shell: bool) -> CheckResults:
        """Run them once. A failure is a result, not an error."""


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

    path: str  # of the history file in the workspace; empty if there is none

    def load(self) -> Histories | None:
        """Return the saved histories; None if nothing was saved. Unreadable ones are an error, never None.

        A check does not wait for the past of the records: `completed` adds it.
        """

    def completed(self, loaded: Histories) -> Histories:
        """Return the histories that were loaded, with the past of their records."""

    def newer(self) -> Histories | None:
        """Return the histories that another run saved since this one loaded or saved; None without one."""

    def save(self, histories: Histories) -> None:
        """Save completely or not at all."""


class Notifier(Protocol):
    """Delivers messages to a channel."""

    @property
    def refusals(self) -> Mapping[str, Refusal]:
        """By cause, to report a refusal again without a request."""

    def send(self, message: Message) -> MessageRef | None:
        """Return once the channel has accepted the message; raise DeliveryError if it has not.

        Raises ChannelRefusedError if the channel would refuse any message.
        The result is for an EditableNotifier; None where messages cannot be edited.
        """


class IncidentIssues(Protocol):
    """The issues of incidents."""

    def is_muted(self, number: int) -> bool | None:
        """Return whether an issue is open and has the label that mutes its incident; None if not known."""


class EditableNotifier(Protocol):
    """Edits messages of a channel, without a notification sound."""

    def edit(self, ref: MessageRef, message: Message) -> MessageRef:
        """Replace the content of a message; send nothing if it is the same.

        Raises DeliveryError, or MessageLostError if the message no longer exists or cannot be edited.
        """


class Heartbeat(Protocol):
    """Reports polls to a dead man's switch."""

    def beat(self, *, worked: bool) -> None:
        """Report this poll. A failure is a warning, not an error."""


class RunPage(Struct, frozen=True):
    """A page of the runs of a workflow, usually the newest first; `total` counts the runs of all pages."""

    total: int
    runs: Sequence[WorkflowRun]


class ArtifactPage(Struct, frozen=True):
    """A page of a list of artifacts, usually the newest first; `total` counts all pages."""

    total: int
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

    def artifacts_of(self, run_id: int) -> Sequence[Artifact] | None:
        """Return all artifacts of a run; None if they are not known for certain."""

    def delete(self, run_id: int) -> bool:
        """Delete a run, its logs and artifacts; return False if it is in progress again."""

    def affordable_deletions(self) -> int:
        """Return how many deletions the remaining time and the last known limits allow."""


class Runner(Protocol):
    """Shows the results of this run: GitHub's runner, or a shell."""

    def log(self, line: str) -> None:
        """Show the progress of the run."""

    def annotate(self, level: Level, text: str) -> None: ...

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> bool:
        """Return whether later steps can read the outputs."""

    def summarize(self, text: str, markdown: str) -> None:
        """Add a section to the summary: as text in the log, as Markdown on the page of the run."""


class Site(Protocol):
    """Keeps the status page. It is published at most once in each `publishing_interval`, if content stays."""

    publishing_interval: timedelta

    def write(self, reports: Sequence[Report]) -> None:
        """Replace the page; raise SiteError."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the instant, aware, UTC, in whole seconds."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class FinishedRun(Struct, frozen=True):
    """A workflow run that may have polled."""

    started_at: Instant
    failed: bool


class RunsSince(Struct, frozen=True):
    """The finished runs since an instant, oldest first, and the start of this run.

    Runs that were cancelled or skipped are left out: they may not have polled.
    """

    finished: Sequence[FinishedRun]
    this_started_at: Instant | None = None


RecentRuns: TypeAlias = Callable[[datetime], RunsSince | None]
"""Returns the runs of this workflow and branch that started after an instant; None if they are not known."""


ConnectivityCheck: TypeAlias = Callable[[], bool]
"""Returns whether this run reaches any other host. It is called if the cluster cannot be reached."""
