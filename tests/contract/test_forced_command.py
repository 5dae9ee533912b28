"""The forced command of a restricted key runs the Slurm commands of this package and nothing else."""

import subprocess
from pathlib import Path

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.commands import (
    BOUNDARY,
    COMMANDS,
    DRAIN_REASONS,
    PARTITIONS,
    TOTAL,
    Command,
    account_clusters,
    command_line,
)
from cluster_status.domain.slurm.forced_command import forced_command

HEX = "0123abcd"
BY_PARTITION, IN_TOTAL = PARTITIONS.line(HEX), TOTAL.line(HEX)
IN_LOGIN_SHELL = "env CLUSTER_STATUS_LINE='{}' /bin/sh -c 'id'"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a directory with Slurm programs that print their arguments."""
    for name in {command.program for command in COMMANDS}:
        program = tmp_path / name
        program.write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo\n')
        program.chmod(0o755)
    return tmp_path


def run(programs: Path, sent: str, shell: str = "sh", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the forced command as sshd does, for a client that sent a command.

    The login shell is one whose profile changes nothing.
    """
    path = f"{programs}:/usr/bin:/bin"
    (programs / "shell").write_text('#!/bin/sh\n[ "$1 $2" = "-l -c" ] && exec /bin/sh -c "$3"\n')
    (programs / "shell").chmod(0o755)
    return subprocess.run(
        [shell, "-c", forced_command()],
        env={"PATH": path, "SSH_ORIGINAL_COMMAND": sent, "SHELL": f"{programs}/shell", **variables},
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


@pytest.mark.parametrize("cluster", ["", "beta", "beta.2"])
@pytest.mark.parametrize("partitions", [(), ("gpu",), ("gpu", "long.2")], ids=repr)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.line(HEX).partition("UTC ")[2])
def test_every_command_runs(
    programs: Path, command: Command, partitions: tuple[str, ...], cluster: str
) -> None:
    restricted = command.on(cluster).of(partitions)
    words = "".join(f"<{word.replace(BOUNDARY, HEX)}>" for word in restricted.arguments)
    for login_shell in (False, True):
        done = run(programs, command_line(HEX, restricted, login_shell=login_shell))
        assert (done.returncode, done.stdout.splitlines()) == (0, ["", HEX, words, HEX])


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
        f"echo {HEX} && {IN_TOTAL} -M x -M y",
        IN_LOGIN_SHELL.format("id"),
        IN_LOGIN_SHELL.format(f"echo {HEX} && id"),
        IN_LOGIN_SHELL.format(f"echo {HEX} && $(id)"),
        IN_LOGIN_SHELL.format(""),
        IN_LOGIN_SHELL.format("env CLUSTER_STATUS_LINE=") + "id",
        "env CLUSTER_STATUS_LINE=id",
        "env CLUSTER_STATUS_LINE=id /bin/sh -c 'id'",
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


@pytest.mark.parametrize("login_shell", [False, True])
@pytest.mark.parametrize("clusters", ["", "beta", "alpha,$(id)", "* `id`"])
def test_the_clusters_of_the_account_are_printed_at_the_end(
    programs: Path, clusters: str, *, login_shell: bool
) -> None:
    line = command_line(HEX, TOTAL, clusters=True, login_shell=login_shell)
    done = run(programs, line, SLURM_CLUSTERS=clusters)
    assert account_clusters(done.stdout.encode(), HEX, PLAIN) == clusters
    assert done.stdout.endswith(f"{HEX}\n{clusters}\n")


def test_a_login_shell_that_hides_the_line_runs_nothing(programs: Path) -> None:
    done = run(programs, command_line(HEX, TOTAL), CLUSTER_STATUS_LINE="id")
    assert (done.returncode, done.stdout) == (126, "")


def test_every_login_shell_reads_the_forced_command_alike() -> None:
    command = forced_command()
    assert command.count("'") == 4
    assert command.endswith("'")
    assert "!" not in command
    assert "\n" not in command
