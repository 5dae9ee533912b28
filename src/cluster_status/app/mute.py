"""Which clusters are muted: until a time, or for as long as the issue of their incident has the label."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from cluster_status.app.cluster import Channel, MonitoredCluster
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.ports import IncidentIssues
from cluster_status.threads import run_in_thread


def mute_requests(
    clusters: Sequence[MonitoredCluster], channels: Sequence[Channel], histories: Histories
) -> Mapping[str, MuteRequest]:
    """Return the requests by the names of the clusters; open issues are read at the same time."""
    reading = {}
    for cluster in clusters:
        history = histories.of(cluster.name)
        if issues := list(_open_issues(cluster, channels, history)):
            reading[cluster.name] = run_in_thread(partial(_is_muted, issues, history))
    return {
        one.name: replace(one.mute, incident=one.name in reading and reading[one.name].result())
        for one in clusters
    }


def _open_issues(
    cluster: MonitoredCluster, channels: Sequence[Channel], history: History
) -> Iterator[tuple[IncidentIssues, int]]:
    for channel in channels:
        issue = history.outbox.channel(channel.id).issue
        if channel.issues and cluster.notifies(channel) and issue and not issue.over_at:
            yield channel.issues, issue.number


def _is_muted(issues: Sequence[tuple[IncidentIssues, int]], history: History) -> bool:
    was_muted = history.mute is not None and history.mute.until is None
    for reader, number in issues:
        muted = reader.is_muted(number)
        if was_muted if muted is None else muted:  # without a response it stays as it was
            return True
    return False
