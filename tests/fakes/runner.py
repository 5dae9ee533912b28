"""A runner that records what it is given."""

from collections.abc import Mapping
from typing import NamedTuple

from cluster_status.ports import Level
from cluster_status.render.summary import Summary


class Annotation(NamedTuple):
    level: Level
    text: str


class RecordingRunner:
    """Implements ports.Runner; `outputs` and `summary` are those published last."""

    def __init__(self) -> None:
        self.annotations: list[Annotation] = []
        self.outputs: dict[str, str] = {}
        self.summary: Summary | None = None
        self.sections: list[str] = []  # of the summary, as text
        self.published = 0
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)

    def annotate(self, level: Level, text: str) -> None:
        self.annotations.append(Annotation(level, text))

    def publish(self, outputs: Mapping[str, str], summary: Summary) -> None:
        self.outputs = dict(outputs)
        self.summary = summary
        self.published += 1

    def summarize(self, text: str, markdown: str) -> None:
        del markdown
        self.sections.append(text)

    def of(self, level: Level) -> list[str]:
        return [annotation.text for annotation in self.annotations if annotation.level is level]
