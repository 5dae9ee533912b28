"""Hypothesis strategies: verdicts, and whole histories as a course of polls leaves them."""

from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.domain.history.history import History, Terms
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import (
    IDENTITY,
    NOON,
    delivery_failed,
    forewarned,
    host_key,
    listed,
    met,
    noon_plus,
    reserved,
    shown,
    step,
    told,
)

_VERDICTS = (
    Verdict(Status.ONLINE),
    *(Verdict(info.status, cause) for cause, info in CAUSES.items()),
    *(Verdict(Status.UNKNOWN, cause) for cause, info in CAUSES.items() if info.network),
)
_EVENTFUL = (
    Verdict(Status.ONLINE),
    Verdict(Status.OFFLINE, Cause.TIMEOUT),
    Verdict(Status.UNKNOWN, Cause.HOST_KEY),
)


def verdicts() -> st.SearchStrategy[Verdict]:
    """Draw what a poll can come to; half of the time, what makes a course eventful."""
    return st.sampled_from(_EVENTFUL) | st.sampled_from(_VERDICTS)


def courses() -> st.SearchStrategy[list[Verdict]]:
    return st.lists(verdicts(), max_size=25)


_OBSTACLES = tuple(met(cause) for cause in Cause)
_RESULTS = (
    listed(),
    listed(idle=4),
    listed(allocated=1, reserved=1, powered_down=1, down=3),
    listed(draining=2, down=2),
    listed(maintenance=4),
    listed(unknown=4),
    forewarned(reserved(NOON + timedelta(days=1)), idle=4),
    *_OBSTACLES,
    *(shown(failure, host_key()) for failure in _OBSTACLES if failure.reached),
    *(replace(failure, runner_online=False) for failure in _OBSTACLES if not failure.reached),
)
_MINUTES = (5, 90, 2_000)
_OUTCOMES = ("told", "untold", "gone", "nothing is sent")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw what a course of polls leaves; after some, a message was told, or could not be."""
    terms = Terms(IDENTITY, draw(st.integers(1, 3)), draw(st.booleans()))
    history, at = History(cluster=draw(st.text('aé ✓"\\', max_size=8))), NOON
    polls = st.tuples(st.sampled_from(_RESULTS), st.sampled_from(_MINUTES), st.sampled_from(_OUTCOMES))
    for result, minutes, outcome in draw(st.lists(polls, max_size=20)):
        at += timedelta(minutes=minutes)
        history = step(history, result, at, terms=terms)
        if history.pending and outcome == "told":
            history = told(history, history.pending[0])
        elif history.pending and outcome in {"untold", "gone"}:
            history = delivery_failed(
                history, outcome, at, webhook_gone="digest" if outcome == "gone" else None
            )
    return history


@st.composite
def chronicles(draw: st.DrawFn) -> list[History]:
    """Draw a long course of polls: the history as each one leaves it, and as its messages leave it.

    Each sight lasts for some polls, or hardly anything would be confirmed, and hardly any doubt told.
    """
    terms = Terms(IDENTITY, draw(st.integers(1, 3)), draw(st.booleans()))
    periods = st.tuples(st.sampled_from(_RESULTS), st.integers(1, 4), st.sampled_from(_OUTCOMES))
    chronicle = [History(cluster="Deep Thought")]
    for result, polls, outcome in draw(st.lists(periods, min_size=10, max_size=40)):
        for _ in range(polls):
            at = noon_plus(5 * len(chronicle))
            chronicle.append(step(chronicle[-1], result, at, terms=terms))
            if chronicle[-1].pending and outcome == "told":
                chronicle.append(told(chronicle[-1], chronicle[-1].pending[0]))
            elif chronicle[-1].pending and outcome == "untold":
                chronicle.append(delivery_failed(chronicle[-1], outcome, at, webhook_gone=None))
    return chronicle
