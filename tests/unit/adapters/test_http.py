"""HTTP requests: user agent, limits, and errors without the URL."""

import io
import os
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest
import requests

import cluster_status
from cluster_status.adapters.http import Http, HttpFailure
from cluster_status.deadline import Deadline

TOKEN = "tOkEn-of-the-webhook"
URL = f"https://discord.com/api/webhooks/1/{TOKEN}?wait=true"


class Connection:
    """Replaces the connection of `requests`: records requests, and responds or fails."""

    def __init__(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.fault: Exception | None = None
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.options.append(options)
        if self.fault:
            raise self.fault
        response = requests.Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        response.raw = io.BytesIO(self.body)
        response.url = str(request.url)
        response.request = request
        return response


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    made = Connection()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", made.send)
    return made


@pytest.fixture
def http() -> Http:
    return Http()


def test_the_user_agent_names_the_action_and_not_python(connection: Connection, http: Http) -> None:
    http.request("POST", URL, json={}, timeout_seconds=1)
    agent = connection.requests[0].headers["User-Agent"]
    assert agent.startswith("cluster-status-action/")
    assert "python" not in agent.lower()


def test_a_response_of_any_status_is_returned(connection: Connection, http: Http) -> None:
    connection.status, connection.body, connection.headers = 404, b'{"code": 10015}', {"Retry-After": "3"}
    response = http.request("POST", URL, json={"content": "c"}, timeout_seconds=1)
    assert (response.status, response.body, response.headers["retry-after"]) == (404, b'{"code": 10015}', "3")
    assert connection.requests[0].body == b'{"content": "c"}'


NO_OBJECTS = {
    "HTML": b"<html>",
    "nothing": b"",
    "a list": b"[1]",
    "a string": b'"text"',
    "no UTF-8": b"\xff\xfe",
    "a deeply nested list": b"[" * 100_000,
}


@pytest.mark.parametrize("body", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_a_body_that_is_no_json_object_is_read_as_an_empty_one(
    body: bytes, connection: Connection, http: Http
) -> None:
    connection.body = body
    assert http.request("GET", URL, timeout_seconds=1).json() == {}


def test_a_body_and_headers_are_sent_unchanged(connection: Connection, http: Http) -> None:
    http.request("PUT", URL, body=b"\0\1", headers={"Content-Type": "application/zip"}, timeout_seconds=1)
    (request,) = connection.requests
    assert (request.method, request.body, request.headers["Content-Type"]) == (
        "PUT",
        b"\0\1",
        "application/zip",
    )


def test_the_caller_sets_the_time_out(connection: Connection, http: Http) -> None:
    http.request("GET", URL, timeout_seconds=2.5)
    assert connection.options[0]["timeout"] == 2.5


def test_near_the_deadline_the_time_out_is_a_third_of_the_time_left(
    connection: Connection, http: Http
) -> None:
    http.until(Deadline(6)).request("GET", URL, timeout_seconds=10)
    assert connection.options[0]["timeout"] == pytest.approx(2, abs=0.1)


def test_after_the_deadline_nothing_is_sent(connection: Connection, http: Http) -> None:
    with pytest.raises(HttpFailure, match=r"^the time limit of the run is reached$"):
        http.until(Deadline(0)).request("GET", URL)
    assert connection.requests == []


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_not_followed(status: int, connection: Connection, http: Http) -> None:
    connection.status, connection.headers = status, {"Location": "https://elsewhere.example/"}
    response = http.request("POST", URL, json={}, timeout_seconds=1)
    assert (response.status, response.ok, len(connection.requests)) == (status, False, 1)


def test_the_credentials_of_a_netrc_are_not_sent(
    connection: Connection, http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine discord.com login alice password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    http.request("POST", URL, json={}, timeout_seconds=1)
    assert "Authorization" not in connection.requests[0].headers


def test_the_proxy_of_the_environment_is_used(
    connection: Connection, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    http.request("POST", URL, json={}, timeout_seconds=1)
    assert connection.options[0]["proxies"]["https"] == "http://proxy.example:3128"


def test_sslkeylogfile_is_ignored(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    program = (
        "import os, ssl, cluster_status.adapters.http; ssl.create_default_context();"
        "print(os.environ.get('SSLKEYLOGFILE'))"
    )
    source = str(Path(cluster_status.__file__).parents[1])
    environ = os.environ | {"PYTHONPATH": source, "SSLKEYLOGFILE": str(keys)}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, timeout=30, check=True
    )
    assert ended.stdout.split() == [b"None"]
    assert not keys.exists()


def test_a_response_that_is_too_large_is_a_failure(connection: Connection, http: Http) -> None:
    connection.body = bytes(1000)
    assert len(http.request("GET", URL, limit_bytes=1000).body) == 1000
    with pytest.raises(HttpFailure, match="larger than 999 bytes"):
        http.request("GET", URL, limit_bytes=999)


def test_the_default_limit_of_a_response_is_a_megabyte(connection: Connection, http: Http) -> None:
    connection.body = bytes(1_000_001)
    with pytest.raises(HttpFailure, match="larger than"):
        http.request("GET", URL)


# failures

UNUSABLE = "the URL, or the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, is not valid"
FAULTS = {
    "connect timeout": (requests.ConnectTimeout(URL), "the request timed out"),
    "read timeout": (requests.ReadTimeout(URL), "the request timed out"),
    "proxy error": (requests.exceptions.ProxyError(URL), "the proxy failed"),
    "bad certificate": (requests.exceptions.SSLError(URL), "certificate verification failed"),
    "no connection": (requests.ConnectionError(URL), "the connection failed"),
    "incomplete response": (requests.exceptions.ChunkedEncodingError(URL), "the response is incomplete"),
    "invalid URL": (requests.exceptions.InvalidURL(URL), UNUSABLE),
    "invalid proxy": (requests.exceptions.InvalidProxyURL(URL), UNUSABLE),
    "SOCKS proxy": (requests.exceptions.InvalidSchema(URL), f"{UNUSABLE} (SOCKS proxies are not supported)"),
    "any other": (requests.exceptions.TooManyRedirects(URL), "TooManyRedirects"),
}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_error_of_a_bad_certificate_names_the_variable_of_the_ca_bundle(
    variable: str, connection: Connection, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unset_bundles(monkeypatch)
    monkeypatch.setenv(variable, "/somewhere")
    connection.fault = requests.exceptions.SSLError(URL)
    with pytest.raises(HttpFailure, match=f"verification failed with the CA bundle in {variable}"):
        http.request("GET", URL)


def _unset_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_failure_contains_the_reason_and_not_the_url(
    fault: Exception, reason: str, connection: Connection, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    _unset_bundles(monkeypatch)
    connection.fault = fault
    with pytest.raises(HttpFailure) as caught:
        http.request("POST", URL, json={}, timeout_seconds=1)
    assert str(caught.value) == reason
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "url",
    [
        TOKEN,
        f"://{TOKEN}",
        f"nonsense://{TOKEN}",
        f"https://{TOKEN}..example/",
        f"http://*{TOKEN}/",
        f"https://[{TOKEN}]/",
    ],
)
def test_an_invalid_url_is_not_quoted(url: str, http: Http) -> None:
    with pytest.raises(HttpFailure) as caught:
        http.request("POST", url, json={}, timeout_seconds=1)
    assert TOKEN.lower() not in "".join(traceback.format_exception(caught.value)).lower()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_error_of_a_missing_ca_bundle_names_its_variable(
    variable: str, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "/not/there.pem")  # the file is checked before a connection
    with pytest.raises(HttpFailure, match=variable):
        http.request("POST", URL, json={}, timeout_seconds=1)


@pytest.mark.parametrize("status", [200, 302, 404, 500])
def test_any_response_shows_that_there_is_a_network(status: int, connection: Connection, http: Http) -> None:
    connection.status = status
    assert http.answers(URL, timeout_seconds=1)
    assert connection.requests[0].method == "HEAD"


def test_a_request_that_hangs_before_it_connects_fails_after_three_time_outs(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, ended = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(10)
        ended.set()
        raise requests.ConnectionError(URL)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", hang)
    with pytest.raises(HttpFailure, match=r"^no complete response before the timeout$") as caught:
        http.request("POST", URL, json={}, timeout_seconds=0.01)
    assert not ended.is_set()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    released.set()
    assert ended.wait(10)


def test_no_response_shows_that_there_is_no_network(connection: Connection, http: Http) -> None:
    connection.fault = requests.ConnectTimeout(URL)
    assert not http.answers(URL, timeout_seconds=1)
