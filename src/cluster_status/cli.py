"""The shell for people: options are the inputs, and secrets stay out of argv."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from cluster_status import action
from cluster_status.settings.inputs import COMMAND, INPUTS


def main(argv: Sequence[str] | None = None) -> int:
    """Run as if on a runner whose inputs are the options given."""
    return action.main({**os.environ, **_as_inputs(sys.argv[1:] if argv is None else argv)})


def _as_inputs(argv: Sequence[str]) -> Mapping[str, str]:
    parser = argparse.ArgumentParser(
        prog="cluster-status",
        description="Look at a Slurm cluster and tell when its status changes.",
        epilog="Each option can be an environment variable too: CLUSTER_HOST for --cluster-host. Secrets "
        "are read from there only: CLUSTER_PASSWORD, DISCORD_WEBHOOK.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "command", choices=("poll", "look", "prune"), nargs="?", help=_help(COMMAND.description)
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
