"""Finds faults in workflows and action.yml with GitHub's own parser, their schemas, zizmor and a rule.

python -m tests.contract.workflows.validators   checks this repository; exit status 1 if there are faults
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import yaml

from release.name import RepositoryName
from tests.contract import npm

ROOT = Path(__file__).parents[3]
ACTION = str(RepositoryName.declared((ROOT / "pyproject.toml").read_text(encoding="utf-8")))
_HERE = Path(__file__).parent
_PROGRAMS = Path(sys.executable).parent
_RUN_ON_THE_CLUSTER = {"checks", "check-paths", "clusters"}
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_CONFIGURATION = ROOT / ".github" / "zizmor.yml"


class Fault(NamedTuple):
    """A fault in a file."""

    file: Path
    message: str


def files() -> list[Path]:
    """Return the files of this repository that GitHub reads."""
    workflows = [*(ROOT / "examples").glob("*.yml"), *(ROOT / ".github" / "workflows").glob("*.yml")]
    return sorted([*workflows, ROOT / "action.yml", ROOT / ".github" / "dependabot.yml"])


def github_parser(given: Sequence[Path]) -> Iterator[Fault]:
    """Read the files as GitHub does, and compare the inputs of this action with its action.yml."""
    npm.install(_HERE, "--omit=dev")
    readable = [file for file in given if _kind(file) != "dependabot"]
    output = _run(npm.find("node"), _HERE / "parse.mjs", ACTION, ROOT / "action.yml", *readable)
    for line in output.splitlines():
        fault = json.loads(line)
        yield Fault(Path(fault["file"]), f"line {fault['line']}: {fault['message']}")


def schema(given: Sequence[Path]) -> Iterator[Fault]:
    """Compare the files with the schemas of SchemaStore."""
    for kind in ("github-workflows", "github-actions", "dependabot"):
        of_this_kind = [file for file in given if _kind(file) == kind]
        if not of_this_kind:
            continue
        options = ("--output-format", "json", "--builtin-schema", f"vendor.{kind}")
        result: dict[str, Any] = json.loads(_run("check-jsonschema", *options, *of_this_kind))
        for fault in result.get("parse_errors", []):
            yield Fault(Path(fault["filename"]), fault["message"])
        for fault in result["errors"]:
            yield Fault(Path(fault["filename"]), f"{fault['path']}: {fault['message']}")


def zizmor(given: Sequence[Path]) -> Iterator[Fault]:
    """Search for security faults."""
    options = ("--offline", "--quiet", "--strict-collection", "--persona", "pedantic", "--format", "json")
    for fault in json.loads(_run("zizmor", *options, "--config", _CONFIGURATION, *given)):
        [place, *_] = fault["locations"]
        line = place["concrete"]["location"]["start_point"]["row"] + 1
        message = f"line {line}: {fault['ident']}: {place['symbolic']['annotation']}"
        yield Fault(Path(place["symbolic"]["key"]["Local"]["verbatim_path"]), message)


def event_data(given: Sequence[Path]) -> Iterator[Fault]:
    """Search checks for expressions that anyone but a maintainer of the workflow may control."""
    for file in given:
        content = (
            yaml.safe_load(file.read_text(encoding="utf-8")) if _kind(file) == "github-workflows" else {}
        )
        for job in content.get("jobs", {}).values():
            has_fixed_matrix = "${{" not in str(job.get("strategy"))
            safe = rf"(vars|secrets{'|matrix' if has_fixed_matrix else ''})\.\w+"
            for step in job.get("steps", ()):
                inputs = step.get("with") or {}
                for name in _RUN_ON_THE_CLUSTER & inputs.keys():
                    found = [one.strip() for one in _EXPRESSION.findall(str(inputs[name]))]
                    unsafe = [one for one in found if not re.fullmatch(safe, one)]
                    yield from (
                        Fault(file, f"{name} contains {one}, which may be event data") for one in unsafe
                    )


VALIDATORS: Mapping[str, Callable[[Sequence[Path]], Iterator[Fault]]] = MappingProxyType(
    {"GitHub's parser": github_parser, "schema": schema, "zizmor": zizmor, "event data": event_data}
)


def _kind(file: Path) -> str:
    return {"action.yml": "github-actions", "dependabot.yml": "dependabot"}.get(file.name, "github-workflows")


def _run(program: str, *arguments: object) -> str:
    """Return the output of a validator. Its exit status is not 0 if it finds faults, so it is not checked."""
    path = _PROGRAMS / program  # an absolute path is unchanged
    result = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=False)
    if not result.stdout and (result.returncode or result.stderr):
        raise RuntimeError(f"{program} failed with exit status {result.returncode}: {result.stderr}")
    return result.stdout


def main() -> int:
    """Print each fault; return 1 if there is one."""
    given = files()
    faults = [
        f"{fault.file.relative_to(ROOT)}: {fault.message} ({name})\n"
        for name, validate in VALIDATORS.items()
        for fault in validate(given)
    ]
    sys.stdout.writelines(faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
