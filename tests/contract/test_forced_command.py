"""The forced command of a restricted key runs the Slurm commands of this package and nothing else."""

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
    command_line,
)
from cluster_status.domain.slurm.forced_command import forced_command

HEX = "0123abcd"
BY_PARTITION, IN_TOTAL = PARTITIONS.line(HEX), TOTAL.line(HEX)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a directory with Slurm programs that print their arguments."""
    for name in {command.program for command in COMMANDS}:
        program = tmp_path / name
        program.write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo\n')
        program.chmod(0o755)
    return tmp_path


def run(programs: Path, sent: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """Run the forced command as sshd does, for a client that sent a command."""
    return subprocess.run(
        [shell, "-c", forced_command()],
        env={"PATH": f"{programs}:/usr/bin:/bin", "SSH_ORIGINAL_COMMAND": sent},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_commands_of_each_probe_run_as_without_a_forced_command(programs: Path, shell: str) -> None:
    done = run(programs, command_line(HEX, PARTITIONS, TOTAL), shell)
    printed = ["<-h><-o><%P|%a|%l|%D|%T>", "<-h><-o><%D|%T>"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["", HEX, printed[0], HEX, printed[1], HEX]


@pytest.mark.parametrize("partitions", [(), ("gpu",), ("gpu", "long.2")], ids=repr)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.line(HEX).partition("UTC ")[2])
def test_every_command_runs(programs: Path, command: Command, partitions: tuple[str, ...]) -> None:
    restricted = command.of(partitions)
    done = run(programs, command_line(HEX, restricted))
    printed = "".join(f"<{word.replace(BOUNDARY, HEX)}>" for word in restricted.arguments)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["", HEX, printed, HEX])


@pytest.mark.parametrize("names", ["'a'; id; 'b'", "$(id)`id`", "'$(id)'"])
def test_names_of_partitions_are_one_argument_and_are_not_run(programs: Path, names: str) -> None:
    done = run(programs, f"echo {HEX} && {IN_TOTAL} -p {names}")
    assert done.stdout.splitlines() == [
        HEX,
        "<-h><-o><%D|%T><-p><{}>".format(names.removeprefix("'").removesuffix("'")),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "id",
        "echo && id",
        f"echo {HEX}; id",
        f"echo {HEX} && {IN_TOTAL}; id",
        f"echo {HEX} && {IN_TOTAL} | id",
        f"echo {HEX} && {IN_TOTAL}\nid",
        f"echo {HEX} && {IN_TOTAL} && id",
        f"echo {HEX} && {IN_TOTAL} -p x && id",
        f"echo {HEX} && {BY_PARTITION} -a",
        f"echo {HEX} && {IN_TOTAL} -p x -p y",
        f"echo {HEX} && {DRAIN_REASONS.line('4567')}",
        "echo '; id; ' && " + DRAIN_REASONS.line("'; id; '"),
        "echo $(id)",
        "echo *",
        "echo -n",
        f"echo {HEX}\nid",
        f"echo {HEX}\n",
        "env id",
        "sinfo",
    ],
    ids=repr,
)
def test_any_other_command_fails_and_is_not_run(programs: Path, sent: str) -> None:
    done = run(programs, sent)
    assert done.returncode in {1, 126}
    assert "uid=" not in done.stdout
    assert not done.stderr or done.stderr.startswith("this key does not allow: ")


@pytest.mark.parametrize("sent", ["echo " + "a" * 100_000, "echo && " * 12_000, "x" * 100_000], ids=len)
def test_a_command_that_is_too_long_is_refused_at_once(programs: Path, sent: str) -> None:
    done = run(programs, sent)
    assert (done.returncode, done.stdout) == (126, "")
    assert done.stderr == "this key allows no command that long\n"


def test_a_thousand_partitions_are_allowed(programs: Path) -> None:
    names = [f"partition-{number}" for number in range(1_000)]
    done = run(programs, command_line(HEX, TOTAL.of(names)))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_status_is_that_of_the_command_that_failed(programs: Path) -> None:
    (programs / "sinfo").write_text("#!/bin/sh\necho 'sinfo: fatal' >&2\nexit 3\n")
    done = run(programs, command_line(HEX, PARTITIONS, TOTAL))
    assert (done.returncode, done.stdout, done.stderr) == (3, f"\n{HEX}\n", "sinfo: fatal\n")


def test_every_login_shell_reads_the_forced_command_alike() -> None:
    command = forced_command()
    assert command.count("'") == 2
    assert command.endswith("'")
    assert "!" not in command
    assert "\n" not in command
