"""Whatever fails, a run leaves no secret behind in its log, summary, outputs, history and messages.

Each failure strikes a process of its own, between a real SSH server and loopback services. What is looked for
is each secret as it is, as a URL would have it, and in base64 wherever that begins in a longer text.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import pytest

from demo.cluster import DemoCluster
from tests.fakes import github as github_faults
from tests.fakes.discord import Broken, CloudflareLimited, LoopbackDiscord, RateLimited, Refused, Reset
from tests.fakes.github import LoopbackGitHub
from tests.fakes.loopback import HttpResponse
from tests.fakes.watchdog import LoopbackWatchdog
from tests.servers.key import new_key

ROOT = Path(__file__).parents[2]
PASSWORD = "p&ss wörd/+%=?<x>"
PASSPHRASE = "l0ng & sécret/+%"
ANOTHER_KEY = f"SHA256:{'A' * 43}"
MASK = "::add-mask::"


class Scene(NamedTuple):
    directory: Path
    cluster: DemoCluster
    discord: LoopbackDiscord
    github: LoopbackGitHub
    watchdog: LoopbackWatchdog
    inputs: dict[str, str]
    environment: dict[str, str]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with (
        DemoCluster() as cluster,
        LoopbackDiscord() as discord,
        LoopbackGitHub() as github,
        LoopbackWatchdog() as watchdog,
    ):
        inputs = {
            "cluster-host": cluster.host,
            "cluster-port": str(cluster.port),
            "cluster-user": cluster.user,
            "cluster-password": cluster.password,
            "cluster-key": new_key(tmp_path, passphrase=PASSPHRASE).private,
            "cluster-key-passphrase": PASSPHRASE,
            "cluster-host-key": cluster.host_key,
            "cluster-connect-timeout": "2",
            "discord-webhook": discord.webhook_url,
            "discord-mode": "live",
            "heartbeat-url": watchdog.url,
            "attempts": "1",
        }
        yield Scene(tmp_path, cluster, discord, github, watchdog, inputs, {})


def refuse_quoting(scene: Scene) -> None:
    """Let everybody refuse, with the words that they were sent."""
    words = f"{scene.discord.webhook_url} {scene.inputs['cluster-password']}"
    scene.discord.fail_next(Refused(400, 50035, f"{scene.discord.webhook_id}/{scene.discord.token} is wrong"))
    scene.watchdog.fail_next(HttpResponse(500, f"{scene.watchdog.url} {words}".encode()))


def damage_the_key(scene: Scene) -> None:
    lines = scene.inputs["cluster-key"].splitlines()
    scene.inputs["cluster-key"] = "\n".join([*lines[:2], f"{lines[2]}?", *lines[3:]])


def mistake_the_passphrase(scene: Scene) -> None:
    scene.inputs["cluster-key-passphrase"] = PASSWORD


def put_the_key_in_a_wrong_place(scene: Scene) -> None:
    scene.inputs["cluster-host-key"] = scene.inputs["cluster-user"] = scene.inputs["cluster-key"]


def name_a_jump_host_with_a_password(scene: Scene) -> None:
    scene.inputs["cluster-jump"] = f"me:{PASSWORD}@127.0.0.1:1"


def jump_in_vain(scene: Scene) -> None:
    scene.inputs["cluster-jump"] = "jumper@127.0.0.1:1"


def be_behind_a_proxy(scene: Scene) -> None:
    scene.inputs["history-store"] = "file"
    scene.environment["HTTP_PROXY"] = f"http://user:{quote_plus(PASSWORD)}@127.0.0.1:1"


# what fails, and words by which it is seen that it did
FAILURES: dict[str, tuple[Callable[[Scene], object], str]] = {
    "nothing": (lambda _: None, "is online"),
    "the login is refused": (
        lambda s: s.inputs.update({"cluster-password": PASSWORD}),
        "login refused",
    ),
    "a key that is damaged": (damage_the_key, "cluster-key is not"),
    "a passphrase that is another's": (mistake_the_passphrase, "cluster-key-passphrase"),
    "a key where none belongs": (put_the_key_in_a_wrong_place, "cluster-host-key is not"),
    "a password where none belongs": (name_a_jump_host_with_a_password, "cluster-jump is not"),
    "the jump host is down": (jump_in_vain, "jump host unreachable or not forwarding"),
    "the cluster is down": (lambda s: s.cluster.stop(), "SSH connections refused"),
    "the host key is another": (
        lambda s: s.inputs.update({"cluster-host-key": ANOTHER_KEY}),
        "SSH host key not trusted",
    ),
    "Discord is reset": (lambda s: s.discord.fail_next(Reset()), "Discord cannot be reached"),
    "Discord accepts and is reset": (
        lambda s: s.discord.fail_next(Reset(after_accepting=True)),
        "Discord cannot be reached",
    ),
    "Discord limits for long": (lambda s: s.discord.fail_next(RateLimited(60)), "http 429"),
    "Cloudflare limits": (lambda s: s.discord.fail_next(CloudflareLimited(60)), "http 429"),
    "Discord is broken": (lambda s: s.discord.fail_next(Broken(404)), "http 404"),
    "the webhook is gone": (lambda s: s.discord.delete_webhook(), "webhook is gone"),
    "all refuse and quote": (refuse_quoting, "***/*** is wrong"),
    "GitHub fails to list": (
        lambda s: s.github.fail_next(github_faults.Failed(403, "no"), on="list"),
        "HTTP 403",
    ),
    "GitHub fails to save": (
        lambda s: s.github.fail_next(github_faults.Failed(403, "no"), on="create"),
        "HTTP 403",
    ),
    "the watchdog is unknown": (
        lambda s: s.watchdog.fail_next(HttpResponse(404, b"not found")),
        "The heartbeat failed: HTTP 404",
    ),
    "a webhook that is none": (
        lambda s: s.inputs.update({"discord-webhook": s.discord.webhook_url + "/slack"}),
        "discord-webhook is not",
    ),
    "a watchdog that is none": (
        lambda s: s.inputs.update({"heartbeat-url": s.watchdog.url + " x"}),
        "heartbeat-url is not",
    ),
    "a port that is none, and a ping": (
        lambda s: s.inputs.update({"cluster-port": "ssh", "discord-ping": "1"}),
        "cluster-port 'ssh'",
    ),
    "a proxy that is none": (be_behind_a_proxy, "the proxy failed"),
    "a directory that is not there": (
        lambda s: s.environment.update({"GITHUB_OUTPUT": "/nowhere/outputs"}),
        "could not be written",
    ),
    "a fault of our own": (
        lambda s: s.environment.update({"GITHUB_RETENTION_DAYS": "90", "FAULT": "1"}),
        "Internal error: RuntimeError",
    ),
}


def run(scene: Scene) -> tuple[str, set[str]]:
    """Run once: what it left behind, and the secrets it was given."""
    job = scene.github.start_run()
    given = {**scene.inputs, "github-token": job.github_token}
    paths = {name: scene.directory / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in paths.values():
        path.touch()
    environment = {
        **{f"INPUT_{name.upper()}": text for name, text in given.items()},
        **job.environment,
        **{name: str(path) for name, path in paths.items()},
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(scene.directory),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        **scene.environment,
    }
    program = [sys.executable, str(ROOT / "entrypoint.py")]
    if "FAULT" in scene.environment:  # an exception whose words are a secret, in the midst of all
        fault = f"def broken(*_, **__): raise RuntimeError({scene.discord.webhook_url!r} + {PASSWORD!r})"
        patch = (
            f"import os, sys; from cluster_status import action, wiring\n{fault}\nwiring._cluster = broken"
        )
        program = [sys.executable, "-c", f"{patch}\nsys.exit(action.main(os.environ))"]
    process = subprocess.run(
        program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    job.finish()
    log = process.stdout.decode()
    shown = "\n".join(line for line in log.split("\n") if not line.startswith(MASK))
    kept = [path.read_text() for path in scene.directory.glob("history.json")]
    kept += [content.decode() for one in scene.github.artifacts for content in one.files.values()]
    written = [path.read_text() for path in paths.values()]
    messages = json.dumps(scene.discord.messages, default=str, ensure_ascii=False)
    given_secrets = {
        given["cluster-password"],
        *(line for line in given["cluster-key"].splitlines() if "-----" not in line),
        PASSPHRASE,
        PASSWORD,
        scene.cluster.password,
        scene.discord.webhook_url,
        scene.discord.token,
        scene.watchdog.url,
        scene.watchdog.secret,
        job.github_token,
        job.runtime_token,
    }
    return "\n".join([shown, *kept, *written, messages]), given_secrets


def forms(secret: str) -> Iterator[str]:
    """Yield what a secret may look like; base64 differs by where in a text it begins."""
    yield from {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + secret.encode()).decode().rstrip("=")
            yield encoded[4 if before else 0 : -1]


@pytest.mark.parametrize(("strike", "words"), FAILURES.values(), ids=FAILURES)
def test_whatever_fails_no_secret_is_left_behind(
    scene: Scene, strike: Callable[[Scene], object], words: str
) -> None:
    strike(scene)
    left, given = run(scene)
    assert words in left
    assert "Traceback" not in left
    assert [secret for secret in given for form in forms(secret) if form in left] == []


def test_a_secret_that_is_left_behind_is_found_in_each_form() -> None:
    for secret in (PASSWORD, "https://discord.com/api/webhooks/1/tOkEn"):
        for text in (secret, quote(secret, safe=""), base64.b64encode(f"ab{secret}cd".encode()).decode()):
            assert any(form in f"… {text} …" for form in forms(secret))
