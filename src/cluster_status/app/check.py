"""Look at the cluster, patiently; as a command of its own: no history, no message, outputs only."""

from collections.abc import Callable

from msgspec.structs import replace

from cluster_status.app.plan import Plan, Tools
from cluster_status.app.report import annotate, publish
from cluster_status.domain.status.cause import CAUSES, Status
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.domain.status.verdict import KnownServer, cause_to_retry, judge
from cluster_status.errors import ExitStatus


def check(tools: Tools, plan: Plan) -> ExitStatus:
    """Look once, remember nothing. With no memory, a server that does not answer cannot be called offline."""
    result = check_with_retries(tools, plan, RememberedLogin)
    verdict = judge(result, KnownServer(), degraded_below=plan.degraded_below)
    annotate(tools.runner, plan, verdict, result)
    publish(tools.runner, plan, verdict)
    return ExitStatus.UNKNOWN if verdict.status is Status.UNKNOWN else ExitStatus.OK


def check_with_retries(
    tools: Tools, plan: Plan, load_remembered: Callable[[], RememberedLogin | None]
) -> ProbeResult:
    """Look, and look again where a moment may show another picture; one budget of time covers all of it.

    To wait for what is remembered takes nothing from that time: the cluster has no part in it.
    """
    clock, retries = tools.clock, plan.retries
    deadline = clock.monotonic() + retries.budget_seconds

    def load_off_the_clock() -> RememberedLogin | None:
        nonlocal deadline
        begin = clock.monotonic()
        memory = load_remembered()
        deadline += clock.monotonic() - begin
        return memory

    result = tools.probe.probe(load_off_the_clock, seconds=retries.budget_seconds)
    for number in range(2, retries.attempts + 1):
        cause = cause_to_retry(result, degraded_below=plan.degraded_below)
        if cause is None or clock.monotonic() + retries.delay_seconds >= deadline:
            break
        pause = f"look {number} of {retries.attempts} follows in {retries.delay_seconds:g} s"
        tools.runner.log(f"{plan.message_options.cluster_name}: {CAUSES[cause].clause}; {pause}")
        clock.sleep(retries.delay_seconds)
        result = tools.probe.probe(load_off_the_clock, seconds=deadline - clock.monotonic())
    if result.cause and CAUSES[result.cause].network:
        return replace(result, runner_online=tools.connectivity_check())
    return result
