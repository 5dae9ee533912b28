"""Commands of AWS's command line, held against the descriptions of its services, which it is made from."""

from collections.abc import Sequence
from functools import cache

from botocore import xform_name
from botocore.session import get_session

# of every command, in version 2
OF_ALL = {"--output", "--query", "--region", "--profile", "--cli-binary-format"}
# these are not made from a service's description
OF_ITS_OWN = {
    ("cloudformation", "deploy"): {
        "--capabilities",
        "--parameter-overrides",
        "--stack-name",
        "--template-file",
    },
    ("logs", "tail"): {"--follow", "--since"},
}


def issues(command: Sequence[str]) -> list[str]:
    """Return what is wrong with a command, as it stands after `aws`."""
    service, operation, *rest = command
    known, required = _options(service, operation)
    given = [each for each in rest if each.startswith("--")]
    unknown = [each for each in given if each not in known | OF_ALL]
    missing = sorted(required - set(given))
    return [f"{each} is unknown" for each in unknown] + [f"{each} is missing" for each in missing]


@cache
def _options(service: str, operation: str) -> tuple[set[str], set[str]]:
    if (service, operation) in OF_ITS_OWN:
        return OF_ITS_OWN[service, operation], set()
    model = get_session().get_service_model(service)
    names = {xform_name(name).replace("_", "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    return {_option(name) for name in shape.members}, {_option(name) for name in shape.required_members}


def _option(member: str) -> str:
    return f"--{xform_name(member).replace('_', '-')}"
