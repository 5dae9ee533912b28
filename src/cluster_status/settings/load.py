"""Reads `Settings` from the environment, and reports all invalid inputs at once."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import RetryPolicy, Thresholds
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.private_key import is_key, secret_lines
from cluster_status.domain.ssh.target import Credentials, SshTarget
from cluster_status.domain.text import clean
from cluster_status.errors import InputError
from cluster_status.settings import inputs
from cluster_status.settings.inputs import INPUTS, Input
from cluster_status.settings.types import WORKFLOW_FOLDER

T = TypeVar("T")

_NO_LIMIT_DAYS = 400  # GitHub's own limit


class Cluster(Struct, frozen=True):
    name: str
    target: SshTarget
    query: SlurmQuery


class Discord(Struct, frozen=True):
    webhook: Secret
    user: str
    image: str
    policy: ChannelPolicy


class Storage(Struct, frozen=True):
    store: str  # auto, artifact, file
    path: str
    retention: timedelta
    token: Secret


class RunnerContext(Struct, frozen=True):
    """The variables that GitHub's runner sets."""

    on_runner: bool
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
    command: str  # poll, check, prune
    cluster: Cluster
    discord: Discord
    heartbeat: Secret
    thresholds: Thresholds
    retries: RetryPolicy
    storage: Storage
    prune: PrunePlan | None  # None: this run does not prune
    runner_context: RunnerContext


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings, or raise InputError with one line per invalid input."""
    given = _Given(environ)
    command = given.value(inputs.COMMAND)
    context = runner_context(environ)
    settings = Settings(
        command=command,
        cluster=_cluster(given, command),
        discord=_discord(given),
        heartbeat=given.value(inputs.HEARTBEAT_URL),
        thresholds=Thresholds(
            degraded_below=given.value(inputs.DEGRADED_BELOW),
            confirm_after=given.value(inputs.CONFIRM_AFTER),
        ),
        retries=RetryPolicy(
            attempts=given.value(inputs.ATTEMPTS),
            delay_seconds=given.value(inputs.ATTEMPT_DELAY),
        ),
        storage=Storage(
            store=given.value(inputs.HISTORY_STORE),
            path=given.value(inputs.HISTORY_PATH),
            retention=timedelta(days=given.value(inputs.HISTORY_RETENTION_DAYS)),
            token=given.value(inputs.GITHUB_TOKEN),
        ),
        prune=_prune_plan(given, command, context),
        runner_context=context,
    )
    if command == "poll" and context.on_runner:
        given.required(inputs.DISCORD_WEBHOOK)
    if settings.discord.policy.live and settings.discord.policy.always:
        given.add_problem(
            inputs.DISCORD_MSG_ALWAYS,
            "cannot be true with discord-mode live, which edits the message at every poll: unset one of them",
        )
    given.raise_problems()
    return settings


def _cluster(given: "_Given", command: str) -> Cluster:
    return Cluster(
        name=given.value(inputs.CLUSTER_NAME),
        target=_target(given, needed=command != "prune"),
        query=SlurmQuery(
            partitions=PartitionFilter(given.value(inputs.PARTITIONS)),
            details=given.value(inputs.DETAILS) == "full",
            maintenance=command != "check",
            node_names=given.value(inputs.SHOW_NODES),
            timeout_seconds=given.value(inputs.CLUSTER_COMMAND_TIMEOUT),
            cluster=given.value(inputs.SLURM_CLUSTER),
            login_only=given.value(inputs.SCHEDULER) == "none",
            degraded_below=given.value(inputs.DEGRADED_BELOW),
        ),
    )


def _target(given: "_Given", *, needed: bool) -> SshTarget:
    """Read the route and the credentials; if they are not needed, both may be incomplete."""
    required = given.required if needed else given.value
    password = given.value if given.has(inputs.CLUSTER_KEY) else required
    head_node = Endpoint(
        user=required(inputs.CLUSTER_USER),
        host=required(inputs.CLUSTER_HOST),
        port=given.value(inputs.CLUSTER_PORT),
    )
    jump = given.value(inputs.CLUSTER_JUMP)
    return SshTarget(
        route=(jump, head_node) if jump else (head_node,),
        credentials=Credentials(
            password=password(inputs.CLUSTER_PASSWORD),
            key=given.value(inputs.CLUSTER_KEY),
            key_passphrase=given.value(inputs.CLUSTER_KEY_PASSPHRASE),
        ),
        pins=given.value(inputs.CLUSTER_HOST_KEY),
        connect_timeout_seconds=given.value(inputs.CLUSTER_CONNECT_TIMEOUT),
    )


def _discord(given: "_Given") -> Discord:
    webhook = given.value(inputs.DISCORD_WEBHOOK)
    return Discord(
        webhook=webhook,
        user=given.value(inputs.DISCORD_USER),
        image=given.value(inputs.DISCORD_IMG),
        policy=ChannelPolicy(
            id="discord",
            digest=digest_of(webhook.reveal()) if webhook else None,
            always=given.value(inputs.DISCORD_MSG_ALWAYS),
            live=given.value(inputs.DISCORD_MODE) == "live",
            mention=given.value(inputs.DISCORD_PING),
            with_partitions=given.value(inputs.DISCORD_MSG_INFO),
            with_quotation=given.value(inputs.DISCORD_MSG_QUOTE),
        ),
    )


def _prune_plan(given: "_Given", command: str, context: RunnerContext) -> PrunePlan | None:
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


def ssh_target(environ: Mapping[str, str]) -> SshTarget:
    """Return the SSH target of the given inputs; none is required. Raises InputError."""
    given = _Given(environ)
    target = _target(given, needed=False)
    given.raise_problems()
    return target


def heartbeat(environ: Mapping[str, str]) -> Secret:
    """Return the heartbeat URL for a poll that cannot start; empty for other commands or if not given."""
    given = _Given(environ)
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


def secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield every given secret, valid or not; they are masked before anything is printed."""
    for spec in INPUTS:
        text = _given_text(environ, spec) if spec.secret else ""
        if text.strip():
            yield text
            yield text.strip()
            yield from re.findall(r"/webhooks/[0-9]+/([A-Za-z0-9_-]+)", text)  # the secret part of the URL
            if spec is inputs.CLUSTER_KEY or is_key(text):
                yield from secret_lines(text)


