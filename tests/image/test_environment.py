"""Variables of a workflow reach the container: they have no effect, or an error names them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.image.intermediary import Intermediary, closed_port, new_certificate
from tests.image.workflow import Workflow

NOWHERE = "/nowhere"
BROKEN = "raise SystemExit('a module of the workspace was imported')\n"
# modules that Python imports at its start, and modules that the action imports
MODULES = ("sitecustomize", "usercustomize", "cluster_status", "requests", "json", "signal")

HARMLESS: Mapping[str, Mapping[str, str]] = {
    "a PATH that does not exist": {"PATH": NOWHERE},
    "a library path that does not exist": {"LD_LIBRARY_PATH": NOWHERE},
    "another Python with other modules": {
        "PYTHONPATH": "/github/workspace",
        "PYTHONUSERBASE": "/github/workspace",
        "PYTHONHOME": NOWHERE,
        "PYTHONPLATLIBDIR": NOWHERE,
        "PYTHONEXECUTABLE": NOWHERE,  # -I of Python 3.13 does not ignore this one
        "__PYVENV_LAUNCHER__": NOWHERE,
    },
    "a Python with other options": {
        "PYTHONSTARTUP": "/github/workspace/sitecustomize.py",
        "PYTHONINSPECT": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONDEVMODE": "1",
        "PYTHONVERBOSE": "1",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
    },
    "certificates that do not exist, without a use of TLS": {
        "REQUESTS_CA_BUNDLE": NOWHERE,
        "CURL_CA_BUNDLE": NOWHERE,
        "SSL_CERT_FILE": NOWHERE,
        "SSL_CERT_DIR": NOWHERE,
        "OPENSSL_CONF": NOWHERE,
    },
    "a plain locale": {"LANG": "C", "LC_ALL": "C"},
    "a plain locale by another name, and a time zone a day ahead": {
        "LANG": "POSIX",
        "LC_ALL": "POSIX",
        "TZ": "Pacific/Kiritimati",
    },
    "an unknown locale and an invalid time zone": {
        "LANG": "ja_JP.eucJP",
        "LC_ALL": "ja_JP.eucJP",
        "TZ": ":-(",
    },
}


@pytest.fixture
def certificate(workflow: Workflow) -> Path:
    return new_certificate(workflow.action.workspace / "authority.pem")


@pytest.fixture
def proxy() -> Iterator[Intermediary]:
    with Intermediary() as running:
        yield running


@pytest.mark.parametrize("env", HARMLESS.values(), ids=HARMLESS)
def test_harmless_variables_of_a_workflow_do_not_change_a_poll(
    workflow: Workflow, env: Mapping[str, str]
) -> None:
    for name in MODULES:
        (workflow.action.workspace / f"{name}.py").write_text(BROKEN, encoding="utf-8")
    workflow.env |= env
    workflow.inputs["cluster-name"] = "Größe 🖥"
    run = workflow.poll()
    assert run.exit_status == 0, run.log
    assert run.outputs["message"] == "Größe 🖥 is online (35 of 36 nodes in service)"
    assert run.summary.startswith("### 🟢 Größe 🖥 is online")
    assert workflow.headlines() == ["Größe 🖥 is online"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(run.outputs["since"])) < timedelta(minutes=10)
    lines = [line for line in run.log.splitlines() if not line.startswith("::add-mask::")]
    assert lines == [run.outputs["message"]]


def test_credentials_in_a_netrc_file_are_not_sent(
    workflow: Workflow, github: LoopbackGitHub, discord: LoopbackDiscord
) -> None:
    hosts = ("127.0.0.1", "localhost")
    entries = [f"machine {host}\nlogin intruder\npassword intruding\n" for host in hosts]
    (workflow.action.home / ".netrc").write_text("".join(entries), encoding="utf-8")
    workflow.env["NETRC"] = "/github/home/.netrc"
    workflow.poll()
    run = workflow.poll()
    assert run.exit_status == 0, run.log
    headers = [request.headers for request in github.requests]
    headers += [request.headers for request in discord.requests]
    sent = {each.get("Authorization", "").partition(" ")[0] for each in headers}
    assert sent == {"Bearer", ""}


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_requests_go_through_a_proxy(
    workflow: Workflow, proxy: Intermediary, github: LoopbackGitHub, discord: LoopbackDiscord, variable: str
) -> None:
    workflow.env[variable] = proxy.url
    run = workflow.poll()
    assert run.exit_status == 0, run.log
    assert len(proxy.request_lines) == len(github.requests) + len(discord.requests)
    assert workflow.headlines() == ["mscluster is online"]


def test_requests_to_hosts_in_no_proxy_do_not_go_through_the_proxy(
    workflow: Workflow, proxy: Intermediary
) -> None:
    workflow.env |= {"ALL_PROXY": proxy.url, "NO_PROXY": "127.0.0.1,localhost"}
    assert workflow.poll().exit_status == 0
    assert proxy.request_lines == []


def test_a_proxy_and_the_certificates_of_a_tls_inspection_are_used(
    workflow: Workflow, proxy: Intermediary, discord: LoopbackDiscord, certificate: Path
) -> None:
    origin = discord.webhook_url.partition("/api/")[0]
    with Intermediary(behind=origin, certificate=certificate) as inspecting:
        workflow.inputs["discord-webhook"] = discord.webhook_url.replace(origin, inspecting.url)
        workflow.env |= {
            "HTTPS_PROXY": proxy.url,
            "REQUESTS_CA_BUNDLE": f"/github/workspace/{certificate.name}",
            "SSL_CERT_FILE": NOWHERE,
        }
        run = workflow.poll()
    assert run.exit_status == 0, run.log
    assert [line.partition(":")[0] for line in proxy.request_lines] == ["CONNECT 127.0.0.1"]
    assert workflow.headlines() == ["mscluster is online"]


def test_a_certificate_of_an_unknown_authority_is_an_error_of_its_own(
    workflow: Workflow, discord: LoopbackDiscord, certificate: Path
) -> None:
    origin = discord.webhook_url.partition("/api/")[0]
    with Intermediary(behind=origin, certificate=certificate) as server:
        workflow.inputs["discord-webhook"] = discord.webhook_url.replace(origin, server.url)
        run = workflow.poll()
    assert run.exit_status == 6
    assert "::error::Discord cannot be reached: certificate verification failed." in run.log


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_error_for_missing_certificates_names_the_variable(workflow: Workflow, variable: str) -> None:
    workflow.inputs["discord-webhook"] = f"https://127.0.0.1:{closed_port()}/api/webhooks/1/token"
    workflow.env[variable] = NOWHERE
    run = workflow.poll()
    assert run.exit_status == 6
    assert variable in run.log
    assert run.outputs["status"] == "online"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY"])
def test_a_proxy_that_cannot_be_reached_is_an_error_of_its_own(workflow: Workflow, variable: str) -> None:
    workflow.inputs["history-store"] = (
        "file"  # without a proxy, retries of requests to GitHub take half a minute
    )
    if variable == "HTTPS_PROXY":
        workflow.inputs["discord-webhook"] = f"https://127.0.0.1:{closed_port()}/api/webhooks/1/token"
    workflow.env[variable] = f"http://127.0.0.1:{closed_port()}"
    run = workflow.poll()
    assert run.exit_status == 6
    assert "::error::Discord cannot be reached: the proxy failed." in run.log


def test_the_container_runs_no_commands_of_its_own_machine(workflow: Workflow) -> None:
    login = ("cluster-user", "cluster-password", "cluster-port", "cluster-host-key", "cluster-key")
    run = workflow.poll(inputs=dict.fromkeys(login, "") | {"cluster-host": "local"})
    assert run.exit_status == 2
    assert "::error::cluster-host cannot be local in the action's container" in run.log
    assert run.log.count("::error::") == 1
