"""Finds secrets in a text, also in another case, with separators, escaped or encoded."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from cluster_status.domain.decoding import Span, View, base64_run, views
from cluster_status.domain.secret import Secret

_WINDOW = 8  # letters and digits of a secret in a row that no text may show
_SHORTEST = 4  # with fewer letters and digits, a secret is found only as a word of its own


class SecretSearch(Struct, frozen=True, dict=True):
    """Finds any eight letters or digits in a row of a secret, and a shorter secret as a whole."""

    secrets: tuple[Secret, ...] = ()

    def spans(self, text: str) -> list[Span]:
        """Return the parts of a text that show a secret, in order and apart from each other."""
        if not text or not self._texts:
            return []
        found = [*self._whole_spans(text), *(one.span() for one in self._words.finditer(text))]
        if len(text) >= self._shortest:
            found += [span for view in views(text, self._base64_run) for span in self._folded_spans(view)]
        return _merged(found)

    # Computed once, and only if there is a text.

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(filter(None, {_without_public_parts(secret.reveal()) for secret in self.secrets}))

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(map(folded, self._texts))

    @cached_property
    def _windows(self) -> frozenset[str]:
        return frozenset(window for text in self._folded for window in _windows(text))

    @cached_property
    def _short(self) -> tuple[str, ...]:
        return tuple(text for text in self._folded if _SHORTEST <= len(text) < _WINDOW)

    @cached_property
    def _shortest(self) -> int:
        return min(map(len, self._short), default=_WINDOW)

    @cached_property
    def _base64_run(self) -> re.Pattern[str]:
        return base64_run(self._shortest)

    @cached_property
    def _words(self) -> re.Pattern[str]:
        """The secrets that are found only as words of their own."""
        words = [re.escape(text) for text in self._texts if len(folded(text)) < _SHORTEST]
        return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)" if words else "(?!)", re.IGNORECASE)

    def _whole_spans(self, text: str) -> Iterator[Span]:
        """Yield where a secret is as it was given, with all its punctuation."""
        for secret in self._texts:
            if len(secret) >= _SHORTEST and secret in text:
                yield from (found.span() for found in re.finditer(re.escape(secret), text))

    def _folded_spans(self, view: View) -> list[Span]:
        fold = folded(view.text)
        found = [(begin, begin + _WINDOW) for begin, one in enumerate(_windows(fold)) if one in self._windows]
        found += [one.span() for short in self._short for one in re.finditer(short, fold)]
        if not found:
            return []
        origins = [place for place, one in enumerate(view.text) for _ in folded(one)]
        begins, ends = view.places()
        return [(begins[origins[begin]], ends[origins[end - 1]]) for begin, end in found]


def folded(text: str) -> str:
    """Return the letters and digits of a text, without case and accents."""
    if text.isascii():
        return _only_ascii_letters(text)
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(filter(str.isalnum, plain))


def _only_ascii_letters(text: str) -> str:
    return text.lower().encode().translate(None, _SEPARATORS).decode()


_SEPARATORS = bytes(code for code in range(128) if not chr(code).isalnum())


def _windows(fold: str) -> Iterator[str]:
    return (fold[begin : begin + _WINDOW] for begin in range(len(fold) - _WINDOW + 1))


_PEM_BOUNDARY = re.compile(r"\s*-----(BEGIN|END) [A-Z0-9 ]+-----\s*$")


def _without_public_parts(secret: str) -> str:
    """Return a secret without the first and the last line of a key, and without the scheme of a URL."""
    lines = [line.strip() for line in secret.strip().splitlines() if not _PEM_BOUNDARY.match(line)]
    return re.sub("^https?://", "", "\n".join(lines))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged
