"""What Slurm prints is read as it is; only what is shown of it passes the redaction."""

import pytest
from msgspec.structs import replace

from cluster_status.domain.execution import CommandResult
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState, Gpus
from cluster_status.domain.slurm.commands import DRAIN_REASONS, NODES, TOTAL
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure
from tests.fakes.executor import Script, ScriptedExecutor
from tests.unit.adapters.slurm.scripted_site import FULL, Output, run, site

ECHOED = "Hunter2-Secret"
REDACTION = Redaction((Secret(ECHOED),), ("debug", "n1", "head.example.org"))
LISTED = f"{ECHOED}-a*|up|1:00|6|idle\nx-{ECHOED}|up|1:00|2|idle"


def outcome_of(executor: ScriptedExecutor, query: SlurmQuery, redaction: Redaction) -> ClusterState:
    outcome = run(executor, query, redaction=redaction).outcome
    assert isinstance(outcome, ClusterState), outcome
    return outcome


def echoing() -> Script:
    reservation = (
        f"ReservationName={ECHOED} StartTime=2026-01-31T12:00:00 EndTime=2026-01-31T13:00:00 Nodes=n[1-8] "
        "NodeCnt=8 PartitionName=(null) Flags=MAINT Users=root Groups=(null) Accounts=(null)"
    )
    return site(
        partitions=LISTED,
        with_hidden=LISTED,
        nodes=f"{ECHOED}-a|n[1-6]\nx-{ECHOED}|n[7-8]",
        gpus=f"{ECHOED}-a 6 mixed gpu:{ECHOED}:4 gpu:{ECHOED}:1(IDX:0)",
        reasons=f"{{}}|2|2026-01-31T12:00:00|u-{ECHOED}|n-{ECHOED}|{ECHOED} at head.example.org",
        reservations=reservation,
    )


def test_a_secret_in_the_names_of_a_cluster_is_not_shown() -> None:
    query = replace(FULL, node_names=True)
    state = outcome_of(ScriptedExecutor(echoing()), query, REDACTION)
    shown = repr(replace(state, slurm_names={}))
    assert "unter2" not in shown
    assert [one.name for one in state.partitions] == ["***-a", "x-***"]
    assert state.nodes.idle == 8
    assert state.details
    assert state.details.gpus == {"***-a": (Gpus("***", 24, 18),)}
    [reason] = state.details.drain_reasons
    assert (reason.reason, reason.set_by, reason.node_names) == ("*** at ***", "u-***", "n-***")
    assert state.maintenance
    [reservation] = state.maintenance.reservations
    assert (reservation.name, reservation.nodes) == ("***", 8)


def test_slurm_is_asked_by_the_names_that_it_has() -> None:
    executor = ScriptedExecutor(echoing())
    query = SlurmQuery(PartitionFilter((f"{ECHOED}-a", "gone")), details=True)
    state = outcome_of(executor, query, REDACTION)
    names = [f"{ECHOED}-a"]
    asked = {command.of(names).line("") for command in (TOTAL, NODES, DRAIN_REASONS)}
    assert asked <= {line.replace(executor.lines[-1].split()[3], "") for line in executor.commands}
    assert (state.named, state.unmatched_patterns) == (("***-a", "gone"), ("gone",))


def test_a_name_that_is_equal_to_a_host_or_a_user_is_shown() -> None:
    state = outcome_of(ScriptedExecutor(site()), replace(FULL, node_names=True), REDACTION)
    assert [one.name for one in state.partitions] == ["debug"]


@pytest.mark.parametrize(
    "secret", ["allocated", "reserved-1", "infinite-loop", "slurm_load_partitions", "1000"]
)
@pytest.mark.parametrize(
    "partitions",
    [
        "debug*|up|infinite|8|allocated",
        "debug*|up|1-00:00:00|8|reserved",
        CommandResult(1, b"", b"slurm_load_partitions: Unable to contact slurm controller"),
        CommandResult(1, b"", b"sinfo: error: Permission denied"),
        CommandResult(127, b"", b"env: 'sinfo': No such file or directory"),
    ],
)
def test_no_secret_changes_what_a_probe_finds(secret: str, partitions: Output) -> None:
    redaction = Redaction((Secret(secret), Secret("Permission")), ("sinfo",))
    found, expected = (
        run(ScriptedExecutor(site(partitions=partitions)), redaction=one).outcome
        for one in (redaction, PLAIN)
    )
    if isinstance(expected, ProbeFailure):
        found = replace(found, detail="")
        expected = replace(expected, detail="")
    else:
        assert isinstance(found, ClusterState)
        found, expected = (
            replace(one, partitions=tuple(replace(each, time_limit="") for each in one.partitions))
            for one in (found, expected)
        )
    assert found == expected


def test_a_quoted_line_shows_no_secret_host_or_address() -> None:
    stderr = b"sinfo: error: hunter2secret at head.example.org (192.0.2.7)"
    script = site(partitions=CommandResult(1, b"", stderr))
    outcome = run(ScriptedExecutor(script), redaction=REDACTION).outcome
    assert isinstance(outcome, ProbeFailure)
    assert (outcome.cause, outcome.detail) == (Cause.SCHEDULER_DOWN, "sinfo: error: *** at *** (***)")


def test_pieces_on_two_lines_do_not_join_in_a_quoted_text() -> None:
    query = SlurmQuery(PartitionFilter(("fat",)))
    listed = "Hunter|up|1:00|6|idle\n2-Secret|up|1:00|2|idle"
    outcome = run(ScriptedExecutor(site(with_hidden=listed)), query, redaction=REDACTION).outcome
    assert isinstance(outcome, ProbeFailure)
    assert outcome.detail == "'fat' matches none of the listed partitions: ***"
