"""GitHub's runner: masks, annotations, outputs and the job summary."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actions_toolkit import core
from actions_toolkit.file_command import prepare_key_value_message

from cluster_status.ports import Level
from cluster_status.render.markdown import together
from cluster_status.render.summary import Summary

_ANNOTATION_LIMIT = 4000  # the runner cuts at 4096
_SUMMARY_LIMIT = 1_000_000  # bytes; at 1 MiB the runner takes nothing at all


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
        summary = together(summaries, _SUMMARY_LIMIT)
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
