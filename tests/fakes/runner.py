"""A runner in memory."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cluster_status.ports import Level
from cluster_status.render.summary import Summary


class Annotation(NamedTuple):
    level: Level
    text: str


class RecordingRunner:
    """Implements ports.Runner; `outputs` and `summaries` are those of the last publication."""

    def __init__(self) -> None:
        self.annotations: list[Annotation] = []
        self.outputs: dict[str, str] = {}
        self.summaries: list[Summary] = []
        self.sections: list[str] = []  # further sections of the summary, as text
        self.published = 0
        self.lines: list[str] = []
        self.outputs_work = True

    def log(self, line: str) -> None:
        self.lines.append(line)

    def annotate(self, level: Level, text: str) -> None:
        self.annotations.append(Annotation(level, text))

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> bool:
        self.outputs = dict(outputs)
        self.summaries = list(summaries)
        self.published += 1
        return self.outputs_work

    def summarize(self, text: str, markdown: str) -> None:
        del markdown
        self.sections.append(text)

    @property
    def summary(self) -> Summary:
        """The only summary."""
        [only] = self.summaries
        return only

    def of(self, level: Level) -> list[str]:
        return [annotation.text for annotation in self.annotations if annotation.level is level]
