from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.verdict import Criteria, KnownServer, Verdict, cause_to_retry, judge
from tests.unit.domain.build import NOON, cluster_state, counts, failed, listed, noon_plus, partition

NETWORK = [cause for cause, info in CAUSES.items() if info.network]
UP = partition("other", idle=4)
KNOWN = KnownServer(reached=True, scheduler_seen=True, shell_seen=True)
NEVER_SEEN = KnownServer()


def judged(result: ProbeResult, known: KnownServer = KNOWN, *, degraded_below: int = 50) -> Verdict:
    return judge(result, known, Criteria(at=NOON, degraded_below=degraded_below, confirm_after=2))


def outcome(verdict: Verdict) -> tuple[Status, Cause | None]:
    return verdict.status, verdict.cause


# Cluster states


@pytest.mark.parametrize(
    ("nodes", "status", "cause"),
    [
        ({}, Status.ONLINE, None),
        ({"idle": 4}, Status.ONLINE, None),
        ({"allocated": 4}, Status.ONLINE, None),
        ({"reserved": 4}, Status.ONLINE, None),
        ({"powered_down": 4}, Status.ONLINE, None),
        ({"draining": 1, "idle": 1}, Status.ONLINE, None),
        # the share in service
        ({"idle": 50, "down": 50}, Status.ONLINE, None),
        ({"idle": 49, "down": 51}, Status.DEGRADED, Cause.NODES_DOWN),
        ({"idle": 1, "allocated": 1, "reserved": 1, "powered_down": 1, "down": 4}, Status.ONLINE, None),
        ({"idle": 1, "maintenance": 2}, Status.MAINTENANCE, Cause.MAINTENANCE),
        ({"idle": 30, "maintenance": 20, "down": 50}, Status.MAINTENANCE, Cause.MAINTENANCE),
        ({"idle": 30, "maintenance": 19, "down": 51}, Status.DEGRADED, Cause.NODES_DOWN),
        ({"idle": 50, "maintenance": 50}, Status.ONLINE, None),
        # none in service
        ({"down": 4}, Status.OFFLINE, Cause.NO_NODES_IN_SERVICE),
        ({"down": 1, "maintenance": 99}, Status.MAINTENANCE, Cause.MAINTENANCE),
        ({"down": 51, "maintenance": 49}, Status.OFFLINE, Cause.NO_NODES_IN_SERVICE),
        ({"maintenance": 4}, Status.MAINTENANCE, Cause.MAINTENANCE),
        ({"maintenance": 2, "unknown": 2}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        # all of those in service are draining
        ({"draining": 4}, Status.DEGRADED, Cause.NODES_DRAINING),
        ({"draining": 1, "down": 9}, Status.DEGRADED, Cause.NODES_DRAINING),
        ({"draining": 1, "maintenance": 9}, Status.DEGRADED, Cause.NODES_DRAINING),
        # a controller that has just started
        ({"unknown": 4}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 51, "idle": 49}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 51, "down": 49}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 50, "idle": 50}, Status.ONLINE, None),
        # with too few registered nodes for a verdict
        ({"unknown": 40, "allocated": 45, "down": 15}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 10, "allocated": 30, "down": 60}, Status.DEGRADED, Cause.NODES_DOWN),
        ({"unknown": 1, "draining": 9}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 2, "down": 2}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
        ({"unknown": 30, "allocated": 30, "maintenance": 40}, Status.UNKNOWN, Cause.SCHEDULER_STARTING),
    ],
)
def test_nodes_give_the_specified_status_and_cause(
    nodes: dict[str, int], status: Status, cause: Cause | None
) -> None:
    assert outcome(judged(listed(**nodes))) == (status, cause)


