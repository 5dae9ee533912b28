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
        epilog="Secrets are read from the environment only: CLUSTER_PASSWORD, DISCORD_WEBHOOK.",
    )
    parser.add_argument("command", choices=("poll", "look"), nargs="?", help=_help(COMMAND.description))
    for spec in INPUTS:
        if spec is not COMMAND and not spec.secret:
            shown = f" (default: {spec.shown_default})" if spec.shown_default else ""
            parser.add_argument(
                f"--{spec.name}", dest=spec.variable, metavar="…", help=_help(spec.description + shown)
            )
    options = vars(parser.parse_args(argv))
    options[COMMAND.variable] = options.pop("command")
    return {variable: text for variable, text in options.items() if text is not None}


def _help(description: str) -> str:
    return description.replace("%", "%%").replace("`", "")


if __name__ == "__main__":
    sys.exit(main())
