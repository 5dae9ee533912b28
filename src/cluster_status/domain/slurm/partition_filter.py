"""The partitions that are judged and shown."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

_WILDCARDS = frozenset("*?[")


class PartitionFilter(Struct, frozen=True):
    """Names of partitions, or glob patterns; empty: all partitions."""

    patterns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def choose(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if any(fnmatchcase(name, pattern) for pattern in self.patterns)]

    @property
    def named(self) -> tuple[str, ...]:
        """The patterns that are plain names: these partitions must exist and be up."""
        return tuple(pattern for pattern in self.patterns if not _WILDCARDS & set(pattern))

    def unmatched_patterns(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the patterns that match none of the names."""
        listed = list(names)
        return tuple(one for one in self.patterns if not any(fnmatchcase(name, one) for name in listed))
