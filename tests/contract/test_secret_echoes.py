"""No output shows a secret that a server sends back, at any moment and in any disguise."""

import json
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL

from cluster_status import action
from cluster_status.domain.execution import CommandResult, Limits
from tests.fakes.discord import LoopbackDiscord, Refused
from tests.fakes.executor import Script, ScriptedExecutor
from tests.fakes.github import Failed, LoopbackGitHub
from tests.fakes.leak import DISGUISES, leaks
from tests.fakes.loopback import HttpResponse
from tests.fakes.ssh import (
    BANNER,
    HOST,
    Handler,
    LoopbackServer,
    ServerConnection,
    SshServer,
    disconnect_payload,
    ed25519,
    kexinit,
    packet,
    private_text,
    raw,
)
from tests.fakes.watchdog import LoopbackWatchdog
from tests.unit.adapters.slurm.scripted_site import site

PASSWORD = "Corr3ct/horse+battery & staple%=?<ö>"
MASK = "::add-mask::"
USED = (
    "as it is",
    "in the other case",
    "with punctuation between",
    "over lines",
    "in a URL",
    "in HTML, each character",
    "in JSON, each character",
    "in base64, after one byte",
    "in base64, over lines",
)  # tests/property/ has all of them
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Echo:
    """A disguise, and the secrets of a run in it."""

    def __init__(self, disguise: Callable[[str], str], secrets: list[str]) -> None:
        self._disguise = disguise
        self._secrets = secrets

    def of(self, number: int) -> str:
        return self._disguise(self._secrets[number % len(self._secrets)])

    @property
    def text(self) -> str:
        return " ; ".join(map(self._disguise, self._secrets))

    @property
    def line(self) -> str:
        """The echo without line ends and the bars that separate the fields of sinfo."""
        return self.text.replace("|", "/").replace("\r", " ").replace("\n", " ").replace("\0", " ")

    @property
    def name(self) -> str:
        return self.line.replace(" ", "")


def listing(echo: Echo) -> Script:
    """Return what a cluster prints whose names and texts all are secrets."""
    name = echo.name
    partitions = f"{name}*|up|1:00|8|idle\n{echo.line}|{name[:40]}|{name[:40]}|2|{name[:60]}"
    reservation = (
        f"ReservationName={name} StartTime=2026-01-31T12:00:00 EndTime=2066-01-31T13:00:00 Nodes=n[1-8] "
        "NodeCnt=8 PartitionName=(null) Flags=MAINT Users=root Groups=(null) Accounts=(null)"
    )
    return site(
        partitions=partitions,
        total=f"8|idle\n2|{name[:60]}",
        nodes=f"{name}|n[1-8]\n{echo.line}|n[9-10]",
        reasons=f"{{}}|2|2026-01-31T12:00:00|{name}|{name}|{echo.text}",
        reservations=reservation,
        gpus=f"{name} 8 idle gpu:{name[:30]}:4 gpu:{name[:30]}:1",
    )


