"""YAML as texts, lists and mappings with their places. Scalars stay texts: `022` and `on` are no values yet.

Refused: aliases, tags, duplicate keys, several documents, deep nesting.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import yaml
from msgspec import Struct

from cluster_status.settings.references import MAX_BYTES

_MAX_DEPTH = 8


class Place(NamedTuple):
    """Line and column, from 1."""

    line: int
    column: int


class Text(Struct, frozen=True):
    text: str
    place: Place


class Items(Struct, frozen=True):
    items: Sequence["Node"]
    place: Place


class Entry(Struct, frozen=True):
    """The value of a key, and the place of the key."""

    place: Place
    value: "Node"


class Table(Struct, frozen=True):
    entries: Mapping[str, Entry]
    place: Place


Node = Text | Items | Table


class Fault(NamedTuple):
    """What is wrong with the YAML, without its text; `place` is None if it is the whole document."""

    text: str
    place: Place | None = None


def read(source: str) -> tuple[Node | None, list[Fault]]:
    """Return the only document of a source, or None if it cannot be read, and what is wrong with it."""
    if len(source.encode()) > MAX_BYTES:
        return None, [Fault(f"is larger than {MAX_BYTES // 1000} kB")]
    reader = _Reader(yaml.parse(source, Loader=_LOADER))
    try:
        return reader.document(), reader.faults
    except _UnreadableError as error:
        return None, [*reader.faults, error.fault]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "".join(source.splitlines()[mark.line : mark.line + 1]) if mark else ""
        why = next((fix for pattern, fix in _FIXES.items() if re.search(pattern, line)), error.problem)
        return None, [*reader.faults, Fault(f"is not YAML: {why}", _place(mark) if mark else None)]
    except yaml.YAMLError:  # of a character that YAML does not allow
        return None, [*reader.faults, Fault("is not YAML: it has a control character")]


_FIXES = {  # by what the line contains
    r"^ *\t": "indent with blanks, not with a tab",
    r"\$\{\{": "GitHub does not replace ${{ … }} in a file. Use a reference such as $NAME",
    r"[:\[{,-] +[@`%]": "put a value that begins with @, ` or % in quotes",
}

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


class _UnreadableError(Exception):
    def __init__(self, text: str, place: Place | None = None) -> None:
        super().__init__(text)
        self.fault = Fault(text, place)


class _Reader:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.faults: list[Fault] = []
        self._events = events

    def document(self) -> Node:
        next(self._events)  # of the stream
        begin = next(self._events)
        if isinstance(begin, yaml.StreamEndEvent):
            raise _UnreadableError("is empty")
        node = self._node(next(self._events), depth=0)
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.faults.append(Fault("has several documents: use one", _place(following.start_mark)))
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self.faults.append(
                Fault(
                    "has an alias (*): repeat the value, or put a value that begins with * in quotes", place
                )
            )
            return Text("", place)
        if getattr(event, "tag", None) is not None:
            self.faults.append(Fault("has a tag (!): remove it", place))
        if depth > _MAX_DEPTH:
            raise _UnreadableError("is nested too deeply", place)
        if isinstance(event, yaml.ScalarEvent):
            return Text(event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(list(self._items(depth)), place)
        return Table(self._entries(depth), place)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, value = self._node(event, depth + 1), self._node(next(self._events), depth + 1)
            if not isinstance(key, Text):
                self.faults.append(Fault("has a key that is no text", key.place))
            elif key.text in entries:
                self.faults.append(Fault("has the same key a second time: remove one of them", key.place))
            else:
                entries[key.text] = Entry(key.place, value)
        return entries