@pytest.mark.parametrize(
    ("degraded_below", "nodes", "status"),
    [
        (0, {"idle": 1, "down": 999}, Status.ONLINE),
        (0, {"down": 999}, Status.OFFLINE),
        (0, {"draining": 999}, Status.DEGRADED),
        (100, {"idle": 1_000}, Status.ONLINE),
        (100, {"idle": 999, "down": 1}, Status.DEGRADED),
        (100, {"idle": 999, "maintenance": 1}, Status.MAINTENANCE),
        (0, {"down": 90, "maintenance": 10}, Status.OFFLINE),
        (100, {"idle": 999, "unknown": 1}, Status.UNKNOWN),
        (33, {"idle": 1, "down": 2}, Status.ONLINE),
        (34, {"idle": 1, "down": 2}, Status.DEGRADED),
    ],
)
def test_the_threshold_is_configurable(degraded_below: int, nodes: dict[str, int], status: Status) -> None:
    assert judged(listed(**nodes), degraded_below=degraded_below).status is status


@pytest.mark.parametrize("availability", ["down", "drain", "inactive"])
def test_a_default_partition_that_is_not_up_degrades_the_cluster(availability: str) -> None:
    seen = listed(partition(default=True, availability=availability, idle=4), UP, idle=8)
    assert outcome(judged(seen)) == (Status.DEGRADED, Cause.PARTITION_DOWN)


@pytest.mark.parametrize("availability", ["up", "unknown", "a-word-of-a-later-version"])
def test_a_partition_is_up_unless_slurm_lists_a_word_for_something_else(availability: str) -> None:
    seen = listed(partition(default=True, availability=availability, idle=4), UP, idle=8)
    assert outcome(judged(seen)) == (Status.ONLINE, None)


@pytest.mark.parametrize(
    ("named", "cause"), [((), None), (("batch",), None), (("gpu",), Cause.PARTITION_DOWN)]
)
@pytest.mark.parametrize("nodes", [{"down": 4}, {"draining": 2, "down": 2}])
def test_without_a_memory_other_partitions_count_only_by_name(
    nodes: dict[str, int], named: tuple[str, ...], cause: Cause | None
) -> None:
    partitions = (partition(default=True, idle=8), replace(partition("gpu"), nodes=counts(**nodes)))
    seen = replace(cluster_state(*partitions, idle=8, **nodes), named=named)
    assert judged(ProbeResult(outcome=seen)).cause is cause


def test_the_detail_has_the_availability_and_the_nodes_of_each_lost_partition() -> None:
    partitions = [partition("gpu", down=4), partition("fat", availability="drain", idle=3, down=1), UP]
    seen = replace(cluster_state(*partitions, idle=7, down=5), named=("gpu", "fat"))
    detail = "fat (drain): 3 of 4 nodes in service; gpu: 0 of 4 nodes in service"
    assert judged(ProbeResult(outcome=seen)).detail == detail


def test_the_detail_is_bounded() -> None:
    names = [f"p{number:04}" for number in range(2_000)]
    partitions = [partition(name, down=1) for name in names]
    seen = replace(cluster_state(*partitions, UP, idle=4, down=1), named=tuple(names))
    assert len(judged(ProbeResult(outcome=seen)).detail) < 1_000


@pytest.mark.parametrize("availability", ["down", "drain", "inactive"])
def test_a_cluster_is_degraded_if_no_partition_is_up(availability: str) -> None:
    old, new = (partition(name, availability=availability, idle=4) for name in ("old", "new"))
    assert outcome(judged(listed(old, new, idle=8))) == (Status.DEGRADED, Cause.PARTITION_DOWN)
    assert outcome(judged(listed(old, new, UP, idle=12))) == (Status.ONLINE, None)


@pytest.mark.parametrize("nodes", [{"draining": 4}, {"down": 4}, {"maintenance": 4}, {"unknown": 4}])
def test_the_state_of_all_nodes_overrides_that_of_a_partition(nodes: dict[str, int]) -> None:
    shut = replace(partition(default=True, availability="down"), nodes=counts(**nodes))
    assert judged(listed(shut, **nodes)).cause is judged(listed(**nodes)).cause


def test_a_lost_partition_overrides_the_share_of_nodes() -> None:
    shut = partition(default=True, availability="down", idle=1, down=9)
    assert judged(listed(shut, idle=1, down=9)).cause is Cause.PARTITION_DOWN


def test_a_partition_without_nodes_does_not_degrade_the_cluster() -> None:
    assert outcome(judged(listed(partition(default=True, availability="down")))) == (Status.ONLINE, None)


