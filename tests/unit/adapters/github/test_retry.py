"""Retries of requests to GitHub: their number, their pauses, and the retried responses."""

from typing import Unpack

import pytest

from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http, HttpFailure, HttpResponse, RequestOptions
from tests.fakes.clock import VirtualClock

URL = "https://api.github.com/"
PAUSES = [3.0, 4.5, 6.75, 10.1]
OK = HttpResponse(200, {}, b"whole")
UNAVAILABLE = HttpResponse(503, {}, b"")
NO_RESPONSE = HttpFailure("the response is incomplete")
INTERMEDIARY = b'{"msg": "Error from intermediary with HTTP status code 403 \\"Forbidden\\""}'


class ScriptedHttp(Http):
    """Returns the responses of a script, and records the requests."""

    def __init__(self, *script: HttpResponse | HttpFailure) -> None:
        super().__init__()
        self.script = list(script)
        self.requests: list[tuple[str, str, RequestOptions]] = []

    def request(self, method: str, url: str, **options: Unpack[RequestOptions]) -> HttpResponse:
        self.requests.append((method, url, options))
        response = self.script.pop(0)
        if isinstance(response, HttpFailure):
            raise response
        return response


def request(*script: HttpResponse | HttpFailure) -> tuple[HttpResponse, list[float]]:
    """Return the response and the pauses before it; the whole script has to be used."""
    http, clock = ScriptedHttp(*script), VirtualClock()
    response = RetryingHttp(http, clock).request("PUT", URL, body=b"zip", limit_bytes=7)
    assert http.requests == [("PUT", URL, {"body": b"zip", "limit_bytes": 7})] * len(script)
    return response, clock.sleeps


@pytest.mark.parametrize("failure", [UNAVAILABLE, NO_RESPONSE], ids=["a response", "no response"])
@pytest.mark.parametrize("times", range(5))
def test_up_to_four_temporary_failures_are_retried(times: int, failure: HttpResponse | HttpFailure) -> None:
    assert request(*[failure] * times, OK) == (OK, PAUSES[:times])


def test_a_fifth_failure_is_returned() -> None:
    last = HttpResponse(502, {}, b"the last one")
    assert request(*[UNAVAILABLE] * 4, last) == (last, PAUSES)


def test_five_requests_without_a_response_are_a_failure() -> None:
    http, clock = ScriptedHttp(*[NO_RESPONSE] * 5, OK), VirtualClock()
    with pytest.raises(HttpFailure, match="incomplete"):
        RetryingHttp(http, clock).request("GET", URL)
    assert (len(http.requests), clock.sleeps) == (5, PAUSES)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [("7", 7.0), ("20", 20.0), ("21", 20.0), ("3600", 20.0), ("9" * 400, 20.0)]
    + [(text, 3.0) for text in ("", "0", "-7", "²", "nan", "Wed, 21 Oct 2026 07:28:00 GMT")],
)
def test_retry_after_is_respected_up_to_twenty_seconds(retry_after: str, pause: float) -> None:
    limited = HttpResponse(429, {"retry-after": retry_after}, b"")
    assert request(limited, OK) == (OK, [pause])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_temporary_status_is_retried(status: int) -> None:
    assert request(HttpResponse(status, {}, b""), OK) == (OK, PAUSES[:1])


@pytest.mark.parametrize("status", [201, 302, 400, 401, 403, 404, 409, 410, 412, 422, 501])
def test_any_other_status_is_not_retried(status: int) -> None:
    body = b'{"message": "Resource not accessible by integration"}'
    response = HttpResponse(status, {"retry-after": "7"}, body)
    assert request(response) == (response, [])


def test_a_refusal_by_an_intermediary_is_retried() -> None:
    assert request(HttpResponse(403, {}, INTERMEDIARY), OK) == (OK, PAUSES[:1])


def request_once(*script: HttpResponse | HttpFailure) -> tuple[HttpResponse, list[float]]:
    """Return the response and the pauses before it; the whole script has to be used."""
    http, clock = ScriptedHttp(*script), VirtualClock()
    response = RetryingHttp(http, clock).request_once("POST", URL, body=b"{}")
    assert http.requests == [("POST", URL, {"body": b"{}"})] * len(script)
    return response, clock.sleeps


@pytest.mark.parametrize(
    "response", [HttpResponse(429, {}, b""), UNAVAILABLE, HttpResponse(403, {}, INTERMEDIARY)]
)
@pytest.mark.parametrize("times", range(5))
def test_a_request_that_was_not_executed_is_repeated_in_any_case(times: int, response: HttpResponse) -> None:
    assert request_once(*[response] * times, OK) == (OK, PAUSES[:times])


@pytest.mark.parametrize("status", [400, 500, 502, 504, 520])
def test_an_ambiguous_status_is_returned_at_once(status: int) -> None:
    response = HttpResponse(status, {}, INTERMEDIARY if status == 502 else b"")
    assert request_once(response) == (response, [])


def test_a_request_without_a_response_is_not_repeated_if_it_may_have_been_executed() -> None:
    with pytest.raises(HttpFailure, match="incomplete"):
        request_once(NO_RESPONSE)
