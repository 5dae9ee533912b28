"""Reads conditions, one per line or separated by commas.

condition   = quantity comparison number [ "in" partition ]
quantity    = "idle" | "allocated" | "draining" | "down" | "pending" | "gpu" [ ":" type ]
comparison  = ">=" | "<=" | ">" | "<"
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from msgspec import Struct

from cluster_status.domain.conditions.condition import COMPARISONS, OF_PARTITIONS, Condition, Quantity
from cluster_status.domain.text import clean

MOST = 20
_MOST_NUMBER = 1_000_000
_TOKEN = re.compile(r"\s*(?:(?P<comparison>[<>=!]+)|(?P<word>[^\s<>=!]+))")
_NAME = re.compile(r"[\w.+:@%/-]{1,64}")
_TYPE = re.compile(r"[\w.+-]{1,40}")


class ConditionError(ValueError):
    """The message names the line and the column, from 1."""


class _Token(Struct, frozen=True):
    text: str
    column: int
    is_comparison: bool


def parse(text: str) -> tuple[Condition, ...]:
    """Return the conditions; raise ConditionError for the first one that is wrong."""
    found: dict[Condition, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for begin, part in _parts(line):
            found[_Reader(part, number, begin).condition()] = None
    if len(found) > MOST:
        raise ConditionError(f"set at most {MOST} conditions")
    return tuple(found)


def _parts(line: str) -> Iterator[tuple[int, str]]:
    """Yield the parts between commas, each with the number of characters before it."""
    begin = 0
    for part in line.split(","):
        if part.strip():
            yield begin, part
        begin += len(part) + 1


class _Reader:
    def __init__(self, part: str, line: int, begin: int) -> None:
        self._line = line
        self._end = begin + len(part.rstrip()) + 1
        self._tokens = [
            _Token(one[0].strip(), begin + one.start(one.lastgroup or 0) + 1, one.lastgroup == "comparison")
            for one in _TOKEN.finditer(part)
        ]

    def condition(self) -> Condition:
        quantity, gpu_type = self._quantity()
        comparison = self._comparison()
        number = self._number(comparison)
        partition = self._partition(quantity)
        if self._tokens:
            raise self._error("the end of the condition")
        return Condition(quantity, comparison, number, partition, gpu_type)

    def _quantity(self) -> tuple[Quantity, str]:
        token = self._next("a quantity")
        name, colon, gpu_type = token.text.partition(":")
        if token.is_comparison or name not in set(Quantity):
            nearest = get_close_matches(name.lower(), list(Quantity), n=1)
            hint = f"'{nearest[0]}'" if nearest else f"one of {', '.join(Quantity)}"
            raise self._error(hint, token)
        if colon and (name != Quantity.GPU or not _TYPE.fullmatch(gpu_type)):
            raise self._error(
                "a type after 'gpu:'" if name == Quantity.GPU else f"'{name}' without a colon", token
            )
        return Quantity(name), gpu_type

    def _comparison(self) -> str:
        token = self._next("a comparison")
        if token.text not in COMPARISONS:
            raise self._error(f"one of {', '.join(COMPARISONS)}", token)
        return token.text

    def _number(self, comparison: str) -> int:
        token = self._next("a number")
        if not re.fullmatch(r"[0-9]{1,7}", token.text) or int(token.text) > _MOST_NUMBER:
            raise self._error(f"a whole number up to {_MOST_NUMBER}", token)
        number = int(token.text)
        if number == 0 and comparison in {">=", "<"}:
            always = "always" if comparison == ">=" else "never"
            raise ConditionError(f"{self._place(token.column)}: '{comparison} 0' is {always} true")
        return number

    def _partition(self, quantity: Quantity) -> str:
        if not self._tokens:
            if quantity in OF_PARTITIONS:
                raise self._error(f"'in' and a partition, because partitions share {quantity} numbers")
            return ""
        keyword = self._next("'in'")
        if keyword.text != "in":
            raise self._error("'in' and a partition", keyword)
        name = self._next("a partition")
        if name.is_comparison or not _NAME.fullmatch(name.text):
            raise self._error("the name of a partition", name)
        return name.text

    def _next(self, expected: str) -> _Token:
        if not self._tokens:
            raise self._error(expected)
        return self._tokens.pop(0)

    def _error(self, expected: str, token: _Token | None = None) -> ConditionError:
        """Return the error at this token, by default at the next one or at the end."""
        token = token or (self._tokens[0] if self._tokens else None)
        found = f"'{clean(token.text, limit=40)}'" if token else "nothing"
        column = token.column if token else self._end
        return ConditionError(f"{self._place(column)}: expected {expected}, found {found}")

    def _place(self, column: int) -> str:
        return f"line {self._line}, column {column}"