def test_a_verdict_has_the_cluster_state() -> None:
    assert judged(listed(idle=4)).cluster_state == cluster_state(idle=4)


def test_only_the_nodes_of_the_cluster_are_judged_not_those_of_partitions_added_up() -> None:
    shared = [partition(f"p{number}", idle=1) for number in range(9)]
    seen = listed(partition(default=True, idle=1, down=9), *shared, idle=1, down=9)
    assert judged(seen).cause is Cause.NODES_DOWN


# The share of nodes


@pytest.mark.parametrize(
    ("counting", "cause"),
    [(None, Cause.NODES_DOWN), (counts(idle=4, down=4), None), (counts(idle=4, down=5), Cause.NODES_DOWN)],
)
def test_the_share_is_one_of_the_nodes_that_count(counting: NodeCounts | None, cause: Cause | None) -> None:
    seen = replace(cluster_state(idle=4, down=8), counting=counting)
    assert judged(ProbeResult(outcome=seen)).cause is cause


def test_without_a_node_that_counts_there_is_no_share() -> None:
    seen = replace(cluster_state(idle=1, down=8), counting=counts())
    assert judged(ProbeResult(outcome=seen)).cause is None


@pytest.mark.parametrize(("days", "cause"), [(29, Cause.NODES_DOWN), (30, None), (400, None)])
def test_nodes_that_are_out_for_30_days_do_not_count(days: int, cause: Cause | None) -> None:
    out = NOON - timedelta(days=days)
    seen = replace(cluster_state(idle=4, down=8), out_since=((NOON, 4), (out, 4)))
    assert judged(ProbeResult(outcome=seen)).cause is cause


def test_an_old_time_of_nodes_that_are_in_maintenance_now_does_not_change_the_share() -> None:
    out = NOON - timedelta(days=90)
    seen = replace(cluster_state(idle=1, maintenance=8, down=1), out_since=((out, 5),))
    assert judged(ProbeResult(outcome=seen)).cause is Cause.MAINTENANCE


@pytest.mark.parametrize(("counting", "status"), [(None, Status.OFFLINE), (6, Status.MAINTENANCE)])
def test_nodes_that_do_not_count_are_no_argument_against_a_maintenance(
    counting: int | None, status: Status
) -> None:
    seen = cluster_state(down=8, maintenance=6)
    nodes = None if counting is None else counts(maintenance=counting)
    assert judged(ProbeResult(outcome=replace(seen, counting=nodes))).status is status


@pytest.mark.parametrize("counting", [None, counts(), counts(idle=1)])
def test_a_cluster_without_a_node_in_service_is_offline_with_any_nodes_that_count(
    counting: NodeCounts | None,
) -> None:
    old = NOON - timedelta(days=90)
    seen = replace(cluster_state(down=8), counting=counting, out_since=((old, 8),))
    assert judged(ProbeResult(outcome=seen)).cause is Cause.NO_NODES_IN_SERVICE


# Failures


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (Cause.DNS, Status.OFFLINE),
        (Cause.REFUSED, Status.OFFLINE),
        (Cause.UNREACHABLE, Status.OFFLINE),
        (Cause.TIMEOUT, Status.OFFLINE),
        (Cause.DROPPED, Status.OFFLINE),
        (Cause.JUMP_HOST, Status.UNKNOWN),
        (Cause.HOST_KEY, Status.UNKNOWN),
        (Cause.INCOMPATIBLE_SSH, Status.UNKNOWN),
        (Cause.LOGIN_REFUSED, Status.UNKNOWN),
        (Cause.NO_SCHEDULER, Status.DEGRADED),
        (Cause.SCHEDULER_DOWN, Status.DEGRADED),
        (Cause.SCHEDULER_TIMEOUT, Status.DEGRADED),
        (Cause.SHELL_HANGS, Status.DEGRADED),
        (Cause.SHELL_FAILS, Status.UNKNOWN),
        (Cause.SINFO_FAILED, Status.UNKNOWN),
        (Cause.UNPARSABLE, Status.UNKNOWN),
        (Cause.NO_SUCH_PARTITION, Status.UNKNOWN),
    ],
)
def test_a_failure_at_a_known_server_gives_the_specified_status(cause: Cause, status: Status) -> None:
    assert outcome(judged(failed(cause))) == (status, cause)


