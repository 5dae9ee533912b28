"""Hypothesis strategies: verdicts, and histories after many polls."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from cluster_status.domain.conditions.grammar import parse
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.notification.notification import LiveMessage, MessageRef
from cluster_status.domain.notification.outbox import delivered, edited, failed
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain import build
from tests.unit.domain.build import (
    NOON,
    Setup,
    host_key,
    listed,
    listed_with,
    noon_plus,
    partition,
    reserved,
    site,
    step,
    with_host_key,
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
    """Draw any verdict; half of the time one of those that cause most events."""
    return st.sampled_from(_EVENTFUL) | st.sampled_from(_VERDICTS)


def courses() -> st.SearchStrategy[list[Verdict]]:
    return st.lists(verdicts(), max_size=25)


_BATCH = partition(default=True, idle=8)
PARTITIONS: tuple[ProbeResult, ...] = (
    site(_BATCH, partition("gpu", idle=2), partition("fat", idle=1)),
    site(_BATCH, partition("gpu", down=2), partition("fat", idle=1)),
    site(_BATCH, partition("gpu", availability="drain", idle=2), partition("fat", draining=1)),
    site(_BATCH, partition("gpu", maintenance=2), partition("fat", unknown=1)),
    site(_BATCH, partition("gpu", idle=2), partition("fat", down=1)),
    site(_BATCH, partition("fat", down=1)),
)
MAINTENANCE: tuple[ProbeResult, ...] = (
    listed_with(idle=4),
    listed_with(reserved(NOON + timedelta(days=1)), idle=4),
    listed_with(reserved(NOON + timedelta(hours=25)), idle=4),
    listed_with(reserved(NOON + timedelta(hours=1), hours=3), maintenance=4),
)
_FAILURES = tuple(build.failed(cause) for cause in Cause)
RESULTS: tuple[ProbeResult, ...] = (
    listed(),
    listed(idle=4),
    listed(allocated=1, reserved=1, powered_down=1, down=3),
    listed(draining=2, down=2),
    listed(maintenance=4),
    listed(unknown=4),
    *PARTITIONS,
    *MAINTENANCE,
    *_FAILURES,
    *(with_host_key(failure, host_key()) for failure in _FAILURES if failure.reached),
    *(replace(failure, runner_online=False) for failure in _FAILURES if not failure.reached),
)
_MINUTES = (5, 90, 2_000)
_OVERDUE = (
    (listed_with(reserved(NOON, hours=0.5), maintenance=4), 1, "delivered"),
    (build.failed(Cause.REFUSED), 4, "failed"),
)
OUTCOMES = ("delivered", "failed", "refused", "not sent")


def policies(channel: str) -> st.SearchStrategy[ChannelPolicy]:
    return st.builds(
        ChannelPolicy,
        st.just(channel),
        digest=st.just(f"digest of {channel}"),
        always=st.booleans(),
        live=st.booleans(),
    )


def setups() -> st.SearchStrategy[Setup]:
    """Draw thresholds and one or two channels."""
    channels = st.tuples(policies("ops")) | st.tuples(policies("ops"), policies("users"))
    return st.builds(Setup, confirm_after=st.integers(1, 3), channels=channels)


def attempted(history: History, policy: ChannelPolicy, outcome: str, at: datetime) -> History:
    """Return the history after a send of the oldest notification, or else an edit of the live message."""
    outbox, state = history.outbox, history.outbox.channel(policy.id)
    if outcome == "not sent" or not (state.pending or state.live):
        return history
    if outcome != "delivered":
        refused_by = policy.digest if outcome == "refused" else None
        return replace(history, outbox=failed(outbox, policy.id, outcome, at, refused_by=refused_by))
    if not state.pending:
        return replace(history, outbox=edited(outbox, policy.id, state.live))
    first = state.pending[0]
    message = MessageRef(f"message {first.id}", "shown")
    live = LiveMessage(policy.digest, message, first) if policy.live else None
    return replace(history, outbox=delivered(outbox, policy.id, first.id, live))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw the history after polls, and after deliveries and failures to its channels."""
    setup = draw(setups())
    history, at = History(), NOON
    outcomes = st.tuples(*[st.sampled_from(OUTCOMES)] * len(setup.channels))
    polls = st.tuples(st.sampled_from(RESULTS), st.sampled_from(_MINUTES), outcomes)
    for result, minutes, outcome in draw(st.lists(polls, max_size=20)):
        at += timedelta(minutes=minutes)
        history = step(history, result, at, setup=setup)
        for policy, one in zip(setup.channels, outcome, strict=True):
            history = attempted(history, policy, one, at)
    return history


