"""Prints messages and results to a terminal."""

import io
import os
from collections.abc import Mapping, Sequence
from typing import ClassVar, TextIO

from cluster_status.domain.notification.message import Message
from cluster_status.errors import Refusal
from cluster_status.ports import Level
from cluster_status.render.summary import Summary, plain
from cluster_status.render.text import text


class Console:
    """Notifier and runner for a shell, without a channel and without GitHub."""

    refusals: ClassVar[Mapping[str, Refusal]] = {}

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._sent = False
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # for terminals without emoji

    def send(self, message: Message) -> None:
        self._print("─── message ───", text(message), "───────────────")
        self._sent = True

    def log(self, line: str) -> None:
        self._print(line)

    def annotate(self, level: Level, text: str) -> None:
        self._print(f"{level}: {text}")

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> bool:
        del outputs  # they are for other steps of a workflow
        for summary in summaries:
            self._print(plain(summary, with_table=not self._sent))  # the message has shown it
        return True

    def summarize(self, text: str, markdown: str) -> None:
        del markdown
        self._print(text)

    def _print(self, *lines: str) -> None:
        try:
            self._stream.write("\n".join((*lines, "")))  # one write: clusters are checked in threads
            self._stream.flush()
        except BrokenPipeError:  # the reader has gone: continue the poll without output
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, self._stream.fileno())
            os.close(devnull)
