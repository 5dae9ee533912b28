"""AWS Secrets Manager on loopback: it returns values to authorized requests.

with LoopbackSecretsManager(may_read="arn:aws:…:secret:name-a1B2c3") as manager:
    manager.secrets["arn:aws:…:secret:name-a1B2c3"] = "a value"
    ...  # with manager.environment
"""

import json
import re
from collections import deque
from types import TracebackType
from typing import Self

from tests.fakes.loopback import Aborted, Held, Holds, HttpResponse, LoopbackServer, Request

REGION = "eu-west-1"
ACCOUNT = "123456789012"
KEY_ID = "ASIAEXAMPLEEXAMPLE00"
SIGNED = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={KEY_ID}/\d{{8}}/{REGION}/secretsmanager/aws4_request, "
    r"SignedHeaders=[a-z0-9;-]*\bhost\b[a-z0-9;-]*, Signature=[0-9a-f]{64}"
)


def error(code: str, message: str, status: int = 400) -> HttpResponse:
    body = json.dumps({"__type": code, "Message": message}).encode()
    return HttpResponse(status, body, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "1"})


class LoopbackSecretsManager:
    """`may_read` is the resource in the policy of the role: the ARN of a secret."""

    def __init__(self, may_read: str) -> None:
        self.secrets: dict[str, str] = {}
        self.reads: list[str] = []
        self._may_read = may_read
        self._faults: deque[HttpResponse | Held | Aborted] = deque()
        self._holds = Holds()
        self._server = LoopbackServer("secretsmanager", self, self._holds)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
        if self._server.errors and error is None:
            raise ExceptionGroup("the fake itself failed", self._server.errors)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that AWS's library needs for this server; Lambda sets all but the URL."""
        return {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self._server.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_SESSION_TOKEN": "example",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def fail_next(self, *faults: HttpResponse | Held | Aborted) -> None:
        self._faults.extend(faults)

    def receive(self, request: Request) -> HttpResponse | Held | Aborted:
        return self._faults.popleft() if self._faults else self.decide(request)

    def decide(self, request: Request) -> HttpResponse:
        if request.headers["X-Amz-Target"] != "secretsmanager.GetSecretValue":
            return error("UnknownOperationException", "The fake supports only GetSecretValue.")
        if not SIGNED.fullmatch(request.headers["Authorization"] or ""):
            return error(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided.",
            )
        arn = json.loads(request.body)["SecretId"]
        self.reads.append(arn)
        if arn != self._may_read:
            action = "secretsmanager:GetSecretValue"
            message = f"User is not authorized to perform: {action} on resource: {arn}"
            return error("AccessDeniedException", f"{message} because no identity-based policy allows it")
        if arn not in self.secrets:
            return error("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        body = {
            "ARN": arn,
            "Name": arn.rpartition(":")[2].rpartition("-")[0],
            "SecretString": self.secrets[arn],
            "VersionId": "00000000-0000-0000-0000-000000000001",
            "VersionStages": ["AWSCURRENT"],
        }
        return HttpResponse(200, json.dumps(body).encode(), {"Content-Type": "application/x-amz-json-1.1"})
