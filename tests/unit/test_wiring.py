"""The objects that wiring builds for different settings."""

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from msgspec.structs import replace

from cluster_status import wiring
from cluster_status.adapters.console import Console
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github.results import Reservation
from cluster_status.adapters.history_artifact.store import HistoryArtifact
from cluster_status.adapters.history_file import HistoryFile
from cluster_status.adapters.http import Http, HttpResponse
from cluster_status.adapters.slurm.probe import SlurmProbe
from cluster_status.app.cluster import Channel, MonitoredCluster, Tools
from cluster_status.app.gate import OpenAttempt
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.errors import ExitStatus, HistoryError, InputError
from cluster_status.ports import HistoryStore, RunsSince
from cluster_status.settings import load
from cluster_status.wiring import history

REQUIRED = {
    "INPUT_CLUSTER-HOST": "head.example.org",
    "INPUT_CLUSTER-USER": "alice",
    "INPUT_CLUSTER-PASSWORD": "s3cret",
}
WEBHOOK = {"INPUT_DISCORD-WEBHOOK": "https://discord.com/api/webhooks/1/tOkEn"}
CLAIMS = base64.urlsafe_b64encode(json.dumps({"scp": "Actions.Results:run:job"}).encode()).decode()
RUNTIME = {
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "owner/name",
    "GITHUB_REF_NAME": "main",
    "ACTIONS_RESULTS_URL": "https://results.example/",
    "ACTIONS_RUNTIME_TOKEN": f"header.{CLAIMS.rstrip('=')}.signature",
}
IN_A_SHELL = REQUIRED
ON_RUNNER = REQUIRED | WEBHOOK | {"GITHUB_ACTIONS": "true", "INPUT_GITHUB-TOKEN": "ghs_token"} | RUNTIME
ROLE = "<@&123456789012345678>"
NEEDED = ("GITHUB_REPOSITORY", "ACTIONS_RESULTS_URL", "ACTIONS_RUNTIME_TOKEN")

pytestmark = pytest.mark.usefixtures("cheap_digests")


def inputs_of(inputs: Mapping[str, str]) -> dict[str, str]:
    return {f"INPUT_{name.upper()}": text for name, text in inputs.items()}


