"""A workflow run in the format of GitHub's REST API, with all fields of the OpenAPI document."""

import base64
from functools import lru_cache
from urllib.parse import quote

from tests.fakes.github_actions import Actions, Run, rfc3339

OF_OWNER = "followers following gists starred subscriptions organizations repos events received_events"
OF_REPOSITORY = (
    "archive assignees blobs branches collaborators comments commits compare contents contributors "
    "deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events "
    "issues keys labels languages merges milestones notifications pulls releases stargazers statuses "
    "subscribers subscription tags teams trees"
)


def run_object(run: Run) -> dict[str, object]:
    actions = run.actions
    suite = run.id + 10_000_000_000
    created_at, owner = rfc3339(run.created_at), owner_object(actions)
    return {
        "id": run.id,
        "name": run.workflow.partition(".")[0],
        "node_id": _node("WorkflowRun", run.id),
        "head_branch": run.branch,
        "head_sha": run.head_sha,
        "path": f".github/workflows/{run.workflow}",
        "display_title": run.workflow.partition(".")[0],
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": "in_progress" if run.conclusion is None else "completed",
        "conclusion": run.conclusion,
        "workflow_id": actions.workflows[run.workflow],
        "check_suite_id": suite,
        "check_suite_node_id": _node("CheckSuite", suite),
        **_urls(run, suite),
        "pull_requests": [],
        "created_at": created_at,
        "updated_at": created_at,
        "run_started_at": rfc3339(run.started_at),
        "actor": owner,
        "triggering_actor": owner,
        "referenced_workflows": [],
        "previous_attempt_url": None,
        "head_commit": _head_commit(run),
        "repository": minimal_repository(actions, actions.repository_id),
        "head_repository": minimal_repository(actions, run.head_repository_id),
    }


def _urls(run: Run, suite: int) -> dict[str, object]:
    actions = run.actions
    home = f"{actions.addresses['api']}/repos/{actions.repository}"
    url = f"{home}/actions/runs/{run.id}"
    return {
        "url": url,
        "html_url": f"https://github.com/{actions.repository}/actions/runs/{run.id}",
        **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{home}/check-suites/{suite}",
        "workflow_url": f"{home}/actions/workflows/{actions.workflows[run.workflow]}",
    }


def _head_commit(run: Run) -> dict[str, object]:
    return {
        "id": run.head_sha,
        "tree_id": run.head_sha,
        "message": "Poll",
        "timestamp": rfc3339(run.created_at),
        "author": {"name": "octo", "email": "octo@example.org"},
        "committer": {"name": "octo", "email": "octo@example.org"},
    }


@lru_cache
def minimal_repository(actions: Actions, number: int) -> dict[str, object]:
    url = f"{actions.addresses['api']}/repos/{actions.repository}"
    return {
        "id": number,
        "node_id": _node("Repository", number),
        "name": actions.repository.partition("/")[2],
        "full_name": actions.repository,
        "private": True,
        "owner": owner_object(actions),
        "html_url": f"https://github.com/{actions.repository}",
        "description": None,
        "fork": number != actions.repository_id,
        "url": url,
        **{f"{name}_url": f"{url}/{name}" for name in OF_REPOSITORY.split()},
    }


@lru_cache
def owner_object(actions: Actions) -> dict[str, object]:
    return {**user_object(actions, actions.repository.partition("/")[0]), "type": "Organization"}


@lru_cache
def user_object(actions: Actions, login: str) -> dict[str, object]:
    url = f"{actions.addresses['api']}/users/{quote(login)}"
    return {
        "login": login,
        "id": 583_231,
        "node_id": _node("User", 583_231),
        "avatar_url": "https://avatars.githubusercontent.com/u/583231",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login.removesuffix('[bot]')}",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "site_admin": False,
        **{f"{name}_url": f"{url}/{name}" for name in OF_OWNER.split()},
    }


def _node(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}{number}".encode()).decode()
