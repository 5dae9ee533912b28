"""Finds faults in the log of a step, by the rules of GitHub's runner."""

from collections.abc import Collection

from tests.fakes.workflow_commands import Command, read_commands

_ANNOTATIONS = {"error", "notice", "warning"}
_MASK = "::add-mask::"


def foreign_commands(log: str, secrets: Collection[str]) -> list[Command]:
    """List the commands that are not the action's own: its annotations, and masks of its secrets."""
    return [
        command
        for command in read_commands(log)
        if command.name not in _ANNOTATIONS
        and not (command.name == "add-mask" and any(secret.strip() in command.data for secret in secrets))
    ]


def plain_lines(log: str) -> list[str]:
    """List the lines that are not commands."""
    return [line for line in log.split("\n") if line and not read_commands(line)]


def shown_secrets(text: str, secrets: Collection[str]) -> list[str]:
    """List the secrets of which a line is shown. The runner shows no `add-mask` commands."""
    shown = "\n".join(line for line in text.split("\n") if not line.startswith(_MASK))
    return [secret for secret in secrets if any(line.strip() in shown for line in secret.split("\n"))]
