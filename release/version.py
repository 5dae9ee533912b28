"""The version of a release, and its tags."""

import re
from typing import NamedTuple, Self

from release.error import ReleaseError

_NUMBERS = r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}"


class Version(NamedTuple):
    """Major, minor and patch number, in the order of versions."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Self:
        if not re.fullmatch(_NUMBERS, text):
            raise ReleaseError(f"'{text}' is not a version. Use three numbers such as 1.2.3, without a v.")
        return cls(*map(int, text.split(".")))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """Return the full tag, which is never moved."""
        return f"v{self}"

    @property
    def major_tag(self) -> str:
        """Return the tag that users name; each release of the major version moves it."""
        return f"v{self.major}"


def released(tags: list[str]) -> list[Version]:
    """Return the versions that have a tag."""
    return [Version.parse(tag[1:]) for tag in tags if re.fullmatch(f"v{_NUMBERS}", tag)]