@pytest.mark.parametrize("cause", NETWORK)
def test_a_server_that_was_never_reached_may_be_a_typo(cause: Cause) -> None:
    verdict = judged(failed(cause), NEVER_SEEN)
    assert outcome(verdict) == (Status.UNKNOWN, cause)
    assert verdict.remedy == CAUSES[cause].remedy


@pytest.mark.parametrize("cause", NETWORK)
def test_a_server_reached_by_this_probe_is_no_typo(cause: Cause) -> None:
    assert outcome(judged(failed(cause, reached=True), NEVER_SEEN)) == (Status.OFFLINE, cause)


@pytest.mark.parametrize("cause", NETWORK)
@pytest.mark.parametrize("known", [KNOWN, NEVER_SEEN])
def test_a_runner_that_reaches_no_host_gives_status_unknown(cause: Cause, known: KnownServer) -> None:
    verdict = judged(replace(failed(cause), runner_online=False), known)
    assert outcome(verdict) == (Status.UNKNOWN, cause)
    assert "runner" in verdict.remedy


@pytest.mark.parametrize("known", [KNOWN, NEVER_SEEN])
def test_a_fault_of_the_runner_gives_status_unknown_with_its_remedy(known: KnownServer) -> None:
    failure = ProbeFailure(Cause.UNREACHABLE, "no IPv6", "Use another runner.", of_runner=True)
    verdict = judged(ProbeResult(outcome=failure), known)
    assert outcome(verdict) == (Status.UNKNOWN, Cause.UNREACHABLE)
    assert (verdict.detail, verdict.remedy) == ("no IPv6", "Use another runner.")


def test_a_failure_before_a_server_was_reached_has_its_own_remedy_if_there_is_one() -> None:
    failure = ProbeFailure(Cause.DNS, remedy="Check the DNS settings.")
    assert judged(ProbeResult(outcome=failure), NEVER_SEEN).remedy == "Check the DNS settings."


@pytest.mark.parametrize("needs_confirmation", [True, False])
def test_an_outage_needs_confirmation_if_its_failure_does(*, needs_confirmation: bool) -> None:
    failure = ProbeFailure(Cause.DNS, needs_confirmation=needs_confirmation)
    verdict = judged(ProbeResult(outcome=failure))
    assert outcome(verdict) == (Status.OFFLINE, Cause.DNS)
    assert verdict.needs_confirmation is needs_confirmation


@pytest.mark.parametrize("cause", NETWORK)
def test_an_outage_has_no_remedy(cause: Cause) -> None:
    assert judged(failed(cause)).remedy == ""


def test_only_the_login_is_checked_if_no_scheduler_was_ever_seen() -> None:
    verdict = judged(failed(Cause.NO_SCHEDULER), KnownServer(reached=True))
    assert outcome(verdict) == (Status.ONLINE, None)
    assert verdict.cluster_state == ClusterState(login_only=True)
    assert "set scheduler to none" in verdict.remedy


def test_a_machine_without_slurm_is_unknown_where_there_is_no_login_to_check() -> None:
    here = replace(failed(Cause.NO_SCHEDULER), local=True)
    verdict = judged(here, KnownServer(shell_seen=True))
    assert outcome(verdict) == (Status.UNKNOWN, Cause.NO_SCHEDULER)
    assert "Run the program on a login node" in verdict.remedy
    assert outcome(judged(here, KNOWN)) == (Status.DEGRADED, Cause.NO_SCHEDULER)


def test_a_check_of_the_login_alone_is_online_without_a_remedy() -> None:
    verdict = judged(ProbeResult(outcome=ClusterState(login_only=True)), KNOWN)
    assert (outcome(verdict), verdict.remedy) == ((Status.ONLINE, None), "")


