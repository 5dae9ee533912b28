"""The only place that builds objects."""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github_runs.allowance import Allowance
from cluster_status.adapters.github_runs.catalog import GithubRuns
from cluster_status.adapters.heartbeat import HttpHeartbeat, NoHeartbeat
from cluster_status.adapters.history_artifact.catalog import Catalog, Origin
from cluster_status.adapters.history_artifact.results import Job, ResultsService
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.adapters.retry import RetryingHttp
from cluster_status.adapters.runner import ActionsRunner, mask
from cluster_status.adapters.ssh.credential import public_line, read_key
from cluster_status.adapters.ssh.probe import SshProbe, Target
from cluster_status.app.look import look
from cluster_status.app.plan import Channel, Patience, Plan, Tools
from cluster_status.app.poll import poll
from cluster_status.app.prune import Pruning, prune
from cluster_status.domain.forced_command import authorized_keys_line, jump_host_line
from cluster_status.domain.history import Terms
from cluster_status.domain.identity import Identity, identify
from cluster_status.domain.message import Wording
from cluster_status.domain.secret import Secret
from cluster_status.errors import ExitStatus, InputError, heaviest
from cluster_status.ports import Heartbeat, HistoryStore, Runner
from cluster_status.settings.reading import Settings, Surroundings, WayIn

__all__ = ["authorized_keys", "mask", "report_failure", "run", "runner"]

_BUDGET_SECONDS = 90.0  # for all looks of one run
_WITNESS_SECONDS = 5.0
_PRUNING_SECONDS = 300.0
_PRUNING_SECONDS_OF_A_POLL = 60.0  # the next poll waits
_REQUESTS_LEFT_TO_OTHERS = 300  # of the thousand in an hour that GitHub allows a repository's workflows
_GITHUB = "https://api.github.com"


def run(settings: Settings, runner: Runner) -> ExitStatus:
    """Do what the settings say."""
    clock = SystemClock()
    if settings.command == "prune":
        return _prune(settings, clock, runner, budget_seconds=_PRUNING_SECONDS)
    status = _run(settings, clock, runner)
    if settings.pruning.wanted and status is not ExitStatus.HISTORY:  # what is not saved must not go
        pruned = _prune(settings, clock, runner, budget_seconds=_PRUNING_SECONDS_OF_A_POLL)
        return heaviest([status, pruned])
    return status


def _run(settings: Settings, clock: SystemClock, runner: Runner) -> ExitStatus:
    with _http() as http:
        plan = _plan(settings)
        probe = SshProbe(_target(settings))
        tools = Tools(probe, clock, _witness(settings, http), runner)
        try:
            if settings.command == "look":
                return look(tools, plan)
            return poll(
                tools,
                _store(settings, http, clock, runner),
                [_channel(settings, plan, http, clock, runner)],
                _heartbeat(settings.heartbeat, http, runner),
                plan,
            )
        finally:
            probe.close()


def _prune(settings: Settings, clock: SystemClock, runner: Runner, *, budget_seconds: float) -> ExitStatus:
    # imported here: PyGithub takes a fifth of a second, which no poll is to pay for
    from cluster_status.adapters.github_runs.api import Api  # noqa: PLC0415

    here, pruning = settings.surroundings, settings.pruning
    plan = Pruning(pruning.workflows, pruning.keep, pruning.dry_run, here.run_id)
    allowance = Allowance(clock, budget_seconds=budget_seconds, spare_requests=_REQUESTS_LEFT_TO_OTHERS)
    with closing(Api(here.api_url or _GITHUB, settings.storage.token)) as api:
        return prune(GithubRuns(api, here.repository, allowance, clock), runner, plan)


def authorized_keys(way_in: WayIn, public_key: str = "") -> Iterator[str]:
    """Yield the lines that let a key in for what is asked and no more; without one, for the private key."""
    if not (public_key or way_in.key):
        raise InputError(["cluster-key is required, or a public key as an argument: set CLUSTER_KEY"])
    key = public_key or public_line(read_key(way_in.key, way_in.key_passphrase))
    line = authorized_keys_line(key)
    if not (way_in.jump and way_in.host):
        yield line
        return
    yield f"# in authorized_keys on the head node, {way_in.host}:"
    yield line
    yield f"# in authorized_keys on the jump host, {way_in.jump.host}:"
    yield jump_host_line(key, way_in.host, way_in.port)


