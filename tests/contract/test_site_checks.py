"""Site checks in the shells of accounts: what they report, and what their output cannot do."""

import os
import re
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from shlex import quote
from typing import NamedTuple

import pytest

from cluster_status.domain.execution import CommandResult
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.script import part
from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.domain.slurm.commands import BOUNDARY, shell_line
from cluster_status.domain.slurm.forced_command import forced_command
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults, results_of
from cluster_status.settings.clusters_file import parse

ROOT = Path(__file__).parents[2]
HEX = "0123abcd"
SHELLS = ("bash", "dash", "tcsh", "fish", "zsh")
TOKEN = "hunter2-correct-horse"


@pytest.fixture(autouse=True)
def runtime(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory for locks."""
    directory = tmp_path_factory.mktemp("runtime")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
    return directory


def run(
    *checks: SiteCheck,
    shell: str = "sh",
    seconds: int = 5,
    login_shell: bool = False,
    redaction: Redaction = PLAIN,
    full_at: int | None = None,
    **variables: str,
) -> CheckResults:
    """Run the checks as sshd does."""
    wanted = SiteChecks(checks, seconds, full_at)
    line = shell_line(HEX, [part(wanted, HEX)], login_shell=login_shell)
    return results_of(wanted, _output(line, shell, **variables), HEX, redaction)


def _output(line: str, shell: str, **variables: str) -> CommandResult:
    done = subprocess.run(
        [shell, "-c", line],
        env={
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            "HOME": "/",
            "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"],
            **variables,
        },
        capture_output=True,
        check=False,
        timeout=30,
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


def command(line: str) -> SiteCheck:
    return SiteCheck("check", line)


def only(results: CheckResults) -> CheckResult:
    [result] = results.results
    return result


@pytest.mark.parametrize("login_shell", [False, True])
@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_runs_all_checks(shell: str, login_shell: bool, tmp_path: Path) -> None:  # noqa: FBT001
    found = run(
        SiteCheck(str(tmp_path)),
        SiteCheck(f"{tmp_path}/none"),
        SiteCheck("quota", "echo 'it'\\''s 80% !$HOME \"used\"'; exit 1"),
        SiteCheck("well", "echo fine"),
        shell=shell,
        login_shell=login_shell,
    )
    assert [one.cause for one in found.results] == [None, Cause.PATH_MISSING, Cause.CHECK_FAILED, None]
    assert [one.not_run for one in found.results] == [""] * 4
    assert found.results[2].output == 'it\'s 80% !$HOME "used"'
    assert found.key_is_restricted is False


@pytest.mark.parametrize(
    ("status", "cause", "not_run"),
    [
        ("exit 0", None, ""),
        ("exit 1", Cause.CHECK_FAILED, ""),
        ("exit 2", Cause.CHECK_FAILED, ""),
        ("exit 3", None, "exit status 3: text"),
        ("exit 100", None, "exit status 100: text"),
        ("kill -9 $$", None, "exit status 137: text"),
    ],
)
def test_the_exit_statuses_are_those_of_a_nagios_plugin(
    status: str, cause: Cause | None, not_run: str
) -> None:
    found = only(run(command(f"echo text; {status}")))
    assert (found.cause, found.not_run) == (cause, not_run)


def test_a_command_that_does_not_exist_was_not_run() -> None:
    assert "exit status 127" in only(run(command("no-such-program"))).not_run


def test_a_command_without_a_response_fails_and_is_killed() -> None:
    mark = "CLUSTER_STATUS_TEST=1"
    found = run(command(f"env {mark} sleep 60"), SiteCheck("well", "true"), seconds=1)
    assert [one.cause for one in found.results] == [Cause.CHECK_FAILED, None]
    assert found.results[0].output == "no response within 1 s"
    environments = [path for path in Path("/proc").glob("[0-9]*/environ") if _contains(path, mark)]
    assert environments == []


def _contains(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def test_a_command_gets_no_input_and_not_the_boundary() -> None:
    found = only(run(command("cat; env | grep -c CLUSTER_STATUS_BOUNDARY; exit 1")))
    assert found.output == "0"


HOSTILE = {
    "terminal escapes": r"\033[2J\033]0;title\007pwned",
    "a second line with a result": rf"bad\n{HEX} 0 = 0\n",
    "a result of its own": rf"{HEX} 0 = 0",
    "an end of its own": rf"{HEX} end",
    "carriage returns": r"good\rbad",
    "nothing but blanks": r"   \n\t\n",
    "NUL bytes": r"a\000b",
    "broken UTF-8": r"\377\376caf\303",
    "direction marks": "abc\u202edcba",
    "a mention": "@everyone <@&123456789012345678>",
    "Markdown": "[click](https://evil.example) `code` **bold**",
    "HTML": "<img src=x onerror=alert(1)>",
    "a workflow command": "::error::pwned",
    "a stopped workflow command": "::stop-commands::x",
    "shell syntax": "$(touch /tmp/pwned) `id` ; rm -rf ~",
    "format letters": "%%s%%n%%x",
    "a secret": TOKEN,
    "a secret in base64": "aHVudGVyMi1jb3JyZWN0LWhvcnNl",
    "a secret that blanks part": "hunter2-cor\trect-horse",
    "an address and a user": "alice@192.0.2.7 failed",
}


@pytest.mark.parametrize("printed", HOSTILE.values(), ids=HOSTILE)
def test_hostile_output_is_one_harmless_line(printed: str) -> None:
    redaction = Redaction((Secret(TOKEN),), ("alice",))
    found = run(command(f"printf {quote(printed)}; exit 2"), SiteCheck("other", "true"), redaction=redaction)
    result, other = found.results
    assert (result.cause, other.cause, other.output) == (Cause.CHECK_FAILED, None, "")
    assert len(result.output) <= 200
    assert result.output.isprintable()
    assert "\u202e" not in result.output
    for hidden in (TOKEN, "correct-horse", "aHVudGVy", "alice", "192.0.2.7"):
        assert hidden not in result.output


def test_output_without_an_end_is_read_up_to_a_limit_and_not_kept() -> None:
    found = only(run(command("head -c 5000000 /dev/zero | tr '\\000' x; exit 2")))
    assert (found.cause, len(found.output)) == (Cause.CHECK_FAILED, 200)


def test_performance_data_is_not_shown() -> None:
    assert only(run(command("echo 'LOAD OK - 0.5 | load1=0.5;5;10;0;'"))).output == "LOAD OK - 0.5"
    assert only(run(command("echo 'a | b'"))).output == "a | b"


def test_a_lock_that_is_held_starts_nothing(tmp_path: Path, runtime: Path) -> None:
    path = SiteCheck(str(tmp_path))
    run(path)
    [lock] = runtime.iterdir()
    holder = subprocess.Popen(["flock", lock, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin
    assert holder.stdout
    holder.stdin.write(b"locked\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == b"locked\n"
    try:
        found = only(run(path, seconds=1))
    finally:
        holder.communicate(timeout=10)
    assert found.cause is Cause.PATH_HANGS
    assert only(run(path)).cause is None


def test_checks_of_two_runs_at_the_same_time_wait_for_each_other(runtime: Path) -> None:
    check = SiteChecks((command("sleep 0.3"),), 5)
    line = shell_line(HEX, [part(check, HEX)], login_shell=False)
    environment = {"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(runtime)}
    running = [
        subprocess.Popen(["sh", "-c", line], env=environment, stdout=subprocess.PIPE) for _ in range(3)
    ]
    outputs = [one.communicate(timeout=20)[0] for one in running]
    results = [results_of(check, CommandResult(0, output, b""), HEX, PLAIN) for output in outputs]
    assert [only(one).cause for one in results] == [None] * 3
    assert [only(one).not_run for one in results] == [""] * 3


@pytest.mark.parametrize("foreign", ["a file", "a link"])
def test_without_a_directory_of_its_own_for_locks_nothing_runs(foreign: str, tmp_path: Path) -> None:
    """Another account may have made the directory in /dev/shm, and hold locks in it."""
    (tmp_path / "mine").mkdir()
    theirs = tmp_path / "theirs"
    theirs.write_text("") if foreign == "a file" else theirs.symlink_to(tmp_path / "mine")
    script = part(SiteChecks((command("echo ran"),), 5), HEX)
    encoded = script.split()[2]
    moved = b64decode(encoded).replace(b"/dev/shm/cluster-status-$(id -u)", str(theirs).encode())
    line = script.replace(encoded, b64encode(moved).decode())
    found = results_of(
        SiteChecks((command("echo ran"),), 5), _output(line, "sh", XDG_RUNTIME_DIR=""), HEX, PLAIN
    )
    assert only(found).not_run.startswith("no directory for locks")


@pytest.mark.parametrize("missing", ["flock", "timeout", "base64", "sed", "stat"])
def test_without_a_program_checks_are_not_run_and_fail_nothing(missing: str, tmp_path: Path) -> None:
    for name in (
        "env",
        "sh",
        "base64",
        "timeout",
        "flock",
        "id",
        "mkdir",
        "head",
        "cat",
        "tr",
        "sed",
        "stat",
        "ls",
    ):
        if name != missing:
            (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    found = run(SiteCheck("/"), command("true"), PATH=str(tmp_path))
    assert [one.cause for one in found.results] == [None, None]
    assert found.results[0].not_run


def test_a_restricted_key_runs_exactly_these_checks() -> None:
    checks = SiteChecks((command("echo 'A \"B\" $HOME'; exit 1"), SiteCheck("/tmp")), 5)  # noqa: S108
    forced = forced_command(parts=[part(checks, BOUNDARY)])
    for shell in SHELLS:
        for login_shell in (False, True):
            line = shell_line(HEX, [part(checks, HEX)], login_shell=login_shell)
            found = results_of(checks, _output(forced, shell, SSH_ORIGINAL_COMMAND=line), HEX, PLAIN)
            assert [one.cause for one in found.results] == [Cause.CHECK_FAILED, None], (shell, login_shell)
            assert found.key_is_restricted is True
    other = SiteChecks((command("id"),), 5)
    line = shell_line(HEX, [part(other, HEX)], login_shell=False)
    refused = only(results_of(other, _output(forced, "sh", SSH_ORIGINAL_COMMAND=line), HEX, PLAIN))
    assert refused.not_run.startswith("the restricted key does not allow these checks")
    for harm in (f"{part(checks, HEX)}; id", f"{part(checks, HEX)} | id", part(checks, "x; id")):
        done = _output(forced, "sh", SSH_ORIGINAL_COMMAND=f"echo {HEX} && {harm}")
        assert (done.exit_status, b"uid=" in done.stdout) == (126, False)


EXAMPLES = {
    name: line
    for name, _, line in (
        value.text.partition(": ")
        for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "checks.md").read_text(), re.DOTALL)
        for value in parse(block, "checks.md")[0].clusters[0].listed("checks")
    )
}
_LICENCE = "LicenseName=matlab Total=10 Used={} Free={} Reserved=0 Remote=no"
_BHOSTS = "HOST_NAME STATUS JL/U MAX NJOBS RUN SSUSP USUSP RSV\\nn1 {} - 8 0 0 0 0 0"


class Scripted(NamedTuple):
    """An example, what its program prints and returns, and what the check reports."""

    name: str
    program: str
    prints: str
    status: int
    cause: Cause | None
    shown: str


FAILS = Cause.CHECK_FAILED
SCRIPTED = [
    Scripted("quota", "quota", "", 0, None, ""),
    Scripted(
        "quota", "quota", "Disk quotas for user alice: over", 1, FAILS, "Disk quotas for user alice: over"
    ),
    Scripted("lustre quota", "lfs", "/scratch 1024 0 4096 - 10 0 0 -", 0, None, ""),
    Scripted("lustre quota", "lfs", "/scratch 5000* 0 4096 6d 10 0 0 -", 0, FAILS, "over quota"),
    Scripted("matlab", "scontrol", _LICENCE.format(4, 6), 0, None, _LICENCE.format(4, 6)),
    Scripted("matlab", "scontrol", _LICENCE.format(10, 0), 0, FAILS, _LICENCE.format(10, 0)),
    Scripted("ansys", "lmutil", "lic: license server UP (MASTER) v11.18", 0, None, ""),
    Scripted("ansys", "lmutil", "lmgrd is not running: Cannot connect", 0, FAILS, "no licences"),
    Scripted("pbs", "qstat", "Server: pbs\\n    server_state = Active", 0, None, ""),
    Scripted("pbs", "qstat", "Server: pbs\\n    server_state = Terminating", 0, FAILS, "PBS is not active"),
    Scripted("pbs", "qstat", "qstat: cannot connect to server", 1, FAILS, ""),
    Scripted("condor", "condor_status", "slot1@n1\\nslot1@n2", 0, None, "2"),
    Scripted("condor", "condor_status", "", 0, FAILS, "1"),
    Scripted("lsf", "bhosts", _BHOSTS.format("ok"), 0, None, ""),
    Scripted("lsf", "bhosts", _BHOSTS.format("closed_Full"), 0, None, ""),
    Scripted("lsf", "bhosts", _BHOSTS.format("unavail"), 0, FAILS, "no host in service"),
]


@pytest.mark.parametrize("scripted", SCRIPTED, ids=lambda one: f"{one.name}: {one.prints}")
def test_an_example_reports_what_its_program_says(scripted: Scripted, tmp_path: Path) -> None:
    output = f"printf '{scripted.prints}\\n'; " if scripted.prints else ""
    (tmp_path / scripted.program).write_text(f"#!/bin/sh\n{output}exit {scripted.status}\n")
    (tmp_path / scripted.program).chmod(0o755)
    check = SiteCheck(scripted.name, EXAMPLES[scripted.name])
    found = only(run(check, PATH=f"{tmp_path}:/usr/bin:/bin", USER="alice"))
    assert (found.cause, found.not_run) == (scripted.cause, "")
    assert found.output == scripted.shown


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"load"}))
def test_an_example_without_its_program_fails_nothing(name: str, tmp_path: Path) -> None:
    for program in (
        "env",
        "sh",
        "base64",
        "timeout",
        "flock",
        "id",
        "mkdir",
        "head",
        "cat",
        "tr",
        "sed",
        "wc",
    ):
        (tmp_path / program).symlink_to(f"/usr/bin/{program}")
    found = only(run(SiteCheck(name, EXAMPLES[name]), PATH=str(tmp_path), USER="alice"))
    assert (found.cause, found.not_run[:15]) == (None, "exit status 127")


def test_the_example_of_the_load_compares_it_with_the_cores() -> None:
    assert only(run(SiteCheck("load", EXAMPLES["load"]))).output.startswith("load ")


def test_every_example_is_tried() -> None:
    assert EXAMPLES.keys() == {name for name, *_ in SCRIPTED} | {"load"}
