"""Reads inputs from a source, and collects what is wrong with them."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from cluster_status.domain.redaction import Redaction
from cluster_status.settings.inputs import Input
from cluster_status.settings.windows import InvalidLinesError

T = TypeVar("T")


class Found(NamedTuple):
    """The text of an input, empty if it is not given, and how an error names the input."""

    text: str
    name: str


class Given:
    """`problems` are lines by the name of the input: one mistake in shared settings counts once.

    `why_missing` completes the sentence of a required input that is not given.
    """

    def __init__(
        self,
        find: Callable[[Input[Any]], Found],
        problems: dict[str, str],
        why_missing: Callable[[Input[Any]], str],
        redaction: Redaction,
    ) -> None:
        self.find = find
        self.problems = problems
        self.redaction = redaction
        self._why_missing = why_missing

    def value(self, spec: Input[T]) -> T:
        text, name = self.find(spec)
        if not text.strip():
            return spec.default
        try:
            return spec.type.read(text if spec.type.verbatim else text.strip())
        except InvalidLinesError as error:
            for place, problem in error.problems:
                where = f"{name}, {place}"
                self.problems[where] = f"{where}: {self.redaction.clean_name(problem)}"
            return spec.default
        except ValueError as error:
            # other inputs may contain a secret by mistake: user:password@host, a key in the wrong input
            hidden = spec.secret or re.search(":.*@|PRIVATE KEY|PuTTY", text, re.DOTALL)
            shown = "" if hidden else f" '{self.redaction.clean_name(text)}'"
            hint = f": {error}" if str(error) else ""
            self.problems[name] = f"{name}{shown} is not {spec.type.accepts}{hint}"
            return spec.default

    def has(self, spec: Input[T]) -> bool:
        return bool(self.find(spec).text.strip())

    def required(self, spec: Input[T]) -> T:
        if not self.has(spec):
            self.add_problem(spec, self._why_missing(spec))
        return self.value(spec)

    def add_problem(self, spec: Input[T], problem: str) -> None:
        name = self.find(spec).name
        self.problems.setdefault(name, f"{name} {problem}")
