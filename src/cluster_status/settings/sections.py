"""Inputs from sections of the clusters file, the first one first, and then from the inputs of the action."""

from collections.abc import Mapping, Sequence
from typing import Any

from cluster_status.settings.given import Found, Given
from cluster_status.settings.inputs import CLUSTER_PASSWORD, Input
from cluster_status.settings.keys import CHANNEL_KEYS, CLUSTER_KEYS, LISTED, WINDOW_KEYS
from cluster_status.settings.references import reference_in
from cluster_status.settings.section import Section, Value
from cluster_status.settings.windows import InvalidWindowError, as_line, read_window

_OWN = frozenset({"name", "heartbeat-url"})  # the inputs of these names are for the whole run


class Sections:
    """`given` reads from the sections; keys of a channel have no other source."""

    def __init__(
        self,
        sections: Sequence[Section],
        environ: Mapping[str, str],
        flat: Given,
        *,
        keys: Mapping[str, Input[Any]] = CLUSTER_KEYS,
    ) -> None:
        self._sections = sections
        self._environ = environ
        self._flat = flat
        self._names = {spec.name: key for key, spec in keys.items()}
        self._is_channel = keys is CHANNEL_KEYS
        self.given = Given(self._find, flat.problems, _why_missing, flat.redaction)

    def sets(self, spec: Input[Any]) -> bool:
        """Return whether the first section itself has the input."""
        key = self._names.get(spec.name)
        return key is not None and self._sections[0].has(key)

    def _find(self, spec: Input[Any]) -> Found:
        key = self._names.get(spec.name)
        for section in self._sections if key else ():
            if key and section.has(key):
                return self._resolved(section, key, spec)
        own = self._sections[0].where
        if self._is_channel or key in _OWN:
            return Found("", f"{own} {key or spec.name}")
        found = self._flat.find(spec)
        return found if found.text else Found("", f"{own} {key or spec.name}")

    def _resolved(self, section: Section, key: str, spec: Input[Any]) -> Found:
        if key in section.values:
            value = section.values[key]
            return Found(self._text(value, spec), value.where)
        if key in section.tables:
            lines = [self._window(one, spec) for one in section.tables[key]]
            return Found("\n".join(lines), f"{section.where} {key}")
        listed = section.lists[key]
        where = section.where_of(key) if listed else f"{section.where} {key}"
        if key not in LISTED:
            self._flat.problems[where] = f"{where} must be a text, not a list"
            return Found("", where)
        return Found("\n".join(self._text(one, spec) for one in listed), where)

    def _window(self, section: Section, spec: Input[Any]) -> str:
        """Return a window as a line of the input; empty if it is not valid."""
        texts = {key: self._text(one, spec) for key, one in section.values.items()}
        missing = [key for key in WINDOW_KEYS[:2] if not texts.get(key)]
        keys = "keys" if missing[1:] else "key"
        problem = f"{section.where} a window needs the {keys} {' and '.join(missing)}" if missing else ""
        try:
            if not problem:
                return as_line(read_window(texts["from"], texts["to"], texts.get("note", "")))
        except InvalidWindowError as error:
            problem = (
                f"{section.values[error.problem.part].where} {self._flat.redaction.clean_name(str(error))}"
            )
        self._flat.problems[problem] = problem
        return ""

    def _text(self, value: Value, spec: Input[Any]) -> str:
        """Return the text of a value, or of the variable that it refers to."""
        name = reference_in(value.text)
        problems = self._flat.problems
        if name:
            text = self._environ.get(name, "")
            if not text.strip():
                problems[value.where] = (
                    f"{value.where} refers to {name}, which is empty: set this variable, in a workflow in "
                    "env of the step"
                )
            return text
        if spec.secret and value.text:
            problems[value.where] = (
                f"{value.where} must be a reference to a variable, such as "
                f"${spec.name.upper().replace('-', '_')}: set the variable, in a workflow in env of the step"
            )
            return ""
        return value.text


def _why_missing(spec: Input[Any]) -> str:
    return "or key is required" if spec is CLUSTER_PASSWORD else "is required"