def printing(script: Callable[[Echo], Script]) -> "Server":
    """Return a cluster whose commands are answered by a script."""

    def server(echo: Echo) -> Handler:
        def command(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
            result = ScriptedExecutor(script(echo)).run(running.commands[-1], Limits(9, 9, 9))
            channel.sendall(result.stdout)
            channel.sendall_stderr(result.stderr)
            channel.send_exit_status(result.exit_status)

        running = SshServer(command, on_password=accept)
        return running

    return server


def failing(exit_status: int, beginning: str = "") -> "Server":
    """Return a cluster where sinfo prints an error."""

    def script(echo: Echo) -> Script:
        stderr = f"{beginning}{echo.line if beginning else echo.text}".encode()
        return site(partitions=CommandResult(exit_status, echo.text.encode(), stderr))

    return printing(script)


def shell(echo: Echo) -> Handler:
    def command(_: ServerConnection, channel: paramiko.Channel, __: str) -> None:
        channel.sendall(echo.text.encode())
        channel.send_exit_status(1)

    return SshServer(command, on_password=accept)


def accept(_: ServerConnection, __: str) -> int:
    return AUTH_SUCCESSFUL


def refuse(_: ServerConnection, __: str) -> int:
    return AUTH_FAILED


def hang_up_at(connection: ServerConnection, echo: Echo) -> int:
    connection.disconnect(echo.text.encode())
    return AUTH_FAILED


def hang_up(echo: Echo) -> Handler:
    def on_password(connection: ServerConnection, _: str) -> int:
        connection.send_banner(echo.text)
        connection.disconnect(echo.text.encode())
        return AUTH_FAILED

    return SshServer(on_password=on_password)


Server = Callable[[Echo], Handler]

# what the server does, and a text that shows that it was read
MOMENTS: Mapping[str, tuple[Server, str]] = {
    "before the SSH banner": (lambda echo: raw(echo.line.encode() + b"\r\n"), "before its SSH banner"),
    "during the key exchange": (
        lambda echo: raw(BANNER, packet(disconnect_payload(echo.text.encode()))),
        "during the key exchange",
    ),
    "in the names of algorithms": (
        lambda echo: raw(BANNER, kexinit(kex=echo.name)),
        "no key exchanges in common",
    ),
    "after a key": (
        lambda echo: SshServer(methods="publickey", on_key=lambda one: hang_up_at(one, echo)),
        "after it got the key",
    ),
    "in the banner": (lambda echo: SshServer(banner=echo.text, on_password=refuse), "login refused"),
    "after the offer": (hang_up, "after it got the password"),
    "in the methods": (
        lambda echo: SshServer(methods=echo.name, on_password=refuse),
        "the server accepts no key and no password",
    ),
    "in a prompt": (
        lambda echo: SshServer(
            methods="keyboard-interactive", rounds=[(echo.text, echo.text, (echo.text, False))]
        ),
        "login refused",  # random secrets can look like another prompt
    ),
    "in the output of the shell": (shell, "exit status 1"),
    "in an error of Slurm": (
        failing(1, "sinfo: error: "),
        "sinfo: error",
    ),
    "in another error": (
        failing(2),
        "sinfo failed",
    ),
    "in a line of another format": (
        printing(lambda echo: site(partitions=echo.text)),
        "was expected",
    ),
    "in all names": (printing(listing), "is online"),
}


class Run:
    """A workspace and the services of a run, whose secrets are those of the services."""

    def __init__(
        self, workspace: Path, discord: LoopbackDiscord, watchdog: LoopbackWatchdog, github: LoopbackGitHub
    ) -> None:
        self.workspace = workspace
        self.discord = discord
        self.watchdog = watchdog
        self.github = github
        self.key = private_text(ed25519("client"))
        self.job = github.start_run()
        self.history = ""

    @property
    def secrets(self) -> list[str]:
        """The secrets, each without what is public of it."""
        return [PASSWORD, self.discord.token, self.watchdog.secret, self.job.github_token, self._key_text]

    @property
    def _key_text(self) -> str:
        return "\n".join(line for line in self.key.splitlines() if "-----" not in line)

    def echo(self, disguise: str) -> Echo:
        """Return the secrets in a disguise; another one comes first with each disguise."""
        first = USED.index(disguise) % len(self.secrets)
        secrets = [*self.secrets[first:], *self.secrets[:first]]
        return Echo(DISGUISES[disguise], secrets)

    def environment(self, port: int) -> dict[str, str]:
        pinned = ed25519()
        inputs = {
            "cluster-host": HOST,
            "cluster-port": str(port),
            "cluster-user": "demo",
            "cluster-password": PASSWORD,
            "cluster-key": self.key,
            "cluster-host-key": f"{pinned.get_name()} {pinned.get_base64()}",
            "cluster-connect-timeout": "5",
            "details": "full",
            "show-nodes": "true",
            "discord-webhook": self.discord.webhook_url,
            "discord-msg-always": "true",
            "discord-msg-quote": "true",
            "heartbeat-url": self.watchdog.url,
            "github-token": self.job.github_token,
            "history-store": "file",
            "attempts": "1",
        }
        return {f"INPUT_{name.upper()}": text for name, text in inputs.items()} | {
            **self.job.environment,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.workspace / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.workspace / "summary"),
        }

    def plant(self, history: str) -> None:
        self.github.plant("cluster-status-cluster", {"history.json": history.encode()})

    def written(self, log: str) -> str:
        """Return all that the run wrote, without the masks, and remove it."""
        shown = [line for line in log.split("\n") if not line.startswith(MASK)]
        for file in self.workspace.iterdir():
            shown.append(file.read_text())
            file.unlink()
        shown.append(str(self.discord.messages))
        self.discord.delete_messages()
        return "\n".join(shown)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    with LoopbackDiscord() as discord, LoopbackWatchdog() as watchdog, LoopbackGitHub() as github:
        yield Run(tmp_path, discord, watchdog, github)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("server", "text"), MOMENTS.values(), ids=MOMENTS)
def test_no_output_shows_a_secret_that_the_cluster_echoes(
    server: Server, text: str, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    for disguise in USED:
        with LoopbackServer(server(run.echo(disguise))) as cluster:
            action.main(run.environment(cluster.port))
        written = run.written(capfd.readouterr().out)
        assert text in written, disguise
        assert (disguise, leaks(written, *run.secrets)) == (disguise, set())


Fault = Callable[[Run, Echo], None]

# which service echoes in its error, and a text that shows that it was read
SERVICES: Mapping[str, tuple[Fault, str]] = {
    "Discord": (
        lambda run, echo: run.discord.fail_next(Refused(400, 40333, echo.text)),
        "Discord rejected the message",
    ),
    "GitHub, for the list": (
        lambda run, echo: run.github.fail_next(Failed(403, echo.text), on="list"),
        "github-token lacks a permission",
    ),
    "GitHub, for the upload": (
        lambda run, echo: run.github.fail_next(Failed(403, echo.text), on="create"),
        "The artifact store refused the history",
    ),
    "the heartbeat": (
        lambda run, echo: run.watchdog.fail_next(HttpResponse(500, echo.text.encode())),
        "The heartbeat failed: HTTP 500",
    ),
    "the history": (
        lambda run, echo: run.plant(json.dumps({"schema": 1, "clusters": {echo.text: echo.text}})),
        "The history cannot be read",
    ),
}


@pytest.mark.parametrize(("fault", "text"), SERVICES.values(), ids=SERVICES)
def test_no_output_shows_a_secret_that_a_service_echoes(
    fault: Fault, text: str, run: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    with LoopbackServer(SshServer(on_password=accept)) as cluster:
        for disguise in USED:
            run.job = run.github.start_run()
            fault(run, run.echo(disguise))
            action.main(run.environment(cluster.port) | {"INPUT_HISTORY-STORE": "artifact"})
            run.job.finish()
            written = run.written(capfd.readouterr().out)
            assert text in written, disguise
            assert (disguise, leaks(written, *run.secrets)) == (disguise, set())
