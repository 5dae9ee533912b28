"""Each fault of a dispatch: what the invocation does, and what the log says.

`python -m tests.contract.aws.dispatch_faults` prints the table of aws/README.md.
"""

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec import Struct, field

from tests.contract.aws.cloud import POLL, SECRET, TIMEOUT_SECONDS, Cloud, load_handler
from tests.fakes.certificate import make_certificate
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
from tests.fakes.secrets_manager import refusal

HEAD = """\
| what goes wrong | requests to GitHub | the invocation | the log says |
| --- | --- | --- | --- |
"""


class Fault(Struct, frozen=True):
    words: str
    strike: Callable[[Cloud], object]
    event: dict[str, str] = field(default_factory=lambda: POLL)


class Outcome(Struct, frozen=True):
    fault: Fault
    requests: int
    started: int
    has_failed: bool
    log: str

    @property
    def row(self) -> str:
        invocation = "fails" if self.has_failed else "succeeds"
        if self.has_failed and self.started:
            invocation = "fails; what is started twice does no harm"
        return f"| {self.fault.words} | {self.requests} | {invocation} | `{self.log.replace('`', '')}` |"


def _failing(*faults: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.github.fail_next(*faults, on="dispatch")


def _workflow(**odd: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.github.add_workflow(Workflow("poll.yml", **odd))


def _environment(**changed: str) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.environment.update(changed)


def _holding(value: str) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.secrets_manager.secrets.update({SECRET: value})


def _unreadable(*faults: Any) -> Callable[[Cloud], object]:
    return lambda cloud: cloud.secrets_manager.fail_next(*faults)


INTERNAL_ERROR = refusal("InternalServiceError", "An error occurred on the server side.", 500)
RENAMED = Failed(307, "Temporary Redirect", headers={"Location": "https://api.github.com/repositories/1"})
OLD_SERVER = Failed(400, "Invalid request")

FAULTS = (
    Fault("the token has expired, or was revoked", _holding("github_pat_revoked")),
    Fault("the token lacks the permission", lambda cloud: cloud.change_token("read")),
    Fault("the token was made for another repository", _environment(REPOSITORY="octo-org/another")),
    Fault(
        "the workflow is not on the default branch", lambda _: None, {"workflow": "pol.yml", "ref": "main"}
    ),
    Fault("the branch does not exist", lambda _: None, {"workflow": "poll.yml", "ref": "master"}),
    Fault("the workflow cannot be started by hand", _workflow(events=("schedule",))),
    Fault("the workflow is disabled", _workflow(is_disabled=True)),
    Fault("the repository was renamed", _failing(RENAMED)),
    Fault("the rate limit is used up", _failing(RateLimited())),
    Fault("too much at once", _failing(SecondaryRateLimited())),
    Fault("the same, as 429", _failing(SecondaryRateLimited(status=429))),
    Fault("GitHub is down", _failing(Broken(503))),
    Fault("GitHub does not answer", _failing(Silent())),
    Fault("its answer is lost", _failing(Silent(after_accepting=True))),
    Fault("the connection is reset", _failing(Reset())),
    Fault("GitHub cannot be reached", _environment(API_URL="https://localhost:1")),
    Fault("the certificate is not to be trusted", _environment(SSL_CERT_FILE="/dev/null")),
    Fault("only the address of the run is lost", _failing(Truncated())),
    Fault("an older GitHub Enterprise Server", _failing(OLD_SERVER)),
    Fault("the secret does not exist", lambda cloud: cloud.secrets_manager.secrets.clear()),
    Fault("another secret than the stack's", _environment(TOKEN_SECRET="token")),
    Fault("the secret holds JSON", _holding('{"token": "github_pat_x"}')),
    Fault("the secret is empty", _holding("\n")),
    Fault("Secrets Manager is down", _unreadable(INTERNAL_ERROR, INTERNAL_ERROR)),
    Fault("Secrets Manager does not answer", _unreadable(Held(), Held())),
    Fault("an event that was written by hand", lambda _: None, {"workflow": "poll.yml", "branch": "main"}),
    Fault("a function that was set up by hand", _environment(API_URL="")),
)


def outcome(cloud: Cloud, fault: Fault) -> Outcome:
    """Let one event meet the fault, in a new container."""
    handler = load_handler()
    fault.strike(cloud)
    log = io.StringIO()
    with environment(cloud.environment), contextlib.redirect_stdout(log):
        try:
            handler.handle(fault.event, None)
        except handler.NotStartedError as error:
            log.write(f"{error}\n")
            has_failed = True
        else:
            has_failed = False
    if "github_pat_" in log.getvalue():  # as every token begins here
        raise AssertionError("the log shows the token")
    return Outcome(
        fault,
        len(cloud.requests),
        len(cloud.github.started),
        has_failed,
        _as_in_production(log.getvalue().strip()),
    )


@contextlib.contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Lend the variables to this process."""
    with mock.patch.dict(os.environ, variables):
        yield


def _as_in_production(log: str) -> str:
    log = log.replace("localhost", "api.github.com").replace(f"{TIMEOUT_SECONDS:g} s", "10 s")
    log = log.replace("[Errno 104] Connection reset by peer", "Remote end closed connection without response")
    log = re.sub(r" \(_ssl\.c:\d+\)", "", log)
    return re.sub(r"http://127\.0\.0\.1:\d+/", "https://secretsmanager.eu-west-1.amazonaws.com/", log)


def table() -> str:
    with tempfile.TemporaryDirectory() as directory:
        certificate = make_certificate(Path(directory))
        rows = []
        for fault in FAULTS:
            with Cloud(certificate) as cloud:
                rows.append(outcome(cloud, fault).row)
    return HEAD + "\n".join(rows)


if __name__ == "__main__":
    print(table())  # noqa: T201  # what it is run for
