"""Look at the cluster, patiently; as a command of its own: no history, no message, outputs only."""

from collections.abc import Callable

from msgspec.structs import replace

from cluster_status.app.plan import Plan, Tools
from cluster_status.app.report import annotate, publish
from cluster_status.domain.cause import TRAITS, Status
from cluster_status.domain.sighting import Recollection, Sighting
from cluster_status.domain.verdict import Knowledge, judge, worth_another_look
from cluster_status.errors import ExitStatus


def look(tools: Tools, plan: Plan) -> ExitStatus:
    """Look once, remember nothing. With no memory, a server that does not answer cannot be called offline."""
    sighting = look_patiently(tools, plan, Recollection)
    verdict = judge(sighting, Knowledge(), degraded_below=plan.degraded_below)
    annotate(tools.runner, plan, verdict, sighting)
    publish(tools.runner, plan, verdict)
    return ExitStatus.UNKNOWN if verdict.status is Status.UNKNOWN else ExitStatus.OK


def look_patiently(tools: Tools, plan: Plan, recall: Callable[[], Recollection | None]) -> Sighting:
    """Look, and look again where a moment may show another picture; one budget of time covers all of it.

    To wait for what is remembered takes nothing from that time: the cluster has no part in it.
    """
    clock, patience = tools.clock, plan.patience
    deadline = clock.monotonic() + patience.budget_seconds

    def recall_off_the_clock() -> Recollection | None:
        nonlocal deadline
        begin = clock.monotonic()
        memory = recall()
        deadline += clock.monotonic() - begin
        return memory

    sighting = tools.probe.look(recall_off_the_clock, seconds=patience.budget_seconds)
    for number in range(2, patience.attempts + 1):
        cause = worth_another_look(sighting, degraded_below=plan.degraded_below)
        if cause is None or clock.monotonic() + patience.delay_seconds >= deadline:
            break
        pause = f"look {number} of {patience.attempts} follows in {patience.delay_seconds:g} s"
        tools.runner.log(f"{plan.wording.cluster_name}: {TRAITS[cause].words}; {pause}")
        clock.sleep(patience.delay_seconds)
        sighting = tools.probe.look(recall_off_the_clock, seconds=deadline - clock.monotonic())
    if sighting.cause and TRAITS[sighting.cause].network:
        return replace(sighting, runner_online=tools.witness())
    return sighting
