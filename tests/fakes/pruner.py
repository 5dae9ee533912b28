"""Prunes a loopback GitHub on a virtual clock, with the real adapter and without sockets."""

from datetime import timedelta

from msgspec.structs import replace

from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.runs import GitHubRuns
from cluster_status.app.prune import prune
from cluster_status.domain.actions.retention import PrunePlan, PruneResult
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from tests.fakes.clock import VirtualClock
from tests.fakes.github import LoopbackGitHub
from tests.fakes.github_actions import Artifact, Permission, Run
from tests.fakes.github_wire import Wire
from tests.fakes.runner import RecordingRunner

HISTORY = "cluster-status-mscluster"
INTERVAL = timedelta(minutes=5)


class Pruner:
    """A repository whose workflow polls every five minutes and is pruned by `prune`."""

    def __init__(self, *, rate_limit: int = 1000, newest_first: bool = True) -> None:
        self.clock = VirtualClock()
        self.github = LoopbackGitHub(
            clock=self.clock.exactly, rate_limit=rate_limit, newest_first=newest_first
        ).without_sockets()
        self.plan = PrunePlan(("poll.yml",), keep=10, dry_run=False, current_run=None)
        self.budget_seconds = 300.0
        self.runner = RecordingRunner()
        self.wire = self.new_wire()

    def new_wire(self, permission: Permission = "write") -> Wire:
        self.wire = Wire(self.github, self.github.new_token(permission))
        return self.wire

    def poll(
        self, times: int = 1, *names: str, workflow: str = "poll.yml", branch: str = "main"
    ) -> list[Run]:
        """Add completed runs, each with artifacts of these names, by default with a history."""
        runs = []
        for _ in range(times):
            self.clock.advance(INTERVAL)
            run = self.github.start_run(branch, workflow=workflow)
            for name in names or (HISTORY,):
                self.add_artifact(run, name)
            run.finish()
            runs.append(run)
        return runs

    def add_artifact(self, run: Run, name: str = HISTORY, *, expired: bool = False) -> Artifact:
        return self.github.plant(name, b"a history", run=run, expired=expired)

    def prune(self, **changes: object) -> ExitStatus:
        self.plan = replace(self.plan, **changes)
        self.runner = RecordingRunner()
        limiter = RateLimiter(
            self.wire, self.clock, budget_seconds=self.budget_seconds, reserved_requests=300
        )
        rest = Rest(limiter, self.github.repository, permission="write")
        return prune(GitHubRuns(rest, limiter), self.runner, self.plan)

    @property
    def result(self) -> PruneResult:
        """The result for the first workflow, as the summary shows it."""
        [summary] = self.runner.sections
        name, *numbers, _left = summary.splitlines()[2].split()
        return PruneResult(name, *map(int, numbers))

    @property
    def errors(self) -> list[str]:
        return self.runner.of(Level.ERROR)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the runs that exist."""
        return [run.number for run in self.github.runs]
