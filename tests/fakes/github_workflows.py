"""The workflows of one repository, and their dispatches; without HTTP.

Written from github/docs (`rest/actions/workflows`) and threads that quote error responses.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tests.fakes.github_actions import Actions, Run

MOST_INPUTS = 25
PERMITTED_KEYS = ("ref", "inputs", "return_run_details")


@dataclass(frozen=True)
class Workflow:
    file: str
    events: Collection[str] = ("workflow_dispatch",)
    is_disabled: bool = False


@dataclass(frozen=True)
class Started:
    run: Run
    with_details: bool


@dataclass(frozen=True)
class Refused:
    status: int
    message: str


class Workflows:
    """Not thread-safe: the caller holds a lock."""

    def __init__(self, actions: Actions, *, branches: Collection[str] = ("main",)) -> None:
        self.started: list[Started] = []
        self._actions = actions
        self._branches = branches
        self._known: dict[str, Workflow] = {}

    def add(self, workflow: Workflow) -> None:
        self._actions.add_workflow(workflow.file)
        self._known[workflow.file] = workflow

    def dispatch(self, file: str, content: bytes) -> Started | Refused:
        """Start a run, if the workflow can be dispatched."""
        workflow = self._known.get(file)
        if workflow is None:
            return Refused(404, "Not Found")
        try:
            body = json.loads(content)
        except ValueError:
            return Refused(400, "Problems parsing JSON")
        refusal = _malformed(body) or self._refusal(workflow, body)
        if refusal:
            return Refused(422, refusal)
        run = self._actions.start_run(
            body["ref"], None, 1, event="workflow_dispatch", permission="write", workflow=file
        )
        started = Started(run, with_details=body.get("return_run_details") is True)
        self.started.append(started)
        return started

    def _refusal(self, workflow: Workflow, body: dict[str, Any]) -> str:
        if body.get("inputs"):
            return f"Unexpected inputs provided: {json.dumps(list(body['inputs']))}"
        if body["ref"] not in self._branches:
            return f"No ref found for: {body['ref']}"
        if "workflow_dispatch" not in workflow.events:
            return "Workflow does not have 'workflow_dispatch' trigger"
        if workflow.is_disabled:
            return "Cannot trigger a 'workflow_dispatch' on a disabled workflow"
        return ""


def _malformed(body: Any) -> str:
    if not isinstance(body, dict):
        return "Invalid request.\n\nThe body is not an object."
    for key in body:
        if key not in PERMITTED_KEYS:
            return f'Invalid request.\n\n"{key}" is not a permitted key.'
    if not isinstance(body.get("ref"), str):
        return 'Invalid request.\n\n"ref" wasn\'t supplied.'
    if len(body.get("inputs", {})) > MOST_INPUTS:
        return f"Invalid request.\n\nNo more than {MOST_INPUTS} properties are allowed."
    return ""
