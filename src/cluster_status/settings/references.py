"""The text of `clusters`: YAML, or a file in the workspace. Its values can refer to variables of the step."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cluster_status.domain.text import clean

MAX_BYTES = 256_000
_REFERENCE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")


class Source(NamedTuple):
    """YAML, and the name of its file in errors; `problem` says why it cannot be read."""

    text: str
    name: str
    problem: str = ""


def read_source(given: str, workspace: Path) -> Source:
    """Return the YAML in the input, which has several lines or a key, or that of a file."""
    if "\n" in given.strip() or re.search(r":(\s|$)", given):
        return Source(given, "clusters")
    path = given.strip()
    shown = clean(path)
    file = workspace / path
    try:
        if not file.is_file():
            return Source("", shown, _missing(shown))
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        # the limit can divide a character of a file that is too large
        return Source(content.decode(errors="strict" if len(content) <= MAX_BYTES else "replace"), shown)
    except OSError as error:
        return Source("", shown, f"clusters: the file '{shown}' cannot be read: {error.strerror}")
    except ValueError:  # no UTF-8, or a path with a null character
        return Source("", shown, f"clusters: the file '{shown}' is not text in UTF-8")


def _missing(path: str) -> str:
    return (
        f"clusters: there is no file '{path}'. Check the path. In a workflow, run actions/checkout before "
        "this step, with `permissions: {contents: read}`"
    )


def reference_in(text: str) -> str:
    """Return the name of the variable that a whole value refers to; empty if it does not."""
    found = _REFERENCE.fullmatch(text)
    return (found[1] or found[2]) if found else ""


def variables_in(given: str, workspace: Path) -> Iterator[str]:
    """Yield the names of all variables that the YAML may refer to, whether it is valid or not."""
    if given:
        for found in _REFERENCE.finditer(read_source(given, workspace).text):
            yield found[1] or found[2]
