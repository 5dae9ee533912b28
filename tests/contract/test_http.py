"""Responses without an end: time and memory for a whole response are limited."""

import contextlib
import gzip
import itertools
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

import pytest

from cluster_status.adapters.github import pygithub
from cluster_status.adapters.github.pygithub import PyGithubTransport
from cluster_status.adapters.http import Http, HttpFailure, HttpResponse
from cluster_status.domain.secret import Secret

TOKEN = "tOkEn-of-the-webhook"
TIMEOUT_SECONDS = 0.2
DRIP_SECONDS = 0.01
FAILURE_SECONDS = 10.0  # only reached by a test that fails

FLOOD_SECONDS = 0.5
LIMIT_BYTES = 1_000_000
MEMORY_BYTES = 8_000_000

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
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
                connection.settimeout(FAILURE_SECONDS)
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


KILOBYTES_AT_ONCE = 64
TWO_BYTES = b"2\r\nxx\r\n"
BOMB = gzip.compress(bytes(100_000_000))
# as above, but sent as fast as they are read
FLOODS: dict[str, tuple[bytes, bytes]] = {
    "a status line": (b"HTTP/1.1 200 O", b"K"),
    "a header": (HEAD + b"X-Long: ", b"x"),
    "headers": (HEAD, b"A:b\r\n"),
    "a body": (HEAD + b"Connection: close\r\n\r\n", b"x"),
    "a large chunk": (HEAD + CHUNKED + b"fffffff0\r\n", b"x"),
    "small chunks": (HEAD + CHUNKED, TWO_BYTES),
    "a chunk extension": (HEAD + CHUNKED + b"1;", b"x"),
    "trailers": (HEAD + CHUNKED + b"1\r\nx\r\n0\r\n", b"A:b\r\n"),
    "a compressed body": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + BOMB, b"x"),
    "a body compressed twice": (HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(BOMB), b"x"),
}


def send_by_http(url: str) -> None:
    client = Http()
    try:
        client.request("GET", url, timeout_seconds=FLOOD_SECONDS, limit_bytes=LIMIT_BYTES)
    finally:
        client.close()


def send_by_pygithub(url: str) -> None:
    with contextlib.closing(PyGithubTransport(url, Secret(TOKEN))) as transport:
        transport.request("GET", "/", {})


@pytest.mark.parametrize("send", [send_by_http, send_by_pygithub])
@pytest.mark.parametrize(("at_once", "piece"), FLOODS.values(), ids=FLOODS)
def test_an_endless_response_takes_little_memory(
    send: Callable[[str], None], at_once: bytes, piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pygithub, "_RESPONSE_SECONDS", 3 * FLOOD_SECONDS)
    monkeypatch.setattr(pygithub, "MAX_RESPONSE_BYTES", LIMIT_BYTES)
    pieces = itertools.repeat(piece * (1_000 * KILOBYTES_AT_ONCE // len(piece)))
    with dripping(at_once, pieces, every_seconds=0) as url:
        tracemalloc.start()
        try:
            with pytest.raises(HttpFailure):
                send(url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < MEMORY_BYTES


def test_a_json_body_that_would_take_much_memory_is_not_parsed() -> None:
    objects = b",".join([b"{}"] * 100_000)
    assert HttpResponse(500, {}, b'{"message":[' + objects + b"]}").json() == {}


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
