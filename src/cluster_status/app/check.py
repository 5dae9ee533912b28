"""Check clusters: probe each with retries, all at the same time."""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.deadline import Deadline
from cluster_status.domain.instant import Instant
from cluster_status.domain.status.cause import AFTER_THE_SHELL, CAUSES
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.domain.status.site_checks.result import CheckResults
from cluster_status.domain.status.verdict import cause_to_retry
from cluster_status.threads import Once, result_or_exception, run_in_thread

_CONNECTIVITY_CHECK_SECONDS = 20.0  # after the time for checks


class Checked(Struct, frozen=True):
    """The result of a check, a random id, and when the check was complete."""

    id: str
    result: ProbeResult
    at: Instant


def check_all(
    clusters: Sequence[MonitoredCluster],
    tools: Tools,
    load_remembered: Callable[[MonitoredCluster], RememberedLogin | None],
) -> list[Checked | Exception]:
    """Check the clusters at the same time, and return the results in their order.

    An exception is an internal error, also a check that does not end in time. It does not affect the checks
    of the other clusters.
    """
    tools = replace(
        tools, connectivity_check=Once(tools.connectivity_check)
    )  # its result is used for the whole run

    def check(cluster: MonitoredCluster) -> Checked:
        result = check_with_retries(cluster, tools, lambda: load_remembered(cluster))
        return Checked(tools.new_id(), result, tools.clock.now())

    checks = [run_in_thread(partial(check, cluster)) for cluster in clusters]
    results: list[Checked | Exception] = []
    for one in checks:
        limit = tools.deadlines.check.left + _CONNECTIVITY_CHECK_SECONDS
        result = result_or_exception(one, limit)
        results.append(result)
    return results


def check_with_retries(
    cluster: MonitoredCluster, tools: Tools, load_remembered: Callable[[], RememberedLogin | None]
) -> ProbeResult:
    """Probe, and retry if the cause may be temporary; one time budget covers all attempts.

    It ends with the time that the run has for checks.

    The time to wait for the history does not count.
    """
    clock, retries = tools.clock, cluster.retries
    deadline = Deadline(min(retries.budget_seconds, tools.deadlines.check.left), clock.monotonic)

    def load_while_paused() -> RememberedLogin | None:
        with deadline.paused():
            return load_remembered()

    result = cluster.probe.probe(load_while_paused, deadline)
    for attempt in range(2, retries.attempts + 1):
        cause = cause_to_retry(result, degraded_below=cluster.thresholds.degraded_below)
        if cause is None:
            break
        if retries.delay_seconds >= deadline.left:
            left_out = f"no time is left for attempt {attempt} of {retries.attempts}"
            tools.runner.log(f"{cluster.name}: {CAUSES[cause].clause}; {left_out}")
            break
        pause = f"attempt {attempt} of {retries.attempts} follows in {retries.delay_seconds:g} s"
        tools.runner.log(f"{cluster.name}: {CAUSES[cause].clause}; {pause}")
        clock.sleep(retries.delay_seconds)
        result = cluster.probe.probe(load_while_paused, deadline)
    result = replace(result, site_checks=_site_checks(cluster, result, tools))
    if result.cause and CAUSES[result.cause].network:
        return replace(result, runner_online=tools.connectivity_check())
    return result


def _site_checks(cluster: MonitoredCluster, result: ProbeResult, tools: Tools) -> CheckResults | None:
    """Run the site checks after the last probe, if the shell runs commands. They have time of their own."""
    if cluster.site_checks is None:
        return CheckResults()
    if not result.logged_in or (result.cause and result.cause not in AFTER_THE_SHELL):
        return None
    return cluster.site_checks.run(tools.deadlines.check, login_shell=bool(result.login_shell))
