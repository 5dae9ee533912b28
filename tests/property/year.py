"""A year of five-minute polls: a cluster that goes down now and then, a monitor with troubles of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History, Terms, advance
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import judge
from tests.fakes.probe import ONLINE, listed, met, partition
from tests.unit.domain.build import told

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)
POLLS_A_DAY = 288
POLLS = 365 * POLLS_A_DAY  # 105,120
TERMS = Terms(Digests("server-digest", "login-digest", "webhook-digest"))

_DOWN = [met(cause) for cause in (Cause.REFUSED, Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DNS)]
_IMPAIRED = [
    met(Cause.SCHEDULER_DOWN),
    met(Cause.SCHEDULER_TIMEOUT),
    listed(partition(idle=2, down=6)),
]
_MAINTENANCE = listed(partition(maintenance=8))
_CANNOT_TELL = [met(Cause.SINFO_FAILED), met(Cause.UNPARSABLE), met(Cause.HOST_KEY)]


def year(seed: int = 1) -> Iterator[History]:
    """Yield the history as each poll leaves it, everything told."""
    random = Random(seed)  # noqa: S311 - the same at every run
    history, at = History(cluster="mscluster"), BEGIN
    results = _results(random)
    for _ in range(POLLS):
        late = 3 * 3600 if random.random() < 1 / 3_000 else random.randrange(60)
        history = step(history, next(results), at + timedelta(seconds=late))
        at = max(at + INTERVAL, history.polls[-1].at)
        yield history


def step(history: History, result: ProbeResult, at: datetime) -> History:
    """Poll once, as a run does, and tell what is to be told."""
    verdict = judge(result, history.known_server(TERMS.identity), degraded_below=50)
    history = advance(history, result, verdict, TERMS, at, in_turn=True)
    while history.pending:
        history = told(history, history.pending[0])
    return history


def _results(random: Random) -> Iterator[ProbeResult]:
    while True:
        for _ in range(random.randrange(POLLS_A_DAY * 2)):
            yield random.choice(_DOWN) if random.random() < 0.002 else ONLINE
        period, longest = random.choice(
            [(_DOWN, 60), (_DOWN, 6), (_IMPAIRED, 40), ([_MAINTENANCE], 144), (_CANNOT_TELL, 12)]
        )
        for _ in range(random.randint(1, longest)):
            yield random.choice(period)
