"""Names that are too long for their columns are cut so that different names still differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, pairwise, takewhile

from cluster_status.render.width import beginning, columns, ending, fitted

_Cut = Iterator[tuple[str, str]]


def shortened(names: Iterable[tuple[str, int]]) -> dict[str, str]:
    """Return each name, cut to its number of columns, the smallest one if a name is repeated.

    A long name loses its end. If another one begins alike, it loses its middle instead, or else what they
    have in common. Names that are still alike get numbers, which are shown also if they are wider.
    """
    rest = dict(sorted(names, reverse=True))  # the smallest width of a name is the last one
    shown = {name: name for name, width in rest.items() if columns(name) <= width}
    for cut in (_without_end, _without_middle, _without_prefix):
        rest = {name: width for name, width in rest.items() if name not in shown}
        found = dict(cut(rest))
        times = Counter([*shown.values(), *found.values()])
        shown |= {name: text for name, text in found.items() if times[text] == 1}
    return shown | _numbered({name: width for name, width in rest.items() if name not in shown}, shown)


def _without_end(names: Mapping[str, int]) -> _Cut:
    common = _common_prefixes(names)
    for name, width in names.items():
        if 2 * common[name] <= width:
            yield name, fitted(name, width)


def _without_middle(names: Mapping[str, int]) -> _Cut:
    for name, width in names.items():
        begin = beginning(name, (width - 1) // 2)
        yield name, f"{begin}…{ending(name, width - 1 - columns(begin))}"


def _without_prefix(names: Mapping[str, int]) -> _Cut:
    common = _common_prefixes(names)
    for name, width in names.items():
        rest = name[common[name] :]
        yield name, f"…{ending(name, width - 1) if columns(rest) < width else fitted(rest, width - 1)}"


def _common_prefixes(names: Iterable[str]) -> dict[str, int]:
    """Return how many first characters each name has in common with another one."""
    common = dict.fromkeys(names, 0)
    for one, other in pairwise(sorted(common)):
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
        length = sum(1 for _ in alike)
        common |= {one: max(common[one], length), other: length}
    return common


def _numbered(names: Mapping[str, int], shown: Mapping[str, str]) -> dict[str, str]:
    taken, numbers, numbered = set(shown.values()), count(1), dict[str, str]()
    for name, width in sorted(names.items()):
        texts = (f"{beginning(name, width - 1 - len(n))}…{n}" for n in map(str, numbers))
        numbered[name] = next(text for text in texts if text not in taken)
    return numbered
