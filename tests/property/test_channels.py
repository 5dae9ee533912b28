"""A second channel that always fails changes nothing for the first one, over a long sequence of polls."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import NamedTuple

import pytest

from cluster_status.domain.notification.outbox import ChannelOutbox
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ChannelRefusedError, DeliveryError, MessageLostError
from tests.fakes.notifier import GONE, RecordingNotifier
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor
from tests.unit.domain.build import listed_with, reserved

POLLS = 300
GAP_RATE = 0.03  # share of the polls that come after a gap
RESULTS: tuple[Callable[[Monitor], ProbeResult], ...] = (
    *[lambda _: ONLINE] * 3,
    *[lambda _: listed(partition(idle=3, allocated=5))] * 3,
    lambda _: listed(partition(idle=2, down=6)),
    lambda _: failed(Cause.REFUSED),
    lambda _: failed(Cause.DNS),
    lambda _: failed(Cause.TIMEOUT),
    lambda _: failed(Cause.HOST_KEY),
    lambda _: failed(Cause.LOGIN_REFUSED),
    lambda monitor: listed_with(reserved(monitor.clock.now() + timedelta(hours=9)), idle=8),
    lambda monitor: listed_with(reserved(monitor.clock.now() - timedelta(hours=1)), maintenance=8),
)
HEADLINES = {
    "mscluster is online",
    "mscluster is offline",
    "mscluster is degraded",
    "mscluster is in maintenance",
    "mscluster is back online",
    "mscluster is partially back: degraded",
    "mscluster: status unknown",
    "Login to mscluster no longer works",
    "Monitoring of mscluster restored: still online",
    "Maintenance of mscluster scheduled",
}
AN_HOUR = timedelta(hours=1)  # between polls: no change is damped
POLICIES: Mapping[str, Mapping[str, bool]] = {
    "changes": {},
    "always": {"always": True},
    "live": {"live": True},
}


class ChannelResult(NamedTuple):
    """The messages of the first channel, its outbox in the history, and the errors about channels."""

    notifier: RecordingNotifier
    outbox: ChannelOutbox
    errors: list[str]


def poll_many(monitor: Monitor, policy: Mapping[str, bool]) -> ChannelResult:
    """Poll many times, with the same results and at the same times for every monitor."""
    monitor.set_retries(attempts=1)
    monitor.set_policy(**policy, mention="<@&1>", with_quotation=True)
    errors = []
    for result, later in _script():
        run = monitor.poll(result(monitor), later=later)
        errors += [error for error in run.errors if error.startswith("Channel ")]
    return ChannelResult(monitor.notifier, monitor.store.history.outbox.channel("discord"), errors)


def _script() -> Iterator[tuple[Callable[[Monitor], ProbeResult], timedelta]]:
    """Yield results that last for some polls each, and the times between the polls."""
    random = Random(1)  # noqa: S311 - the same at every run
    polls = 0
    while polls < POLLS:
        result = random.choice(RESULTS)
        for _ in range(random.randint(1, 5)):
            polls += 1
            yield result, timedelta(hours=4) if random.random() < GAP_RATE else AN_HOUR


@pytest.fixture(scope="module", params=POLICIES)
def alone(request: pytest.FixtureRequest) -> tuple[str, ChannelResult]:
    """Return a policy, and the result of a channel with this policy that is the only one."""
    return request.param, poll_many(Monitor(), POLICIES[request.param])


def test_the_sequence_has_messages_of_every_kind(alone: tuple[str, ChannelResult]) -> None:
    policy, (notifier, _, errors) = alone
    assert set(notifier.headlines) >= HEADLINES
    assert any(message.mention for message in notifier.messages)
    assert "Missed polls" in str(notifier.messages)
    reminders = [headline for headline in notifier.headlines if headline.startswith("mscluster is still")]
    assert (len(reminders) > 20) == (policy == "always")
    assert (len(notifier.edits) > 20) == (policy == "live")
    assert errors == []


FAILURES: dict[str, tuple[int, DeliveryError]] = {
    "never works": (0, DeliveryError("Discord was not reached.", cause="no answer")),
    "fails after one message": (1, DeliveryError("Discord was not reached.", cause="no answer")),
    "is deleted after one message": (1, ChannelRefusedError(GONE)),
    "loses its messages": (1, MessageLostError()),
}


@pytest.mark.parametrize(("accepted", "error"), FAILURES.values(), ids=FAILURES)
def test_a_channel_that_always_fails_changes_nothing_for_another_one(
    accepted: int, error: DeliveryError, alone: tuple[str, ChannelResult]
) -> None:
    policy, expected = alone
    monitor = Monitor()
    second = monitor.add_channel(always=True, live=True)
    second.fail_next(*[None] * accepted)
    second.fail_from_now_on(error)
    notifier, outbox, errors = poll_many(monitor, POLICIES[policy])
    assert notifier.messages == expected.notifier.messages
    assert notifier.edits == expected.notifier.edits
    assert notifier.shown == expected.notifier.shown
    assert outbox == expected.outbox
    assert {text.partition(": ")[0] for text in errors} == {"Channel second"}
    assert len(errors) > POLLS / 2
    assert len(second.messages) == accepted