def _given_text(environ: Mapping[str, str], spec: Input[T]) -> str:
    """Return the text of an input or else of its environment variable; empty if neither is given."""
    text = environ.get(spec.variable, "")
    if not text.strip() and spec.environment_variable:
        text = environ.get(spec.environment_variable, "")
    return text if text.strip() else ""


class _Given:
    """Reads inputs and collects their problems."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: dict[str, str] = {}

    def value(self, spec: Input[T]) -> T:
        text = _given_text(self._environ, spec)
        if not text:
            return spec.default
        try:
            return spec.type.read(text if spec.type.verbatim else text.strip())
        except ValueError as error:
            # other inputs may contain a secret by mistake: user:password@host, a key in the wrong input
            hidden = spec.secret or re.search(":.*@|PRIVATE KEY|PuTTY", text, re.DOTALL)
            shown = "" if hidden else f" '{clean(text)}'"
            hint = f": {error}" if str(error) else ""
            self._problems[spec.name] = f"{spec.name}{shown} is not {spec.type.accepts}{hint}"
            return spec.default

    def has(self, spec: Input[T]) -> bool:
        return bool(_given_text(self._environ, spec))

    def add_problem(self, spec: Input[T], problem: str) -> None:
        self._problems.setdefault(spec.name, f"{spec.name} {problem}")

    def required(self, spec: Input[T]) -> T:
        if not _given_text(self._environ, spec):
            self._problems[spec.name] = f"{spec.name} {self._why_missing(spec)}"
        return self.value(spec)

    def _why_missing(self, spec: Input[T]) -> str:
        other = inputs.CLUSTER_KEY if spec is inputs.CLUSTER_PASSWORD else None
        if not runner_context(self._environ).on_runner:
            instead = f" or {other.environment_variable}" if other else ""
            return f"is required: set {spec.environment_variable or spec.variable}{instead}"
        if spec.secret:
            instead = f" or {other.name}" if other else ""
            return f"is empty: set the secret{instead}. Workflows of pull requests from forks get no secrets"
        return "is required"

    def raise_problems(self) -> None:
        if self._problems:
            raise InputError(self._problems.values())
