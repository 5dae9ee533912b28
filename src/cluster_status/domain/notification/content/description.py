"""The result of a poll as one line, for the log and the summary."""

from collections.abc import Iterator

from cluster_status.domain.notification.content.check_clauses import clauses_of_report
from cluster_status.domain.notification.content.headline import phrase
from cluster_status.domain.notification.content.partition_clauses import clauses_of_poll
from cluster_status.domain.notification.content.window_facts import underlying_clause
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Status, cause_info
from cluster_status.domain.status.site_checks.report import CAUSES_OF_CHECKS
from cluster_status.domain.status.verdict import Verdict


def describe(verdict: Verdict, cluster_name: str) -> str:
    """Return the result of one poll as one line."""
    if verdict.status is Status.UNKNOWN:
        line = f"Status of {cluster_name} is unknown"
    else:
        line = f"{cluster_name} is {phrase(verdict.status)}"
    if clause := reason(verdict):
        line += f": {clause}"
    if verdict.cluster_state is not None:
        state = verdict.cluster_state
        line += " (Slurm is not checked)" if state.login_only else f" ({_in_service(state.nodes)})"
    return line


def reason(verdict: Verdict) -> str:
    """Return the clauses of the cause, without text of the server; empty if there is no cause."""
    if verdict.underlying_cause:
        return underlying_clause(verdict.underlying_cause)
    return "; ".join(_clauses(verdict)) if verdict.cause else ""


def _clauses(verdict: Verdict) -> Iterator[str]:
    of_partitions = list(clauses_of_poll(verdict))
    of_checks = list(clauses_of_report(verdict.site_checks)) if verdict.status is Status.DEGRADED else []
    yield from of_partitions
    if verdict.cause and not of_partitions and not (of_checks and verdict.cause in CAUSES_OF_CHECKS):
        yield cause_info(verdict.cause).clause
    yield from of_checks


def _in_service(nodes: NodeCounts) -> str:
    return f"{nodes.in_service} of {nodes.total} nodes in service" if nodes.total else "no nodes listed"