@pytest.mark.parametrize("cause", [Cause.SCHEDULER_DOWN, Cause.SCHEDULER_TIMEOUT, Cause.SHELL_HANGS])
def test_what_has_never_worked_is_unknown_with_a_remedy(cause: Cause) -> None:
    verdict = judged(failed(cause, "a text"), KnownServer(reached=True))
    assert outcome(verdict) == (Status.UNKNOWN, cause)
    assert verdict.detail == "a text; it has never worked for this account"
    assert verdict.remedy == CAUSES[cause].remedy


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (KNOWN, (Status.ONLINE, None)),
        (replace(KNOWN, nodes_seen=True), (Status.UNKNOWN, Cause.NO_NODES_LISTED)),
        (replace(KNOWN, nodes_seen=True, empty_is_usual=True), (Status.ONLINE, None)),
    ],
)
def test_an_empty_answer_is_online_only_if_it_is_not_unusual(
    known: KnownServer, expected: tuple[Status, Cause | None]
) -> None:
    for state in (ClusterState(), cluster_state(), cluster_state(partition("gpu", availability="down"))):
        assert outcome(judged(ProbeResult(outcome=state), known)) == expected


def test_a_partition_of_the_input_that_is_gone_is_not_up() -> None:
    state = replace(cluster_state(idle=4), patterns=("gpu", "fat"), unmatched_patterns=("gpu", "fat"))
    seen = replace(KNOWN, partitions_seen=frozenset({"gpu"}))
    assert outcome(judged(ProbeResult(outcome=state))) == (Status.ONLINE, None)
    verdict = judged(ProbeResult(outcome=state), seen)
    assert outcome(verdict) == (Status.DEGRADED, Cause.PARTITION_DOWN)
    assert verdict.detail == "gpu is no longer listed"


def test_if_none_of_the_partitions_is_listed_it_matters_whether_one_was_before() -> None:
    result = ProbeResult(outcome=ProbeFailure(Cause.NO_SUCH_PARTITION, partitions=("gpu", "fat")))
    assert outcome(judged(result)) == (Status.UNKNOWN, Cause.NO_SUCH_PARTITION)
    seen = replace(KNOWN, partitions_seen=frozenset({"gpu"}))
    assert outcome(judged(result, seen)) == (Status.DEGRADED, Cause.PARTITION_DOWN)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ({"idle": 3, "other": 5}, (Status.ONLINE, None)),
        ({"other": 8}, (Status.ONLINE, None)),
        ({"down": 8, "other": 1}, (Status.DEGRADED, Cause.NODES_DOWN)),
        ({"unknown": 8, "other": 1}, (Status.UNKNOWN, Cause.SCHEDULER_STARTING)),
    ],
)
def test_a_node_in_an_unknown_state_word_changes_no_verdict_for_the_worse(
    nodes: dict[str, int], expected: tuple[Status, Cause | None]
) -> None:
    assert outcome(judged(listed(**nodes))) == expected


@pytest.mark.parametrize("known", [KNOWN, NEVER_SEEN])
def test_only_online_has_no_cause(known: KnownServer) -> None:
    verdicts = [judged(failed(cause), known) for cause in Cause]
    assert {verdict.status for verdict in verdicts if verdict.cause is None} <= {Status.ONLINE}
    assert Status.ONLINE not in {verdict.status for verdict in verdicts if verdict.cause}


@pytest.mark.parametrize("known", [KNOWN, KnownServer(scheduler_seen=True)])
def test_the_detail_of_a_failure_is_kept_for_the_log(known: KnownServer) -> None:
    details = [judged(failed(cause, "read at port 22"), known).detail for cause in Cause]
    assert [detail for detail in details if not detail.startswith("read at port 22")] == []


# Retries


def test_only_retryable_causes_are_retried() -> None:
    retried = {cause for cause in Cause if cause_to_retry(failed(cause), degraded_below=50)}
    assert retried == {cause for cause, info in CAUSES.items() if info.retried}


@pytest.mark.parametrize(
    ("nodes", "retried"),
    [
        ({"unknown": 4}, True),
        ({"idle": 4}, False),
        ({"down": 4}, False),
        ({"maintenance": 4}, False),
        ({}, False),
    ],
)
def test_a_cluster_state_is_retried_only_while_the_controller_starts(
    nodes: dict[str, int], *, retried: bool
) -> None:
    assert bool(cause_to_retry(listed(**nodes), degraded_below=50)) is retried


