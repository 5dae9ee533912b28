"""GitHub's runner: masks, annotations, outputs and the job summary."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actions_toolkit import core
from actions_toolkit.file_command import prepare_key_value_message

from cluster_status.ports import Level
from cluster_status.render.summary import Summary, markdown

_ANNOTATION_LIMIT = 4000  # the runner cuts at 4096
_SUMMARY_LIMIT = 1_000_000  # bytes; at 1 MiB the runner takes nothing at all


def mask(secrets: Iterable[str]) -> None:
    """Have the runner hide these texts in its log, from here on."""
    for secret in secrets:
        core.set_secret(secret)


class ActionsRunner:
    """Talks to the runner by workflow commands and by the files it names; a file may be None."""

    def __init__(self, output_file: Path | None, summary_file: Path | None) -> None:
        self._output_file = output_file
        self._summary_file = summary_file

    def log(self, line: str) -> None:
        core.info(_harmless(line))

    def annotate(self, level: Level, text: str) -> None:
        command = {Level.NOTICE: core.notice, Level.WARNING: core.warning, Level.ERROR: core.error}[level]
        command(text[:_ANNOTATION_LIMIT])

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> None:
        self.log(outputs["message"])
        pairs = "".join(f"{prepare_key_value_message(name, value)}\n" for name, value in outputs.items())
        self._append(self._output_file, pairs, "The outputs")
        self._append(self._summary_file, _cut("\n".join(map(markdown, summaries))), "The job summary")

    def summarize(self, text: str, markdown: str) -> None:
        for line in text.splitlines():
            self.log(line)
        self._append(self._summary_file, markdown, "The job summary")

    def _append(self, path: Path | None, text: str, what: str) -> None:
        if path is None:
            return
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError as error:
            self.annotate(Level.WARNING, f"{what} could not be written: {error.strerror}")


def _harmless(line: str) -> str:
    """Return a line in which the runner finds no command; the old form acts anywhere in it."""
    return line.replace("##[", "## [").replace("::", ": :")


def _cut(summary: str) -> str:
    return summary.encode()[:_SUMMARY_LIMIT].decode("utf-8", "ignore")
