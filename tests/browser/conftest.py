import functools
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from msgspec import Struct
from playwright.sync_api import Browser, Page, sync_playwright

from cluster_status.adapters.site.site import files
from cluster_status.domain.report.report import Report
from tests.contract import npm
from tests.servers import program

WIDTHS = (390, 1280)
_AXE = Path(__file__).parent / "axe"
_OPTIONS = ("--disable-gpu", "--no-sandbox")  # the tests run as root


class Look(Struct, frozen=True):
    """How a reader sees a page."""

    width: int = 1280
    scheme: str = "light"
    script: bool = True
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.width} {self.scheme}{'' if self.script else ' without JavaScript'}"


LOOKS = [
    Look(width, scheme, script)
    for width in WIDTHS
    for scheme in ("light", "dark")
    for script in (True, False)
]


class Visit:
    """A page in the browser: its requests, and what the browser reports."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: self.errors.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(dialog.message))


Open = Callable[..., Visit]


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # two versions of a file may have the same time
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program.find("chromium"), args=list(_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core, which finds what is not accessible."""
    npm.install(_AXE, "--omit=dev")
    return (_AXE / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return a function that opens an address; without `at`, the clock is that of the machine."""
    contexts = []

    def open_page(url: str, look: Look = Look(), *, at: str = "") -> Visit:  # noqa: B008 - it is frozen
        context = browser.new_context(
            viewport={"width": look.width, "height": 900},
            color_scheme="dark" if look.scheme == "dark" else "light",
            java_script_enabled=look.script,
            timezone_id=look.zone,
        )
        contexts.append(context)
        visit = Visit(context.new_page())
        if at:
            visit.page.clock.install(time=at)
        visit.page.goto(url)
        return visit

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return a function that writes the site of these reports, and returns its address."""
    handler = functools.partial(_Handler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(*reports: Report) -> str:
        for name, content in files(reports):
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()
