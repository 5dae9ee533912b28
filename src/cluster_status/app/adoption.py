"""Continues the history of a cluster that was polled under another history name.

So a cluster keeps its status, host key and uptime when it moves into a file with several clusters, and back.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.app.limited_store import LimitedStore
from cluster_status.domain.history.codec import UNNAMED
from cluster_status.domain.history.histories import NAME_OF_SEVERAL, Histories, key_of
from cluster_status.domain.history.history import History
from cluster_status.domain.history.servers import Servers
from cluster_status.ports import Level
from cluster_status.threads import run_in_thread

_MOST = 100  # clusters in one run: each costs two requests or more
_AT_ONCE = 8


def adopted(
    histories: Histories, clusters: Sequence[MonitoredCluster], tools: Tools
) -> Mapping[str, History]:
    """Return the entries to continue, by the name of the cluster. Raises HistoryError.

    They are of clusters without an entry in the history of this run. Another history has one if it has the
    name of the cluster or that of several clusters, and the entry is of the same server.
    """
    new = [one for one in clusters if key_of(one.name) not in histories.clusters][:_MOST]
    loaded = _loaded([NAME_OF_SEVERAL, *(one.name for one in new)] if new else [], tools)
    found = {}
    for cluster in new:
        for name in (cluster.name, NAME_OF_SEVERAL):
            entry = _entry(loaded[name], cluster)
            if entry and cluster.name not in found:
                text = f"{cluster.name}: This poll continues the entry in the history '{name}'."
                tools.runner.annotate(Level.NOTICE, text)
                found[cluster.name] = entry
    return found


def with_adopted(histories: Histories, found: Mapping[str, History]) -> Histories:
    for name, entry in found.items():
        if key_of(name) not in histories.clusters:
            histories = histories.with_entry(name, entry)
    return histories


def _loaded(names: Sequence[str], tools: Tools) -> Mapping[str, Histories | None]:
    loaded: dict[str, Histories | None] = {}
    for begin in range(0, len(names), _AT_ONCE):
        several = names[begin : begin + _AT_ONCE]
        loading = {name: run_in_thread(partial(_load, name, tools)) for name in several}
        loaded |= {name: one.result() for name, one in loading.items()}
    return loaded


def _load(name: str, tools: Tools) -> Histories | None:
    other = tools.other_history(name)
    if other is None:
        return None
    store = LimitedStore(other, tools.deadlines)
    histories = store.load()
    return histories and store.completed(histories)


def _entry(histories: Histories | None, cluster: MonitoredCluster) -> History | None:
    """Return the entry of the cluster, or the only one of the original script. A conflict is left behind."""
    entries = histories.clusters if histories else {}
    entry = entries.get(key_of(cluster.name)) or entries.get(UNNAMED)
    if entry is None or entry.ssh.server.differs_from(cluster.digests):
        return None
    return replace(entry, servers=Servers())
