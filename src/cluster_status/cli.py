"""The shell for people: options are the inputs, and secrets stay out of argv."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cluster_status import action
from cluster_status.domain.slurm.forced_command import public_key
from cluster_status.errors import ExitStatus, InputError
from cluster_status.settings import load
from cluster_status.settings.inputs import COMMAND, INPUTS

_AUTHORIZED_KEYS = "authorized-keys"


def main(argv: Sequence[str] | None = None) -> int:
    """Run as if on a runner whose inputs are the options given."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [_AUTHORIZED_KEYS]:
        return _authorized_keys(arguments[1:])
    return action.main({**os.environ, **_as_inputs(arguments)})


def _authorized_keys(arguments: Sequence[str]) -> int:
    from cluster_status import wiring  # noqa: PLC0415 - it takes a quarter of a second

    parser = argparse.ArgumentParser(
        prog=f"cluster-status {_AUTHORIZED_KEYS}",
        description="Print the line of authorized_keys by which a key can ask Slurm what is asked here, and "
        "do nothing else. Without an argument it is for the private key in CLUSTER_KEY. With CLUSTER_HOST "
        "and CLUSTER_JUMP set, the jump host's line is printed as well.",
    )
    parser.add_argument("key", nargs="*", metavar="KEY", help="a public key, or the file that holds it")
    words = parser.parse_args(arguments).key
    try:
        lines = list(wiring.authorized_keys(load.ssh_target(os.environ), _public_key(words)))
    except InputError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return error.exit_status
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return ExitStatus.OK


def _public_key(words: Sequence[str]) -> str:
    text = " ".join(words)
    try:
        is_file = len(words) == 1 and not text.startswith(("ssh-", "ecdsa-", "sk-"))
        return public_key(Path(text).read_text(encoding="utf-8") if is_file else text) if text else ""
    except (OSError, ValueError):
        raise InputError(
            ["the argument is neither a public key nor the file of one, whose name ends with .pub"]
        ) from None


def _as_inputs(argv: Sequence[str]) -> Mapping[str, str]:
    parser = argparse.ArgumentParser(
        prog="cluster-status",
        description="Look at a Slurm cluster and tell when its status changes.",
        epilog="Each option can be an environment variable too: CLUSTER_HOST for --cluster-host. Secrets "
        "are read from there only: CLUSTER_PASSWORD, CLUSTER_KEY, DISCORD_WEBHOOK. "
        "cluster-status authorized-keys --help: how to lock a key down.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "command", choices=("poll", "check", "prune"), nargs="?", help=_help(COMMAND.description)
    )
    for spec in INPUTS:
        if spec is not COMMAND and not spec.secret:
            default = f"; default: {spec.shown_default}" if spec.shown_default else ""
            shown = _help(f"{spec.description} ({spec.kind.accepts}{default})")
            parser.add_argument(f"--{spec.name}", dest=spec.variable, metavar="…", help=shown)
    _refuse_secrets(argv, parser)
    options = vars(parser.parse_args(argv))
    options[COMMAND.variable] = options.pop("command")
    return {variable: text for variable, text in options.items() if text is not None}


def _refuse_secrets(argv: Sequence[str], parser: argparse.ArgumentParser) -> None:
    """Say where a secret goes, instead of an error that prints it."""
    for spec in INPUTS:
        if spec.secret and any(word.split("=")[0] == f"--{spec.name}" for word in argv):
            where = spec.environment_variable or spec.variable
            parser.error(f"{spec.name} is a secret, and read from the environment only: set {where}")


def _help(description: str) -> str:
    return description.replace("%", "%%").replace("`", "")


if __name__ == "__main__":
    sys.exit(main())