def _key() -> str:
    form = (Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return Ed25519PrivateKey.generate().private_bytes(*form).decode()


KEYS = (_key(), _key())


class Wired(NamedTuple):
    """The arguments of a poll."""

    cluster: MonitoredCluster
    channel: Channel
    store: HistoryStore
    tools: Tools


Wire = Callable[[Mapping[str, str]], Wired]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Return a function that runs with variables and returns the arguments of the poll."""

    def wire(environ: Mapping[str, str]) -> Wired:
        given: list[Wired] = []

        def poll(
            clusters: list[MonitoredCluster],
            channels: list[Channel],
            store: HistoryStore,
            _heartbeat: object,
            tools: Tools,
        ) -> ExitStatus:
            [cluster], [channel] = clusters, channels
            given.append(Wired(cluster, channel, store, tools))
            return ExitStatus.OK

        monkeypatch.setattr(wiring, "poll", poll)
        runner = wiring.runner(load.runner_context(environ))
        assert wiring.run(load.read(environ), runner) is ExitStatus.OK
        [wired] = given
        return wired

    return wire


@pytest.mark.parametrize(
    ("command", "step"), [("poll", "wiring.poll"), ("check", "app.gate.poll_each")], ids=["poll", "check"]
)
def test_a_run_closes_its_connection_even_if_it_crashes(
    command: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[SlurmProbe] = []

    def crash(*_: object) -> NoReturn:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(SlurmProbe, "close", lambda probe: closed.append(probe))  # noqa: PLW0108 - a method
    monkeypatch.setattr(f"cluster_status.{step}", crash)
    settings = load.read(IN_A_SHELL | {"INPUT_COMMAND": command})
    with pytest.raises(KeyError):
        wiring.run(settings, wiring.runner(settings.runner_context))
    assert len(closed) == 1


def test_each_attempt_of_a_check_has_its_own_time_limits_and_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = list[tuple[object, object]]()

    def check(open_attempt: OpenAttempt, _clock: object, wait_seconds: float) -> ExitStatus:
        assert wait_seconds == 1200
        for _ in range(2):
            with open_attempt() as ([cluster], tools):
                attempts.append((cluster.probe, tools.deadlines))
        return ExitStatus.OK

    monkeypatch.setattr("cluster_status.app.gate.check", check)
    settings = load.read(IN_A_SHELL | {"INPUT_COMMAND": "check", "INPUT_WAIT-MINUTES": "20"})
    assert wiring.run(settings, wiring.runner(settings.runner_context)) is ExitStatus.OK
    [first, second] = attempts
    assert [one is other for one, other in zip(first, second, strict=True)] == [False, False]


def test_the_digests_of_this_machine_differ_from_those_of_an_ssh_server_with_the_same_key(wire: Wire) -> None:
    here = wire(WEBHOOK | {"INPUT_CLUSTER-HOST": "local"}).cluster.digests
    there = wire(WEBHOOK | REQUIRED).cluster.digests
    assert here.key == there.key
    assert (here.server != there.server, here.login != there.login) == (True, True)
    assert wire({"INPUT_CLUSTER-HOST": "local"}).cluster.digests.login is None


@pytest.mark.parametrize(
    ("environ", "store", "kept_in"),
    [
        (IN_A_SHELL, "auto", HistoryFile),
        (IN_A_SHELL, "", HistoryFile),
        (IN_A_SHELL, "file", HistoryFile),
        (IN_A_SHELL | RUNTIME, "auto", HistoryFile),
        (IN_A_SHELL | RUNTIME | {"INPUT_GITHUB-TOKEN": "ghs_token"}, "artifact", HistoryArtifact),
        (ON_RUNNER, "auto", HistoryArtifact),
        (ON_RUNNER, "", HistoryArtifact),
        (ON_RUNNER, "artifact", HistoryArtifact),
        (ON_RUNNER, "file", HistoryFile),
    ],
)
def test_by_default_the_history_is_an_artifact_on_a_runner_and_a_file_in_a_shell(
    environ: Mapping[str, str], store: str, kept_in: type, wire: Wire
) -> None:
    assert type(wire({**environ, "INPUT_HISTORY-STORE": store}).store) is kept_in


def test_only_a_file_has_a_path_which_is_the_input(wire: Wire) -> None:
    environ = ON_RUNNER | {"INPUT_HISTORY-PATH": "state/history.json"}
    assert wire(environ | {"INPUT_HISTORY-STORE": "file"}).store.path == "state/history.json"
    assert not wire(environ).store.path


def test_a_file_is_in_the_workspace(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text("not a history")
    store = wire(IN_A_SHELL | {"GITHUB_WORKSPACE": str(tmp_path)}).store
    with pytest.raises(HistoryError, match="malformed"):
        store.load()


@pytest.mark.parametrize(
    ("wanted", "allowed", "days"), [("", "", 30), ("90", "", 90), ("90", "14", 14), ("14", "90", 14)]
)
def test_the_retention_of_an_artifact_is_limited_by_that_of_the_repository(
    wanted: str, allowed: str, days: int, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[datetime] = []

    class Uploads:
        def __init__(self, *_: object) -> None: ...

        def reserve(self, names: Sequence[str], expires_at: datetime) -> Reservation:
            ends.append(expires_at)
            return Reservation(names[0], url="")

        def upload(self, _reservation: Reservation, _archive: bytes) -> int:
            return 1

    monkeypatch.setattr(history, "ResultsService", Uploads)
    environ = ON_RUNNER | {"INPUT_HISTORY-RETENTION-DAYS": wanted, "GITHUB_RETENTION_DAYS": allowed}
    wire(environ).store.save(Histories())
    [end] = ends
    assert round((end - datetime.now(UTC)) / timedelta(days=1), 2) == days


@pytest.mark.parametrize("missing", NEEDED)
@pytest.mark.parametrize("store", ["auto", "artifact"])
def test_without_an_artifact_store_the_error_recommends_the_file(
    store: str, missing: str, wire: Wire
) -> None:
    with pytest.raises(InputError) as caught:
        wire(ON_RUNNER | {"INPUT_HISTORY-STORE": store, missing: ""})
    [problem] = caught.value.problems
    assert problem == (
        "history-store artifact is not available in this environment: set it to file, and keep the file "
        "from job to job: on a self-hosted runner that keeps its workspace, or with actions/cache "
        "(docs/history.md)"
    )


def test_an_artifact_needs_a_token_which_only_the_action_file_sets(wire: Wire) -> None:
    with pytest.raises(InputError, match=r"github-token is required: set it to \$\{\{ github\.token \}\}"):
        wire(ON_RUNNER | {"INPUT_GITHUB-TOKEN": ""})


@pytest.mark.parametrize(
    "environ", [IN_A_SHELL, ON_RUNNER | dict.fromkeys(RUNTIME, "")], ids=["shell", "runner"]
)
def test_a_missing_artifact_store_is_a_bad_input(environ: Mapping[str, str], wire: Wire) -> None:
    with pytest.raises(InputError) as caught:
        wire({**environ, "INPUT_HISTORY-STORE": "artifact"})
    assert caught.value.exit_status is ExitStatus.BAD_INPUT
    [problem] = caught.value.problems
    assert problem.startswith("history-store artifact ")
    assert "set it to file, and keep the file from job to job: on a self-hosted runner" in problem


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "header.e30.signature"])
def test_an_unreadable_runtime_token_recommends_the_file_and_is_not_quoted(token: str, wire: Wire) -> None:
    with pytest.raises(InputError) as caught:
        wire(ON_RUNNER | {"ACTIONS_RUNTIME_TOKEN": token})
    [problem] = caught.value.problems
    assert problem.startswith("history-store: ")
    assert "set it to file, and keep the file from job to job: on a self-hosted runner" in problem
    assert token not in problem


HOSTED = {"RUNNER_ENVIRONMENT": "github-hosted", "GITHUB_RUN_NUMBER": "1", "GITHUB_RUN_ATTEMPT": "1"}
SELF_HOSTED = HOSTED | {"RUNNER_ENVIRONMENT": "self-hosted"}


@pytest.mark.parametrize(
    ("context", "warning"),
    [
        (HOSTED, "This runner is GitHub-hosted: its files are lost when the job ends."),
        (
            SELF_HOSTED | {"GITHUB_RUN_NUMBER": "2"},
            "This workflow has run before: the runner may be ephemeral",
        ),
        (
            SELF_HOSTED | {"GITHUB_RUN_ATTEMPT": "2"},
            "This workflow has run before: the runner may be ephemeral",
        ),
        (SELF_HOSTED, ""),
    ],
    ids=str,
)
def test_a_missing_history_file_is_a_warning_where_the_file_seems_to_be_lost_with_each_job(
    context: Mapping[str, str], warning: str, wire: Wire, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = wire(
        ON_RUNNER | dict(context) | {"INPUT_HISTORY-STORE": "file", "GITHUB_WORKSPACE": str(tmp_path)}
    ).store
    assert store.newer() is store.load() is None
    printed = capsys.readouterr().out
    assert printed.count("::warning") == bool(warning)
    assert warning in printed
    store.save(Histories())
    store.load()
    assert "::warning" not in capsys.readouterr().out


def test_a_missing_history_file_in_a_shell_is_no_warning(
    wire: Wire, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wire(IN_A_SHELL | {"GITHUB_WORKSPACE": str(tmp_path)}).store.load() is None
    assert capsys.readouterr().out == ""


# the runs of the workflow


WORKFLOW = {
    "INPUT_GITHUB-TOKEN": "ghs_abc",
    "GITHUB_RUN_ID": "7",
    "GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/poll.yml@refs/heads/main",
}


def test_a_runner_reads_the_runs_of_its_workflow(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[tuple[str, str]] = []

    def request(_: object, method: str, url: str, **_options: object) -> HttpResponse:
        requests.append((method, url.partition("?")[0]))
        return HttpResponse(200, {}, b'{"workflow_runs": []}')

    monkeypatch.setattr(Http, "request", request)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert wire(ON_RUNNER | WORKFLOW).tools.recent_runs(at) == RunsSince([])
    assert requests == [("GET", "https://api.github.com/repos/owner/name/actions/workflows/poll.yml/runs")]


@pytest.mark.parametrize(
    "environ",
    [
        IN_A_SHELL,
        ON_RUNNER | WORKFLOW | {"GITHUB_WORKFLOW_REF": ""},
        ON_RUNNER | WORKFLOW | {"INPUT_GITHUB-TOKEN": "", "INPUT_HISTORY-STORE": "file"},
    ],
    ids=["a shell", "no workflow", "no token"],
)
def test_without_a_workflow_and_a_token_no_runs_are_known(environ: Mapping[str, str], wire: Wire) -> None:
    assert wire(environ).tools.recent_runs(datetime(2026, 3, 1, tzinfo=UTC)) is None


# pruning


@pytest.mark.parametrize(("command", "budget_seconds"), [("prune", 210), ("poll", 60)], ids=["prune", "poll"])
def test_pruning_has_a_time_budget_and_keeps_requests_in_reserve(
    command: str, budget_seconds: float, pruned: list[PrunePlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[dict[str, float]] = []
    limiter = "cluster_status.adapters.github.rate_limiter.RateLimiter"
    monkeypatch.setattr(limiter, lambda _transport, _clock, **given: limits.append(given))
    monkeypatch.setattr(wiring, "poll", lambda *_: ExitStatus.OK)
    environ = PRUNE | {"INPUT_COMMAND": command, "INPUT_PRUNE-WORKFLOWS": "poll.yml"}
    wiring.run(load.read(environ), wiring.runner(load.runner_context({})))
    assert limits == [{"budget_seconds": pytest.approx(budget_seconds, abs=1), "reserved_requests": 300}]
    assert len(pruned) == 1


PRUNE = ON_RUNNER | {"INPUT_PRUNE-KEEP": "5", "INPUT_GITHUB-TOKEN": "ghs_abc"}
PRUNE |= {"GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/poll.yml@refs/heads/main"}


@pytest.fixture
def pruned(monkeypatch: pytest.MonkeyPatch) -> list[PrunePlan]:
    """Make `prune` fail, and return the plans it gets."""
    given: list[PrunePlan] = []

    def prune(_catalog: object, _runner: object, plan: PrunePlan) -> ExitStatus:
        given.append(plan)
        return ExitStatus.GITHUB

    class PyGithubTransport:  # importing PyGithub takes 0.2 s
        def __init__(self, api_url: str, token: Secret, redaction: Redaction) -> None:
            assert (api_url, token.reveal()) == ("https://api.github.com", "ghs_abc")
            assert redaction.clean("ghs_abc") == "***"

        def close(self) -> None: ...

    monkeypatch.setattr("cluster_status.app.prune.prune", prune)
    module = SimpleNamespace(PyGithubTransport=PyGithubTransport)
    monkeypatch.setitem(sys.modules, "cluster_status.adapters.github.pygithub", module)
    return given


@pytest.mark.parametrize(
    ("polled", "ends_with", "times"),
    [
        (ExitStatus.OK, ExitStatus.GITHUB, 1),
        (ExitStatus.UNKNOWN, ExitStatus.UNKNOWN, 1),
        (ExitStatus.UNDELIVERED, ExitStatus.UNDELIVERED, 1),
        (ExitStatus.HISTORY, ExitStatus.HISTORY, 0),
    ],
)
def test_a_poll_prunes_if_its_history_is_saved_and_its_own_exit_status_comes_first(
    polled: ExitStatus,
    ends_with: ExitStatus,
    times: int,
    pruned: list[PrunePlan],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "poll", lambda *_: polled)
    runner = wiring.runner(load.runner_context({}))
    assert wiring.run(load.read(PRUNE | {"GITHUB_RUN_ID": "7"}), runner) is ends_with
    assert pruned == [PrunePlan(("poll.yml",), 5, dry_run=False, current_run=7)] * times


def test_the_prune_command_neither_checks_nor_polls(
    pruned: list[PrunePlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("poll", "open_clusters"):
        monkeypatch.delattr(wiring, name)
    environ = {"INPUT_COMMAND": "prune", "INPUT_PRUNE-WORKFLOWS": "a.yml", "INPUT_GITHUB-TOKEN": "ghs_abc"}
    settings = load.read(environ | {"GITHUB_REPOSITORY": "owner/name"})
    assert wiring.run(settings, wiring.runner(settings.runner_context)) is ExitStatus.GITHUB
    assert pruned == [PrunePlan(("a.yml",), 10, dry_run=False, current_run=None)]


# the channel


def test_messages_link_to_the_run(wire: Wire) -> None:
    run = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7"}
    assert wire(ON_RUNNER | run).tools.run_url == "https://github.com/owner/name/actions/runs/7"


@pytest.mark.parametrize(
    ("environ", "channel_id", "notifier"),
    [
        (IN_A_SHELL, "console", Console),
        (IN_A_SHELL | WEBHOOK, "discord", DiscordWebhook),
        (ON_RUNNER, "discord", DiscordWebhook),
    ],
    ids=["a shell", "a shell with a webhook", "a runner"],
)
def test_without_a_webhook_a_shell_prints_the_messages(
    environ: Mapping[str, str], channel_id: str, notifier: type, wire: Wire
) -> None:
    channel = wire(environ).channel
    assert (channel.id, type(channel.notifier)) == (channel_id, notifier)


POLICY = ChannelPolicy("discord", digest=digest_of(WEBHOOK["INPUT_DISCORD-WEBHOOK"]))
POLICIES = {
    "discord-mode=live": replace(POLICY, live=True),
    "discord-msg-always=true": replace(POLICY, always=True),
    f"discord-ping={ROLE}": replace(POLICY, mention=ROLE),
    "discord-msg-info=false": replace(POLICY, with_partitions=False),
    "discord-msg-quote=true": replace(POLICY, with_quotation=True),
}


@pytest.mark.parametrize(("given", "policy"), POLICIES.items(), ids=POLICIES)
def test_the_channel_has_the_policy_of_the_inputs(given: str, policy: ChannelPolicy, wire: Wire) -> None:
    name, _, text = given.partition("=")
    channel = wire(ON_RUNNER | inputs_of({name: text})).channel
    assert channel.policy == policy
    assert isinstance(channel.editor, DiscordWebhook) == policy.live


def test_messages_in_a_shell_are_not_edited(wire: Wire) -> None:
    channel = wire(IN_A_SHELL | {"INPUT_DISCORD-MODE": "live"}).channel
    assert (channel.policy.live, channel.editor) == (False, None)


# digests


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"cluster-password": "another"}, {"login"}),
        ({"cluster-key": KEYS[0]}, {"login"}),
        ({"cluster-key": KEYS[0], "cluster-password": ""}, {"login"}),
        ({"cluster-user": "bob"}, {"login"}),
        ({"cluster-jump": "alice@gw"}, {"server", "login"}),
        ({"cluster-port": "2222"}, {"server"}),
        ({"cluster-host-key": f"SHA256:{'A' * 43}"}, set()),
        ({"discord-webhook": "https://discord.com/api/webhooks/2/tOkEn"}, {"server", "login", "key"}),
    ],
    ids=repr,
)
def test_the_digests_depend_on_the_server_the_credential_and_the_webhook(
    changes: dict[str, str], changed: set[str], wire: Wire
) -> None:
    before, after = wire(ON_RUNNER).cluster.digests, wire(ON_RUNNER | inputs_of(changes)).cluster.digests
    names = ("server", "login", "key")
    assert {name for name in names if getattr(before, name) != getattr(after, name)} == changed


def test_another_private_key_is_another_login(wire: Wire) -> None:
    environs = [ON_RUNNER | inputs_of({"cluster-key": key, "cluster-password": ""}) for key in KEYS]
    assert len({wire(environ).cluster.digests.login for environ in environs}) == 2


def test_without_a_webhook_the_private_key_is_the_key_of_the_digests(wire: Wire) -> None:
    keys = {wire(IN_A_SHELL | inputs_of({"cluster-key": key})).cluster.digests.key for key in KEYS}
    assert len(keys) == 2
    assert None not in keys


def test_without_a_webhook_and_a_private_key_the_login_has_no_digest(wire: Wire) -> None:
    digests = wire(IN_A_SHELL).cluster.digests
    assert (digests.login, digests.key) == (None, None)
    assert digests.server


def test_a_private_key_that_cannot_be_read_is_a_bad_input_and_nothing_runs(wire: Wire) -> None:
    lines = KEYS[0].splitlines()
    with pytest.raises(InputError, match="cluster-key is damaged"):
        wire(ON_RUNNER | inputs_of({"cluster-key": "\n".join([*lines[:-2], *lines[-1:]])}))
