"""Which clusters are muted: until a time, or for as long as the issue of their incident has the label."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from cluster_status.app.cluster import Channel, MonitoredCluster
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.threads import run_in_thread


def mute_requests(
    clusters: Sequence[MonitoredCluster], channels: Sequence[Channel], histories: Histories
) -> Mapping[str, MuteRequest]:
    """Return the requests by the names of the clusters; issues are read at the same time."""
    reading = {
        one.name: run_in_thread(partial(_incident_is_muted, one, channels, histories.of(one.name)))
        for one in clusters
    }
    return {one.name: replace(one.mute, incident=reading[one.name].result()) for one in clusters}


def _incident_is_muted(cluster: MonitoredCluster, channels: Sequence[Channel], history: History) -> bool:
    for channel in channels:
        issue = history.outbox.channel(channel.id).issue
        if not channel.issues or not cluster.notifies(channel) or issue is None or issue.over_at:
            continue
        muted = channel.issues.is_muted(issue.number)
        if muted is None:  # it stays as it was
            muted = history.mute is not None and history.mute.until is None
        if muted:
            return True
    return False
