"""Services of Apprise, which are loaded by name, work in the image."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.image.workflow import Workflow

# of different plugins: five that send HTTP requests to any host
SERVICES = {
    "JSON": "json://{host}/",
    "XML": "xml://{host}/",
    "Mattermost": "mmost://{host}/3ccdd113474722377935511fc85d3dd4",
    "Gotify": "gotify://{host}/A1b2C3d4E5f6G7h",
    "ntfy": "ntfy://{host}/cluster",
    "Rocket.Chat": "rocket://3ccdd113474722377/935511fc85d3dd4@{host}/#cluster",
}


class Receiver(ThreadingHTTPServer):
    """Accepts each request, and keeps its body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(self.rfile.read(length).decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("url", SERVICES.values(), ids=SERVICES)
def test_a_message_reaches_a_service_that_is_loaded_by_name(
    workflow: Workflow, receiver: Receiver, url: str
) -> None:
    host = f"127.0.0.1:{receiver.server_port}"
    run = workflow.poll(inputs={"discord-webhook": "", "notify-urls": url.format(host=host)})
    assert run.exit_status == 0, run.log
    assert any("mscluster is online" in body for body in receiver.bodies)
