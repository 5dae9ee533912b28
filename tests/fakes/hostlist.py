"""Lists of host names in Slurm's form: `n[01-03,07],login`."""

import re
from collections.abc import Iterable, Iterator

_ITEM = re.compile(r"[^,\[]+(?:\[[^\]]*\])?[^,\[]*")
_BRACKETS = re.compile(r"(.*)\[([^\]]*)\](.*)")
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


def expand(hosts: str) -> list[str]:
    return [name for item in _ITEM.findall(hosts) for name in _expand_item(item)]


def _expand_item(item: str) -> Iterator[str]:
    brackets = _BRACKETS.fullmatch(item)
    if not brackets:
        yield item
        return
    before, ranges, after = brackets.groups()
    for one in ranges.split(","):
        first, _, last = one.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{before}{number:0{len(first)}}{after}"


def compress(names: Iterable[str]) -> str:
    """Return the names as sinfo prints them; a number counts only at the end of a name."""
    numbers: dict[tuple[str, int], list[int]] = {}  # by prefix and width, where a width is of zeros in front
    alone: list[str] = []
    for name in names:
        numbered = _NUMBERED.fullmatch(name)
        if numbered:
            prefix, digits = numbered.groups()
            numbers.setdefault((prefix, len(digits) if digits.startswith("0") else 0), []).append(int(digits))
        else:
            alone.append(name)
    return ",".join([*_prefixed(_joined(numbers)), *sorted(alone)])


def _joined(numbers: dict[tuple[str, int], list[int]]) -> dict[tuple[str, int], list[int]]:
    """Join `n10` to the names with a zero in front, such as `n09`."""
    padded = {prefix: width for prefix, width in numbers if width}
    joined: dict[tuple[str, int], list[int]] = {}
    for (prefix, width), found in numbers.items():
        joined.setdefault((prefix, width or padded.get(prefix, 0)), []).extend(found)
    return joined


def _prefixed(numbers: dict[tuple[str, int], list[int]]) -> Iterator[str]:
    for (prefix, width), found in sorted(numbers.items()):
        ranges = list(_ranges(sorted(set(found)), width))
        is_one = len(ranges) == 1 and "-" not in ranges[0]
        yield f"{prefix}{ranges[0]}" if is_one else f"{prefix}[{','.join(ranges)}]"


def _ranges(numbers: list[int], width: int) -> Iterator[str]:
    begin = 0
    for place, number in enumerate(numbers):
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            first, last = (f"{one:0{width}}" for one in (numbers[begin], number))
            yield first if first == last else f"{first}-{last}"
            begin = place + 1
