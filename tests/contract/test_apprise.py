"""Channels of other services, by Apprise: a real SMTP server, a real HTTP service, and wrong URLs."""

import json
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

import cluster_status
from cluster_status.adapters.apprise.notifier import AppriseNotifier
from cluster_status.domain.notification.message import Message
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Status
from cluster_status.errors import ChannelRefusedError, DeliveryError
from cluster_status.render.text import text

OUTAGE = Message(
    status=Status.OFFLINE,
    headline="hpc is offline",
    sentence="SSH connections refused.",
    at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)
SECRET = "hunter2-of-alice"


class Inbox:
    """Keeps the mails that the server accepts."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        return "250 accepted"


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def smtp_port(inbox: Inbox) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class Service(ThreadingHTTPServer):
    """Answers each request with `status`, and keeps the bodies."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[dict[str, object]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
        """Log nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Return what a handler of the root logger gets."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(logging.WARNING)


def notifier(url: str) -> AppriseNotifier:
    return AppriseNotifier(Secret(url))


def of_service(service: Service) -> AppriseNotifier:
    return notifier(f"json://alice:{SECRET}@127.0.0.1:{service.server_address[1]}/")


def test_a_mail_has_the_headline_as_subject_and_the_other_lines_as_text(inbox: Inbox, smtp_port: int) -> None:
    url = f"mailto://127.0.0.1:{smtp_port}?from=hpc@example.org&to=admins@example.org"
    assert notifier(url).send(OUTAGE) is None
    [envelope] = inbox.mails
    assert envelope.rcpt_tos == ["admins@example.org"]
    mail = message_from_bytes(envelope.content if isinstance(envelope.content, bytes) else b"")
    assert mail.get_content_type() == "text/plain"
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().splitlines() == text(OUTAGE).splitlines()[1:]
    assert "hpc is offline" in str(mail["Subject"]) or "=?utf-8?" in str(mail["Subject"]).lower()


def test_a_service_over_http_gets_headline_text_and_kind(service: Service) -> None:
    of_service(service).send(OUTAGE)
    [body] = service.bodies
    assert body["title"] == "❌ hpc is offline"
    assert "SSH connections refused." in str(body["message"])
    assert body["type"] == "failure"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_permanent_refusal_holds_the_channel_back(status: int, service: Service) -> None:
    service.status = status
    with pytest.raises(ChannelRefusedError, match=f"json:// refuses messages \\(HTTP {status}\\)"):
        of_service(service).send(OUTAGE)
    assert len(service.bodies) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_another_failure_leaves_the_message_pending_without_a_retry(status: int, service: Service) -> None:
    service.status = status
    with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
        of_service(service).send(OUTAGE)
    assert not isinstance(caught.value, ChannelRefusedError)
    assert len(service.bodies) == 1


@pytest.mark.parametrize(
    "url",
    [
        f"slack://{SECRET}",
        f"mailto://alice:{SECRET}@",
        f"nothing://{SECRET}@host",
        f"tgram://{SECRET}/x",
        f"json://alice:{SECRET}@127.0.0.1:1/{SECRET}",
        f"mailto://alice:{SECRET}@127.0.0.1:1?from=a@example.org&mode=insecure",
        f"matrix://alice:{SECRET}@127.0.0.1:1/#room?mode=off",
    ],
)
def test_no_error_and_no_log_of_a_library_shows_the_url(
    url: str, logged: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DeliveryError) as caught:
        notifier(url).send(OUTAGE)
    error, printed = caught.value, capfd.readouterr()
    shown = [str(error), error.remedy, error.cause, printed.out, printed.err, *logged]
    assert [text for text in shown if SECRET in text] == []
    assert url.partition("://")[0] in str(caught.value)


def test_a_poll_that_needs_neither_apprise_nor_yaml_nor_time_zones_imports_none_of_them(
    tmp_path: Path,
) -> None:
    code = (
        "import os, sys\n"
        "from cluster_status import action\n"
        "action.main(dict(os.environ))\n"
        "assert 'cluster_status.app.run' in sys.modules\n"
        "sys.exit(' '.join({'apprise', 'github', 'yaml', 'zoneinfo'} & sys.modules.keys()) or 0)\n"
    )
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        inputs = {
            "INPUT_CLUSTER-HOST": "127.0.0.1",
            "INPUT_CLUSTER-PORT": str(refusing.getsockname()[1]),
            "INPUT_CLUSTER-USER": "alice",
            "INPUT_CLUSTER-PASSWORD": SECRET,
            "INPUT_ATTEMPTS": "1",
            "INPUT_MAINTENANCE": "2026-12-01 08:00 to 2026-12-01 18:00: Cooling",
        }
        source = str(Path(cluster_status.__file__).parents[1])
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": source, **inputs},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "history.json").exists()
    assert "refused" in run.stdout
