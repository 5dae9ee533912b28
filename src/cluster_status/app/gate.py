"""The command `check`, for jobs that depend on the cluster: without a history and without messages."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TypeAlias

from cluster_status.app.cluster import MonitoredCluster, Tools, require_distinct
from cluster_status.app.poll import PollResult, poll
from cluster_status.app.progress import Progress, poll_each
from cluster_status.app.report import publish
from cluster_status.deadline import PAUSE_SECONDS, Deadline
from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.status.cause import MAY_PASS, Status
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.errors import ExitStatus
from cluster_status.ports import Clock
from cluster_status.render.phrases import duration

OpenAttempt: TypeAlias = Callable[[], AbstractContextManager[tuple[Sequence[MonitoredCluster], Tools]]]
"""Opens the clusters, and tools with the time limits of one attempt."""


def check(open_attempt: OpenAttempt, clock: Clock, wait_seconds: float = 0.0) -> ExitStatus:
    """Check the clusters until all are online, the wait is over, or the user has to change something.

    A server that does not answer is `unknown`, since it may never have been reached.
    """
    end = Deadline(wait_seconds, clock.monotonic)
    while True:
        with open_attempt() as (clusters, tools):
            require_distinct(clusters)
            several = len(clusters) > 1
            progress = Progress(tools.runner, several=several, remembers_key=False)
            # a run shows ten annotations: those of the last attempt
            show_early = progress.show_early if end.passed else _show_nothing
            polls, crashes = poll_each(clusters, tools, lambda _: RememberedLogin(), poll, show_early)
            if crashes or end.passed or not _may_become_online(polls):
                progress.show_all(polls)
                published = publish(tools, polls, several=several)
                if crashes:
                    raise crashes[0]
                # without its outputs, later steps would take a cluster that is online for one that is not
                worked = published and not any(map(_needs_change, polls))
                return ExitStatus.OK if worked else ExitStatus.UNKNOWN
            tools.runner.log(_progress(polls, end))
        clock.sleep(PAUSE_SECONDS)


def _may_become_online(polls: Sequence[PollResult]) -> bool:
    """Return whether to check again. A password without a response is not offered again."""
    ends_wait = any(_needs_change(one) or one.result.unanswered_passwords for one in polls)
    return bool(_not_online(polls)) and not ends_wait


def _needs_change(one: PollResult) -> bool:
    """Return whether the status stays unknown until the user changes an input or the account."""
    return one.verdict.status is Status.UNKNOWN and one.verdict.cause not in MAY_PASS


def _not_online(polls: Sequence[PollResult]) -> list[PollResult]:
    return [one for one in polls if one.verdict.status is not Status.ONLINE]


def _progress(polls: Sequence[PollResult], end: Deadline) -> str:
    first, *others = found = _not_online(polls)
    more = f" Not online: {len(found)} of {len(polls)} clusters." if others else ""
    left = duration(timedelta(seconds=round(end.left)))
    return (
        f"{describe(first.verdict, first.cluster)}.{more} The next check follows in {PAUSE_SECONDS:.0f} s. "
        f"The wait ends in {left}."
    )


def _show_nothing(_: PollResult) -> None:
    """Show a result only if it is the last one."""
