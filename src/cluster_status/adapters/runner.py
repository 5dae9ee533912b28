"""GitHub's runner: masks, annotations, outputs and the job summary."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actions_toolkit import core
from actions_toolkit.file_command import prepare_key_value_message

from cluster_status.ports import Level
from cluster_status.render.summary import Summary, markdown

_ANNOTATION_LIMIT = 4000  # the runner cuts at 4096
_SUMMARY_BYTES = 1_000_000  # at 1 MiB the runner takes nothing at all
_SUMMARY_LIMIT = _SUMMARY_BYTES - 200  # with room for the count of what does not fit


def mask(secrets: Iterable[str]) -> None:
    """Make the runner hide these texts in its log from now on."""
    for secret in secrets:
        core.set_secret(secret)


class ActionsRunner:
    """Uses workflow commands and the files of the runner; a file may be None."""

    def __init__(self, output_file: Path | None, summary_file: Path | None) -> None:
        self._output_file = output_file
        self._summary_file = summary_file

    def log(self, line: str) -> None:
        core.info(_without_commands(line))

    def annotate(self, level: Level, text: str) -> None:
        command = {Level.NOTICE: core.notice, Level.WARNING: core.warning, Level.ERROR: core.error}[level]
        command(text[:_ANNOTATION_LIMIT])

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> bool:
        self.log(outputs["message"])
        pairs = "".join(f"{prepare_key_value_message(name, value)}\n" for name, value in outputs.items())
        summary = _fitting([markdown(one) for one in summaries])
        self._append(self._summary_file, summary, "The job summary", Level.WARNING)
        return self._append(self._output_file, pairs, "The outputs", Level.ERROR)

    def summarize(self, text: str, markdown: str) -> None:
        for line in text.splitlines():
            self.log(line)
        self._append(self._summary_file, markdown, "The job summary", Level.WARNING)

    def _append(self, path: Path | None, text: str, what: str, level: Level) -> bool:
        if path is None:
            return True
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            self.annotate(level, f"{what} could not be written: {error.strerror}")
            return False
        return True


def _without_commands(line: str) -> str:
    """Return a line in which the runner finds no command. The old form is found at any place of a line."""
    return line.replace("##[", "## [").replace("::", ": :")


def _fitting(summaries: Sequence[str]) -> str:
    """Return the first summaries that fit, and count the rest; the first one is cut if it is too large."""
    kept, size = list[str](), 0
    for summary in summaries:
        size += len(summary.encode()) + 1
        if kept and size > _SUMMARY_LIMIT:
            kept.append(f"Clusters whose details do not fit on this page: {len(summaries) - len(kept)}\n")
            break
        kept.append(summary)
    return "\n".join(kept).encode()[:_SUMMARY_BYTES].decode("utf-8", "ignore")
