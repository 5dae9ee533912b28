"""The result of a prune, as Markdown for the job summary and as text for the log."""

from collections.abc import Sequence

from msgspec import Struct

from cluster_status.domain.actions.retention import PruneResult
from cluster_status.render.markdown import escape, table

_LEGEND = (
    "Protected: runs in progress, and runs that hold the newest history of a cluster. "
    "Left: runs for the next prune, and runs that could not be deleted."
)


class PruneReport(Struct, frozen=True):
    results: tuple[PruneResult, ...]
    dry_run: bool

    @property
    def headline(self) -> str:
        count = sum(result.deleted for result in self.results)
        return f"Runs to delete: {count}" if self.dry_run else f"Runs deleted: {count}"


def markdown(report: PruneReport) -> str:
    head, *rows = _table(report)
    lines = "\n".join(table(head, [list(map(escape, row)) for row in rows]))
    return f"### {report.headline}\n\n{lines}\n\n{_LEGEND}\n"


def plain(report: PruneReport) -> str:
    rows = _table(report)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join([report.headline, *(_aligned(row, widths) for row in rows)])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    (name, *numbers), (first, *others) = row, widths
    return "  ".join(
        [name.ljust(first), *(number.rjust(width) for number, width in zip(numbers, others, strict=True))]
    )


def _table(report: PruneReport) -> list[list[str]]:
    head = ["workflow", "found", "kept", "protected", "to delete" if report.dry_run else "deleted", "left"]
    rows = [
        [each.workflow, *map(str, (each.found, each.kept, each.protected, each.deleted, each.left))]
        for each in report.results
    ]
    return [head, *rows]
