"""Continues the history of a cluster that was polled under another history name.

So a cluster keeps its status, host key and uptime when it moves into a file with several clusters, and back.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.app.limited_store import LimitedStore
from cluster_status.domain.history.codec import UNNAMED
from cluster_status.domain.history.histories import NAME_OF_SEVERAL, Histories, key_of
from cluster_status.domain.history.history import History
from cluster_status.domain.history.servers import Servers
from cluster_status.domain.uptime.gaps import is_gap
from cluster_status.errors import HistoryError
from cluster_status.ports import Level
from cluster_status.threads import run_in_thread

_MOST = 100  # clusters in one run: each costs two requests or more
_AT_ONCE = 8
_NO_ENTRY = datetime.min.replace(tzinfo=UTC)
_NO_POLL = _NO_ENTRY + timedelta(1)


def adopted(
    histories: Histories, clusters: Sequence[MonitoredCluster], tools: Tools
) -> Mapping[str, History]:
    """Return the entries to continue, by the name of the cluster.

    They are of clusters without an entry in the history of this run, or with one that has a gap since its
    last poll. Another history has one if it has the name of the cluster or that of several clusters, and the
    entry is of the same server and has the latest poll.

    Raises HistoryError if it is not known whether a cluster without an entry has one elsewhere.
    """
    now = tools.clock.now()
    wanted = [one for one in clusters if not _is_continuous(histories.of(one.name), now)][:_MOST]
    loaded = _loaded([NAME_OF_SEVERAL, *(one.name for one in wanted)] if wanted else [], tools)
    found = {}
    for cluster in wanted:
        is_new = key_of(cluster.name) not in histories.clusters
        entries = {
            name: _entry(loaded[name], cluster, is_new=is_new) for name in (cluster.name, NAME_OF_SEVERAL)
        }
        name, entry = max(entries.items(), key=lambda item: _last_poll(item[1]))
        if entry and _is_later(entry, histories, cluster.name):
            text = f"{cluster.name}: This poll continues the entry in the history '{name}'."
            tools.runner.annotate(Level.NOTICE, text)
            found[cluster.name] = entry
    return found


def with_adopted(histories: Histories, found: Mapping[str, History]) -> Histories:
    for name, entry in found.items():
        if _is_later(entry, histories, name):
            histories = histories.with_entry(name, entry)
    return histories


def _is_continuous(history: History, now: datetime) -> bool:
    polls = history.record.polls
    return bool(polls) and not is_gap(polls, polls[-1].at, now)


def _is_later(entry: History, histories: Histories, name: str) -> bool:
    return _last_poll(entry) > _last_poll(histories.clusters.get(key_of(name)))


def _last_poll(history: History | None) -> datetime:
    """Return the time of the last poll; that of no entry is before that of one without a poll."""
    if history is None:
        return _NO_ENTRY
    return history.record.polls[-1].at if history.record.polls else _NO_POLL


def _loaded(names: Sequence[str], tools: Tools) -> Mapping[str, Histories | HistoryError | None]:
    loaded: dict[str, Histories | HistoryError | None] = {}
    for begin in range(0, len(names), _AT_ONCE):
        several = names[begin : begin + _AT_ONCE]
        loading = {name: run_in_thread(partial(_load, name, tools)) for name in several}
        loaded |= {name: one.result() for name, one in loading.items()}
    return loaded


def _load(name: str, tools: Tools) -> Histories | HistoryError | None:
    other = tools.other_history(name)
    if other is None:
        return None
    store = LimitedStore(other, tools.deadlines)
    try:
        histories = store.load()
        return histories and store.completed(histories)
    except HistoryError as error:
        return error


def _entry(
    histories: Histories | HistoryError | None, cluster: MonitoredCluster, *, is_new: bool
) -> History | None:
    """Return the entry of the cluster, or the only one of the original script. A conflict is left behind."""
    if isinstance(histories, HistoryError):
        if is_new:
            raise histories
        return None  # the entry of this run is known, if it is not the latest
    entries = histories.clusters if histories else {}
    entry = entries.get(key_of(cluster.name)) or entries.get(UNNAMED)
    if entry is None or entry.ssh.server.differs_from(cluster.digests):
        return None
    return replace(entry, servers=Servers())
