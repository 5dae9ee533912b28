"""Details are good to know, and no more: whatever becomes of them, what counts stands, in time."""

from collections.abc import Callable

import paramiko
import pytest

from cluster_status.domain.slurm.cluster_state import ClusterState, Details, DrainReason, Gpus
from cluster_status.domain.slurm.commands import PARTITIONS, TOTAL, WITH_HIDDEN
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import Check, check, probe_at, probing
from tests.fakes.ssh import Command, Front, Loopback, Visit, healthy, waits

LIMIT_SECONDS = 0.5
SLACK_SECONDS = 1.5  # of a busy machine
FULL = PartitionFilter(details=True)

Play = Callable[[Visit, paramiko.Channel, str], None]


def says(*lines: str, exit_status: int = 0) -> Play:
    """Answer with these lines; a `{}` in one is the frame."""

    def play(_: Visit, channel: paramiko.Channel, boundary: str) -> None:
        answer = "\n".join(["", boundary, *(line.replace("{}", boundary) for line in lines), boundary, ""])
        channel.sendall(answer.encode())
        channel.send_exit_status(exit_status)

    return play


GPUS = says("debug* 8 mixed gpu:a100:4 gpu:a100:1(IDX:0)")
REASONS = says("{}|2|2026-01-31T12:00:00|fan")
NONE = says("No reservations in the system")


def site(
    *, gpus: Play = GPUS, reasons: Play = REASONS, reservations: Play = NONE, states: tuple[str, ...] = ()
) -> Front:
    """Play a login shell that answers each question in its own way; all nodes have these states in turn."""
    in_turn = iter(states)

    def command(visit: Visit, channel: paramiko.Channel, boundary: str) -> None:
        line = front.commands[-1]
        if " scontrol " in line:
            reservations(visit, channel, boundary)
        elif " -R " in line:
            reasons(visit, channel, boundary)
        elif " -O " in line:
            gpus(visit, channel, boundary)
        else:
            channel.sendall(healthy(boundary).replace(b"idle", next(in_turn, "idle").encode()))
            channel.send_exit_status(0)

    front = Front(command)
    return front


def hang(_: Visit, channel: paramiko.Channel, __: str) -> None:
    waits(channel)


def flood(_: Visit, channel: paramiko.Channel, __: str) -> None:
    while True:
        channel.sendall(b"x" * 32_000)


def hang_up(visit: Visit, _: paramiko.Channel, __: str) -> None:
    visit.hang_up()


def details(seen: Check) -> Details:
    assert isinstance(seen.result.outcome, ClusterState), seen.result.outcome
    assert seen.result.outcome.nodes.total == 8
    assert seen.result.outcome.details
    return seen.result.outcome.details


def test_all_details_are_asked_for_in_the_same_session_by_five_commands_in_all() -> None:
    front = site()
    found = details(probe_at(front, partition_filter=FULL))
    assert found.gpus == {"debug": (Gpus("a100", 32, 24),)}
    assert [(one.reason, one.nodes) for one in found.drain_reasons] == [("fan", 2)]
    assert sum(line.count(" env ") for line in front.commands) == 5
    assert len(front.offers) == 1


def test_details_are_asked_for_once_however_often_it_looks_and_not_while_slurm_is_starting() -> None:
    front = site(states=("unknown", "unknown"))
    with Loopback(front) as server, probing(server.port, partition_filter=FULL) as probe:
        seen = [check(probe).result.outcome for _ in range(4)]
    found = [one.details for one in seen if isinstance(one, ClusterState)]
    assert found[0] is found[1] is None
    assert found[2]
    assert found[2] == found[3]
    assert sum(" -R " in line for line in front.commands) == 1
    assert len(front.commands) == 4 + 3


def test_without_the_wish_for_details_none_are_asked_for() -> None:
    front = site()
    seen = probe_at(front).result.outcome
    assert isinstance(seen, ClusterState)
    assert seen.details is None
    assert len(front.commands) == 1


@pytest.mark.parametrize(
    "failure",
    [says(exit_status=1), says("garbage", exit_status=127), says("\x1b[31m", "|||"), flood],
    ids=["fails", "is not there", "garbage", "flood"],
)
def test_what_cannot_be_had_is_missing_and_the_rest_is_there(failure: Command) -> None:
    without_gpus = details(probe_at(site(gpus=failure), partition_filter=FULL))
    without_others = details(probe_at(site(reservations=failure, reasons=failure), partition_filter=FULL))
    assert (without_gpus.gpus, len(without_gpus.drain_reasons)) == ({}, 1)
    assert (len(without_others.gpus), without_others.drain_reasons) == (1, ())


@pytest.mark.parametrize("failure", [hang, hang_up], ids=["hangs", "hangs up"])
def test_a_question_without_an_answer_takes_no_more_than_its_time(failure: Command) -> None:
    seen = probe_at(
        site(reasons=failure, reservations=failure),
        partition_filter=FULL,
        command_timeout_seconds=LIMIT_SECONDS,
    )
    assert details(seen) == Details()
    assert seen.took < LIMIT_SECONDS + SLACK_SECONDS


def test_what_was_had_before_the_time_was_over_is_kept() -> None:
    seen = probe_at(site(gpus=hang), partition_filter=FULL, command_timeout_seconds=LIMIT_SECONDS)
    assert details(seen).drain_reasons == (DrainReason("fan", details(seen).drain_reasons[0].since, 2),)


# Chosen partitions


def chosen(
    *, total: str = "8|idle", rows: tuple[str, ...] = ("debug*|up|1:00|8|idle", "gpu|up|1:00|2|down")
) -> Front:
    def command(visit: Visit, channel: paramiko.Channel, boundary: str) -> None:
        asks_for_all = " -a " in front.commands[-1]
        says(*rows if asks_for_all else (total,))(visit, channel, boundary)

    front = Front(command)
    return front


def test_chosen_partitions_are_asked_about_by_name_in_a_second_question() -> None:
    front = chosen()
    seen = probe_at(front, partition_filter=PartitionFilter(("d*", "fat"))).result.outcome
    assert isinstance(seen, ClusterState)
    assert [one.name for one in seen.partitions] == ["debug"]
    assert (seen.nodes.total, seen.named, seen.unmatched_patterns) == (8, ("fat",), ("fat",))
    boundaries = [line.split()[3] for line in front.commands]
    asked = [WITH_HIDDEN.line(boundaries[0]), TOTAL.of(["debug"]).line(boundaries[1])]
    assert all(line in command for line, command in zip(asked, front.commands, strict=True))
    assert PARTITIONS.line(boundaries[0]) not in front.commands[0]


def test_where_nothing_is_chosen_the_second_question_is_not_asked() -> None:
    front = chosen()
    seen = probe_at(front, partition_filter=PartitionFilter(("fat",)))
    assert seen.told == (
        Cause.NO_SUCH_PARTITION,
        "'fat' chooses none of the partitions: debug, gpu",
    )
    assert len(front.commands) == 1


def test_nodes_that_vanish_between_the_questions_are_a_contradiction() -> None:
    assert (
        probe_at(chosen(total="0|n/a"), partition_filter=PartitionFilter(("debug",))).cause
        is Cause.UNPARSABLE
    )


def test_a_hostile_name_reaches_no_shell() -> None:
    front = chosen(rows=("a';reboot;'|up|1:00|8|idle",))
    seen = probe_at(front, partition_filter=PartitionFilter(("*",)))
    assert seen.cause is Cause.UNPARSABLE
    assert len(front.commands) == 1
