"""No failure puts a secret into the log, the summary, the outputs, the history or a message.

Each failure has its own process, with a real SSH server and loopback services. The tests search for each
secret as it is, in URL encoding, and in base64 at each offset of a longer text.
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


class Setup(NamedTuple):
    directory: Path
    cluster: DemoCluster
    discord: LoopbackDiscord
    github: LoopbackGitHub
    watchdog: LoopbackWatchdog
    inputs: dict[str, str]
    environment: dict[str, str]


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
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
        yield Setup(tmp_path, cluster, discord, github, watchdog, inputs, {})


def refuse_with_quotation(setup: Setup) -> None:
    """Let Discord and the heartbeat fail with a text that quotes secrets."""
    text = f"{setup.discord.webhook_url} {setup.inputs['cluster-password']}"
    setup.discord.fail_next(Refused(400, 50035, f"{setup.discord.webhook_id}/{setup.discord.token} is wrong"))
    setup.watchdog.fail_next(HttpResponse(500, f"{setup.watchdog.url} {text}".encode()))


def damage_the_key(setup: Setup) -> None:
    lines = setup.inputs["cluster-key"].splitlines()
    setup.inputs["cluster-key"] = "\n".join([*lines[:2], f"{lines[2]}?", *lines[3:]])


def use_a_wrong_passphrase(setup: Setup) -> None:
    setup.inputs["cluster-key-passphrase"] = PASSWORD


def use_the_key_in_other_inputs(setup: Setup) -> None:
    setup.inputs["cluster-host-key"] = setup.inputs["cluster-user"] = setup.inputs["cluster-key"]


def use_a_jump_host_with_a_password(setup: Setup) -> None:
    setup.inputs["cluster-jump"] = f"me:{PASSWORD}@127.0.0.1:1"


def use_a_closed_jump_host(setup: Setup) -> None:
    setup.inputs["cluster-jump"] = "jumper@127.0.0.1:1"


def use_a_proxy(setup: Setup) -> None:
    setup.inputs["history-store"] = "file"
    setup.environment["HTTP_PROXY"] = f"http://user:{quote_plus(PASSWORD)}@127.0.0.1:1"


# each failure, with a text that shows that it occurred
FAILURES: dict[str, tuple[Callable[[Setup], object], str]] = {
    "no failure": (lambda _: None, "is online"),
    "the login is refused": (
        lambda s: s.inputs.update({"cluster-password": PASSWORD}),
        "login refused",
    ),
    "a damaged key": (damage_the_key, "cluster-key is not"),
    "a wrong passphrase": (use_a_wrong_passphrase, "cluster-key-passphrase"),
    "a key in other inputs": (use_the_key_in_other_inputs, "cluster-host-key is not"),
    "a password in cluster-jump": (use_a_jump_host_with_a_password, "cluster-jump is not"),
    "the jump host is down": (use_a_closed_jump_host, "jump host unreachable or not forwarding"),
    "the cluster is down": (lambda s: s.cluster.stop(), "SSH connections refused"),
    "the host key is not the pinned one": (
        lambda s: s.inputs.update({"cluster-host-key": ANOTHER_KEY}),
        "SSH host key not trusted",
    ),
    "Discord resets the connection": (lambda s: s.discord.fail_next(Reset()), "Discord cannot be reached"),
    "Discord accepts, then resets the connection": (
        lambda s: s.discord.fail_next(Reset(after_accepting=True)),
        "Discord cannot be reached",
    ),
    "Discord sets a long rate limit": (lambda s: s.discord.fail_next(RateLimited(60)), "http 429"),
    "Cloudflare sets a long rate limit": (lambda s: s.discord.fail_next(CloudflareLimited(60)), "http 429"),
    "Discord fails": (lambda s: s.discord.fail_next(Broken(404)), "http 404"),
    "the webhook is gone": (lambda s: s.discord.delete_webhook(), "webhook is gone"),
    "services quote secrets": (refuse_with_quotation, "*** is wrong"),
    "GitHub fails to list": (
        lambda s: s.github.fail_next(github_faults.Failed(403, "no"), on="list"),
        "HTTP 403",
    ),
    "GitHub fails to save": (
        lambda s: s.github.fail_next(github_faults.Failed(403, "no"), on="create"),
        "HTTP 403",
    ),
    "the heartbeat URL is unknown": (
        lambda s: s.watchdog.fail_next(HttpResponse(404, b"not found")),
        "The heartbeat failed: HTTP 404",
    ),
    "an invalid webhook": (
        lambda s: s.inputs.update({"discord-webhook": s.discord.webhook_url + "/slack"}),
        "discord-webhook is not",
    ),
    "an invalid heartbeat URL": (
        lambda s: s.inputs.update({"heartbeat-url": s.watchdog.url + " x"}),
        "heartbeat-url is not",
    ),
    "an invalid port and an invalid ping": (
        lambda s: s.inputs.update({"cluster-port": "ssh", "discord-ping": "1"}),
        "cluster-port 'ssh'",
    ),
    "a closed proxy": (use_a_proxy, "the proxy failed"),
    "a missing directory": (
        lambda s: s.environment.update({"GITHUB_OUTPUT": "/nowhere/outputs"}),
        "could not be written",
    ),
    "an internal error": (
        lambda s: s.environment.update({"GITHUB_RETENTION_DAYS": "90", "FAULT": "1"}),
        "Internal error: RuntimeError",
    ),
}


def run(setup: Setup) -> tuple[str, set[str]]:
    """Run once; return all that the run wrote, and its secrets."""
    job = setup.github.start_run()
    given = {**setup.inputs, "github-token": job.github_token}
    paths = {name: setup.directory / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for path in paths.values():
        path.touch()
    environment = {
        **{f"INPUT_{name.upper()}": text for name, text in given.items()},
        **job.environment,
        **{name: str(path) for name, path in paths.items()},
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(setup.directory),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        **setup.environment,
    }
    program = [sys.executable, str(ROOT / "entrypoint.py")]
    if "FAULT" in setup.environment:  # an exception whose message is a secret
        fault = f"def broken(*_, **__): raise RuntimeError({setup.discord.webhook_url!r} + {PASSWORD!r})"
        imports = "import os, sys; from cluster_status import action, wiring"
        patch = f"{imports}\n{fault}\nwiring.open_clusters = broken"
        program = [sys.executable, "-c", f"{patch}\nsys.exit(action.main(os.environ))"]
    process = subprocess.run(
        program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    job.finish()
    log = process.stdout.decode()
    shown = "\n".join(line for line in log.split("\n") if not line.startswith(MASK))
    kept = [path.read_text() for path in setup.directory.glob("history.json")]
    kept += [content.decode() for one in setup.github.artifacts for content in one.files.values()]
    written = [path.read_text() for path in paths.values()]
    messages = json.dumps(setup.discord.messages, default=str, ensure_ascii=False)
    given_secrets = {
        given["cluster-password"],
        *(line for line in given["cluster-key"].splitlines() if "-----" not in line),
        PASSPHRASE,
        PASSWORD,
        setup.cluster.password,
        setup.discord.webhook_url,
        setup.discord.token,
        setup.watchdog.url,
        setup.watchdog.secret,
        job.github_token,
        job.runtime_token,
    }
    return "\n".join([shown, *kept, *written, messages]), given_secrets


def forms(secret: str) -> Iterator[str]:
    """Yield the encodings of a secret; its base64 differs by its offset in a text."""
    yield from {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + secret.encode()).decode().rstrip("=")
            yield encoded[4 if before else 0 : -1]


@pytest.mark.parametrize(("fail", "text"), FAILURES.values(), ids=FAILURES)
def test_a_failure_writes_no_secret(setup: Setup, fail: Callable[[Setup], object], text: str) -> None:
    fail(setup)
    written, secrets = run(setup)
    assert text in written
    assert "Traceback" not in written
    assert [secret for secret in secrets for form in forms(secret) if form in written] == []


def test_a_written_secret_is_found_in_each_form() -> None:
    for secret in (PASSWORD, "https://discord.com/api/webhooks/1/tOkEn"):
        for text in (secret, quote(secret, safe=""), base64.b64encode(f"ab{secret}cd".encode()).decode()):
            assert any(form in f"… {text} …" for form in forms(secret))
