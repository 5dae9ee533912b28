"""Finds the words that this project does not use; `words.toml` lists them with their replacements.

python -m tools.words [PATH…]   reads the files of the repository in the current directory, or some of them
"""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_suffix(".toml")
MOST_LINES = 50  # of a report on all files
# "HTTPServer_name" has three; digits and punctuation part words
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# what may stand between the words of a phrase: also the end of a line, and the sign of a comment
_GAP = re.compile(r"[\s_:#*`\"'-]*")

Phrase = tuple[str, ...]


class Finding(NamedTuple):
    """A banned word in a file; line 0 is its path."""

    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path} (its name)"
        return f"{place}: {self.word} -> use {self.instead}"


class Table(NamedTuple):
    """Each banned phrase with its replacement, and patterns of paths that are not read."""

    instead: Mapping[Phrase, str]
    exempt: Sequence[str]

    def is_exempt(self, path: str) -> bool:
        return any(fnmatch(path, pattern) for pattern in self.exempt)


def load(path: Path = TABLE) -> Table:
    """Read the table; ValueError where a phrase has two replacements."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    instead: dict[Phrase, str] = {}
    for replacement, phrases in document["instead"].items():
        for phrase in phrases:
            if instead.setdefault(tuple(phrase.split()), replacement) != replacement:
                raise ValueError(f"{path.name} has {phrase!r} twice")
    return Table(instead, document["exempt"])


def find(path: str, text: str, instead: Mapping[Phrase, str]) -> Iterator[Finding]:
    """Yield the banned words in a file's path and text, in order."""
    for _, word, replacement in _matches(path, instead):
        yield Finding(path, 0, word, replacement)
    for offset, word, replacement in _matches(text, instead):
        yield Finding(path, text.count("\n", 0, offset) + 1, word, replacement)


def _matches(text: str, instead: Mapping[Phrase, str]) -> Iterator[tuple[int, str, str]]:
    lengths = sorted({len(phrase) for phrase in instead})
    words = list(_WORD.finditer(text))
    for index, first in enumerate(words):
        for length in lengths:
            run = words[index : index + length]
            phrase = tuple(word.group().lower() for word in run)
            if len(run) == length and phrase in instead and _belong_together(text, run):
                word = text[first.start() : run[-1].end()]
                yield first.start(), " ".join(word.split()), instead[phrase]


def _belong_together(text: str, words: Sequence[re.Match[str]]) -> bool:
    return all(_GAP.fullmatch(text, one.end(), other.start()) for one, other in pairwise(words))


def files(paths: Sequence[str]) -> Iterator[str]:
    """Yield the files that git knows, or would add, below the paths."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    yield from sorted(filter(None, listed.split("\0")))


def read(paths: Iterable[str], table: Table) -> Iterator[Finding]:
    """Yield the banned words in these files; of a file that is not text, only the path is read."""
    for path in paths:
        if Path(path).is_file() and not table.is_exempt(path):
            try:
                text = Path(path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                text = ""
            yield from find(path, text, table.instead)


def summarize(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each file with the counts of its words: the worst first, MOST_LINES of them."""
    by_file: dict[str, Counter[str]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, Counter())[finding.word.lower()] += 1
    worst = sorted(by_file.items(), key=lambda item: -item[1].total())
    for path, words in worst[:MOST_LINES]:
        counts = ", ".join(f"{word} {count}" for word, count in words.most_common())
        yield f"{path}: {words.total()} ({counts})"
    if len(worst) > MOST_LINES:
        yield f"and {len(worst) - MOST_LINES} more files"
    yield f"{len(findings)} banned words in {len(worst)} files. What to use instead: scripts/words FILE"


def main(arguments: Sequence[str]) -> int:
    """Print the findings; return 1 if there are any."""
    findings = list(read(files(arguments), load()))
    are_many = len(findings) > MOST_LINES and not arguments
    for line in summarize(findings) if are_many else findings:
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
