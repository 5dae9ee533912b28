"""Command line: each input is an option, except secrets, which must not be visible in argv."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from cluster_status import action
from cluster_status.domain.slurm.forced_command import public_key
from cluster_status.domain.text import clean
from cluster_status.errors import ExitStatus, InputError
from cluster_status.settings import load
from cluster_status.settings.inputs import CHECK_PATHS, CHECK_TIMEOUT, CHECKS, COMMAND, INPUT_GROUPS, INPUTS

_AUTHORIZED_KEYS = "authorized-keys"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action with the given options as inputs."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == [_AUTHORIZED_KEYS]:
        return _authorized_keys(arguments[1:])
    return action.main({**os.environ, **_as_inputs(arguments)})


def _authorized_keys(arguments: Sequence[str]) -> int:
    from cluster_status import wiring  # noqa: PLC0415 - the import takes a quarter of a second

    parser = argparse.ArgumentParser(
        prog=f"cluster-status {_AUTHORIZED_KEYS}",
        description="Print the authorized_keys line that restricts a key to the commands of this monitor. "
        "Without an argument, the line is for the private key in CLUSTER_KEY. If CLUSTER_HOST and "
        "CLUSTER_JUMP are set, the line for the jump host is printed, too.",
    )
    parser.add_argument("key", nargs="*", metavar="KEY", help="public key or path of a .pub file")
    for spec in (CHECK_PATHS, CHECKS, CHECK_TIMEOUT):
        shown = f"as in the workflow, if the key runs site checks ({spec.type.accepts})"
        parser.add_argument(f"--{spec.name}", dest=spec.variable, metavar="…", help=shown)
    options = vars(parser.parse_args(arguments))
    key = options.pop("key")
    given = {variable: text for variable, text in options.items() if text is not None}
    try:
        target, checks = load.restricted_key({**os.environ, **given})
        lines = list(wiring.authorized_keys(target, checks, _public_key(key)))
    except InputError as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return error.exit_status
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return ExitStatus.OK


def _public_key(arguments: Sequence[str]) -> str:
    text = " ".join(arguments)
    try:
        is_file = len(arguments) == 1 and not text.startswith(("ssh-", "ecdsa-", "sk-"))
        return public_key(Path(text).read_text(encoding="utf-8") if is_file else text) if text else ""
    except (OSError, ValueError):
        raise InputError(["KEY is neither a public key nor a .pub file: pass one of them"]) from None


def _as_inputs(argv: Sequence[str]) -> Mapping[str, str]:
    parser = argparse.ArgumentParser(
        prog="cluster-status",
        usage="%(prog)s {poll,check,test,prune} [--OPTION VALUE ...]",
        description="Check a Slurm cluster and notify a channel when its status changes.",
        epilog="Options that begin with cluster-, discord-, heartbeat-, notify- or webhook- can also be "
        "environment variables, such as CLUSTER_HOST. Secrets are read from environment variables only: "
        "CLUSTER_PASSWORD, CLUSTER_KEY, DISCORD_WEBHOOK, NOTIFY_URLS, WEBHOOK_URL. To restrict a key, see "
        "cluster-status authorized-keys --help.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "command", choices=("poll", "check", "test", "prune"), nargs="?", help=_help(COMMAND.description)
    )
    for title, group in INPUT_GROUPS.items():
        section = parser.add_argument_group(title)
        for spec in group:
            if spec is not COMMAND and not spec.secret:
                default = f"; default: {spec.shown_default}" if spec.shown_default else ""
                shown = _help(f"{spec.description} ({spec.type.accepts}{default})")
                section.add_argument(f"--{spec.name}", dest=spec.variable, metavar="…", help=shown)
    _refuse_unknown(argv, parser)
    options = vars(parser.parse_args(argv))
    options[COMMAND.variable] = options.pop("command")
    return {variable: text for variable, text in options.items() if text is not None}


def _refuse_unknown(argv: Sequence[str], parser: argparse.ArgumentParser) -> None:
    """Exit with an error that names the nearest option; its value, which may be a secret, is not shown."""
    names = {f"--{spec.name}": spec for spec in INPUTS if spec is not COMMAND}
    for option in (argument.split("=")[0] for argument in argv if argument.startswith("--")):
        nearest = get_close_matches(option, [*names, "--help"], n=1)
        spec = names.get(nearest[0]) if nearest else None
        if spec and spec.secret:
            variable = spec.environment_variable or spec.variable
            parser.error(f"{spec.name} is a secret and must not be an option: set {variable}")
        if option not in {*names, "--help"}:
            hint = f": the nearest option is {nearest[0]}" if nearest else ""
            parser.error(f"{clean(option)} is not an option{hint}")


def _help(description: str) -> str:
    return description.replace("%", "%%").replace("`", "")


if __name__ == "__main__":
    sys.exit(main())
