"""Check clusters: probe each with retries, all at the same time."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.deadline import Deadline
from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import AFTER_THE_SHELL, CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult, RememberedLogin
from cluster_status.domain.status.site_checks.result import CheckResults
from cluster_status.domain.status.verdict import cause_to_retry
from cluster_status.slots import NoSlotError
from cluster_status.threads import Once, result_or_exception, run_in_thread

_CONNECTIVITY_CHECK_SECONDS = 20.0  # after the time for checks
_NOT_CHECKED = ProbeFailure(
    Cause.TIMEOUT,
    "not checked: the time of the run ended while other clusters were checked",
    "If this lasts, check fewer clusters in one run: see docs/clusters.md.",
    of_runner=True,
)
_Event: TypeAlias = str | tuple[MonitoredCluster, Future["Checked"]]
"""A line of the log, or the end of a check."""


class Checked(Struct, frozen=True):
    """The result of a check, a random id, and when the check was complete."""

    id: str
    result: ProbeResult
    at: Instant


def check_all(
    clusters: Sequence[MonitoredCluster],
    tools: Tools,
    load_remembered: Callable[[MonitoredCluster], RememberedLogin | None],
) -> Iterator[tuple[MonitoredCluster, Checked | Exception]]:
    """Check the clusters at the same time, and yield each result when its check ends.

    An exception is an internal error, also a check that does not end in time. It does not affect the checks
    of the other clusters.
    """
    is_connected = Once(tools.connectivity_check)  # its result is used for the whole run
    events: SimpleQueue[_Event] = SimpleQueue()  # so that only this thread writes to the log

    def check(cluster: MonitoredCluster) -> Checked:
        try:
            result = check_with_retries(cluster, tools, lambda: load_remembered(cluster), events.put)
        finally:
            cluster.probe.close()
        if result.cause and CAUSES[result.cause].network:
            result = replace(result, runner_online=is_connected())
        return Checked(tools.new_id(), result, tools.clock.now())

    def report_end(cluster: MonitoredCluster, done: Future[Checked]) -> None:
        events.put((cluster, done))

    end = Deadline(tools.deadlines.check.left + _CONNECTIVITY_CHECK_SECONDS)
    left = {cluster.name: cluster for cluster in clusters}
    for cluster in clusters:
        run_in_thread(partial(check, cluster)).add_done_callback(partial(report_end, cluster))
    while left:
        try:
            event = events.get(timeout=end.left)
        except Empty:
            yield from ((cluster, TimeoutError()) for cluster in left.values())
            return
        if isinstance(event, str):
            tools.runner.log(event)
            continue
        cluster, done = event
        del left[cluster.name]
        result: Checked | Exception = result_or_exception(done)
        yield cluster, result


def check_with_retries(
    cluster: MonitoredCluster,
    tools: Tools,
    load_remembered: Callable[[], RememberedLogin | None],
    log: Callable[[str], None],
) -> ProbeResult:
    """Probe, and retry if the cause may be temporary; one time budget covers all attempts.

    It ends with the time that the run has for checks. The time to wait for the history or for a slot does not
    count.
    """
    clock, retries = tools.clock, cluster.retries
    deadline = Deadline(retries.budget_seconds, clock.monotonic, within=tools.deadlines.check)

    def load_while_paused() -> RememberedLogin | None:
        with deadline.paused():
            return load_remembered()

    def attempt() -> ProbeResult | None:
        try:
            with cluster.place:
                return cluster.probe.probe(load_while_paused, deadline)
        except NoSlotError:
            return None

    result = attempt() or ProbeResult(outcome=_NOT_CHECKED)
    for number in range(2, retries.attempts + 1):
        cause = cause_to_retry(result, degraded_below=cluster.thresholds.degraded_below)
        if cause is None:
            break
        if retries.delay_seconds >= deadline.left:
            left_out = f"no time is left for attempt {number} of {retries.attempts}"
            log(f"{cluster.name}: {CAUSES[cause].clause}; {left_out}")
            break
        pause = f"attempt {number} of {retries.attempts} follows in {retries.delay_seconds:g} s"
        log(f"{cluster.name}: {CAUSES[cause].clause}; {pause}")
        clock.sleep(retries.delay_seconds)
        result = attempt() or result
    return replace(result, site_checks=_site_checks(cluster, result, tools))


def _site_checks(cluster: MonitoredCluster, result: ProbeResult, tools: Tools) -> CheckResults | None:
    """Run the site checks after the last probe, if the shell runs commands. They have time of their own."""
    if cluster.site_checks is None:
        return CheckResults()
    if not result.logged_in or (result.cause and result.cause not in AFTER_THE_SHELL):
        return None
    return cluster.site_checks.run(tools.deadlines.check, login_shell=bool(result.login_shell))
