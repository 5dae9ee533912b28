"""Evaluates a CloudFormation template: its parameters, conditions and functions.

A reference to a missing resource is an error, as in CloudFormation. The ARN of a resource is a placeholder.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.secrets_manager import ACCOUNT, REGION

AWS = Path(__file__).parents[3] / "aws"
NAME = "template.yaml"
REQUIRED = {"Repository": "octo-org/cluster", "Token": "github_pat_of_the_stack"}
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::NoValue": None,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "cluster-status",
}

Resources = dict[str, dict[str, Any]]


class _Loader(yaml.SafeLoader):
    """Reads `!Sub text` as {"!Sub": "text"}."""


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"!{name}": loader.construct_sequence(node, deep=True)}
    return {f"!{name}": node.value}


_Loader.add_multi_constructor("!", _function)


@cache
def read() -> dict[str, Any]:
    template: dict[str, Any] = yaml.load((AWS / NAME).read_text(), _Loader)  # noqa: S506  # a SafeLoader
    return template


def deploy(**parameters: str) -> Resources:
    """Return the resources that a stack would have. The required parameters are set."""
    return _Stack(read(), {**REQUIRED, **parameters}).resources


def outputs(**parameters: str) -> dict[str, str]:
    """Return the outputs that a stack would have."""
    return _Stack(read(), {**REQUIRED, **parameters}).outputs


class _Stack:
    def __init__(self, template: dict[str, Any], given: Mapping[str, str]) -> None:
        self._template = template
        self._values: dict[str, Any] = dict(PSEUDO)
        for name, parameter in template["Parameters"].items():
            value = str(given[name]) if name in given else str(parameter["Default"])
            allowed = map(str, parameter.get("AllowedValues", [value]))
            if value not in allowed or not re.fullmatch(parameter.get("AllowedPattern", ".*"), value):
                raise ValueError(f"{name} may not be {value!r}")
            self._values[name] = value
        unknown = set(given) - set(template["Parameters"])
        if unknown:
            raise ValueError(f"there are no parameters {unknown}")

    @property
    def resources(self) -> Resources:
        return {
            name: {"Type": each["Type"], **self._apply(each["Properties"])}
            for name, each in self._template["Resources"].items()
            if self._holds(each.get("Condition"))
        }

    @property
    def outputs(self) -> dict[str, str]:
        return {name: self._apply(each["Value"]) for name, each in self._template["Outputs"].items()}

    def _holds(self, condition: str | None) -> bool:
        return condition is None or self._decide(self._template["Conditions"][condition])

    def _decide(self, condition: Any) -> bool:
        match condition:
            case {"!Not": [negated]}:
                return not self._decide(negated)
            case {"!Equals": [left, right]}:
                return bool(self._apply(left) == self._apply(right))
            case _:
                raise NotImplementedError(condition)

    def _apply(self, value: Any) -> Any:
        match value:
            case {"!Ref": name}:
                return self._reference(name)
            case {"!GetAtt": name}:
                return self._attribute(name)
            case {"!Sub": text}:
                return re.sub(r"\$\{([^}]+)\}", lambda match: self._substitute(match[1]), text)
            case {"!If": [condition, then, otherwise]}:
                return self._apply(then if self._holds(condition) else otherwise)
            case dict():
                if any(name.startswith("!") for name in value):
                    raise NotImplementedError(value)
                applied = {name: self._apply(each) for name, each in value.items()}
                return {name: each for name, each in applied.items() if each is not None}
            case list():
                return [each for each in map(self._apply, value) if each is not None]
            case _:
                return value

    def _substitute(self, name: str) -> str:
        return str(self._attribute(name) if "." in name else self._reference(name))

    def _reference(self, name: str) -> Any:
        if name not in self._values:
            return self._attribute(f"{name}.Ref")
        return self._values[name]

    def _attribute(self, name: str) -> str:
        resource, attribute = name.split(".")
        if not self._holds(self._template["Resources"][resource].get("Condition")):
            raise ValueError(f"{resource} does not exist")
        if attribute == "Ref" and self._template["Resources"][resource]["Type"].endswith("::Secret"):
            return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{resource}-a1B2c3"
        return f"{resource}'s {attribute}"
