"""What the user wants to know of a cluster."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

_WILD = frozenset("*?[")


class PartitionFilter(Struct, frozen=True):
    """`patterns` choose what is judged and shown: names of partitions, or globs; none means all."""

    patterns: tuple[str, ...] = ()
    details: bool = False
    node_names: bool = False

    def choose(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if any(fnmatchcase(name, pattern) for pattern in self.patterns)]

    @property
    def named(self) -> tuple[str, ...]:
        """The names that are given as they are: these partitions must be there, and up."""
        return tuple(pattern for pattern in self.patterns if not _WILD & set(pattern))

    def unmatched_patterns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the patterns that choose nothing."""
        listed = list(names)
        return tuple(one for one in self.patterns if not any(fnmatchcase(name, one) for name in listed))
