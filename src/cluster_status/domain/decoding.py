"""What a text says when it is decoded, with the place of each character in the text as it was sent."""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

_LAST_CODE_POINT = 0x10FFFF
_DEPTH = 3  # encodings in encodings
_SEXTET, _OCTET = 6, 8  # bits
_BASE64 = "A-Za-z0-9+/_-"
_URL_SAFE = str.maketrans("-_", "+/")
# By the character that begins an escape. One of one kind can look like a part of another one, so each kind is
# decoded on its own. The patterns are compiled for a text that has the character, which saves 2 ms of a run.
_ESCAPES = {
    "%": r"(?P<bytes>(?:%[0-9A-Fa-f]{2})+)",  # URL
    "=": r"(?P<bytes>(?:=[0-9A-Fa-f]{2})+)",  # quoted-printable
    "\\": (  # JSON, C, shells; the last one is a blank
        r"(?P<bytes>(?:\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2})+)"
        r"|\\u\{(?P<braced>[0-9A-Fa-f]{1,6})\}|\\u(?P<short>[0-9A-Fa-f]{4})|\\U(?P<long>[0-9A-Fa-f]{8})"
        r"|\\[abefnrtv0]"
    ),
    "&": r"(?P<html>&(?:#0{0,20}[0-9]{1,7}|#[xX]0{0,20}[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?)",
}
_BYTE = r"(?:%|=|\\x)([0-9A-Fa-f]{2})|\\([0-7]{3})"

Span = tuple[int, int]
Places = tuple[Sequence[int], Sequence[int]]


class View(Struct, frozen=True):
    """A decoded text. `places` returns where each character begins and ends in the original text."""

    text: str
    places: Callable[[], Places]


def base64_run(shortest: int) -> re.Pattern[str]:
    """Return the pattern of base64 that holds at least `shortest` bytes; blanks may break it."""
    rest = -(-shortest * _OCTET // _SEXTET) - 1
    return re.compile(rf"[{_BASE64}](?:\s*[{_BASE64}]){{{rest},}}")


def views(text: str, run: re.Pattern[str]) -> Iterator[View]:
    """Yield a text as it is, and what it says without escapes and in base64, at each offset."""
    level = [View(text, lambda: (range(len(text)), range(1, len(text) + 1)))]
    seen = {text}
    yield from level
    for _ in range(_DEPTH):
        decoded = {one.text: one for view in level for one in _once_decoded(view, run)}
        level = [one for one in decoded.values() if one.text not in seen]
        seen |= decoded.keys()
        yield from level


def _once_decoded(view: View, run: re.Pattern[str]) -> Iterator[View]:
    for mark, escape in _ESCAPES.items():
        if mark in view.text and re.search(escape, view.text):
            yield _unescaped(view, escape)
    for found in run.finditer(view.text):
        for offset in range(4):  # it may begin in the middle of a word
            yield _from_base64(view, found, offset)


def _unescaped(view: View, escape: str) -> View:
    """Return the text without the escapes of one kind."""
    text: list[str] = []
    spans: list[Span] = []
    done = 0
    for found in re.finditer(escape, view.text):
        text.append(view.text[done : found.start()])
        spans += ((place, place + 1) for place in range(done, found.start()))
        for character, begin, end in _characters(found):
            text.append(character)
            spans.append((begin, end))
        done = found.end()
    text.append(view.text[done:])
    spans += ((place, place + 1) for place in range(done, len(view.text)))
    return View("".join(text), lambda: _places(view, spans))


def _characters(found: re.Match[str]) -> Iterable[tuple[str, int, int]]:
    """Return what an escape stands for, with the place of each character."""
    kind = found.lastgroup
    if kind == "bytes":
        written = list(re.compile(_BYTE).finditer(found.string, *found.span()))
        content = bytes(int(one[1], 16) if one[1] else int(one[2], 8) for one in written)
        text = _utf8(content)
        spans = _byte_spans(text)
        return [
            (character, written[first].start(), written[last - 1].end())
            for character, (first, last) in zip(text, spans, strict=True)
        ]
    if kind == "html":
        import html  # noqa: PLC0415 - rarely needed

        decoded = html.unescape(found["html"])
    else:
        number = int(found[kind], 16) if kind else ord(" ")
        decoded = chr(number) if number <= _LAST_CODE_POINT else " "
    if decoded == found[0]:  # no name of HTML
        return [(one, place, place + 1) for place, one in enumerate(decoded, found.start())]
    return [(one, *found.span()) for one in decoded]


def _from_base64(view: View, found: re.Match[str], offset: int) -> View:
    """Return what a run of base64 says without its first characters."""
    run = "".join(found[0].split())[offset:]
    run = run[: len(run) - (len(run) % 4 == 1)].translate(_URL_SAFE)
    text = _utf8(binascii.a2b_base64(run + "=" * (-len(run) % 4)))

    def places() -> Places:
        written = [place for place in range(*found.span()) if not view.text[place].isspace()][offset:]
        bits = ((first * _OCTET, last * _OCTET - 1) for first, last in _byte_spans(text))
        spans = ((written[first // _SEXTET], written[last // _SEXTET] + 1) for first, last in bits)
        return _places(view, spans)

    return View(text, places)


def _places(view: View, spans: Iterable[Span]) -> Places:
    """Return the places of the parts of a view in the original text."""
    begins, ends = view.places()
    spans = list(spans)
    return [begins[first] for first, _ in spans], [ends[last - 1] for _, last in spans]


def _utf8(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _byte_spans(text: str) -> list[Span]:
    """Return which bytes each character takes; a byte that is not UTF-8 is a character of its own."""
    ends = accumulate(len(one.encode("utf-8", "surrogateescape")) for one in text)
    return list(pairwise((0, *ends)))
