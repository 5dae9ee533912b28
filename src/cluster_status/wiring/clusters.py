"""Builds the clusters of a run, each with its probe."""

from collections.abc import Sequence

from cluster_status.adapters.heartbeat import HttpHeartbeat, NoHeartbeat
from cluster_status.adapters.http import Http
from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.adapters.ssh.executor import SshExecutor
from cluster_status.app.cluster import MonitoredCluster
from cluster_status.deadline import RunDeadlines
from cluster_status.domain.history.digests import Digests, keyed_digests
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.ports import Executor, Heartbeat, Runner, SiteCheckRunner
from cluster_status.settings.clusters import Cluster
from cluster_status.settings.load import Settings
from cluster_status.slots import Place, Slots


def open_clusters(
    settings: Settings, http: Http, deadlines: RunDeadlines, runner: Runner, redaction: Redaction
) -> Sequence[MonitoredCluster]:
    slots = Slots(deadlines.check)
    return [
        _cluster(one, settings, heartbeat_of(one.heartbeat, http, runner), redaction, Place(slots))
        for one in settings.clusters
    ]


def heartbeat_of(url: Secret, http: Http, runner: Runner) -> Heartbeat:
    return HttpHeartbeat(url.reveal(), http, runner.annotate) if url else NoHeartbeat()


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
