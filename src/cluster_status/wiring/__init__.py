"""The only place that builds objects: the clusters and the command of a run. Its modules build the rest.

What not every poll needs is imported where it is built.
"""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from secrets import token_hex

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.github.rest import GITHUB_API, Rest
from cluster_status.adapters.heartbeat import HttpHeartbeat, NoHeartbeat
from cluster_status.adapters.http import Http
from cluster_status.adapters.runner import ActionsRunner, mask
from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.app.run import check
from cluster_status.app.run import run as poll
from cluster_status.deadline import Deadline, RunDeadlines
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.history.digests import Digests, keyed_digests
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.errors import ExitStatus, InputError, most_severe
from cluster_status.ports import Executor, Heartbeat, Runner, SiteCheckRunner
from cluster_status.settings.clusters import Cluster
from cluster_status.settings.load import RunnerContext, Settings
from cluster_status.slots import Place, Slots
from cluster_status.wiring.channels import connectivity_check, open_channels
from cluster_status.wiring.history import open_other, open_store, recent_runs
from cluster_status.wiring.redaction import redaction_of
from cluster_status.wiring.site import open_site

__all__ = ["authorized_keys", "mask", "report_failure", "run", "runner"]

_LAST_REQUEST_SECONDS = 30.0  # of pruning
_PRUNING_SECONDS_OF_A_POLL = 60.0  # the next poll waits
_RESERVED_REQUESTS = 300  # of the 1,000 per hour that GitHub allows the workflows of a repository


def run(settings: Settings, runner: Runner) -> ExitStatus:
    """Run the command of the settings."""
    deadlines, plan, redaction = RunDeadlines(), settings.prune, redaction_of(settings)
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
            connectivity_check(settings, http),
            lambda: token_hex(4),
            settings.runner_context.run_url,
            recent_runs(settings, http.until(deadlines.save), SystemClock(deadlines.save)),
            deadlines,
            owns_history=settings.storage.has_all_clusters,
            other_history=partial(open_other, settings, http, clock, runner, redaction),
            site=open_site(settings),
            site_url=settings.site.url,
            report=settings.report,
        )
        slots = Slots(deadlines.check)
        clusters = [
            _cluster(one, settings, _heartbeat(one.heartbeat, http, runner), redaction, Place(slots))
            for one in settings.clusters
        ]
        try:
            if settings.command == "check":
                return check(clusters, tools)
            store = open_store(settings, http, clock, runner, redaction)
            channels = open_channels(settings, http, deadlines, runner)
            return poll(clusters, channels, store, _heartbeat(settings.heartbeat, http, runner), tools)
        finally:
            for one in clusters:
                one.probe.close()


def _test(settings: Settings, deadlines: RunDeadlines, runner: Runner, redaction: Redaction) -> ExitStatus:
    from cluster_status.app.samples import send_samples

    with _http(redaction, deadlines.whole) as http:
        channels = open_channels(settings, http, deadlines, runner)
        names = [cluster.name for cluster in settings.clusters]
        return send_samples(names[0], channels, runner, SystemClock().now())


def _prune(
    plan: PrunePlan, settings: Settings, runner: Runner, redaction: Redaction, deadline: Deadline
) -> ExitStatus:
    from cluster_status.adapters.github.pygithub import PyGithubTransport
    from cluster_status.adapters.github.rate_limiter import RateLimiter
    from cluster_status.adapters.github.runs import GitHubRuns
    from cluster_status.app.prune import prune

    context = settings.runner_context
    url, token = context.api_url or GITHUB_API, settings.storage.token
    with closing(PyGithubTransport(url, token, redaction)) as transport:
        limiter = RateLimiter(
            transport, SystemClock(), budget_seconds=deadline.left, reserved_requests=_RESERVED_REQUESTS
        )
        rest = Rest(limiter, context.repository, permission="write")
        return prune(GitHubRuns(rest, limiter), runner, plan)


def authorized_keys(target: SshTarget, checks: SiteChecks, public_key: str = "") -> Iterator[str]:
    """Yield the authorized_keys lines of `public_key`, or if it is empty, of the private key.

    Comments name what the line allows besides Slurm's commands, which are in base64 there.
    """
    from cluster_status.adapters.ssh.credential import public_line, read_key
    from cluster_status.domain.site_checks.script import part
    from cluster_status.domain.slurm.commands import BOUNDARY
    from cluster_status.domain.slurm.forced_command import authorized_keys_line, jump_host_line

    credentials = target.credentials
    if not (public_key or credentials.key):
        raise InputError(["cluster-key is required: set CLUSTER_KEY, or pass a public key as argument"])
    key = public_key or public_line(read_key(credentials.key, credentials.key_passphrase))
    yield from (
        f"# site check: {one.name}{f': {one.command}' if one.command else ''}" for one in checks.checks
    )
    line = authorized_keys_line(key, [part(checks, BOUNDARY)] if checks.checks else [])
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
    cluster: Cluster, settings: Settings, heartbeat: Heartbeat, redaction: Redaction, place: Place
) -> MonitoredCluster:
    executor = _executor(cluster, redaction, place)
    return MonitoredCluster(
        cluster.name,
        SlurmProbe(executor, cluster.query, redaction),
        _digests(cluster, settings),
        cluster.thresholds,
        cluster.retries,
        None if cluster.channels is None else frozenset(cluster.channels),
        heartbeat,
        cluster.plan.redacted(redaction),
        _site_checks(cluster.site_checks, executor, redaction),
        cluster.conditions,
        MuteRequest(cluster.mute_until),
        cluster.group,
        place,
    )


def _executor(cluster: Cluster, redaction: Redaction, place: Place) -> Executor:
    if isinstance(cluster.target, LocalTarget):
        from cluster_status.adapters.local.executor import LocalExecutor

        return LocalExecutor(cluster.target, place)
    return SshExecutor(cluster.target, redaction, place)


def _site_checks(checks: SiteChecks, executor: Executor, redaction: Redaction) -> SiteCheckRunner | None:
    if not checks.checks:
        return None
    from cluster_status.adapters.site_checks import ExecutedSiteChecks

    return ExecutedSiteChecks(executor, checks, redaction)


def _digests(cluster: Cluster, settings: Settings) -> Digests:
    target = cluster.target
    ids = cluster.channels
    addresses = (one.address.reveal() for one in settings.channels if ids is None or one.policy.id in ids)
    private_key = "" if isinstance(target, LocalTarget) else target.credentials.key.reveal()
    return keyed_digests(
        key=next(filter(None, addresses), "") or private_key,
        server=target.server_identity,
        login=target.login_identity.reveal(),
    )


def _heartbeat(url: Secret, http: Http, runner: Runner) -> Heartbeat:
    return HttpHeartbeat(url.reveal(), http, runner.annotate) if url else NoHeartbeat()
