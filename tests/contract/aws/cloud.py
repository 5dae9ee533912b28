"""GitHub and AWS on loopback, for the function of aws/template.yaml."""

import contextlib
import importlib.util
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.contract.aws.template import AWS, Resources, deploy
from tests.fakes.certificate import Certificate
from tests.fakes.github import LoopbackGitHub, Request
from tests.fakes.github_actions import Permission
from tests.fakes.github_workflows import Workflow
from tests.fakes.loopback import Holds, LoopbackServer
from tests.fakes.secrets_manager import LoopbackSecretsManager

SECRET = str(deploy()["Dispatch"]["Environment"]["Variables"]["TOKEN_SECRET"])
POLL = {"workflows": "poll.yml", "ref": "main"}
TIMEOUT_SECONDS = 0.15


class Cloud:
    """The servers of the function; its environment, secret and permission are those of the template."""

    def __init__(self, certificate: Certificate) -> None:
        self.stack = deploy()
        self.github = LoopbackGitHub()
        self._api = LoopbackServer("api", self.github, Holds(), host="localhost", tls=certificate.context)
        self.secrets_manager = LoopbackSecretsManager(may_read=readable_secret(self.stack))
        self.environment: dict[str, str] = {"SSL_CERT_FILE": str(certificate.path)}
        self._running = contextlib.ExitStack()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.github)
            stack.enter_context(self._api)
            stack.enter_context(self.secrets_manager)
            self._running = stack.pop_all()
        self.environment |= self.stack["Dispatch"]["Environment"]["Variables"]
        self.environment |= self.secrets_manager.environment
        self.environment["API_URL"] = self._api.url
        for file in ("poll.yml", "gpu.yml", "prune.yml"):
            self.github.add_workflow(Workflow(file))
        self.change_token()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)
        if self._api.errors and error is None:
            raise ExceptionGroup("the fake itself failed", self._api.errors)

    @property
    def api_url(self) -> str:
        return self._api.url

    @property
    def requests(self) -> list[Request]:
        return self.github.requests

    def change_token(self, permission: Permission = "write") -> None:
        self.secrets_manager.secrets[SECRET] = self.github.new_token(permission)

    @property
    def token(self) -> str:
        return self.secrets_manager.secrets[SECRET]


def readable_secret(stack: Resources) -> str:
    """Return the only ARN that the function's role may read."""
    [policy] = stack["DispatchRole"]["Policies"]
    [allowed] = [
        each["Resource"]
        for each in policy["PolicyDocument"]["Statement"]
        if each["Action"] == "secretsmanager:GetSecretValue"
    ]
    return str(allowed)


def write_inline_code(directory: Path) -> Path:
    """Write the code of the template to index.py, as CloudFormation does."""
    path = directory / "index.py"
    path.write_text(deploy()["Dispatch"]["Code"]["ZipFile"])
    return path


def load_handler() -> Any:
    """Load aws/handler.py as a new container does, with shorter timeouts."""
    spec = importlib.util.spec_from_file_location("handler", AWS / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    handler: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handler)
    handler.GITHUB_TIMEOUT_SECONDS = handler.SECRET_TIMEOUT_SECONDS = TIMEOUT_SECONDS
    return handler


def as_request(request: Request) -> dict[str, Any]:
    """Return a request in the form that GitHub's OpenAPI document describes."""
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": request.body.decode(),
    }
