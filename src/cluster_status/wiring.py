"""The only place that builds objects."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import pairwise
from secrets import token_hex
from urllib.parse import urlsplit

from msgspec.structs import replace

from cluster_status.adapters.apprise.notifier import AppriseNotifier
from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.recent_runs import GitHubRecentRuns
from cluster_status.adapters.github.rest import HttpTransport, Rest
from cluster_status.adapters.github.results import KEEP_THE_FILE, Job, ResultsService
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.github.runs import GitHubRuns
from cluster_status.adapters.heartbeat import HttpHeartbeat, NoHeartbeat
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http
from cluster_status.adapters.local.executor import LocalExecutor
from cluster_status.adapters.runner import ActionsRunner, mask
from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.credential import public_line, read_key
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.adapters.webhook.notifier import WebhookNotifier
from cluster_status.app.cluster import Channel, MonitoredCluster, Tools, unknown_runs
from cluster_status.app.prune import prune
from cluster_status.app.run import check
from cluster_status.app.run import run as poll
from cluster_status.app.samples import send_samples
from cluster_status.deadline import Deadline, RunDeadlines
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.history.digests import Digests, keyed_digests
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.forced_command import authorized_keys_line, jump_host_line
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.errors import ExitStatus, InputError, most_severe
from cluster_status.ports import Executor, Heartbeat, HistoryStore, Level, RecentRuns, Runner, Site
from cluster_status.settings.clusters import Channel as ChannelSettings
from cluster_status.settings.clusters import Cluster
from cluster_status.settings.load import RunnerContext, Settings

__all__ = ["authorized_keys", "mask", "report_failure", "run", "runner"]

_CONNECTIVITY_CHECK_SECONDS = 5.0
_LAST_REQUEST_SECONDS = 30.0  # of pruning
_PRUNING_SECONDS_OF_A_POLL = 60.0  # the next poll waits
_RESERVED_REQUESTS = 300  # of the 1,000 per hour that GitHub allows the workflows of a repository
_HOUR = timedelta(hours=1)
_GITHUB = "https://api.github.com"


def run(settings: Settings, runner: Runner) -> ExitStatus:
    """Run the command of the settings."""
    deadlines, plan, redaction = RunDeadlines(), settings.prune, _redaction(settings)
    pruning = deadlines.whole.keeping(_LAST_REQUEST_SECONDS)
    if plan and settings.command == "prune":
        return _prune(plan, settings, runner, redaction, pruning)
    if settings.command == "test":
        return _test(settings, deadlines, runner, redaction)
    status = _run(settings, deadlines, runner, redaction)
    if plan and status is not ExitStatus.HISTORY:  # the older history may be the only one
        pruned = _prune(plan, settings, runner, redaction, pruning.part(_PRUNING_SECONDS_OF_A_POLL))
        return most_severe([status, pruned])
    return status


def _run(settings: Settings, deadlines: RunDeadlines, runner: Runner, redaction: Redaction) -> ExitStatus:
    with _http(redaction, deadlines.whole) as http:
        clock = SystemClock(deadlines.whole)
        tools = Tools(
            clock,
            runner,
            _connectivity_check(settings, http),
            lambda: token_hex(4),
            settings.runner_context.run_url,
            _recent_runs(settings, http.until(deadlines.save), SystemClock(deadlines.save)),
            deadlines,
            owns_history=settings.storage.has_all_clusters,
            site=_site(settings),
            site_url=settings.site.url,
        )
        clusters = [_cluster(one, settings, http, runner, redaction) for one in settings.clusters]
        try:
            if settings.command == "check":
                return check(clusters, tools)
            store = _store(settings, http, clock, runner, redaction)
            channels = _channels(settings, http, deadlines, runner)
            return poll(clusters, channels, store, _heartbeat(settings.heartbeat, http, runner), tools)
        finally:
            for one in clusters:
                one.probe.close()


def _test(settings: Settings, deadlines: RunDeadlines, runner: Runner, redaction: Redaction) -> ExitStatus:
    with _http(redaction, deadlines.whole) as http:
        channels = _channels(settings, http, deadlines, runner)
        names = [cluster.name for cluster in settings.clusters]
        return send_samples(names[0], channels, runner, SystemClock().now())


def _channels(settings: Settings, http: Http, deadlines: RunDeadlines, runner: Runner) -> Sequence[Channel]:
    http, clock = http.until(deadlines.deliver), SystemClock(deadlines.deliver)
    return [_channel(one, settings, http, clock, runner) for one in settings.channels]


def _prune(
    plan: PrunePlan, settings: Settings, runner: Runner, redaction: Redaction, deadline: Deadline
) -> ExitStatus:
    # imported on demand: importing PyGithub takes 0.2 s
    from cluster_status.adapters.github.pygithub import PyGithubTransport  # noqa: PLC0415

    context = settings.runner_context
    url, token = context.api_url or _GITHUB, settings.storage.token
    with closing(PyGithubTransport(url, token, redaction)) as transport:
        limiter = RateLimiter(
            transport, SystemClock(), budget_seconds=deadline.left, reserved_requests=_RESERVED_REQUESTS
        )
        rest = Rest(limiter, context.repository, permission="write")
        return prune(GitHubRuns(rest, limiter), runner, plan)


def authorized_keys(target: SshTarget, public_key: str = "") -> Iterator[str]:
    """Yield the authorized_keys lines of `public_key`, or if it is empty, of the private key."""
    credentials = target.credentials
    if not (public_key or credentials.key):
        raise InputError(["cluster-key is required: set CLUSTER_KEY, or pass a public key as argument"])
    key = public_key or public_line(read_key(credentials.key, credentials.key_passphrase))
    line = authorized_keys_line(key)
    if not (target.jump_hosts and target.head_node.host):
        yield line
        return
    yield f"# authorized_keys on the head node, {target.head_node.host}:"
    yield line
    for jump, following in pairwise(target.route):
        yield f"# authorized_keys on the jump host, {jump.host}:"
        yield jump_host_line(key, following.host, following.port)


def report_failure(url: Secret, runner: Runner) -> None:
    """Report a poll that could not start to the heartbeat URL, if there is one."""
    with _http(Redaction((url,))) as http:
        _heartbeat(url, http, runner).beat(worked=False)


def runner(runner_context: RunnerContext) -> Runner:
    if runner_context.on_runner:
        return ActionsRunner(runner_context.output_file, runner_context.summary_file)
    return Console(sys.stdout)


@contextmanager
def _http(redaction: Redaction, deadline: Deadline | None = None) -> Iterator[Http]:
    http = Http(deadline, redaction)
    try:
        yield http
    finally:
        http.close()


def _cluster(
    cluster: Cluster, settings: Settings, http: Http, runner: Runner, redaction: Redaction
) -> MonitoredCluster:
    return MonitoredCluster(
        cluster.name,
        SlurmProbe(_executor(cluster, redaction), cluster.query, redaction),
        _digests(cluster, settings),
        cluster.thresholds,
        cluster.retries,
        None if cluster.channels is None else frozenset(cluster.channels),
        _heartbeat(cluster.heartbeat, http, runner),
        cluster.group,
    )


def _executor(cluster: Cluster, redaction: Redaction) -> Executor:
    if isinstance(cluster.target, LocalTarget):
        return LocalExecutor(cluster.target)
    return SshExecutor(cluster.target, redaction)


def _redaction(settings: Settings) -> Redaction:
    """Return what no text from outside may show: the routes, and each secret of the run."""
    of_clusters = [cluster.target.redaction() for cluster in settings.clusters]
    webhooks = [one.url or one.webhook for one in settings.channels]
    tokens_of_webhooks = [Secret(one.reveal().partition("?")[0].rpartition("/")[2]) for one in webhooks]
    programs = [one.program.reveal().partition("#") for one in settings.channels]
    of_programs = [Secret(part) for address, _, key in programs for part in (address, key)]
    heartbeats = [settings.heartbeat, *(one.heartbeat for one in settings.clusters)]
    others = (settings.storage.token, settings.runner_context.runtime_token)
    secrets = {one for each in of_clusters for one in each.secrets}
    names = {one for each in of_clusters for one in each.names}
    return Redaction(
        (*secrets, *webhooks, *tokens_of_webhooks, *of_programs, *heartbeats, *others), tuple(names)
    )


def _digests(cluster: Cluster, settings: Settings) -> Digests:
    target = cluster.target
    ids = cluster.channels
    webhooks = (one.address.reveal() for one in settings.channels if ids is None or one.policy.id in ids)
    private_key = "" if isinstance(target, LocalTarget) else target.credentials.key.reveal()
    return keyed_digests(
        key=next(filter(None, webhooks), "") or private_key,
        server=target.server_identity,
        login=target.login_identity.reveal(),
    )


def _connectivity_check(settings: Settings, http: Http) -> Callable[[], bool]:
    """Return a check that GitHub answers, or outside GitHub Actions the server of the webhook."""
    webhooks = (one.webhook.reveal() for one in settings.channels)
    webhook = urlsplit(next(filter(None, webhooks), ""))
    url = settings.runner_context.api_url or (webhook.netloc and f"{webhook.scheme}://{webhook.netloc}/")
    return lambda: not url or http.answers(url, timeout_seconds=_CONNECTIVITY_CHECK_SECONDS)


def _recent_runs(settings: Settings, http: Http, clock: SystemClock) -> RecentRuns:
    context, token = settings.runner_context, settings.storage.token
    if not (context.on_runner and context.api_url and context.repository and context.workflow and token):
        return unknown_runs
    rest = Rest(HttpTransport(RetryingHttp(http, clock), context.api_url, token), context.repository)
    return GitHubRecentRuns(rest, context.workflow, context.branch, context.run_id).since


def _store(
    settings: Settings, http: Http, clock: SystemClock, runner: Runner, redaction: Redaction
) -> HistoryStore:
    storage, context = settings.storage, settings.runner_context
    if storage.store == "file" or (storage.store == "auto" and not context.on_runner):
        return HistoryFile(
            storage.path,
            context.workspace,
            lambda: _warn_of_missing_file(storage.path, context, runner),
            redaction,
        )
    if not (context.results_url and context.runtime_token and context.repository):
        # neither a `run:` step nor a process outside GitHub Actions gets these variables
        text = "history-store artifact is not available in this environment: set it to file, and "
        raise InputError([text + KEEP_THE_FILE])
    if not storage.token:
        # only action.yml has a default for it: there is none with `uses: docker://…`
        raise InputError(["github-token is required: set it to ${{ github.token }}"])
    retrying = RetryingHttp(http, clock)
    rest = Rest(HttpTransport(retrying, context.api_url, storage.token), context.repository)
    return HistoryArtifact(
        storage.name,
        Catalog(rest, branch=context.branch, workflow=context.workflow),
        Downloader(rest, retrying),
        ResultsService(retrying, Job.of(context.results_url, context.runtime_token)),
        clock,
        runner.annotate,
        retention=min(storage.retention, context.longest_retention),
        redaction=redaction,
    )


def _warn_of_missing_file(path: str, context: RunnerContext, runner: Runner) -> None:
    """Warn where the history file seems to be lost with each job."""
    if context.is_hosted:
        why = "This runner is GitHub-hosted: its files are lost when the job ends."
    elif context.on_runner and context.has_run_before:
        why = (
            "This workflow has run before: the runner may be ephemeral, or another step may delete the file, "
            "such as actions/checkout."
        )
    else:
        return
    remedy = "Set history-store to artifact, or restore and save the file in the job, as with actions/cache."
    runner.annotate(Level.WARNING, f"There is no history file '{path}'. {why} {remedy}")


def _site(settings: Settings) -> Site | None:
    """Return the status page. A workflow publishes it at least once an hour, other programs at once."""
    if not settings.site.path:
        return None
    # imported on demand: most polls write no page
    from cluster_status.adapters.site.folder import SiteFolder  # noqa: PLC0415
    from cluster_status.adapters.site.site import StatusSite  # noqa: PLC0415

    context = settings.runner_context
    interval = _HOUR if context.on_runner else timedelta()
    return StatusSite(SiteFolder(settings.site.path, context.workspace), settings.site.url, interval)


def _channel(
    given: ChannelSettings, settings: Settings, http: Http, clock: SystemClock, runner: Runner
) -> Channel:
    policy = given.policy
    if policy.issues:
        return Channel(policy, _issues(policy.id, settings, RetryingHttp(http, clock)))
    if given.url:
        return Channel(policy, AppriseNotifier(given.url))
    if given.program:
        return Channel(policy, WebhookNotifier(given.program, http, clock))
    if not given.webhook and isinstance(runner, Console):
        return Channel(replace(policy, id="console", live=False), runner)
    webhook = DiscordWebhook(given.webhook.reveal(), http, clock, username=given.user, avatar_url=given.image)
    return Channel(policy, webhook, webhook if policy.live else None)


def _issues(channel_id: str, settings: Settings, http: RetryingHttp) -> GitHubIssues:
    context, storage = settings.runner_context, settings.storage
    scope = f"{context.branch}\0{storage.name}\0{channel_id}"  # each branch has its own history
    return GitHubIssues(http, context.api_url or _GITHUB, context.repository, storage.token, scope)


def _heartbeat(url: Secret, http: Http, runner: Runner) -> Heartbeat:
    return HttpHeartbeat(url.reveal(), http, runner.annotate) if url else NoHeartbeat()
