"""Responses that arrive byte by byte: the time for a whole response is limited."""

import contextlib
import itertools
import socket
import threading
import time
import traceback
from collections.abc import Iterable, Iterator

import pytest

from cluster_status.adapters.http import Http, HttpFailure

TOKEN = "tOkEn-of-the-webhook"
TIMEOUT_SECONDS = 0.2
DRIP_SECONDS = 0.01
FAILURE_SECONDS = 10.0  # only reached by a test that fails

HEAD = b"HTTP/1.1 200 OK\r\n"
# the bytes that are sent at once, and those that are repeated without end
ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "the status line": (b"HTTP/1.1 200 O", b"K"),
    "a header": (HEAD + b"X-Long: ", b"x"),
    "headers": (HEAD, b"A:b\r\n"),
    "a body of a known length": (HEAD + b"Content-Length: 900000\r\n\r\n", b"x"),
    "a body in chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a body that ends with the connection": (HEAD + b"Connection: close\r\n\r\n", b"x"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@contextlib.contextmanager
def dripping(at_once: bytes, pieces: Iterable[bytes], *, every_seconds: float) -> Iterator[str]:
    """Answer one request with these bytes; yield the URL, which contains the token."""
    ended = threading.Event()

    def answer() -> None:
        with contextlib.suppress(OSError):  # the client went away
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(at_once)
                for piece in pieces:
                    if ended.wait(every_seconds):
                        return
                    connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(FAILURE_SECONDS)
        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/webhooks/1/{TOKEN}"
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http()
    yield client
    client.close()


def one_by_one(piece: bytes) -> Iterator[bytes]:
    return (bytes([byte]) for byte in itertools.cycle(piece))


@pytest.mark.parametrize(("at_once", "piece"), ENDLESS.values(), ids=ENDLESS)
def test_an_endless_response_fails_after_three_times_the_time_out(
    at_once: bytes, piece: bytes, http: Http
) -> None:
    with dripping(at_once, one_by_one(piece), every_seconds=DRIP_SECONDS) as url:
        begun = time.monotonic()
        with pytest.raises(HttpFailure, match=r"^no complete response before the timeout$") as caught:
            http.request("GET", url, timeout_seconds=TIMEOUT_SECONDS)
        took = time.monotonic() - begun
    assert 3 * TIMEOUT_SECONDS <= took < 5.0
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_an_endless_response_does_not_count_as_an_answer(http: Http) -> None:
    with dripping(HEAD + b"X-Long: ", one_by_one(b"x"), every_seconds=DRIP_SECONDS) as url:
        assert not http.answers(url, timeout_seconds=TIMEOUT_SECONDS)


@pytest.mark.parametrize(
    ("at_once", "reason"),
    [
        (b"", "the request timed out"),
        (HEAD + b"X-Long: ", "the request timed out"),
        (HEAD + b"Content-Length: 2\r\n\r\nx", "the connection failed"),
    ],
    ids=["before the status line", "in a header", "in the body"],
)
def test_a_response_that_stops_fails_after_the_time_out(at_once: bytes, reason: str, http: Http) -> None:
    with dripping(at_once, [b"x"], every_seconds=FAILURE_SECONDS) as url:
        with pytest.raises(HttpFailure, match=rf"^{reason}$") as caught:
            http.request("GET", url, timeout_seconds=0.3)
        assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_slow_response_may_take_longer_than_the_time_out(
    http: Http,
) -> None:
    head = HEAD + b"Content-Length: 3\r\n\r\n"
    with dripping(head, one_by_one(b"abc"), every_seconds=0.25) as url:
        begun = time.monotonic()
        answer = http.request("GET", url, timeout_seconds=0.5)
        took = time.monotonic() - begun
    assert answer.body == b"abc"
    assert took > 0.5


def test_a_request_after_an_endless_response_succeeds(http: Http) -> None:
    with (
        dripping(HEAD + b"X-Long: ", one_by_one(b"x"), every_seconds=DRIP_SECONDS) as slow,
        dripping(HEAD + b"Content-Length: 1\r\n\r\nx", [], every_seconds=0) as quick,
    ):
        with pytest.raises(HttpFailure):
            http.request("GET", slow, timeout_seconds=TIMEOUT_SECONDS)
        assert http.request("GET", quick, timeout_seconds=FAILURE_SECONDS).body == b"x"