def rare_events() -> list[History]:
    """Return the histories of a lost and returned partition and of an overdue maintenance."""
    all_well, without_gpu, closed, _, without_fat, _ = PARTITIONS
    window = reserved(noon_plus(60), hours=0.25)
    polls = [
        *[all_well, without_gpu, without_gpu, closed, closed, without_gpu, without_gpu],
        *[without_fat, without_fat, without_fat, all_well, all_well],
        *[listed_with(window, maintenance=4)] * 3,
        *[build.failed(Cause.REFUSED)] * 3,
    ]
    chronicle = [History()]
    for number, result in enumerate(polls):
        chronicle.append(step(chronicle[-1], result, noon_plus(5 * number)))
    return chronicle


def further_cause() -> list[History]:
    """Return the histories of an outage with a second cause, for a channel of issues."""
    setup = Setup(channels=(replace(build.POLICY, issues="repository"),))
    chronicle = [History()]
    for number, cause in enumerate((None, Cause.REFUSED, Cause.TIMEOUT)):
        result = build.failed(cause) if cause else PARTITIONS[0]
        chronicle.append(step(chronicle[-1], result, noon_plus(5 * number), setup=setup))
    return chronicle


def checked(result: ProbeResult, *failing: str, of: tuple[str, ...] = ("/scratch", "quota")) -> ProbeResult:
    """Return the result with site checks, of which some fail."""
    checks = [CheckResult(name, name.startswith("/"), None) for name in of]
    causes = {True: Cause.PATH_HANGS, False: Cause.CHECK_FAILED}
    results = (replace(one, cause=causes[one.is_path] if one.name in failing else None) for one in checks)
    return replace(result, site_checks=CheckResults(tuple(results)))


def events_of_the_user() -> list[History]:
    """Return the histories of checks that fail and pass, of a condition, and of a mute with an incident."""
    setup = Setup(conditions=parse("idle >= 5"))
    muted = replace(setup, mute=MuteRequest(noon_plus(49)))
    well, one, both = (checked(PARTITIONS[0], *names) for names in ((), ("quota",), ("quota", "/scratch")))
    chronicle = [History()]
    for number, result in enumerate([well, one, one, both, both, one, well, both, both, well, well]):
        of_poll = muted if 7 <= number < 10 else setup
        chronicle.append(step(chronicle[-1], result, noon_plus(5 * number), setup=of_poll))
    return chronicle


@st.composite
def chronicles(draw: st.DrawFn) -> list[History]:
    """Draw the histories after each of many polls, and after each delivery or failure.

    Each result lasts for some polls. Otherwise few statuses would be confirmed and few monitors lost.
    """
    setup = draw(setups())
    results = st.sampled_from(RESULTS) | st.sampled_from(PARTITIONS) | st.sampled_from(MAINTENANCE)
    periods = st.tuples(results, st.integers(1, 4), st.sampled_from(OUTCOMES))
    chronicle = [History()]
    first = draw(st.sampled_from([(), _OVERDUE]))
    for result, polls, outcome in [*first, *draw(st.lists(periods, min_size=10, max_size=40))]:
        for _ in range(polls):
            at = noon_plus(5 * len(chronicle))
            chronicle.append(step(chronicle[-1], result, at, setup=setup))
            for policy in setup.channels:
                chronicle.append(attempted(chronicle[-1], policy, outcome, at))
    return chronicle
