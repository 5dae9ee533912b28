"""The types of the inputs for site checks, conditions and mutes. Readers raise ValueError, as in `types`."""

import re
from datetime import UTC, datetime

from cluster_status.domain.conditions.grammar import parse
from cluster_status.settings.types import PERCENT, InputType

_MOST = 20
_PATH_LIMIT, _COMMAND_LIMIT, _NAME_LIMIT = 200, 1_000, 40
_PATH = re.compile(r"/[\w.+:@%=~ /-]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


def _paths(given: str) -> tuple[str, ...]:
    paths = list(dict.fromkeys(filter(None, (path.strip() for path in re.split(r"[,\n]", given)))))
    for path in paths:
        _require_plain(path)
    if len(paths) > _MOST:
        raise ValueError(f"set at most {_MOST} paths")
    return tuple(paths)


def _require_plain(path: str) -> None:
    """Raise ValueError unless the path means the same in every shell, without quotes and with them."""
    if "$" in path:
        raise ValueError("write the path in full, because variables are not replaced")
    if re.search(r"[*?[\]{}]", path):
        raise ValueError("write each path in full, because patterns are not expanded")
    if not path.startswith("/"):
        raise ValueError("begin each path with /")
    if len(path) > _PATH_LIMIT or not path.isprintable() or not _PATH.fullmatch(path):
        raise ValueError(f"use at most {_PATH_LIMIT} letters, digits, blanks and . _ - + : @ % = ~ in a path")


def _commands(given: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for number, line in enumerate(given.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, command = (part.strip() for part in line.partition(":"))
        if not (colon and command):
            raise ValueError(f"line {number} needs a name, a colon and a command")
        if len(name) > _NAME_LIMIT or not _NAME.fullmatch(name):
            raise ValueError(
                f"the name in line {number} can have at most {_NAME_LIMIT} letters, digits, blanks and . _ -"
            )
        if name in found:
            raise ValueError(f"line {number} has the name of another line")
        if len(command) > _COMMAND_LIMIT or not command.isprintable():
            raise ValueError(
                f"the command in line {number} must have at most {_COMMAND_LIMIT} visible characters: put a "
                "longer one into a script on the head node"
            )
        found[name] = command
    if len(found) > _MOST:
        raise ValueError(f"set at most {_MOST} checks")
    return tuple(found.items())


def _share(given: str) -> int:
    percent = PERCENT.read(given)
    if not percent:
        raise ValueError
    return percent


def _time(given: str) -> datetime:
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise ValueError from None
    if at.tzinfo is None:
        raise ValueError("add the time zone, such as Z for UTC or +01:00")
    return at.astimezone(UTC).replace(microsecond=0)


TIME: InputType[datetime | None] = InputType(_time, "a time with a time zone, such as 2026-11-30T18:00Z")
PATHS = InputType(_paths, "a list of absolute paths, separated by commas or new lines")
COMMANDS = InputType(_commands, "a list of lines with a name, a colon and a command")
CONDITIONS = InputType(parse, "a list of conditions such as idle >= 10 in batch")
SPACE: InputType[int | None] = InputType(_share, "a percentage from 1 to 100, such as 95%")
