"""The stored document: the histories of all clusters."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from unicodedata import normalize

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import Outbox, assume_delivered
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.removal import of_removed

SCHEMA = 1
NAME_OF_SEVERAL = "cluster-status"  # of the history of several clusters, unless it is given
REMOVED_KEPT = timedelta(days=30)


class Histories(Struct, frozen=True, kw_only=True):
    """The stored document. `schema` comes first, so that a later version can check it before it reads on."""

    schema: int = SCHEMA
    clusters: dict[str, History] = field(default_factory=dict)  # by the key of the cluster

    def of(self, cluster_name: str) -> History:
        """Return the entry of a cluster, or an empty one."""
        return self.clusters.get(key_of(cluster_name), History())

    def with_entry(self, cluster_name: str, history: History) -> "Histories":
        return replace(self, clusters={**self.clusters, key_of(cluster_name): history})

    def with_outbox(self, key: str, change: Callable[[Outbox], Outbox]) -> "Histories":
        """Return the histories with another outbox of the entry with this key, if there is one."""
        history = self.clusters.get(key)
        if history is None:
            return self
        changed = replace(history, outbox=change(history.outbox))
        return replace(self, clusters={**self.clusters, key: changed})


def key_of(cluster_name: str) -> str:
    """Return the key of a cluster: names that look the same or differ only in case share one history."""
    return normalize("NFC", cluster_name.casefold())


def assume_all_delivered(histories: Histories) -> Histories:
    """Return histories whose successor is lost; see assume_delivered."""
    clusters = {
        key: replace(history, outbox=assume_delivered(history.outbox))
        for key, history in histories.clusters.items()
    }
    return replace(histories, clusters=clusters)


def of_another_branch(histories: Histories) -> Histories:
    """Return the histories for a branch that had none: the other branch delivers its own messages."""
    clusters = {key: replace(history, outbox=Outbox()) for key, history in histories.clusters.items()}
    return replace(histories, clusters=clusters)


def without_removed(
    histories: Histories, names: Iterable[str], channels: Sequence[ChannelPolicy], now: datetime
) -> Histories:
    """Return the histories of a run that checks all clusters, which have these names.

    The entry of a cluster that was removed is kept for a while. Only the end of its issue is pending.
    """
    current = {key_of(name) for name in names}
    clusters = {
        key: history if key in current else _removed(history, channels, now)
        for key, history in histories.clusters.items()
        if key in current or _is_recent(history, now)
    }
    return replace(histories, clusters=clusters)


def _removed(history: History, channels: Sequence[ChannelPolicy], now: datetime) -> History:
    return replace(history, outbox=of_removed(history.outbox, history.tracker.confirmed, channels, now))


def _is_recent(history: History, now: datetime) -> bool:
    return bool(history.record.polls) and now - history.record.polls[-1].at < REMOVED_KEPT