def test_a_credential_is_not_offered_twice() -> None:
    spent = [replace(failed(cause), login_spent=True) for cause in Cause]
    assert [result for result in spent if cause_to_retry(result, degraded_below=50)] == []


# Inside a maintenance window of all nodes

IN_WINDOW = replace(
    KNOWN, nodes_seen=True, window=Window(NOON, noon_plus(60), all_nodes=Span(NOON, noon_plus(60)))
)
PLANNED = [
    *NETWORK,
    Cause.BOOTING,
    Cause.SHELL_HANGS,
    Cause.SHELL_FAILS,
    Cause.NO_SCHEDULER,
    Cause.SCHEDULER_DOWN,
    Cause.SCHEDULER_TIMEOUT,
    Cause.SCHEDULER_STARTING,
]
NOT_PLANNED = [
    Cause.JUMP_HOST,
    Cause.HOST_KEY,
    Cause.INCOMPATIBLE_SSH,
    Cause.LOGIN_REFUSED,
    Cause.LOGIN_HANGS,
    Cause.SINFO_FAILED,
    Cause.UNPARSABLE,
]


@pytest.mark.parametrize("cause", PLANNED)
def test_inside_a_window_a_failure_that_a_maintenance_explains_is_maintenance(cause: Cause) -> None:
    verdict = judged(failed(cause, "what was seen"), IN_WINDOW)
    assert outcome(verdict) == (Status.MAINTENANCE, Cause.MAINTENANCE)
    assert (verdict.underlying_cause, verdict.detail, verdict.remedy) == (cause, "what was seen", "")
    assert not verdict.needs_confirmation
    assert not verdict.transient


@pytest.mark.parametrize("cause", NOT_PLANNED)
def test_inside_a_window_other_failures_are_unknown(cause: Cause) -> None:
    verdict = judged(failed(cause), IN_WINDOW)
    assert outcome(verdict) == (Status.UNKNOWN, cause)
    assert verdict.underlying_cause is None


@pytest.mark.parametrize(
    "result",
    [
        listed(),
        listed(down=4),
        listed(idle=1, down=3),
        listed(draining=4),
        listed(unknown=4),
        listed(partition(default=True, availability="down"), idle=4),
    ],
    ids=["none listed", "none in service", "few", "draining", "unknown", "partition down"],
)
def test_inside_a_window_nodes_out_of_service_are_maintenance(result: ProbeResult) -> None:
    verdict = judged(result, IN_WINDOW)
    assert outcome(verdict) == (Status.MAINTENANCE, Cause.MAINTENANCE)
    assert verdict.underlying_cause is judged(result, replace(IN_WINDOW, window=None)).cause
    assert verdict.cluster_state is not None


def test_inside_a_window_a_cluster_in_service_is_online() -> None:
    assert outcome(judged(listed(idle=4), IN_WINDOW)) == (Status.ONLINE, None)


def test_inside_a_window_reserved_nodes_are_in_maintenance() -> None:
    verdict = judged(listed(reserved=40, idle=4), IN_WINDOW)
    assert outcome(verdict) == (Status.MAINTENANCE, Cause.MAINTENANCE)
    assert verdict.underlying_cause is None
    assert verdict.cluster_state == cluster_state(maintenance=40, idle=4)


@pytest.mark.parametrize(
    ("result", "known"),
    [
        (replace(failed(Cause.TIMEOUT), runner_online=False), IN_WINDOW),
        (failed(Cause.TIMEOUT), replace(IN_WINDOW, reached=False)),
        (failed(Cause.SCHEDULER_DOWN), replace(IN_WINDOW, scheduler_seen=False)),
        (failed(Cause.SHELL_HANGS), replace(IN_WINDOW, shell_seen=False)),
    ],
    ids=["runner offline", "never reached", "Slurm never worked", "shell never worked"],
)
def test_inside_a_window_what_is_unknown_for_another_reason_stays_unknown(
    result: ProbeResult, known: KnownServer
) -> None:
    assert judged(result, known).status is Status.UNKNOWN
