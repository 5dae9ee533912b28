"""What CHANGELOG.md says of a version."""

import re

from release.refusal import Refusal
from release.version import Version

_UNRELEASED = "Unreleased"


def notes(changelog: str, version: Version) -> str:
    """Return the section of a version, which is what its release says; Refusal if it says nothing."""
    sections = _sections(changelog)
    if str(version) not in sections:
        raise Refusal(f"CHANGELOG.md has no section '## {version}'")
    if not sections[str(version)]:
        raise Refusal(f"CHANGELOG.md says nothing of {version}: its section is empty")
    if sections.get(_UNRELEASED):
        raise Refusal(f"CHANGELOG.md has changes under '{_UNRELEASED}': move them to '## {version}'")
    return sections[str(version)]


def _sections(changelog: str) -> dict[str, str]:
    _, *parts = re.split(r"^## +", changelog, flags=re.MULTILINE)
    titled = (part.partition("\n") for part in parts)
    return {title.split()[0]: text.strip() for title, _, text in titled}
