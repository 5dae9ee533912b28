"""Starts a workflow on GitHub: AWS Lambda calls `handle` on schedule, and again when it fails.

The event says which one; REPOSITORY, API_URL and TOKEN_SECRET say where, and which secret of Secrets Manager
holds the token. What was not started fails the invocation, with one line that says why, and what mends it.
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
DETAILS = "return_run_details"  # so that GitHub answers with the run's address, not with an empty 204

NOTHING_TO_MEND = "It is tried again; nothing has to be mended, unless it stays so."
MENDS = {
    "401": "The token has expired or was revoked: put a new one into the secret {secret}.",
    "403": "Give the token the permission Actions: read and write.",
    "404": "Is {workflow} on the default branch of {repository}, and was the token made for that repository?",
    "422": "{workflow} needs `on: workflow_dispatch`, has to be enabled, and the branch {ref} to exist.",
    "429": f"GitHub takes no more requests for now. {NOTHING_TO_MEND}",
    "3xx": "The repository has another name now: deploy again with that one as Repository.",
    "5xx": f"GitHub has trouble, see githubstatus.com. {NOTHING_TO_MEND}",
    "ResourceNotFoundException": "Create it here, or deploy again with its name as TokenSecretName.",
    "AccessDeniedException": "Only the one named by TokenSecretName may be read, in this region.",
}


class NotStartedError(Exception):
    """Its text is the line in the log."""


class Target(NamedTuple):
    workflow: str
    ref: str
    repository: str
    api_url: str
    secret: str

    def not_started(self, why: str, mend: str) -> NotStartedError:
        what = f"{self.workflow} of {self.repository}"
        return NotStartedError(f"Could not start {what}: {why}. {mend.format(**self._asdict())}")


class Answer(NamedTuple):
    status: int
    reason: str
    body: dict[str, Any]

    def said(self, key: str, otherwise: str) -> str:
        text = str(self.body.get(key) or otherwise)[:200].rstrip(".")
        return "".join(each if each.isprintable() else " " for each in text)


def handle(event: object, _context: object = None) -> str:
    """Start the workflow; return, and log, that it was."""
    target = _target(event)
    token = read_token(target.secret)
    answer = _dispatch(target, token)
    if answer.status == 401:  # was the token changed since this container has read it?
        read_token.cache_clear()
        newer = read_token(target.secret)
        answer = answer if newer == token else _dispatch(target, newer)
    if answer.status not in (200, 204):
        raise target.not_started(*_refusal(answer))
    line = f"Started {target.workflow} of {target.repository}: {answer.said('html_url', 'see its runs')}"
    print(line)  # noqa: T201  # this is how Lambda logs
    return line


def _target(event: object) -> Target:
    match event:
        case {"workflow": str(workflow), "ref": str(ref), **others} if workflow and ref and not others:
            where = [os.environ.get(name, "") for name in ("REPOSITORY", "API_URL", "TOKEN_SECRET")]
        case _:
            wanted = '{"workflow": "poll.yml", "ref": "main"}'
            raise NotStartedError(f"The event has to be like {wanted}, not {json.dumps(event)[:200]}")
    if not all(where) or not where[1].startswith("https://"):
        raise NotStartedError("REPOSITORY, API_URL (https) and TOKEN_SECRET have to be set: deploy again.")
    return Target(workflow, ref, *where)


@functools.cache  # a container serves many invocations
def read_token(secret: str) -> str:
    import boto3  # noqa: PLC0415  # Lambda has it; it takes longer than all the rest
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    timeouts = dict.fromkeys(("connect_timeout", "read_timeout"), SECRET_TIMEOUT_SECONDS)
    patience = Config(**timeouts, retries={"total_max_attempts": 2, "mode": "standard"})
    try:
        given = boto3.client("secretsmanager", config=patience).get_secret_value(SecretId=secret)
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        why, mend = str(error).rstrip("."), MENDS.get(code, NOTHING_TO_MEND)
        raise NotStartedError(f"Could not read the secret {secret}: {why}. {mend}") from error
    token = str(given.get("SecretString", "")).strip()
    if not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):  # in its own refusal, http.client would show it
        raise NotStartedError(f"The secret {secret} holds no token. Put it there alone: no JSON, no quotes.")
    return token


def _dispatch(target: Target, token: str) -> Answer:
    answer = _post(target, token, {"ref": target.ref, DETAILS: True})
    if answer.status == 400 or (answer.status == 422 and DETAILS in answer.said("message", "")):
        return _post(target, token, {"ref": target.ref})  # for an older GitHub Enterprise Server
    return answer


def _post(target: Target, token: str, body: dict[str, object]) -> Answer:
    """Follow no redirect: the token is for this host alone."""
    from http.client import HTTPException, HTTPSConnection  # noqa: PLC0415  # boto3 has brought both by now
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
            why = f"no answer within {GITHUB_TIMEOUT_SECONDS:g} s, and it may be started all the same"
            raise target.not_started(why, NOTHING_TO_MEND) from error
        except (OSError, HTTPException) as error:
            raise target.not_started(f"{api.hostname} was not reached ({error})", NOTHING_TO_MEND) from error
        answer = Answer(response.status, response.reason, {})
        with contextlib.suppress(OSError, HTTPException, ValueError, RecursionError):  # the status counts
            said = json.loads(response.read(65_536))
            answer = answer._replace(body=said if isinstance(said, dict) else {})
        return answer


def _refusal(answer: Answer) -> tuple[str, str]:
    said = answer.said("message", answer.reason)
    is_limited = answer.status == 403 and "rate limit" in said.lower()
    code = "429" if is_limited else str(answer.status)
    mend = MENDS.get(code) or MENDS.get(f"{code[0]}xx", "Compare that with the parameters of the stack.")
    return f"GitHub answered {answer.status} ({said})", mend
