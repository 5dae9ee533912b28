"""Checks commands of the AWS CLI against the service descriptions of botocore, which the CLI uses too."""

from collections.abc import Sequence
from functools import cache

from botocore import xform_name
from botocore.session import get_session

# options of every command in version 2
GLOBAL_OPTIONS = {"--output", "--query", "--region", "--profile", "--cli-binary-format"}
# commands without a service description
CUSTOM_COMMANDS = {
    ("cloudformation", "deploy"): {
        "--capabilities",
        "--parameter-overrides",
        "--stack-name",
        "--template-file",
    },
    ("logs", "tail"): {"--follow", "--since"},
}


def issues(command: Sequence[str]) -> list[str]:
    """Return the faults of a command, given without `aws`."""
    service, operation, *rest = command
    known, required = _options(service, operation)
    given = [each for each in rest if each.startswith("--")]
    unknown = [each for each in given if each not in known | GLOBAL_OPTIONS]
    missing = sorted(required - set(given))
    return [f"{each} is unknown" for each in unknown] + [f"{each} is missing" for each in missing]


@cache
def _options(service: str, operation: str) -> tuple[set[str], set[str]]:
    if (service, operation) in CUSTOM_COMMANDS:
        return CUSTOM_COMMANDS[service, operation], set()
    model = get_session().get_service_model(service)
    names = {xform_name(name).replace("_", "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    return {_option(name) for name in shape.members}, {_option(name) for name in shape.required_members}


def _option(member: str) -> str:
    return f"--{xform_name(member).replace('_', '-')}"
