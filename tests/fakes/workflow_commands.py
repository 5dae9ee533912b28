"""Reads the log of a step by the rules of GitHub's runner (actions/runner, ActionCommand)."""

import re
from typing import NamedTuple

REGISTERED = {
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice",
    "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
}  # fmt: skip


class Command(NamedTuple):
    name: str
    data: str


def read_commands(printed: str) -> list[Command]:
    """Return the commands that act, in order; .NET ends a line at CR, LF or both."""
    lines = re.split(r"\r\n|\r|\n", printed)
    return [command for line in lines if (command := _new(line) or _old(line))]


def _new(line: str) -> Command | None:
    """Read `::name properties::data`, which has to begin the line."""
    found = re.match(r"\s*::(?P<name>[^ ]*?)(?: .*?)?::(?P<data>.*)", line)
    if not found or found["name"] not in REGISTERED:
        return None
    data = found["data"].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    return Command(found["name"], data)


def _old(line: str) -> Command | None:
    """Read `##[name properties]data`, which acts anywhere in a line."""
    _, mark, rest = line.partition("##[")
    head, bracket, data = rest.partition("]")
    name = head.partition(" ")[0]
    return Command(name, data) if mark and bracket and name in REGISTERED else None
