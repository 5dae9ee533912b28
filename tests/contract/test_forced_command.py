"""The command of a key that is locked down: it answers what is asked, and nothing that only looks like it."""

import subprocess
from pathlib import Path

import pytest

from cluster_status.domain.slurm.commands import (
    BOUNDARY,
    COMMANDS,
    DRAIN_REASONS,
    PARTITIONS,
    TOTAL,
    Command,
    command,
)
from cluster_status.domain.slurm.forced_command import forced_command
from cluster_status.domain.slurm.sinfo import command as usual_command

WORD = "0123abcd"
BY_PARTITION, IN_ALL = PARTITIONS.line(WORD), TOTAL.line(WORD)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Have Slurm's programs show their arguments."""
    for name in {question.program for question in COMMANDS}:
        program = tmp_path / name
        program.write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo\n')
        program.chmod(0o755)
    return tmp_path


def run(programs: Path, asked: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """Do as sshd does."""
    return subprocess.run(
        [shell, "-c", forced_command()],
        env={"PATH": f"{programs}:/usr/bin:/bin", "SSH_ORIGINAL_COMMAND": asked},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_what_is_asked_at_each_look_is_answered_as_without_it(programs: Path, shell: str) -> None:
    done = run(programs, usual_command(WORD), shell)
    answers = ["<-h><-o><%P|%a|%l|%D|%T>", "<-h><-o><%D|%T>"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["", WORD, answers[0], WORD, answers[1], WORD]


@pytest.mark.parametrize("partitions", [(), ("gpu",), ("gpu", "long.2")], ids=repr)
@pytest.mark.parametrize("question", COMMANDS, ids=lambda question: question.line(WORD).partition("UTC ")[2])
def test_every_question_there_is_is_answered(
    programs: Path, question: Command, partitions: tuple[str, ...]
) -> None:
    asked = question.of(partitions)
    done = run(programs, command(WORD, asked))
    words = "".join(f"<{word.replace(BOUNDARY, WORD)}>" for word in asked.arguments)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["", WORD, words, WORD])


@pytest.mark.parametrize("names", ["'a'; id; 'b'", "$(id)`id`", "'$(id)'"])
def test_names_of_partitions_are_one_argument_and_never_run(programs: Path, names: str) -> None:
    done = run(programs, f"echo {WORD} && {IN_ALL} -p {names}")
    assert done.stdout.splitlines() == [
        WORD,
        "<-h><-o><%D|%T><-p><{}>".format(names.removeprefix("'").removesuffix("'")),
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "id",
        "echo && id",
        f"echo {WORD}; id",
        f"echo {WORD} && {IN_ALL}; id",
        f"echo {WORD} && {IN_ALL} | id",
        f"echo {WORD} && {IN_ALL}\nid",
        f"echo {WORD} && {IN_ALL} && id",
        f"echo {WORD} && {IN_ALL} -p x && id",
        f"echo {WORD} && {BY_PARTITION} -a",
        f"echo {WORD} && {IN_ALL} -p x -p y",
        f"echo {WORD} && {DRAIN_REASONS.line('4567')}",
        "echo '; id; ' && " + DRAIN_REASONS.line("'; id; '"),
        "echo $(id)",
        "echo *",
        "echo -n",
        f"echo {WORD}\nid",
        f"echo {WORD}\n",
        "env id",
        "sinfo",
    ],
    ids=repr,
)
def test_whatever_else_is_asked_fails_and_is_not_run(programs: Path, asked: str) -> None:
    done = run(programs, asked)
    assert done.returncode in {1, 126}
    assert "uid=" not in done.stdout
    assert not done.stderr or done.stderr.startswith("this key is not for: ")


@pytest.mark.parametrize("asked", ["echo " + "a" * 100_000, "echo && " * 12_000, "x" * 100_000], ids=len)
def test_what_is_far_too_long_is_refused_before_it_is_read(programs: Path, asked: str) -> None:
    done = run(programs, asked)
    assert (done.returncode, done.stdout) == (126, "")
    assert done.stderr == "this key is not for so long a command\n"


def test_a_thousand_partitions_are_not_too_many(programs: Path) -> None:
    names = [f"partition-{number}" for number in range(1_000)]
    done = run(programs, command(WORD, TOTAL.of(names)))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_question_that_fails_ends_it_with_its_exit_status(programs: Path) -> None:
    (programs / "sinfo").write_text("#!/bin/sh\necho 'sinfo: fatal' >&2\nexit 3\n")
    done = run(programs, usual_command(WORD))
    assert (done.returncode, done.stdout, done.stderr) == (3, f"\n{WORD}\n", "sinfo: fatal\n")


def test_there_is_nothing_in_it_that_some_login_shell_reads_otherwise() -> None:
    command = forced_command()
    assert command.count("'") == 2
    assert command.endswith("'")
    assert "!" not in command
    assert "\n" not in command
