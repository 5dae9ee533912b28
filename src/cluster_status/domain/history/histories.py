"""The stored document: the histories of all clusters."""

from msgspec import Struct, field
from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.outbox import Outbox, assume_delivered

SCHEMA = 1


class Histories(Struct, frozen=True, kw_only=True):
    """The stored document. `schema` comes first, so that a later version can check it before it reads on."""

    schema: int = SCHEMA
    clusters: dict[str, History] = field(default_factory=dict)  # by the key of the cluster

    def of(self, cluster_name: str) -> History:
        """Return the entry of a cluster, or an empty one."""
        return self.clusters.get(key_of(cluster_name), History())

    def with_entry(self, cluster_name: str, history: History) -> "Histories":
        return replace(self, clusters={**self.clusters, key_of(cluster_name): history})


def key_of(cluster_name: str) -> str:
    """Return the key of a cluster: names that differ only in case share one history."""
    return cluster_name.casefold()


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
