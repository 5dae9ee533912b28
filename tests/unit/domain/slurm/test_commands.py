import re
import shlex

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.commands import (
    COMMANDS,
    DRAIN_REASONS,
    PARTITIONS,
    TOTAL,
    Command,
    command_line,
    split_outputs,
)
from cluster_status.errors import UnparsableError

BOUNDARY = "f4a3e"


def test_boundaries_are_printed_before_and_after_each_output() -> None:
    line = command_line(BOUNDARY, PARTITIONS, TOTAL)
    parts = [shlex.split(re.sub(" -u [A-Z_]+", "", part)) for part in line.split(" && ")]
    sinfo, boundary = ["env", "LC_ALL=C", "SINFO_LOCAL=1", "TZ=UTC", "sinfo", "-h", "-o"], ["echo", BOUNDARY]
    assert parts == [["echo"], boundary, [*sinfo, "%P|%a|%l|%D|%T"], boundary, [*sinfo, "%D|%T"], boundary]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: " ".join(one.arguments))
def test_a_command_line_reads_alike_in_every_shell(command: Command) -> None:
    unquoted = "".join(command_line(BOUNDARY, command).split("'")[::2])
    assert not set(unquoted) & set('|;<>()$`"\\!*?[]{}~#%^')


def test_chosen_partitions_are_passed_by_name() -> None:
    assert shlex.split(TOTAL.of(["batch", "gpu-a100"]).line(BOUNDARY))[-2:] == ["-p", "batch,gpu-a100"]


def test_without_chosen_partitions_a_command_is_unchanged() -> None:
    assert TOTAL.of([]) == TOTAL


@pytest.mark.parametrize(
    "name", ["a'b", "a b", "a!b", "a\\b", "a\nb", "a,b", "$HOME", "", "x" * 101, "\ufffd"]
)
def test_a_name_that_is_not_safe_in_a_shell_is_an_error(name: str) -> None:
    with pytest.raises(UnparsableError, match="cannot be passed to sinfo"):
        TOTAL.of(["batch", name])


def test_the_boundary_replaces_its_placeholder() -> None:
    assert f"'{BOUNDARY}|%D|%H|%u|%N|%E'" in DRAIN_REASONS.line(BOUNDARY)


def test_no_command_is_slow_or_differs_between_versions() -> None:
    assert not {"-N", "--json"} & {argument for command in COMMANDS for argument in command.arguments}


def test_outputs_are_the_lines_between_the_boundaries() -> None:
    output = f"welcome\n{BOUNDARY}\na\nb\n{BOUNDARY}\n{BOUNDARY}\nbye".encode()
    assert split_outputs(output, BOUNDARY, 2, PLAIN) == [["a", "b"], []]
