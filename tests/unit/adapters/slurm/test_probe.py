"""Which Slurm commands a probe runs, over any executor, and what becomes of their failures."""

import pytest
from msgspec.structs import replace

from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandError,
    CommandKilledError,
    CommandRefusedError,
    CommandResult,
    CommandTimeoutError,
    ConnectionLostError,
    Limits,
    OutputLimitError,
)
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.slurm.commands import PARTITIONS, TOTAL, WITH_HIDDEN, command_line
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import (
    LoginProgress,
    ProbeFailure,
    ProbeResult,
    RememberedLogin,
)
from tests.fakes.clock import VirtualClock
from tests.fakes.executor import ScriptedExecutor
from tests.unit.adapters.slurm.scripted_site import FULL, STATE_ONLY, Output, failure_of, run, site

# The login


def test_a_failed_login_is_the_outcome_and_no_command_is_run() -> None:
    failure = ProbeFailure(Cause.REFUSED, "connection refused")
    login = LoginProgress(reached=True, line_to_pin="a line")
    executor = ScriptedExecutor(site(), login=login, failure=failure)
    assert run(executor) == ProbeResult(outcome=failure, reached=True, line_to_pin="a line")
    assert executor.lines == []


def test_the_result_says_how_far_the_login_got() -> None:
    key = HostKey("ssh-ed25519", b"key")
    login = LoginProgress(reached=True, host_key=key, credential_offered=True, logged_in=True)
    result = run(ScriptedExecutor(site(), login=login))
    assert (result.reached, result.host_key, result.credential_offered, result.logged_in) == (
        True,
        key,
        True,
        True,
    )


class _WithoutVariables(ScriptedExecutor):
    """A shell that refuses to print SLURM_CLUSTERS, such as a restricted one."""

    def run(self, command: str, limits: Limits) -> CommandResult:
        result = super().run(command, limits)
        refused = result.exit_status == 0 and 'echo "$SLURM_CLUSTERS"' in command
        return CommandResult(1, result.stdout, b"rbash: /bin/sh: restricted") if refused else result


@pytest.mark.parametrize("patterns", [(), ("debug",)])
def test_a_shell_that_does_not_print_the_clusters_of_the_account_costs_only_that(
    patterns: tuple[str, ...],
) -> None:
    query = SlurmQuery(partitions=PartitionFilter(patterns))
    outcome = run(_WithoutVariables(site()), query).outcome
    assert isinstance(outcome, ClusterState), outcome
    assert (outcome.nodes.idle, outcome.ignored_clusters) == (8, "")


def test_closing_the_probe_closes_its_executor() -> None:
    executor = ScriptedExecutor(site())
    SlurmProbe(executor, STATE_ONLY, PLAIN).close()
    assert executor.is_closed


# The state of the cluster


def test_partitions_and_total_are_one_command_line() -> None:
    executor = ScriptedExecutor(site())
    outcome = run(executor).outcome
    assert isinstance(outcome, ClusterState)
    assert (outcome.nodes.total, outcome.details) == (8, None)
    [line] = executor.lines
    assert line == command_line(line.split()[3], PARTITIONS, TOTAL, clusters=True)


def test_each_probe_has_a_boundary_of_its_own() -> None:
    executor = ScriptedExecutor(site())
    probe = SlurmProbe(executor, STATE_ONLY, PLAIN)
    for _ in range(2):
        probe.probe(RememberedLogin, Deadline(60))
    assert len(set(executor.lines)) == 2


def test_a_command_that_fails_is_diagnosed() -> None:
    stderr = "slurm_load_partitions: Unable to contact slurm controller (connect failure)"
    failure = failure_of(site(partitions=CommandResult(1, b"", stderr.encode())))
    assert failure == (Cause.SCHEDULER_DOWN, stderr)


