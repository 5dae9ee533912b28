"""Reads `Settings` from the environment, and reports all invalid inputs at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.history.histories import NAME_OF_SEVERAL
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.errors import InputError
from cluster_status.settings import inputs
from cluster_status.settings.channels import Channel
from cluster_status.settings.clusters import Cluster, Configured, Context, read_clusters
from cluster_status.settings.given import Given
from cluster_status.settings.site_checks import read_site_checks
from cluster_status.settings.source import of_action
from cluster_status.settings.target import read_ssh_target
from cluster_status.settings.types import WORKFLOW_FOLDER

_NO_LIMIT_DAYS = 400  # GitHub's own limit


class Storage(Struct, frozen=True):
    store: str  # auto, artifact, file
    name: str
    has_all_clusters: bool  # the run checks all clusters of the history
    path: str
    retention: timedelta
    token: Secret


class SiteSettings(Struct, frozen=True):
    path: str  # empty: no status page
    url: str  # ends with a slash; empty if it is not known


class RunnerContext(Struct, frozen=True):
    """The variables that GitHub's runner sets."""

    on_runner: bool
    is_hosted: bool  # by GitHub
    has_run_before: bool  # this workflow, or this run in an earlier attempt
    workspace: Path
    api_url: str
    repository: str  # owner/name
    branch: str
    workflow: str  # file name
    run_id: int | None
    run_url: str  # of the page of this run; empty outside GitHub Actions
    results_url: str  # with runtime_token: for uploading artifacts
    runtime_token: Secret
    longest_retention: timedelta
    output_file: Path | None
    summary_file: Path | None


class Settings(Struct, frozen=True):
    command: str  # poll, check, test, prune
    clusters: Sequence[Cluster]
    channels: Sequence[Channel]
    heartbeat: Secret
    storage: Storage
    site: SiteSettings
    report: WeeklyTime | None
    prune: PrunePlan | None  # None: this run does not prune
    wait_seconds: float  # of a check
    runner_context: RunnerContext


def read(environ: Mapping[str, str], *, in_container: bool = False) -> Settings:
    """Return the settings, or raise InputError with one line per invalid input.

    `in_container`: in that of the action, which has no Slurm.
    """
    given = of_action(environ)
    command = given.value(inputs.COMMAND)
    context = runner_context(environ)
    configured = read_clusters(given, Context(command, environ, context.workspace, in_container))
    settings = Settings(
        command=command,
        clusters=configured.clusters,
        channels=configured.channels,
        heartbeat=given.value(inputs.HEARTBEAT_URL),
        storage=Storage(
            store=given.value(inputs.HISTORY_STORE),
            name=_history_name(given, configured),
            has_all_clusters=given.has(inputs.CLUSTERS),
            path=given.value(inputs.HISTORY_PATH),
            retention=timedelta(days=given.value(inputs.HISTORY_RETENTION_DAYS)),
            token=given.value(inputs.GITHUB_TOKEN),
        ),
        site=_site(given),
        report=given.value(inputs.REPORT),
        prune=_prune_plan(given, command, context),
        wait_seconds=_wait_seconds(given, command),
        runner_context=context,
    )
    if (
        command in {"poll", "test"}
        and context.on_runner
        and not configured.has_own_channels
        and not any(one.is_usable for one in configured.channels)
    ):
        given.required(inputs.DISCORD_WEBHOOK)
    if given.problems:
        raise InputError(given.problems.values())
    return settings


def _history_name(given: Given, configured: Configured) -> str:
    """Return the name of the history: that of the only cluster, unless clusters is given."""
    if given.has(inputs.HISTORY_NAME):
        return given.value(inputs.HISTORY_NAME)
    return NAME_OF_SEVERAL if given.has(inputs.CLUSTERS) else configured.clusters[0].name


def _site(given: Given) -> SiteSettings:
    url = given.value(inputs.SITE_URL)
    return SiteSettings(given.value(inputs.SITE_PATH), f"{url.rstrip('/')}/" if url else "")


def _wait_seconds(given: Given, command: str) -> float:
    minutes = given.value(inputs.WAIT_MINUTES)
    if minutes and command != "check":
        given.add_problem(inputs.WAIT_MINUTES, "is only for a check: set command to check, or remove it")
    return 60.0 * minutes


