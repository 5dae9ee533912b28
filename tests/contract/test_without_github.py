"""The program from its wheel, with the files of docs/without-github.md, on a machine with a sinfo."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from cluster_status.domain.history import codec
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.watchdog import LoopbackWatchdog

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "without-github.md").read_text(encoding="utf-8")
UNITS = ("cluster-status.service", "cluster-status.timer")
PROFILES = (".profile", ".bash_profile", ".zprofile")
BY_THE_REGISTRY = pytest.mark.timeout(600)  # it may be slow


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)


SHELL = _blocks("sh")
[SETTINGS] = _blocks("dotenv")
[CRON] = [block.rstrip("\n") for block in _blocks("crontab")]
SERVICE, TIMER = _blocks("ini")
*CRON_FIELDS, CRON_COMMAND = CRON.split(maxsplit=5)
[BY_HAND] = [block for block in SHELL if block.startswith("cd ")]


class Site(NamedTuple):
    """An account on a login node, with the installed program."""

    home: Path
    discord: LoopbackDiscord
    watchdog: LoopbackWatchdog

    @property
    def directory(self) -> Path:
        return self.home / "cluster-status"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that cron and systemd set."""
        path = f"{self.home / '.local' / 'bin'}:/usr/bin:/bin"
        return {"HOME": str(self.home), "LOGNAME": "jdoe", "PATH": path, "SHELL": "/bin/sh"}

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return execute(["/bin/sh", "-c", command], cwd=self.home, env=self.environment)

    def polls(self) -> list[str]:
        """Return the statuses in the history."""
        content = (self.directory / "history.json").read_bytes()
        return [str(poll.status) for poll in codec.parse(content).of("mscluster").record.polls]

    def headlines(self) -> list[str]:
        return [message["embeds"][0]["title"].partition(" ")[2] for message in self.discord.messages]


