"""Each fault of a dispatch, with the result of the invocation and its line in the log."""

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

from msgspec import Struct, field

from tests.contract.aws.cloud import POLL, SECRET, Cloud, load_handler
from tests.fakes.github import (
    Broken,
    Failed,
    RateLimited,
    Reset,
    SecondaryRateLimited,
    Silent,
    Truncated,
)
from tests.fakes.github_workflows import Workflow
from tests.fakes.loopback import Held
from tests.fakes.secrets_manager import error


class Fault(Struct, frozen=True):
    name: str
    inject: Callable[[Cloud], object]
    line: str  # a part of the line in the log
    requests: int = 1  # to GitHub
    starts: bool = False
    fails: bool = True
    event: dict[str, str] = field(default_factory=lambda: POLL)


class Result(Struct, frozen=True):
    requests: int
    started: int
    has_failed: bool
    log: str


def _failing(*faults: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.github.fail_next(*faults, on="dispatch")


def _workflow(**changes: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.github.add_workflow(Workflow("poll.yml", **changes))


def _environment(**changed: str) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.environment.update(changed)


def _holding(value: str) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.secrets_manager.secrets.update({SECRET: value})


def _unreadable(*faults: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.secrets_manager.fail_next(*faults)


INTERNAL_ERROR = error("InternalServiceError", "An error occurred on the server side.", 500)
APPROVAL = "in an organization, that an owner has approved the token"
RENAMED = Failed(307, "Temporary Redirect", headers={"Location": "https://api.github.com/repositories/1"})
OLD_SERVER = Failed(400, "Invalid request")

FAULTS = (
    Fault("the token has expired or is revoked", _holding("github_pat_revoked"), "401"),
    Fault("the token lacks the permission", lambda cloud: cloud.change_token("read"), "403"),
    Fault("the token is for another repository", _environment(REPOSITORY="octo-org/another"), "404"),
    Fault(
        "an organization has not approved the token", _environment(REPOSITORY="octo-org/another"), APPROVAL
    ),
    Fault(
        "an organization has not approved the token, of a public repository",
        lambda cloud: cloud.change_token("read"),
        APPROVAL,
    ),
    Fault(
        "the workflow is not on the default branch",
        lambda _: None,
        "404",
        event={"workflows": "pol.yml", "ref": "main"},
    ),
    Fault(
        "the branch does not exist", lambda _: None, "422", event={"workflows": "poll.yml", "ref": "master"}
    ),
    Fault("the workflow cannot be started by hand", _workflow(events=("schedule",)), "422"),
    Fault("the workflow is disabled", _workflow(is_disabled=True), "422"),
    Fault("the repository was renamed", _failing(RENAMED), "307"),
    Fault("the rate limit is used up", _failing(RateLimited()), "rate limit"),
    Fault("the secondary rate limit", _failing(SecondaryRateLimited()), "rate limit"),
    Fault("the secondary rate limit as 429", _failing(SecondaryRateLimited(status=429)), "429"),
    Fault("GitHub is down", _failing(Broken(503)), "503"),
    Fault("GitHub does not answer", _failing(Silent()), "no response"),
    Fault(
        "GitHub starts the run and does not answer",
        _failing(Silent(after_accepting=True)),
        "no response",
        starts=True,
    ),
    Fault("the connection is reset", _failing(Reset()), "localhost"),
    Fault("GitHub cannot be reached", _environment(API_URL="https://localhost:1"), "localhost", requests=0),
    Fault(
        "the certificate is not trusted",
        _environment(SSL_CERT_FILE="/dev/null"),
        "CERTIFICATE_VERIFY_FAILED",
        requests=0,
    ),
    Fault(
        "the response is truncated",
        _failing(Truncated()),
        "Started poll.yml",
        starts=True,
        fails=False,
    ),
    Fault(
        "an older GitHub Enterprise Server",
        _failing(OLD_SERVER),
        "Started poll.yml",
        requests=2,
        starts=True,
        fails=False,
    ),
    Fault(
        "the secret does not exist",
        lambda cloud: cloud.secrets_manager.secrets.clear(),
        "ResourceNotFoundException",
        requests=0,
    ),
    Fault(
        "the secret is not that of the stack",
        _environment(TOKEN_SECRET="token"),
        "AccessDeniedException",
        requests=0,
    ),
    Fault("the secret holds JSON", _holding('{"token": "github_pat_x"}'), "new Token", requests=0),
    Fault("the secret is empty", _holding("\n"), "new Token", requests=0),
    Fault(
        "Secrets Manager is down",
        _unreadable(INTERNAL_ERROR, INTERNAL_ERROR),
        "InternalServiceError",
        requests=0,
    ),
    Fault("Secrets Manager does not answer", _unreadable(Held(), Held()), "timeout", requests=0),
    Fault(
        "an event with an unknown key",
        lambda _: None,
        "branch",
        requests=0,
        event={"workflows": "poll.yml", "branch": "main"},
    ),
    Fault("a function without its variables", _environment(API_URL=""), "API_URL", requests=0),
)


def dispatch(cloud: Cloud, fault: Fault) -> Result:
    """Handle one event during the fault, in a new container."""
    handler = load_handler()
    fault.inject(cloud)
    log = io.StringIO()
    with environment(cloud.environment), contextlib.redirect_stdout(log):
        try:
            handler.handle(fault.event, None)
        except handler.NotStartedError as error:
            log.write(f"{error}\n")
            has_failed = True
        else:
            has_failed = False
    if "github_pat_" in log.getvalue():  # the prefix of every token
        raise AssertionError("the log shows the token")
    return Result(len(cloud.requests), len(cloud.github.started), has_failed, log.getvalue().strip())


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process."""
    with mock.patch.dict(os.environ, variables):
        yield
