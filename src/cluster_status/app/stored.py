"""The stored histories of a run: they load while the clusters are checked, and may be overtaken meanwhile."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from cluster_status.app.adoption import adopted, with_adopted
from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.domain.history.codec import UNNAMED
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.instant import Instant
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.errors import HistoryError
from cluster_status.ports import HistoryStore
from cluster_status.threads import run_in_thread


class Loaded(Struct, frozen=True):
    """The stored histories, and the time of their load."""

    histories: Histories
    at: Instant
    adopted: Mapping[str, History]  # see app.adoption


class Latest(Struct, frozen=True):
    """The histories that this run continues; `is_newer` if another run saved them during the checks."""

    histories: Histories
    is_newer: bool


class StoredHistories:
    """Begins to load at once. Methods wait for it, and raise HistoryError unless they say otherwise."""

    def __init__(self, store: HistoryStore, clusters: Sequence[MonitoredCluster], tools: Tools) -> None:
        self._store = store
        self._clusters = clusters
        self._tools = tools
        self._loading = run_in_thread(self._load)

    def loaded(self) -> Loaded:
        return self._loading.result()

    def remembered_login(self, cluster: MonitoredCluster) -> RememberedLogin | None:
        """Return what is known of a login; None if the histories cannot be read."""
        try:
            history = self.loaded().histories.of(cluster.name)
        except HistoryError:
            return None
        return history.remembered_login(cluster.digests, self._tools.clock.now())

    def latest(self) -> Latest:
        loaded = self.loaded()
        newer = self.newer()
        if newer:
            return Latest(with_adopted(newer, loaded.adopted), is_newer=True)
        return Latest(self._store.completed(loaded.histories), is_newer=False)

    def newer(self) -> Histories | None:
        """Return what another run has saved since the load or the last save; None without it."""
        return self._with_name(self._store.newer())

    def _load(self) -> Loaded:
        histories = self._with_name(self._store.load()) or Histories()
        found = adopted(histories, self._clusters, self._tools)
        return Loaded(with_adopted(histories, found), self._tools.clock.now(), found)

    def _with_name(self, histories: Histories | None) -> Histories | None:
        """Move the history of the original script, which has no name, to the name of the only cluster."""
        if histories is None or set(histories.clusters) != {UNNAMED} or len(self._clusters) > 1:
            return histories
        return Histories().with_entry(self._clusters[0].name, histories.clusters[UNNAMED])