@pytest.mark.parametrize(
    ("error", "cause", "detail"),
    [
        (CommandTimeoutError(""), Cause.SHELL_HANGS, "the login shell did not respond within 30 s"),
        (OutputLimitError("too much"), Cause.SHELL_FAILS, "too much"),
        (ConnectionLostError("lost"), Cause.DROPPED, "after the login: lost"),
        (CommandKilledError("killed"), Cause.SHELL_FAILS, "killed"),
        (CommandRefusedError("refused"), Cause.SHELL_FAILS, "refused"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, CommandError) else "",
)
def test_a_command_without_a_result_is_diagnosed(error: CommandError, cause: Cause, detail: str) -> None:
    assert failure_of(site(partitions=error)) == (cause, detail)


def test_an_unreadable_output_is_quoted_cleaned() -> None:
    cause, detail = failure_of(site(partitions="debug*|up|1-00:00:00|\x1b[31m::error::eight|idle"))
    assert cause is Cause.UNPARSABLE
    assert "'debug*|up|1-00:00:00|::error::eight|idle'" in detail


class _Lost(ScriptedExecutor):
    """Loses the connection after the exit status of each command, and what is printed after `kept` bytes."""

    def __init__(self, kept: int | None) -> None:
        super().__init__(site())
        self._kept = kept

    def run(self, command: str, limits: Limits) -> CommandResult:
        result = super().run(command, limits)
        return CommandResult(result.exit_status, result.stdout[: self._kept], b"", may_be_cut=True)


def test_an_output_that_was_cut_by_the_loss_of_the_connection_is_a_lost_connection() -> None:
    outcome = run(_Lost(kept=60)).outcome
    assert isinstance(outcome, ProbeFailure)
    assert (outcome.cause, outcome.detail) == (Cause.DROPPED, "after the login: the connection was lost")


def test_an_output_that_is_complete_counts_although_the_connection_was_lost_after_it() -> None:
    assert isinstance(run(_Lost(kept=None)).outcome, ClusterState)


def test_an_output_that_is_cut_off_is_incomplete_although_the_command_succeeded() -> None:
    cause, detail = failure_of(site(partitions=CommandResult(0, b"debug*|up|1:00|8|idle\n", b"")))
    assert cause is Cause.UNPARSABLE
    assert "incomplete" in detail


def test_the_limits_of_a_command_follow_from_the_query_and_the_deadline() -> None:
    executor = ScriptedExecutor(site())
    run(executor, SlurmQuery(timeout_seconds=7, maintenance=False))
    run(executor, SlurmQuery(timeout_seconds=7, maintenance=False), seconds=3)
    assert [round(limits.seconds) for limits in executor.limits] == [7, 3]
    assert {(limits.stdout_bytes, limits.stderr_bytes) for limits in executor.limits} == {
        (2_000_000, 200_000)
    }


# Chosen partitions


def test_chosen_partitions_are_queried_by_name_in_a_second_command() -> None:
    executor = ScriptedExecutor(site())
    state = run(executor, SlurmQuery(PartitionFilter(("d*", "fat")), maintenance=False)).outcome
    assert isinstance(state, ClusterState)
    assert [partition.name for partition in state.partitions] == ["debug"]
    assert (state.nodes.total, state.named, state.unmatched_patterns) == (8, ("fat",), ("fat",))
    assert executor.commands == [WITH_HIDDEN.line(""), TOTAL.of(["debug"]).line("")]


def test_if_no_partition_matches_the_second_command_is_not_run() -> None:
    executor = ScriptedExecutor(site())
    outcome = run(executor, SlurmQuery(PartitionFilter(("fat",)))).outcome
    detail = "'fat' matches none of the listed partitions: debug, gpu"
    assert outcome == ProbeFailure(Cause.NO_SUCH_PARTITION, detail, partitions=("fat",))
    assert len(executor.lines) == 1


def test_nodes_that_disappear_between_the_two_commands_are_unparsable() -> None:
    query = SlurmQuery(PartitionFilter(("debug",)))
    assert failure_of(site(total="0|n/a"), query)[0] is Cause.UNPARSABLE


def test_a_partition_name_that_is_not_safe_in_a_shell_is_not_passed_to_one() -> None:
    executor = ScriptedExecutor(site(with_hidden="a';reboot;'|up|1:00|8|idle"))
    outcome = run(executor, SlurmQuery(PartitionFilter(("*",)))).outcome
    assert isinstance(outcome, ProbeFailure)
    assert outcome.cause is Cause.UNPARSABLE
    assert len(executor.lines) == 1


# The other kind of shell


NOT_FOUND = CommandResult(127, b"", b"env: 'sinfo': No such file or directory")
NOT_CONFIGURED = CommandResult(1, b"", b"sinfo: fatal: Could not establish a configuration source")
CONTROLLER_DOWN = CommandResult(1, b"", b"slurm_load_partitions: Unable to contact slurm controller")
DENIED = CommandResult(1, b"", b"slurm_load_partitions: Access/permission denied")
LOGIN_SHELL = "CLUSTER_STATUS_LINE="


def shells(plain: Output | None, login: Output | None) -> ScriptedExecutor:
    """Return an executor whose two kinds of shell answer differently; None: as a site that works."""
    script = site()

    def answer(command: str) -> Output:
        of_shell = login if LOGIN_SHELL in executor.lines[-1] else plain
        return script(command) if of_shell is None else of_shell

    executor = ScriptedExecutor(answer)
    return executor


def kinds(executor: ScriptedExecutor) -> list[str]:
    return ["login" if LOGIN_SHELL in line else "plain" for line in executor.lines]


@pytest.mark.parametrize("failure", [NOT_FOUND, NOT_CONFIGURED])
def test_if_the_shell_does_not_find_sinfo_one_login_shell_is_tried(failure: CommandResult) -> None:
    executor = shells(failure, None)
    result = run(executor, FULL)
    assert isinstance(result.outcome, ClusterState)
    assert (result.outcome.nodes.total, result.login_shell) == (8, True)
    assert kinds(executor) == ["plain", *6 * ["login"]]


def test_where_the_shell_finds_sinfo_no_login_shell_is_started() -> None:
    executor = shells(None, NOT_FOUND)
    assert run(executor, FULL).login_shell is False
    assert set(kinds(executor)) == {"plain"}


@pytest.mark.parametrize("failure", [CONTROLLER_DOWN, DENIED, CommandTimeoutError("", stdout=b"")])
def test_no_other_failure_is_repeated_in_a_login_shell(failure: Output) -> None:
    executor = shells(failure, None)
    assert run(executor).login_shell is None
    assert kinds(executor) == ["plain"]


@pytest.mark.parametrize("login_shell", [False, True])
@pytest.mark.parametrize("remembered", [False, True])
def test_a_poll_begins_with_the_kind_of_shell_that_is_remembered(
    *, remembered: bool, login_shell: bool
) -> None:
    executor = shells(*((NOT_FOUND, None) if login_shell else (None, NOT_FOUND)))
    probe = SlurmProbe(executor, STATE_ONLY, PLAIN)
    result = probe.probe(lambda: RememberedLogin(login_shell=remembered), Deadline(60))
    assert result.login_shell is login_shell
    tried = [remembered] if remembered is login_shell else [remembered, login_shell]
    assert kinds(executor) == ["login" if one else "plain" for one in tried]


@pytest.mark.parametrize(
    "login",
    [NOT_FOUND, NOT_CONFIGURED, CommandTimeoutError(""), CommandKilledError(""), OutputLimitError("")],
)
def test_if_the_login_shell_does_not_help_the_first_cause_stands(login: Output) -> None:
    result = run(shells(NOT_FOUND, login))
    assert (result.cause, result.login_shell) == (Cause.NO_SCHEDULER, None)
    assert run(shells(NOT_CONFIGURED, login)).cause is Cause.SCHEDULER_DOWN


@pytest.mark.parametrize(
    ("login", "cause"), [(CONTROLLER_DOWN, Cause.SCHEDULER_DOWN), (DENIED, Cause.SINFO_FAILED)]
)
def test_if_the_login_shell_finds_a_sinfo_that_fails_its_cause_counts(login: Output, cause: Cause) -> None:
    assert run(shells(NOT_FOUND, login)).cause is cause


def test_a_retry_begins_with_the_other_shell_where_sinfo_waited_for_its_configuration() -> None:
    clock = VirtualClock()
    script = site()
    stderr = b"sinfo: error: cannot stat file /etc/slurm/slurm.conf, retrying in 1sec up to 60sec"

    def answer(command: str) -> Output:
        if LOGIN_SHELL in executor.lines[-1]:
            return script(command)
        clock.sleep(30)
        return CommandTimeoutError("", stdout=f"{executor.lines[-1].split()[3]}\n".encode(), stderr=stderr)

    executor = ScriptedExecutor(answer)
    probe = SlurmProbe(executor, STATE_ONLY, PLAIN)
    deadline = Deadline(90, clock.monotonic)
    results = [probe.probe(RememberedLogin, deadline) for _ in range(2)]
    assert [result.cause for result in results] == [Cause.SCHEDULER_TIMEOUT, None]
    assert kinds(executor) == ["plain", "login"]


# Only the login, or another cluster


def test_without_a_scheduler_only_the_login_shell_is_checked() -> None:
    executor = ScriptedExecutor(site())
    result = run(executor, SlurmQuery(login_only=True, details=True))
    assert (result.outcome, result.login_shell) == (ClusterState(login_only=True), None)
    assert (executor.commands, len(executor.lines)) == ([], 1)


@pytest.mark.parametrize("partitions", [PartitionFilter(), PartitionFilter(("debug",))])
def test_every_command_queries_the_cluster_that_is_set(partitions: PartitionFilter) -> None:
    executor = ScriptedExecutor(site())
    outcome = run(executor, SlurmQuery(partitions, details=True, cluster="beta")).outcome
    assert isinstance(outcome, ClusterState)
    assert len(executor.commands) == 8
    assert [command for command in executor.commands if " -M beta" not in command] == []


# An empty answer


@pytest.mark.parametrize("query", [SlurmQuery(), SlurmQuery(PartitionFilter(("debug",)))])
def test_an_empty_answer_with_an_error_of_slurm_is_a_failure_although_sinfo_exits_with_0(
    query: SlurmQuery,
) -> None:
    executor = EmptyExecutor(b"slurm_load_partitions: Zero Bytes were transmitted or received\n")
    assert run(executor, query).cause is Cause.SCHEDULER_DOWN


def test_an_empty_answer_with_a_text_of_the_login_lists_no_partition() -> None:
    assert run(EmptyExecutor(b"Welcome\n")).outcome == ClusterState()


class EmptyExecutor(ScriptedExecutor):
    """Answers each command with nothing, exit status 0 and a text on stderr."""

    def __init__(self, stderr: bytes) -> None:
        super().__init__(lambda _: "")
        self._stderr = stderr

    def run(self, command: str, limits: Limits) -> CommandResult:
        return replace(super().run(command, limits), stderr=self._stderr)
