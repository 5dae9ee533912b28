"""The parts of the clusters file, with the place of each value for errors."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

CHANNELS = "channels"  # of a cluster: the ids of those that it notifies


class Value(Struct, frozen=True):
    """A text of the file; `where` begins an error about it."""

    text: str
    where: str


class Section(Struct, frozen=True):
    """The values of a mapping by key. `lists` are those of lists, `tables` those of lists of mappings."""

    where: str
    values: Mapping[str, Value] = {}
    lists: Mapping[str, Sequence[Value]] = {}
    tables: Mapping[str, Sequence["Section"]] = {}

    def has(self, key: str) -> bool:
        return key in self.values or key in self.lists or key in self.tables

    def where_of(self, key: str) -> str:
        """Return the place of a value, or of the first one of a list."""
        return next((one.where for one in self.listed(key)), self.where)

    def listed(self, key: str) -> Sequence[Value]:
        return [self.values[key]] if key in self.values else self.lists.get(key, ())


class ClustersFile(Struct, frozen=True):
    """`channels` is None if the file has none: then the inputs of the action are the channel."""

    clusters: Sequence[Section] = ()
    defaults: Section = Section("")
    channels: Mapping[str, Section] | None = None
