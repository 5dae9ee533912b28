"""Output and conditions of any form: a result or a refusal, and never a failure that was not reported."""

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from cluster_status.domain.conditions.grammar import ConditionError, parse
from cluster_status.domain.execution import CommandResult, CommandTimeoutError
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.domain.slurm import pending
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import results_of
from cluster_status.domain.text import is_short
from tests.property.steady import steady

BOUNDARY = "b0"
CHECKS = SiteChecks((SiteCheck("/a"), SiteCheck("quota", "x"), SiteCheck("/" + "ü" * 150)), 5, 90)
REDACTION = Redaction((Secret("hunter2-correct-horse"),))
_WORD = st.sampled_from(
    [
        "begin",
        "begin locked",
        "end",
        "failed",
        "0",
        "1",
        "2",
        "=",
        ":",
        "!",
        "1 2 3",
        "127",
        "hunter2-correct-horse",
    ]
)
_LINE = st.lists(_WORD | st.text(max_size=5), max_size=4).map(lambda words: " ".join([BOUNDARY, *words]))
_OUTPUT = st.lists(_LINE | st.text(max_size=20), max_size=12).map(lambda lines: "\n".join(lines).encode())


@steady
@example(b"", 137)
@example(f"{BOUNDARY} begin\n".encode(), 137)
@given(st.binary(max_size=200) | _OUTPUT, st.integers(0, 255))
def test_any_output_is_a_result_for_each_check(output: bytes, status: int) -> None:
    for outcome in (CommandResult(status, output, output), CommandTimeoutError("late", stdout=output)):
        results = results_of(CHECKS, outcome, BOUNDARY, REDACTION).results
        assert len(results) == len(CHECKS.checks)
        assert all(is_short(one.name) for one in results)
        shown = " ".join(f"{one.output} {one.not_run}" for one in results)
        assert "correct-horse" not in shown
        assert shown.replace(" ", "").isprintable()
        assert not any(one.cause and one.not_run for one in results)
        if f"{BOUNDARY} begin".encode() not in output:
            assert all(one.not_run and not one.cause for one in results)


@steady
@given(
    st.lists(
        st.text(max_size=30) | st.sampled_from(["a|1|N/A|2026-01-31T12:00:00|x", "a|1|0-9|x|y"]), max_size=5
    )
)
def test_any_lines_of_squeue_are_pending_jobs_or_none(lines: list[str]) -> None:
    found = pending.parse(lines, ["a", "b"])
    assert found.keys() in ({"a", "b"}, set())
    assert all(one.jobs >= 0 and one.nodes >= 0 for one in found.values())


@steady
@given(st.text("idlegpu:>=< 0123in,\n%é", max_size=40) | st.text(max_size=40))
def test_any_text_is_conditions_or_an_error_with_a_place(text: str) -> None:
    with suppress(ConditionError):
        for one in parse(text):
            assert parse(str(one)) == (one,)


def test_only_a_time_that_is_over_is_a_path_that_hangs() -> None:
    begun = f"{BOUNDARY} begin\n".encode()
    late = results_of(CHECKS, CommandTimeoutError("late", stdout=begun), BOUNDARY, REDACTION).results
    assert [one.cause for one in late] == [Cause.PATH_HANGS, Cause.CHECK_FAILED, Cause.PATH_HANGS]
    ended = results_of(CHECKS, CommandResult(0, begun, b""), BOUNDARY, REDACTION).results
    assert [one.cause for one in ended] == [None] * 3