def execute(
    command: list[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


def install(directory: Path) -> Path:
    """Build the wheel, install it into a new environment with the locked versions, and return the program."""
    uv = str(Path(sys.executable).with_name("uv"))
    constraints = directory / "constraints.txt"
    locked = re.findall(r"^([\w.-]+==[^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    constraints.write_text("".join(f"{requirement}\n" for requirement in locked))
    wheels, venv = directory / "wheels", directory / "venv"
    for command in (
        ["build", "--quiet", "--wheel", "--out-dir", str(wheels), str(ROOT)],
        ["venv", "--quiet", "--python", sys.executable, str(venv)],
    ):
        done = execute([uv, *command], cwd=directory)
        assert done.returncode == 0, done.stderr
    [wheel] = wheels.glob("*.whl")
    python = str(venv / "bin" / "python")
    done = execute(
        [uv, "pip", "install", "--quiet", "--python", python, "--constraint", str(constraints), str(wheel)]
    )
    assert done.returncode == 0, done.stderr
    return venv / "bin" / "cluster-status"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def site(program: Path, tmp_path: Path) -> Iterator[Site]:
    """Return an account whose profile leads to the sinfo of the demo."""
    for profile in PROFILES:
        (tmp_path / profile).write_text(f"export PATH={shlex.quote(str(ROOT / 'demo' / 'bin'))}:$PATH\n")
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    (tmp_path / ".local" / "bin" / "cluster-status").symlink_to(program)  # as pipx does
    with LoopbackDiscord() as discord, LoopbackWatchdog() as watchdog:
        made = Site(tmp_path, discord, watchdog)
        [create] = [block for block in SHELL if block.startswith("mkdir")]
        assert made.run(create).returncode == 0
        settings = re.sub("'https://discord[^']*'", f"'{discord.webhook_url}'", SETTINGS)
        settings = re.sub("'https://hc-ping[^']*'", f"'{watchdog.url}'", settings)
        assert (discord.webhook_url in settings, watchdog.url in settings) == (True, True)
        (made.directory / "settings").write_text(settings)
        yield made


# The program


@BY_THE_REGISTRY
def test_two_polls_by_cron_send_one_message_and_keep_one_history(site: Site) -> None:
    for _ in range(2):
        ended = site.run(CRON_COMMAND)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert site.polls() == ["online", "online"]
    assert site.headlines() == ["mscluster is online"]
    assert site.watchdog.pings == ["ok", "ok"]
    assert "mscluster is online" in (site.directory / "log").read_text()
    assert site.directory.stat().st_mode & 0o777 == 0o700


@BY_THE_REGISTRY
def test_cron_prints_the_output_of_a_poll_that_fails(site: Site) -> None:
    for profile in PROFILES:
        (site.home / profile).write_text("export PATH=/usr/bin/no-slurm:/bin\n")
    with (site.directory / "settings").open("a") as settings:
        settings.write("CLUSTER_PORT='22'\n")
    ended = site.run(CRON_COMMAND)
    assert "cluster-port cannot be set with the host local" in ended.stdout


@BY_THE_REGISTRY
def test_a_poll_by_hand_and_one_by_systemd_continue_the_same_history(site: Site) -> None:
    by_hand = site.run(BY_HAND)
    assert by_hand.returncode == 0, by_hand.stdout
    service = _unit(SERVICE)["Service"]
    variables = dict(
        re.findall(r"^(\w+)='([^']*)'$", (site.directory / "settings").read_text(), re.MULTILINE)
    )
    [name, argument] = service["ExecStart"].replace("%h", str(site.home)).split()
    by_systemd = execute(
        [name, argument],
        cwd=Path(service["WorkingDirectory"].replace("%h", str(site.home))),
        env=site.environment | variables,
    )
    assert by_systemd.returncode == 0, by_systemd.stdout
    assert service["EnvironmentFile"] == "%h/cluster-status/settings"
    assert site.polls() == ["online", "online"]
    assert site.headlines() == ["mscluster is online"]


@BY_THE_REGISTRY
def test_a_machine_without_slurm_is_unknown_and_notifies_nothing(site: Site) -> None:
    (site.home / "bin").mkdir()
    (site.home / "bin" / "env").symlink_to(str(shutil.which("env")))
    for profile in PROFILES:
        (site.home / profile).write_text(f"export PATH={shlex.quote(str(site.home / 'bin'))}\n")
    ended = site.run(CRON_COMMAND)
    assert "is unknown" in ended.stdout, ended.stdout
    assert site.headlines() == []
    assert site.watchdog.pings == ["fail"]


@BY_THE_REGISTRY
def test_the_action_refuses_a_local_host(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    inputs = {"INPUT_CLUSTER-HOST": "local", "GITHUB_ACTIONS": "true", "INPUT_COMMAND": "check"}
    ended = execute([sys.executable, str(ROOT / "entrypoint.py")], env=environment | inputs)
    assert ended.returncode == 2
    assert "::error::cluster-host cannot be local in the action's container" in ended.stdout


# The document


def test_every_block_has_a_tested_language() -> None:
    assert set(re.findall(r"^ *```(\w+)$", DOCUMENT, re.MULTILINE)) == {"sh", "dotenv", "crontab", "ini"}


@pytest.mark.parametrize("block", [*SHELL, f"{CRON_COMMAND}\n"])
def test_a_shell_block_has_no_fault(block: str, tmp_path: Path) -> None:
    (tmp_path / "block").write_text(block)
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    options = ["--shell", "sh", "--exclude", "SC1091"]  # the settings are not there
    checked = execute([shellcheck, *options, str(tmp_path / "block")])
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_line_for_cron_starts_every_ten_minutes() -> None:
    assert CRON_FIELDS == ["*/10", "*", "*", "*", "*"]
    assert "%" not in CRON_COMMAND  # cron ends the line there


def test_the_units_for_systemd_are_valid(tmp_path: Path) -> None:
    assert _unit(TIMER)["Timer"]["OnCalendar"] == "*:0/10"
    assert _unit(TIMER)["Install"]["WantedBy"] == "timers.target"
    assert f"`~/.config/systemd/user/{UNITS[0]}` and `{UNITS[1]}`" in DOCUMENT
    analyze = shutil.which("systemd-analyze")
    if analyze:  # a part of systemd, which not every machine has
        (tmp_path / UNITS[0]).write_text(SERVICE.replace("%h/.local/bin/cluster-status", "/bin/true"))
        (tmp_path / UNITS[1]).write_text(TIMER)
        checked = execute([analyze, "verify", "--man=no", str(tmp_path / UNITS[1])])
        assert (checked.returncode, checked.stderr) == (0, "")


def _unit(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    return unit
