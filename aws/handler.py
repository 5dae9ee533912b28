"""Starts workflows on GitHub. AWS Lambda calls `handle` on schedule, and retries it after a failure.

The event names the workflows and the branch; REPOSITORY, API_URL and TOKEN_SECRET are set by the template. If
a workflow is not started, the invocation fails, and its log has the reason and the remedy.
"""

import contextlib
import functools
import json
import os
import re
from typing import Any, NamedTuple

API_VERSION = "2022-11-28"
GITHUB_TIMEOUT_SECONDS = 10.0
SECRET_TIMEOUT_SECONDS = 5.0
DETAILS = "return_run_details"  # with it, GitHub returns the URL of the run instead of an empty 204

RETRIED = "Lambda retries it. Act only if this error persists."
APPROVAL = "in an organization, that an owner has approved the token"
REMEDIES = {
    "401": "The token has expired or was revoked: update the stack with a new Token.",
    "403": f"Check that the token has the permission Actions: Read and write, and, {APPROVAL}.",
    "404": "Check that {workflow} is on the default branch of {repository}, that the token is for this "
    f"repository, and, {APPROVAL}.",
    "422": "Check that {workflow} has `on: workflow_dispatch` and is enabled, and that {ref} is a branch.",
    "429": f"The rate limit of GitHub is reached. {RETRIED}",
    "3xx": "The repository was renamed: update the stack with the new name as Repository.",
    "5xx": f"GitHub has an outage, see githubstatus.com. {RETRIED}",
    "ResourceNotFoundException": "The secret was deleted: delete the stack and create it again.",
    "AccessDeniedException": "Update the stack with the template unchanged.",
}


class NotStartedError(Exception):
    """The text of this error is the line in the log."""


class Target(NamedTuple):
    workflow: str
    ref: str
    repository: str
    api_url: str
    secret: str

    def not_started(self, why: str, remedy: str) -> NotStartedError:
        name = f"{self.workflow} of {self.repository}"
        return NotStartedError(f"Could not start {name}: {why}. {remedy.format(**self._asdict())}")


class Answer(NamedTuple):
    status: int
    reason: str
    body: dict[str, Any]

    def text(self, key: str, default: str) -> str:
        text = str(self.body.get(key) or default)[:200].rstrip(".")
        return "".join(each if each.isprintable() else " " for each in text)


def handle(event: object, context: object = None) -> str:
    """Start the workflows. Return the logged lines, or raise NotStartedError with those that failed."""
    targets = _targets(event)
    read_token(targets[0].secret)
    request = getattr(context, "aws_request_id", None)
    started = _started(request) if request else {}
    errors = []
    for target in targets:
        try:
            if target.workflow not in started:
                started[target.workflow] = _start(target)
        except NotStartedError as error:
            errors.append(str(error))
    if errors:
        raise NotStartedError(" ".join(errors))
    return "\n".join(started.values())


@functools.lru_cache(maxsize=10)
def _started(_request: str) -> dict[str, str]:
    """Return what this request has started. A retry has the same id, and mostly the same container."""
    return {}


def _start(target: Target) -> str:
    token = read_token(target.secret)
    answer = _dispatch(target, token)
    if answer.status == 401:  # the token may have changed since this container read it
        read_token.cache_clear()
        newer = read_token(target.secret)
        answer = answer if newer == token else _dispatch(target, newer)
    if answer.status not in (200, 204):
        raise target.not_started(*_explanation(answer))
    line = f"Started {target.workflow} of {target.repository}: {answer.text('html_url', 'see its runs')}"
    print(line)  # noqa: T201  # this is how Lambda logs
    return line


def _targets(event: object) -> list[Target]:
    match event:
        case {"workflows": str(workflows), "ref": str(ref), **others} if not others:
            names = list(dict.fromkeys(workflows.replace(",", " ").split()))
        case _:
            names, ref = [], ""
    if not (names and ref):
        form = '{"workflows": "poll.yml", "ref": "main"}'
        raise NotStartedError(f"The event must have the form {form}, not {json.dumps(event)[:200]}")
    settings = [os.environ.get(name, "") for name in ("REPOSITORY", "API_URL", "TOKEN_SECRET")]
    if not all(settings) or not settings[1].startswith("https://"):
        raise NotStartedError("REPOSITORY, API_URL (https) and TOKEN_SECRET must be set: update the stack.")
    return [Target(name, ref, *settings) for name in names]


@functools.cache  # a container serves many invocations
def read_token(secret: str) -> str:
    import boto3  # noqa: PLC0415  # part of Lambda; a slow import
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    timeouts = dict.fromkeys(("connect_timeout", "read_timeout"), SECRET_TIMEOUT_SECONDS)
    config = Config(**timeouts, retries={"total_max_attempts": 2, "mode": "standard"})
    try:
        value = boto3.client("secretsmanager", config=config).get_secret_value(SecretId=secret)
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        why, remedy = str(error).rstrip("."), REMEDIES.get(code, RETRIED)
        raise NotStartedError(f"Could not read the token from {secret}: {why}. {remedy}") from error
    token = str(value.get("SecretString", "")).strip()
    if not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):  # an error of http.client would show it
        raise NotStartedError(f"The secret {secret} has no token: update the stack with a new Token.")
    return token


def _dispatch(target: Target, token: str) -> Answer:
    answer = _post(target, token, {"ref": target.ref, DETAILS: True})
    if answer.status == 400 or (answer.status == 422 and DETAILS in answer.text("message", "")):
        return _post(target, token, {"ref": target.ref})  # for an older GitHub Enterprise Server
    return answer


def _post(target: Target, token: str, body: dict[str, object]) -> Answer:
    """Redirects are not followed: the token must not be sent to another host."""
    from http.client import HTTPException, HTTPSConnection  # noqa: PLC0415  # boto3 has imported both
    from urllib.parse import quote, urlsplit  # noqa: PLC0415

    api = urlsplit(target.api_url)
    path = f"{api.path}/repos/{target.repository}/actions/workflows/{quote(target.workflow, '')}/dispatches"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "User-Agent": "cluster-status-dispatch",
        "X-GitHub-Api-Version": API_VERSION,
    }
    with contextlib.closing(HTTPSConnection(api.netloc, timeout=GITHUB_TIMEOUT_SECONDS)) as connection:
        try:
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
        except TimeoutError as error:
            why = f"no response within {GITHUB_TIMEOUT_SECONDS:g} s, but GitHub may have started it"
            raise target.not_started(why, RETRIED) from error
        except (OSError, HTTPException) as error:
            raise target.not_started(f"{api.hostname} cannot be reached ({error})", RETRIED) from error
        answer = Answer(response.status, response.reason, {})
        with contextlib.suppress(OSError, HTTPException, ValueError, RecursionError):  # the status is enough
            content = json.loads(response.read(65_536))
            answer = answer._replace(body=content if isinstance(content, dict) else {})
        return answer


def _explanation(answer: Answer) -> tuple[str, str]:
    message = answer.text("message", answer.reason)
    is_limited = answer.status == 403 and "rate limit" in message.lower()
    code = "429" if is_limited else str(answer.status)
    remedy = REMEDIES.get(code) or REMEDIES.get(f"{code[0]}xx", "Check the parameters of the stack.")
    return f"GitHub returned HTTP {answer.status} ({message})", remedy
