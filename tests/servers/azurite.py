"""Azurite, Microsoft's emulator of the Azure blob storage, in memory, with one account."""

import base64
import hmac
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import requests

from tests.servers.daemon import Daemon
from tests.servers.port import LOOPBACK, answers, free_ports

_PROGRAM = "node_modules/azurite/dist/src/blob/main.js"
_ACCOUNT = "loopback"
_VERSION = "2025-11-05"
_START_SECONDS = 60  # it loads 200 packages
# of the text that a signature of a blob covers, in this order; the empty ones are not used
_SIGNED_FOR_A_BLOB = (
    *("sp", "st", "se", "resource", "si", "sip", "spr", "sv", "sr", "snapshot", "ses"),
    *("rscc", "rscd", "rsce", "rscl", "rsct"),
)
_SIGNED_FOR_THE_ACCOUNT = ("account", "sp", "ss", "srt", "st", "se", "sip", "spr", "sv", "ses", "end")


class Azurite:
    def __init__(self, port: int, key: bytes) -> None:
        self._url = f"http://{LOOPBACK}:{port}/{_ACCOUNT}"
        self._key = key

    def create_container(self, name: str) -> None:
        parameters = {
            "sp": "c",
            "ss": "b",
            "srt": "c",
            "se": _instant(timedelta(minutes=5)),
            "sv": _VERSION,
        }
        signature = self._sign(_SIGNED_FOR_THE_ACCOUNT, {**parameters, "account": _ACCOUNT})
        query = urlencode({"restype": "container", **parameters, "sig": signature})
        requests.put(f"{self._url}/{name}?{query}", timeout=10).raise_for_status()

    def signed_url(
        self, path: str, permissions: str, lifetime: timedelta, shown: Mapping[str, str] | None = None
    ) -> str:
        """Return the URL of a blob; `path` is its container and name, `shown` are headers of the response."""
        parameters = {
            **(shown or {}),
            "sp": permissions,
            "se": _instant(lifetime),
            "sv": _VERSION,
            "sr": "b",
        }
        resource = f"/blob/{_ACCOUNT}{path}"
        signature = self._sign(_SIGNED_FOR_A_BLOB, {**parameters, "resource": resource})
        query = urlencode({**parameters, "sig": signature}, quote_via=quote)
        return f"{self._url}{path}?{query}"

    def _sign(self, names: tuple[str, ...], values: Mapping[str, str]) -> str:
        text = "\n".join(values.get(name, "") for name in names)
        return base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()


@contextmanager
def azurite(node: str, package: Path, log: Path, *, options: Sequence[str] = ()) -> Iterator[Azurite]:
    """Run Azurite with a new key; `package` is the folder in which it is installed."""
    [port] = free_ports(1)
    key = secrets.token_bytes(64)
    accounts = f"{_ACCOUNT}:{base64.b64encode(key).decode()}"
    daemon = Daemon(
        [
            *(node, package / _PROGRAM),
            *("--inMemoryPersistence", "--disableTelemetry", "--blobHost", LOOPBACK, "--blobPort", str(port)),
            *options,
        ],
        log=log,
        environment={"PATH": os.environ["PATH"], "AZURITE_ACCOUNTS": accounts},
    )
    daemon.launch()
    try:
        daemon.wait_until_ready(lambda: answers(port), timeout_seconds=_START_SECONDS)
        yield Azurite(port, key)
    finally:
        daemon.stop()


def _instant(later: timedelta) -> str:
    return (datetime.now(UTC) + later).strftime("%Y-%m-%dT%H:%M:%SZ")