def _prune_plan(given: Given, command: str, context: RunnerContext) -> PrunePlan | None:
    plan = PrunePlan(
        workflows=given.value(inputs.PRUNE_WORKFLOWS),
        keep=given.value(inputs.PRUNE_KEEP),
        dry_run=given.value(inputs.PRUNE_DRY_RUN),
        current_run=context.run_id,
    )
    if command != "prune" and not (command == "poll" and given.has(inputs.PRUNE_KEEP)):
        if command == "poll" and (plan.workflows or plan.dry_run):
            given.add_problem(
                inputs.PRUNE_KEEP, "is required for a poll that prunes: set it, or set command to prune"
            )
        return None
    if command == "poll" and not plan.workflows and context.workflow:
        plan = replace(plan, workflows=(context.workflow,))
    if not plan.workflows:
        given.required(inputs.PRUNE_WORKFLOWS)
    if not context.repository:
        given.add_problem(
            inputs.COMMAND, "cannot prune without a repository: set GITHUB_REPOSITORY to owner/name"
        )
    given.required(inputs.GITHUB_TOKEN)
    return plan


def restricted_key(environ: Mapping[str, str]) -> tuple[SshTarget, SiteChecks]:
    """Return what a restricted key is for, from the given inputs; none is required. Raises InputError."""
    given = of_action(environ)
    target, checks = read_ssh_target(given, needed=False), read_site_checks(given)
    if given.problems:
        raise InputError(given.problems.values())
    return target, checks


def heartbeat(environ: Mapping[str, str]) -> Secret:
    """Return the heartbeat URL for a poll that cannot start; empty for other commands or if not given."""
    given = of_action(environ)
    is_poll = given.value(inputs.COMMAND) == "poll"
    return given.value(inputs.HEARTBEAT_URL) if is_poll else Secret()


def runner_context(environ: Mapping[str, str]) -> RunnerContext:
    days = environ.get("GITHUB_RETENTION_DAYS", "")
    run_id = environ.get("GITHUB_RUN_ID", "")
    on_runner = environ.get("GITHUB_ACTIONS") == "true"
    limit_days = int(days) if re.fullmatch("[1-9][0-9]{0,2}", days) else _NO_LIMIT_DAYS

    def path(name: str) -> Path | None:
        return Path(environ[name]) if environ.get(name) else None

    return RunnerContext(
        on_runner=on_runner,
        is_hosted=on_runner and environ.get("RUNNER_ENVIRONMENT") == "github-hosted",
        has_run_before=any(
            environ.get(name, "") not in {"", "1"} for name in ("GITHUB_RUN_NUMBER", "GITHUB_RUN_ATTEMPT")
        ),
        workspace=path("GITHUB_WORKSPACE") or Path.cwd(),
        api_url=environ.get("GITHUB_API_URL", ""),
        repository=environ.get("GITHUB_REPOSITORY", ""),
        branch=environ.get("GITHUB_HEAD_REF") or environ.get("GITHUB_REF_NAME", ""),
        workflow=_workflow(environ.get("GITHUB_WORKFLOW_REF", "")),
        run_id=int(run_id) if re.fullmatch("[1-9][0-9]{0,18}", run_id) else None,
        run_url=_run_url(environ) if on_runner else "",
        results_url=environ.get("ACTIONS_RESULTS_URL", ""),
        runtime_token=Secret(environ.get("ACTIONS_RUNTIME_TOKEN", "")),
        longest_retention=timedelta(days=limit_days),
        output_file=path("GITHUB_OUTPUT"),
        summary_file=path("GITHUB_STEP_SUMMARY"),
    )


def _run_url(environ: Mapping[str, str]) -> str:
    """Return the URL of the page of this run; empty if the variables do not give an http or https URL."""
    server, repository, run_id = (
        environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    url = f"{server.rstrip('/')}/{repository}/actions/runs/{run_id}"
    pattern = r"https?://[\w.:-]+/[\w.-]+/[\w.-]+/actions/runs/[1-9][0-9]{0,18}"
    return url if re.fullmatch(pattern, url, re.ASCII) else ""


def _workflow(ref: str) -> str:
    """Return the file name in ``owner/name/.github/workflows/poll.yml@refs/heads/main``."""
    path = ref.partition("@")[0]
    return path.rpartition("/")[2] if WORKFLOW_FOLDER in path else ""
