"""What is wrong with a step's log, by the rules of GitHub's runner."""

from collections.abc import Collection

from tests.fakes.workflow_commands import Command, read_commands

_OURS = {"error", "notice", "warning"}
_MASK = "::add-mask::"


def strange_commands(log: str, secrets: Collection[str]) -> list[Command]:
    """List the commands that act and are not the action's: it annotates, and masks its secrets."""
    return [
        command
        for command in read_commands(log)
        if command.name not in _OURS
        and not (command.name == "add-mask" and any(secret.strip() in command.data for secret in secrets))
    ]


def prose(log: str) -> list[str]:
    """List the lines that are no commands."""
    return [line for line in log.split("\n") if line and not read_commands(line)]


def shown_secrets(text: str, secrets: Collection[str]) -> list[str]:
    """List the secrets of which a line can be read; where a mask is asked for, the runner shows nothing."""
    shown = "\n".join(line for line in text.split("\n") if not line.startswith(_MASK))
    return [secret for secret in secrets if any(line.strip() in shown for line in secret.split("\n"))]
