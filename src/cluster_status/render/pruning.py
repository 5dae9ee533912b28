"""What became of the runs: as Markdown on the page of the run, or as text."""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.domain.actions.retention import PruneResult
from cluster_status.render.summary import escape

_LEGEND = (
    "Protected: in progress, or with the newest history of a cluster. Left: for the next run, or because "
    "they cannot be deleted."
)


class PruneReport(Struct, frozen=True):
    tallies: tuple[PruneResult, ...]
    dry_run: bool

    @property
    def headline(self) -> str:
        count = sum(tally.deleted for tally in self.tallies)
        return f"Runs that would be deleted: {count}" if self.dry_run else f"Runs deleted: {count}"


def markdown(pruned: PruneReport) -> str:
    head, *rows = _table(pruned)
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *(list(map(escape, row)) for row in rows)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"### {pruned.headline}\n\n{table}\n\n{_LEGEND}\n"


def plain(pruned: PruneReport) -> str:
    rows = _table(pruned)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join([pruned.headline, *(_aligned(row, widths) for row in rows)])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    (name, *figures), (first, *others) = row, widths
    return "  ".join(
        [name.ljust(first), *(figure.rjust(width) for figure, width in zip(figures, others, strict=True))]
    )


def _table(pruned: PruneReport) -> list[list[str]]:
    head = ["workflow", "found", "kept", "protected", "to delete" if pruned.dry_run else "deleted", "left"]
    rows = [
        [each.workflow, *map(str, (each.found, each.kept, each.protected, each.deleted, each.left))]
        for each in pruned.tallies
    ]
    return [head, *rows]
