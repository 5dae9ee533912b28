"""The sections of CHANGELOG.md."""

import re

from release.error import ReleaseError
from release.version import Version

_UNRELEASED = "Unreleased"


def notes(changelog: str, version: Version) -> str:
    """Return the section of a version; ReleaseError if it is missing or empty."""
    sections = _sections(changelog)
    if str(version) not in sections:
        raise ReleaseError(f"CHANGELOG.md has no section '## {version}'. Add it.")
    if not sections[str(version)]:
        raise ReleaseError(f"CHANGELOG.md has no text in section '## {version}'. Describe the changes.")
    if sections.get(_UNRELEASED):
        raise ReleaseError(f"CHANGELOG.md has changes under '{_UNRELEASED}'. Move them to '## {version}'.")
    return sections[str(version)]


def _sections(changelog: str) -> dict[str, str]:
    _, *parts = re.split(r"^## +", changelog, flags=re.MULTILINE)
    titled = (part.partition("\n") for part in parts)
    return {title.split()[0]: text.strip() for title, _, text in titled}
