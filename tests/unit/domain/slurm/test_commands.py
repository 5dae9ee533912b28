import shlex

import pytest

from cluster_status.domain.slurm.commands import COMMANDS, DRAIN_REASONS, TOTAL, Command, answers, command
from cluster_status.errors import UnparsableError

BOUNDARY = "f4a3e"


@pytest.mark.parametrize("question", COMMANDS, ids=lambda one: " ".join(one.arguments))
def test_a_question_reads_alike_in_every_shell(question: Command) -> None:
    unquoted = "".join(command(BOUNDARY, question).split("'")[::2])
    assert not set(unquoted) & set('|;<>()$`"\\!*?[]{}~#%^')


def test_chosen_partitions_are_asked_for_by_their_names() -> None:
    assert shlex.split(TOTAL.of(["batch", "gpu-a100"]).line(BOUNDARY))[-2:] == ["-p", "batch,gpu-a100"]


def test_without_a_choice_all_are_asked_for() -> None:
    assert TOTAL.of([]) == TOTAL


@pytest.mark.parametrize(
    "name", ["a'b", "a b", "a!b", "a\\b", "a\nb", "a,b", "$HOME", "", "x" * 101, "\ufffd"]
)
def test_a_name_that_no_shell_may_be_given_is_an_error_that_quotes_it(name: str) -> None:
    with pytest.raises(UnparsableError, match="cannot be asked about a partition named"):
        TOTAL.of(["batch", name])


def test_the_frame_goes_where_a_question_has_a_place_for_it() -> None:
    assert f"'{BOUNDARY}|%D|%H|%E'" in DRAIN_REASONS.line(BOUNDARY)


def test_no_question_is_one_that_is_slow_or_differs_from_version_to_version() -> None:
    assert not {"-N", "--json"} & {argument for question in COMMANDS for argument in question.arguments}


def test_answers_are_what_is_between_the_frames() -> None:
    output = f"welcome\n{BOUNDARY}\na\nb\n{BOUNDARY}\n{BOUNDARY}\nbye".encode()
    assert answers(output, BOUNDARY, 2) == [["a", "b"], []]
