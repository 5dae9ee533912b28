"""Enumerations whose words are stored in the history."""

import re
from enum import StrEnum
from typing import Self, cast

_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MOST_OTHERS = 1_000  # a member takes 500 bytes
_others: dict[tuple[type[StrEnum], str], StrEnum] = {}


class OpenEnum(StrEnum):
    """Accepts a word that a later version may have added, and writes it back unchanged.

    Such a member is equal to its own word, and to no known member.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not (isinstance(value, str) and _WORD.fullmatch(value)):
            return None
        if (cls, value) not in _others and len(_others) < _MOST_OTHERS:
            member = str.__new__(cls, value)
            member._name_ = "OTHER"
            member._value_ = value
            _others[cls, value] = member
        return cast("Self | None", _others.get((cls, value)))

    @property
    def is_known(self) -> bool:
        """Whether this version defines the word."""
        return self.name in type(self).__members__
