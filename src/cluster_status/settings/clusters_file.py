"""Reads the clusters file: `defaults` for all clusters, `channels` by id, and the list `clusters`."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from cluster_status.domain.text import clean
from cluster_status.settings import inputs, yaml_source
from cluster_status.settings.keys import (
    CHANNEL_KEYS,
    CLUSTER_KEYS,
    MAPPED,
    WINDOW_KEYS,
    WINDOWS,
    ChannelKind,
)
from cluster_status.settings.section import CHANNELS, ClustersFile, Section, Value
from cluster_status.settings.yaml_source import Entry, Items, Node, Place, Table, Text

_TOP_LEVEL = ("defaults", CHANNELS, "clusters")
_MAPPINGS = {CHANNELS: "of ids to channels, such as `users: {discord-webhook: $DISCORD_WEBHOOK}`"}
# an input of the action has another name than its key
_KEYS_OF_INPUTS = {
    **{spec.name: key for key, spec in (*CLUSTER_KEYS.items(), *CHANNEL_KEYS.items())},
    inputs.NOTIFY_URLS.name: ChannelKind.SERVICE,
    inputs.INCIDENT_ISSUES.name: ChannelKind.ISSUES,
    inputs.WEBHOOK_URL.name: ChannelKind.WEBHOOK,
}
_MOST_CLUSTERS = 1_000


def parse(source: str, name: str) -> tuple[ClustersFile, list[str]]:
    """Return the sections, and one line for each problem; `name` is that of the file in the lines."""
    reader = _Reader(name)
    return reader.file(source), reader.problems


class _Reader:
    def __init__(self, name: str) -> None:
        self.problems: list[str] = []
        self._name = name

    def file(self, source: str) -> ClustersFile:
        node, faults = yaml_source.read(source)
        self.problems += [f"{self._where(fault.place)} {fault.text}" for fault in faults]
        if node is None:
            return ClustersFile()
        top = self._table(node, "the file", _TOP_LEVEL)
        if "clusters" not in top and not self.problems:
            self.problems.append(f"{self._name} has no clusters: add the key clusters with a list")
        defaults, channels = top.get("defaults"), top.get(CHANNELS)
        cluster_keys = (*CLUSTER_KEYS, CHANNELS)
        return ClustersFile(
            clusters=list(self._clusters(top.get("clusters"), cluster_keys)),
            defaults=(
                self._section(defaults.value, "defaults", [key for key in cluster_keys if key != "name"])
                if defaults
                else Section("")
            ),
            channels=self._channels(channels.value) if channels else None,
        )

    def _where(self, place: Place | None, key: str = "") -> str:
        if place is None:
            return self._name
        suffix = f" {clean(key, limit=40)}" if key else ""
        return f"{self._name}, line {place.line}, column {place.column}:{suffix}"

    def _table(self, node: Node, what: str, keys: Sequence[str] | None = None) -> Mapping[str, Entry]:
        """Return the entries of a mapping with these keys; None allows any."""
        if not isinstance(node, Table):
            of = _MAPPINGS.get(what, "of keys to values")
            self.problems.append(f"{self._where(node.place)} {what} must be a mapping {of}")
            return {}
        for key, entry in node.entries.items():
            if keys is not None and key not in keys:
                problem = f"{self._where(entry.place, key)} is not a key of {what}: {_hint(key, keys)}"
                self.problems.append(problem)
        return {key: one for key, one in node.entries.items() if keys is None or key in keys}

    def _channels(self, node: Node) -> Mapping[str, Section]:
        if isinstance(node, Table) and not node.entries:
            self.problems.append(f"{self._where(node.place, CHANNELS)} must have at least one channel")
        keys = tuple(CHANNEL_KEYS)
        return {
            id_: self._section(entry.value, "a channel", keys)
            for id_, entry in self._table(node, CHANNELS).items()
        }

    def _clusters(self, entry: Entry | None, keys: Sequence[str]) -> Iterator[Section]:
        for node in self._items(entry):
            section = self._section(node, "a cluster", keys)
            if isinstance(node, Table):
                yield section

    def _items(self, entry: Entry | None) -> Sequence[Node]:
        if entry is None:
            return ()
        if not isinstance(entry.value, Items) or not entry.value.items:
            self.problems.append(
                f"{self._where(entry.value.place, 'clusters')} must be a list with at least one cluster, "
                "such as `- {name: alpha, host: login.example.org}`"
            )
            return ()
        if len(entry.value.items) > _MOST_CLUSTERS:
            self.problems.append(
                f"{self._where(entry.place, 'clusters')} has more than {_MOST_CLUSTERS} clusters: "
                "divide them between several files and jobs"
            )
        return entry.value.items[:_MOST_CLUSTERS]

    def _section(self, node: Node, what: str, keys: Sequence[str]) -> Section:
        values: dict[str, Value] = {}
        lists: dict[str, Sequence[Value]] = {}
        tables: dict[str, Sequence[Section]] = {}
        for key, entry in self._table(node, what, keys).items():
            where = self._where(entry.value.place, key)
            if isinstance(entry.value, Text):
                values[key] = Value(entry.value.text, where)
            elif isinstance(entry.value, Items) and all(isinstance(one, Text) for one in entry.value.items):
                texts = [one for one in entry.value.items if isinstance(one, Text)]
                lists[key] = [Value(one.text, self._where(one.place, key)) for one in texts]
            elif key in MAPPED and isinstance(entry.value, Table):
                lists[key] = list(self._lines(key, entry.value))
            elif isinstance(entry.value, Items) and key == WINDOWS:
                read = [(one, self._section(one, "a window", WINDOW_KEYS)) for one in entry.value.items]
                tables[key] = [section for one, section in read if isinstance(one, Table)]
            else:
                accepted = "a list of windows" if key == WINDOWS else "a text or a list of texts"
                self.problems.append(f"{where} must be {accepted}")
        return Section(self._where(node.place), values, lists, tables)

    def _lines(self, key: str, table: Table) -> Iterator[Value]:
        """Yield the entries of a mapping as the lines of an input, each with a name and a text."""
        for name, entry in table.entries.items():
            where = self._where(entry.value.place, f"{key} {name}")
            if isinstance(entry.value, Text) and ":" not in name:
                yield Value(f"{name}: {entry.value.text}", where)
            else:
                self.problems.append(f"{where} must be a text, and its name must have no colon")


def _hint(key: str, keys: Sequence[str]) -> str:
    if ":" in key:
        return "put a blank after the colon"
    nearest = _nearest(key, keys)
    return f"the nearest key is {nearest}" if nearest else f"use one of {', '.join(keys)}"


def _nearest(given: str, keys: Sequence[str]) -> str | None:
    """Return the key that was probably meant: in another case, with the name of its input, or misspelt."""
    name = given.lower()
    meant = _KEYS_OF_INPUTS.get(name)
    nearest = get_close_matches(name.removeprefix("cluster-"), keys, n=1)
    return meant if meant in keys else next(iter(nearest), None)
