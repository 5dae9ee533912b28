"""Asked again where the trouble may pass: how often, after how long, and for which answers."""

from typing import Unpack

import pytest

from cluster_status.adapters.http import Http, HttpFailure, HttpResponse, Options
from cluster_status.adapters.retry import RetryingHttp
from tests.fakes.clock import VirtualClock

URL = "https://api.github.com/"
PAUSES = [3.0, 4.5, 6.75, 10.1]
OK = HttpResponse(200, {}, b"whole")
ALLOCATED = HttpResponse(503, {}, b"")
LOST = HttpFailure("the response is incomplete")
INTERMEDIARY = b'{"msg": "Error from intermediary with HTTP status code 403 \\"Forbidden\\""}'


class ScriptedHttp(Http):
    """Gives what is in the script, and keeps what it was asked."""

    def __init__(self, *script: HttpResponse | HttpFailure) -> None:
        super().__init__()
        self.script = list(script)
        self.asked: list[tuple[str, str, Options]] = []

    def request(self, method: str, url: str, **options: Unpack[Options]) -> HttpResponse:
        self.asked.append((method, url, options))
        given = self.script.pop(0)
        if isinstance(given, HttpFailure):
            raise given
        return given


def ask(*script: HttpResponse | HttpFailure) -> tuple[HttpResponse, list[float]]:
    """Return the answer, and the pauses before it; the whole script has to be used."""
    http, clock = ScriptedHttp(*script), VirtualClock()
    answer = RetryingHttp(http, clock).request("PUT", URL, body=b"zip", limit_bytes=7)
    assert http.asked == [("PUT", URL, {"body": b"zip", "limit_bytes": 7})] * len(script)
    return answer, clock.sleeps


@pytest.mark.parametrize("trouble", [ALLOCATED, LOST], ids=["an answer", "no answer"])
@pytest.mark.parametrize("times", range(5))
def test_trouble_that_passes_within_five_tries_does_no_harm(
    times: int, trouble: HttpResponse | HttpFailure
) -> None:
    assert ask(*[trouble] * times, OK) == (OK, PAUSES[:times])


def test_after_five_tries_the_last_answer_is_given() -> None:
    last = HttpResponse(502, {}, b"the last one")
    assert ask(*[ALLOCATED] * 4, last) == (last, PAUSES)


def test_after_five_tries_without_an_answer_it_is_a_failure() -> None:
    http, clock = ScriptedHttp(*[LOST] * 5, OK), VirtualClock()
    with pytest.raises(HttpFailure, match="the response is incomplete"):
        RetryingHttp(http, clock).request("GET", URL)
    assert (len(http.asked), clock.sleeps) == (5, PAUSES)


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [("7", 7.0), ("20", 20.0), ("21", 20.0), ("3600", 20.0), ("9" * 400, 20.0)]
    + [(text, 3.0) for text in ("", "0", "-7", "²", "nan", "Wed, 21 Oct 2026 07:28:00 GMT")],
)
def test_a_wish_to_wait_is_honoured_up_to_twenty_seconds(retry_after: str, pause: float) -> None:
    cancelled = HttpResponse(429, {"Retry-After": retry_after}, b"")
    assert ask(cancelled, OK) == (OK, [pause])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_asked_again(status: int) -> None:
    assert ask(HttpResponse(status, {}, b""), OK) == (OK, PAUSES[:1])


@pytest.mark.parametrize("status", [201, 302, 400, 401, 403, 404, 409, 410, 412, 422, 501])
def test_any_other_status_is_given_at_once(status: int) -> None:
    answer = HttpResponse(
        status, {"Retry-After": "7"}, b'{"message": "Resource not accessible by integration"}'
    )
    assert ask(answer) == (answer, [])


def test_a_refusal_of_something_in_between_is_asked_again() -> None:
    assert ask(HttpResponse(403, {}, INTERMEDIARY), OK) == (OK, PAUSES[:1])
