"""What a probe reads beyond the state: maintenance reservations, drain reasons and GPUs."""

import pytest

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    OutputLimitError,
)
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    MaintenanceListing,
    Pending,
)
from cluster_status.domain.slurm.commands import NODES, RESERVATIONS
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.probe_result import RememberedLogin
from tests.fakes.clock import VirtualClock
from tests.fakes.executor import Script, ScriptedExecutor
from tests.unit.adapters.slurm.scripted_site import FULL, Output, boundary_of, run, site, state_of
from tests.unit.domain.build import NOON


def details_of(script: Script, query: SlurmQuery = FULL) -> Details:
    details = state_of(script, query).details
    assert details
    return details


def test_details_take_four_more_commands() -> None:
    executor = ScriptedExecutor(site())
    outcome = run(executor, FULL).outcome
    assert isinstance(outcome, ClusterState)
    assert outcome.details
    assert outcome.details.gpus == {"debug": (Gpus("a100", 32, 24),)}
    [reason] = outcome.details.drain_reasons
    assert reason == DrainReason("fan", NOON, 2, partitions=frozenset({"debug"}))
    assert outcome.details.pending == {"debug": Pending(1, 2, NOON)}
    asked = [command.partition("TZ=UTC ")[2][:9] for command in executor.commands[-5:]]
    assert asked == ["sinfo -h ", "sinfo -h ", "sinfo -h ", "squeue -a", "scontrol "]
    assert len(executor.lines) == 1 + 1 + 4


@pytest.mark.parametrize(
    "changes",
    [
        {"configuration": "PrivateData             = jobs,usage"},
        {"configuration": "PrivateData = all"},
        {"configuration": "no such line"},
        {"configuration": CommandResult(1, b"", b"error")},
        {"jobs": CommandResult(1, b"", b"error")},
        {"jobs": "garbage"},
        {"jobs": OutputLimitError("the command printed more than 1000000 bytes")},
    ],
)
def test_pending_jobs_are_absent_where_they_are_hidden_or_cannot_be_read(changes: dict[str, Output]) -> None:
    details = details_of(site(**changes))
    assert (details.pending, len(details.gpus)) == ({}, 1)


def test_pending_jobs_have_five_seconds() -> None:
    executor = ScriptedExecutor(site())
    run(executor, FULL)
    assert executor.limits[-1].seconds <= 5


def test_names_of_nodes_and_users_are_shown_on_request() -> None:
    [reason] = details_of(site(), SlurmQuery(details=True, node_names=True)).drain_reasons
    assert (reason.node_names, reason.set_by) == ("n[1-2]", "root")


def test_listings_are_read_once_and_not_while_the_controller_is_starting() -> None:
    totals = iter(["8|unknown", "8|unknown", "8|idle", "8|idle"])
    script = site()
    executor = ScriptedExecutor(lambda command: next(totals) if "'%D|%T'" in command else script(command))
    probe = SlurmProbe(executor, FULL, PLAIN)
    outcomes = [probe.probe(RememberedLogin, Deadline(60)).outcome for _ in range(4)]
    states = [one for one in outcomes if isinstance(one, ClusterState)]
    assert [one.details is None for one in states] == [True, True, False, False]
    assert [one.maintenance is None for one in states] == [True, True, False, False]
    assert states[2] == states[3]
    assert len(executor.lines) == 4 + 5


def test_details_are_restricted_to_chosen_partitions() -> None:
    executor = ScriptedExecutor(site())
    run(executor, SlurmQuery(PartitionFilter(("debug",)), details=True))
    assert [command.endswith(" -p debug") for command in executor.commands[-5:-1]] == [True] * 4


@pytest.mark.parametrize(
    "failure",
    [
        CommandResult(1, b"", b"error"),
        CommandResult(127, b"garbage", b""),
        CommandResult(0, b"without the last boundary", b""),
        "\x1b[31m\n|||",
        CommandTimeoutError(""),
        ConnectionLostError(""),
        OutputLimitError(""),
    ],
    ids=["fails", "not found", "cut off", "garbage", "hangs", "lost", "flood"],
)
def test_a_detail_that_cannot_be_read_is_empty_and_the_others_are_there(failure: Output) -> None:
    without_gpus = details_of(site(gpus=failure))
    without_others = details_of(site(reservations=failure, reasons=failure))
    assert (without_gpus.gpus, len(without_gpus.drain_reasons)) == ({}, 1)
    assert (len(without_others.gpus), without_others.drain_reasons) == (1, ())


@pytest.mark.parametrize(("timeout_seconds", "limit"), [(30.0, 10.0), (4.0, 4.0)])
def test_optional_commands_share_a_time_limit_and_one_that_hangs_leaves_half_of_it_to_the_others(
    timeout_seconds: float, limit: float
) -> None:
    clock = VirtualClock()
    script = site()

    def hanging(command: str) -> Output:
        if " scontrol " not in command:
            return script(command)
        clock.sleep(executor.limits[-1].seconds)
        return CommandTimeoutError("")

    executor = ScriptedExecutor(hanging)
    query = SlurmQuery(details=True, timeout_seconds=timeout_seconds)
    outcome = SlurmProbe(executor, query, PLAIN).probe(RememberedLogin, Deadline(60, clock.monotonic)).outcome
    assert [round(one.seconds / limit, 3) for one in executor.limits[1:]] == [0.5, 0.25, 0.25, 0.25, 0.25]
    assert {limits.stdout_bytes for limits in executor.limits[1:]} == {1_000_000}
    assert isinstance(outcome, ClusterState)
    assert outcome.details
    assert (len(outcome.details.gpus), len(outcome.details.drain_reasons)) == (1, 1)