def report_failure(url: Secret, runner: Runner) -> None:
    """Tell the watchdog, if there is one, of a poll that could not even begin."""
    with _http() as http:
        _heartbeat(url, http, runner).beat(worked=False)


def runner(surroundings: Surroundings) -> Runner:
    if surroundings.on_runner:
        return ActionsRunner(surroundings.output_file, surroundings.summary_file)
    return Console(sys.stdout)


@contextmanager
def _http() -> Iterator[Http]:
    http = Http()
    try:
        yield http
    finally:
        http.close()


def _target(settings: Settings) -> Target:
    cluster = settings.cluster
    return Target(
        host=cluster.host,
        port=cluster.port,
        user=cluster.user,
        password=cluster.password,
        pins=cluster.host_keys,
        connect_timeout_seconds=cluster.connect_timeout_seconds,
        command_timeout_seconds=cluster.command_timeout_seconds,
        interest=cluster.interest,
        key=read_key(cluster.key, cluster.key_passphrase) if cluster.key else None,
        jump=cluster.jump,
    )


def _plan(settings: Settings) -> Plan:
    cluster, discord, judgement = settings.cluster, settings.discord, settings.judgement
    return Plan(
        patience=Patience(judgement.attempts, judgement.attempt_delay_seconds, _BUDGET_SECONDS),
        degraded_below=judgement.degraded_below,
        terms=Terms(
            _identity(settings),
            judgement.confirm_after,
            tell_always=discord.always,
            live=discord.live and bool(discord.webhook),
        ),
        wording=Wording(cluster.name, discord.with_partitions, discord.with_quotation),
    )


def _identity(settings: Settings) -> Identity:
    cluster, jump = settings.cluster, settings.cluster.jump
    way = f"\0{jump.user}\0{jump.host}\0{jump.port}" if jump else ""
    key = f"\0{cluster.key.reveal()}" if cluster.key else ""
    return identify(
        webhook=settings.discord.webhook.reveal(),
        server=f"{cluster.host}\0{cluster.port}{way}",
        login=f"{cluster.user}\0{cluster.password.reveal()}{key}{way}",
    )


def _witness(settings: Settings, http: Http) -> Callable[[], bool]:
    """Reach for GitHub, or in a shell for the webhook's server: without either, nobody else can be asked."""
    webhook = urlsplit(settings.discord.webhook.reveal())
    url = settings.surroundings.api_url or (webhook.netloc and f"{webhook.scheme}://{webhook.netloc}/")
    return lambda: not url or http.answers(url, timeout_seconds=_WITNESS_SECONDS)


def _store(settings: Settings, http: Http, clock: SystemClock, runner: Runner) -> HistoryStore:
    storage, here = settings.storage, settings.surroundings
    if storage.store == "file" or (storage.store == "auto" and not here.on_runner):
        return HistoryFile(storage.path, here.workspace)
    if not (here.results_url and here.runtime_token and here.repository):
        # a `run:` step gets none of these variables, nor does anything outside GitHub Actions
        raise InputError(["history-store: there is no artifact store here; set it to file"])
    patient = RetryingHttp(http, clock)
    return HistoryArtifact(
        settings.cluster.name,
        Catalog(patient, Origin(here.api_url, here.repository, here.branch, storage.token)),
        ResultsService(patient, Job.of(here.results_url, here.runtime_token)),
        clock,
        runner.annotate,
        kept_for=min(storage.retention, here.longest_retention),
    )


def _channel(settings: Settings, plan: Plan, http: Http, clock: SystemClock, runner: Runner) -> Channel:
    discord = settings.discord
    if not discord.webhook and isinstance(runner, Console):
        return Channel("console", runner)
    webhook = DiscordWebhook(
        discord.webhook.reveal(),
        http,
        clock,
        username=discord.user,
        avatar_url=discord.image,
        ping=discord.ping,
    )
    return Channel("discord", webhook, plan.terms.identity.webhook, webhook if discord.live else None)


def _heartbeat(url: Secret, http: Http, runner: Runner) -> Heartbeat:
    return HttpHeartbeat(url.reveal(), http, runner.annotate) if url else NoHeartbeat()
