"""A year of five-minute polls with outages, late runs and unknown statuses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from cluster_status.domain.history.history import History
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from tests.unit.domain.build import delivered, failed, listed, pending
from tests.unit.domain.build import step as polled

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)
POLLS_A_DAY = 288
POLLS = 365 * POLLS_A_DAY  # 105,120

ONLINE = listed(idle=8)
_DOWN = [failed(cause) for cause in (Cause.REFUSED, Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DNS)]
_IMPAIRED = [failed(Cause.SCHEDULER_DOWN), failed(Cause.SCHEDULER_TIMEOUT), listed(idle=2, down=6)]
_MAINTENANCE = listed(maintenance=8)
_UNKNOWN = [failed(Cause.SINFO_FAILED), failed(Cause.UNPARSABLE), failed(Cause.HOST_KEY)]


def year(seed: int = 1) -> Iterator[History]:
    """Yield the history after each poll; all notifications are delivered."""
    random = Random(seed)  # noqa: S311 - the same at every run
    history, at = History(), BEGIN
    results = _results(random)
    for _ in range(POLLS):
        late = 3 * 3600 if random.random() < 1 / 3_000 else random.randrange(60)
        history = step(history, next(results), at + timedelta(seconds=late))
        at = max(at + INTERVAL, history.record.polls[-1].at)
        yield history


def step(history: History, result: ProbeResult, at: datetime) -> History:
    """Poll once, as a run does, and deliver the pending notifications."""
    history = polled(history, result, at, in_turn=True)
    for notification in pending(history):
        history = delivered(history, notification)
    return history


def _results(random: Random) -> Iterator[ProbeResult]:
    while True:
        for _ in range(random.randrange(POLLS_A_DAY * 2)):
            yield random.choice(_DOWN) if random.random() < 0.002 else ONLINE
        results, longest = random.choice(
            [(_DOWN, 60), (_DOWN, 6), (_IMPAIRED, 40), ([_MAINTENANCE], 144), (_UNKNOWN, 12)]
        )
        for _ in range(random.randint(1, longest)):
            yield random.choice(results)
