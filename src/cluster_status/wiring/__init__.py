"""The only place that builds objects: the command of a run and its tools. Its modules build the rest.

What not every poll needs is imported where it is built.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from secrets import token_hex

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.github.rest import GITHUB_API, Rest
from cluster_status.adapters.http import Http
from cluster_status.adapters.runner import ActionsRunner, mask
from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.app.run import run as poll
from cluster_status.deadline import Deadline, RunDeadlines
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.errors import ExitStatus, InputError, most_severe
from cluster_status.ports import Runner
from cluster_status.settings.load import RunnerContext, Settings
from cluster_status.wiring.channels import connectivity_check, open_channels
from cluster_status.wiring.clusters import heartbeat_of, open_clusters
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
    if settings.command == "check":
        return _check(settings, runner, redaction)
    status = _poll(settings, deadlines, runner, redaction)
    if plan and status is not ExitStatus.HISTORY:  # the older history may be the only one
        pruned = _prune(plan, settings, runner, redaction, pruning.part(_PRUNING_SECONDS_OF_A_POLL))
        return most_severe([status, pruned])
    return status


def _poll(settings: Settings, deadlines: RunDeadlines, runner: Runner, redaction: Redaction) -> ExitStatus:
    with _opened(settings, deadlines, runner, redaction) as (http, clusters, tools):
        store = open_store(settings, http, SystemClock(deadlines.whole), runner, redaction)
        channels = open_channels(settings, http, deadlines, runner)
        return poll(clusters, channels, store, heartbeat_of(settings.heartbeat, http, runner), tools)


def _check(settings: Settings, runner: Runner, redaction: Redaction) -> ExitStatus:
    from cluster_status.app.gate import check

    @contextmanager
    def open_attempt() -> Iterator[tuple[Sequence[MonitoredCluster], Tools]]:
        with _opened(settings, RunDeadlines(), runner, redaction) as (_, clusters, tools):
            yield clusters, tools

    return check(open_attempt, SystemClock(), settings.wait_seconds)


@contextmanager
def _opened(
    settings: Settings, deadlines: RunDeadlines, runner: Runner, redaction: Redaction
) -> Iterator[tuple[Http, Sequence[MonitoredCluster], Tools]]:
    """Build the clusters and the tools of a poll or of one attempt of a check, and close them."""
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
        clusters = open_clusters(settings, http, deadlines, runner, redaction)
        try:
            yield http, clusters, tools
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
        heartbeat_of(url, http, runner).beat(worked=False)


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
