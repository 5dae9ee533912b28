"""AWS Lambda on loopback: its runtime API, and its official runtime client as a process.

with LambdaFunction(directory, "index.handle", environment) as function:
    invocation = function.invoke({"workflow": "poll.yml", "ref": "main"})
    assert invocation.error is None
    assert "Started" in function.log
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.loopback import Aborted, Holds, HttpResponse, LoopbackServer, Request

API = "/2018-06-01/runtime"
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Invocation:
    result: Any = None
    error: dict[str, Any] | None = None


class LambdaFunction:
    """A warm container: a process that handles one event at a time until the context ends."""

    def __init__(self, directory: Path, handler: str, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._handler = handler
        self._environment = environment
        self._log = directory / "log.txt"
        self._server = LoopbackServer("lambda", self, Holds())
        self._events: list[tuple[str, bytes]] = []
        self._invocations: list[Invocation] = []
        self._has_ended = False
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> Self:
        self._server.__enter__()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", self._handler],
                cwd=self._directory,
                env={
                    "PATH": os.environ["PATH"],
                    "LAMBDA_TASK_ROOT": str(self._directory),
                    "AWS_LAMBDA_RUNTIME_API": self._server.url.removeprefix("http://"),
                    "AWS_LAMBDA_FUNCTION_NAME": "cluster-status-dispatch",
                    **self._environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()
        self._server.__exit__(kind, error, trace)
        if self._server.errors and error is None:
            raise ExceptionGroup("the fake itself failed", self._server.errors)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def invoke(self, event: object, *, request: str = "") -> Invocation:
        """Return the result. Lambda repeats a request with the same id, which is new by default."""
        with self._changed:
            count = len(self._invocations)
            self._events.append((request or f"request-{count + 1}", json.dumps(event).encode()))
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: len(self._invocations) > count, TIMEOUT_SECONDS):
                raise TimeoutError(f"the function did not end; its log:\n{self.log}")
            return self._invocations[-1]

    def receive(self, request: Request) -> HttpResponse | Aborted:
        match request.path.removeprefix(API).split("/"):
            case ["", "invocation", "next"]:
                return self._next()
            case ["", "invocation", _, "response"]:
                return self._end(Invocation(result=json.loads(request.body)))
            case ["", "invocation", _, "error"] | ["", "init", "error"]:
                return self._end(Invocation(error=json.loads(request.body)))
            case _:
                return HttpResponse(404)

    def decide(self, request: Request) -> HttpResponse:
        raise NotImplementedError(f"no request is held: {request.path}")

    def _next(self) -> HttpResponse | Aborted:
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._has_ended)
            if self._has_ended:
                return Aborted()
            request, event = self._events.pop(0)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:dispatch",
        }
        return HttpResponse(200, event, headers)

    def _end(self, invocation: Invocation) -> HttpResponse:
        with self._changed:
            self._invocations.append(invocation)
            self._changed.notify_all()
        return HttpResponse(202, b'{"status":"OK"}', {"Content-Type": "application/json"})
