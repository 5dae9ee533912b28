"""The places where files for users name this repository. A fork that releases renames them."""

import re
from pathlib import Path

from release.name import PATTERN, RepositoryName

FILES = ("*.md", "*.yml", "*.yaml", "pyproject.toml", ":!tests")  # for `git ls-files`
# Documents also name other repositories, so the text around the name counts. The examples name the actions of
# others by commit, not by version.
_PLACES = [
    re.compile(rf"({before})({PATTERN})(?={after})", re.MULTILINE)
    for before, after in (
        (r"\buses: +", "@v[0-9]"),
        (r"^ +", ": ref-pin"),
        (r"img\.shields\.io/github/v/release/", ""),
        (r"https://github\.com/", '/actions/workflows/|/releases|@v[0-9]|"$'),
        (r"https://raw\.githubusercontent\.com/", "/v[0-9]"),
        ("--repo ", ""),
    )
]
_IMAGE = re.compile(rf"\bghcr\.io/{PATTERN}")


def rename(text: str, name: RepositoryName) -> str:
    """Return the text with this name. GitHub ignores the case of a name, a registry does not."""

    def renamed(found: re.Match[str]) -> str:
        return found[0] if found[2].lower() == str(name).lower() else f"{found[1]}{name}"

    for place in _PLACES:
        text = place.sub(renamed, text)
    return _IMAGE.sub(name.image, text)


def rename_files(root: Path, files: list[str], name: RepositoryName) -> list[str]:
    """Rename in the files, and return those that have changed."""
    changed = misnamed(root, files, name)
    for file in changed:
        path = root / file
        path.write_text(rename(path.read_text(encoding="utf-8"), name), encoding="utf-8")
    return changed


def misnamed(root: Path, files: list[str], name: RepositoryName) -> list[str]:
    """Return the files that name another repository."""
    texts = {file: (root / file).read_text(encoding="utf-8") for file in files if (root / file).is_file()}
    return [file for file, text in texts.items() if rename(text, name) != text]
