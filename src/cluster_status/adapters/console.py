"""A person's shell: messages and results are printed."""

import io
import os
from collections.abc import Mapping
from typing import TextIO

from cluster_status.domain.notification.message import Message
from cluster_status.ports import Level
from cluster_status.render.summary import Summary, plain
from cluster_status.render.text import text


class Console:
    """Both a notifier and a runner, for where there is no channel and no GitHub."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told = False
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no emoji is no reason to fail

    def send(self, message: Message) -> None:
        self._print("─── message ───", text(message), "───────────────")
        self._told = True

    def log(self, line: str) -> None:
        self._print(line)

    def annotate(self, level: Level, text: str) -> None:
        self._print(f"{level}: {text}")

    def publish(self, outputs: Mapping[str, str], summary: Summary) -> None:
        del outputs  # nobody reads them here
        self._print(plain(summary, with_table=not self._told))  # the message had it already

    def summarize(self, text: str, markdown: str) -> None:
        del markdown
        self._print(text)

    def _print(self, *lines: str) -> None:
        try:
            print(*lines, sep="\n", file=self._stream, flush=True)
        except BrokenPipeError:  # nobody listens any more: the poll goes on, and what is left goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