# Maintenance


DEFAULT = SlurmQuery()
RESERVATION = (
    "ReservationName=cooling StartTime=2026-01-31T12:00:00 EndTime=2026-01-31T14:00:00"
    " Nodes={nodes} NodeCnt=8 PartitionName={partition} Flags=MAINT,SPEC_NODES Users=root"
)
HIDDEN = RESERVATION.format(nodes="n[3-10]", partition="hidden")
CHOSEN = PartitionFilter(("debug",))


def maintenance_of(script: Script, query: SlurmQuery = DEFAULT) -> MaintenanceListing:
    maintenance = state_of(script, query).maintenance
    assert maintenance
    return maintenance


def test_maintenance_is_asked_by_default_with_one_command_and_the_names_of_nodes_only_if_it_is_needed() -> (
    None
):
    without, with_maintenance = ScriptedExecutor(site()), ScriptedExecutor(site(reservations=HIDDEN))
    outcome = run(without, DEFAULT).outcome
    assert isinstance(outcome, ClusterState)
    assert (outcome.maintenance, outcome.partition_nodes) == (MaintenanceListing(), {})
    assert without.commands[2:] == [RESERVATIONS.line("")]
    outcome = run(with_maintenance, DEFAULT).outcome
    assert isinstance(outcome, ClusterState)
    assert len(outcome.partition_nodes["debug"]) == 8
    assert with_maintenance.commands[2:] == [RESERVATIONS.line(""), NODES.line("")]


@pytest.mark.parametrize("query", [SlurmQuery(maintenance=False), SlurmQuery(login_only=True)])
def test_maintenance_is_not_asked_if_the_query_excludes_it(query: SlurmQuery) -> None:
    executor = ScriptedExecutor(site(reservations=HIDDEN))
    outcome = run(executor, query).outcome
    assert isinstance(outcome, ClusterState)
    assert outcome.maintenance is None
    assert len(executor.lines) == 1


def test_a_reservation_of_a_hidden_partition_counts_by_its_nodes() -> None:
    [found] = maintenance_of(site(reservations=HIDDEN)).reservations
    assert (found.name, found.nodes) == ("cooling", 6)
    [found] = maintenance_of(site(reservations=HIDDEN), SlurmQuery(CHOSEN)).reservations
    assert found.nodes == 6
    others = site(reservations=RESERVATION.format(nodes="n[11-18]", partition="debug"))
    assert maintenance_of(others, SlurmQuery(CHOSEN)).reservations == ()


@pytest.mark.parametrize(("partition", "count"), [("debug", 1), ("hidden", 0), ("(null)", 0)])
def test_if_names_of_nodes_cannot_be_read_the_partition_of_a_reservation_decides(
    partition: str, count: int
) -> None:
    script = site(reservations=RESERVATION.format(nodes="n[3-10]", partition=partition), nodes="8|idle")
    assert [one.nodes for one in maintenance_of(script).reservations] == [8]
    assert len(maintenance_of(script, SlurmQuery(CHOSEN)).reservations) == count


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (
            CommandResult(127, b"", b"env: 'scontrol': No such file or directory"),
            "scontrol: command not found",
        ),
        (
            CommandResult(1, b"", b"slurm_load_reservations error: Access/permission denied\n"),
            "slurm_load_reservations error: Access/permission denied",
        ),
        (CommandResult(126, b"", b"this key does not allow: env \x1b"), "this key does not allow: env"),
        (CommandResult(0, b"without the last boundary", b""), "the output is incomplete"),
        ("", "scontrol printed nothing"),
        ("usage: scontrol", "scontrol printed 'usage: scontrol'"),
        (CommandTimeoutError("", stdout=b""), "the login shell did not respond within 5 s"),
        (ConnectionLostError("the connection was lost"), "after the login: the connection was lost"),
        (OutputLimitError("more than 1 MB"), "more than 1 MB"),
    ],
)
def test_a_failure_to_read_maintenance_does_not_affect_the_state(output: Output, error: str) -> None:
    state = state_of(site(reservations=output), DEFAULT)
    assert state.nodes.idle == 8
    assert state.maintenance
    assert state.maintenance.reservations == ()
    assert state.maintenance.error.startswith(error)


def test_a_command_that_hangs_is_named() -> None:
    def answer(command: str) -> Output:
        stdout = f"{boundary_of(executor)}\n".encode()
        return CommandTimeoutError("", stdout=stdout) if " scontrol " in command else site()(command)

    executor = ScriptedExecutor(answer)
    outcome = run(executor, DEFAULT).outcome
    assert isinstance(outcome, ClusterState)
    assert outcome.maintenance == MaintenanceListing(error="scontrol did not finish within 5 s")
