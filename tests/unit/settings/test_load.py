"""Settings from the environment: defaults, precedence, and all problems at once without a secret."""

import base64
import json
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.weekly.schedule import WeeklyTime
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.errors import ExitStatus, InputError
from cluster_status.settings import inputs
from cluster_status.settings.inputs import INPUTS, Input
from cluster_status.settings.keys import CLUSTER_KEYS
from cluster_status.settings.load import Settings, read, runner_context
from cluster_status.settings.source import secrets
from tests.unit.settings.targets import ssh_target

WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/tOkEn-of-the-webhook"
FINGERPRINT = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
REQUIRED = {"cluster-host": "head.example.org", "cluster-user": "alice", "cluster-password": "s3cret"}
LOGIN = ("cluster-user", "cluster-password")
OF_A_LOGIN = (
    *LOGIN,
    "cluster-key",
    "cluster-key-passphrase",
    "cluster-port",
    "cluster-host-key",
    "cluster-jump",
    "cluster-connect-timeout",
)
ON_RUNNER = {"GITHUB_ACTIONS": "true"}
HERE = Path()

Given = Mapping[str, str]
NOTHING: Given = {}

# input: setting, default, valid text, its value, invalid text
ROLE = "123456789012345678"
SIGNING_KEY = f"whsec_{'A' * 32}"
TABLE: dict[str, tuple[str, object, str, object, str]] = {
    "command": ("command", "poll", "check", "check", "watch"),
    "cluster-host": ("cluster.target.head_node.host", None, "192.0.2.7", "192.0.2.7", "alice@head"),
    "cluster-port": ("cluster.target.head_node.port", 22, "2222", 2222, "65536"),
    "cluster-user": ("cluster.target.head_node.user", None, "bob", "bob", "bob smith"),
    "cluster-password": ("cluster.target.credentials.password", None, "hunter2", "hunter2", ""),
    "cluster-key": ("cluster.target.credentials.key", "", KEY, KEY, "ssh-ed25519 AAAA"),
    "cluster-key-passphrase": (
        "cluster.target.credentials.key_passphrase",
        "",
        "open sesame",
        "open sesame",
        "",
    ),
    "cluster-jump": ("cluster.target.jump_hosts", (), "bob@gw:2222", (Endpoint("bob", "gw", 2222),), "gw"),
    "cluster-host-key": ("cluster.target.pins.fingerprints", (), FINGERPRINT, (FINGERPRINT,), "no key"),
    "cluster-name": ("cluster.name", "cluster", "MsCluster", "MsCluster", "---"),
    "cluster-connect-timeout": ("cluster.target.connect_timeout_seconds", 10.0, "2.5", 2.5, "0"),
    "cluster-command-timeout": ("cluster.query.timeout_seconds", 30.0, "60", 60.0, "61"),
    "discord-webhook": ("discord.address", "", WEBHOOK, WEBHOOK, "https://discord.com/channels/1/2"),
    "notify-urls": ("address", None, "json://h/x", "json://h/x", "h"),
    "webhook-url": (
        "address",
        None,
        f"https://h/x#{SIGNING_KEY}",
        f"https://h/x#{SIGNING_KEY}",
        "https://h/x",
    ),
    "incident-issues": ("issues", False, "true", True, "ture"),
    "discord-user": ("discord.user", "", "watch", "watch", "Discord"),
    "discord-img": ("discord.image", "", "https://a.example/i.png", "https://a.example/i.png", "i.png"),
    "discord-mode": ("discord.policy.live", False, "live", True, "edit"),
    "discord-ping": ("discord.policy.mention", "", f"<@&{ROLE}>", f"<@&{ROLE}>", ROLE),
    "discord-msg-info": ("discord.policy.with_partitions", True, "false", False, "ture"),
    "discord-msg-quote": ("discord.policy.with_quotation", False, "true", True, "ture"),
    "discord-msg-always": ("discord.policy.always", False, "true", True, "ture"),
    "heartbeat-url": (
        "heartbeat",
        "",
        "https://hc.example/a-b",
        "https://hc.example/a-b",
        "http://hc.example/",
    ),
    "partitions": (
        "cluster.query.partitions.patterns",
        (),
        "gpu*, batch\ngpu*",
        ("gpu*", "batch"),
        "two words",
    ),
    "details": ("cluster.query.details", False, "full", True, "all"),
    "scheduler": ("cluster.query.login_only", False, "none", True, "pbs"),
    "slurm-cluster": ("cluster.query.cluster", "", "beta", "beta", "alpha,beta"),
    "maintenance": (
        "cluster.plan.windows",
        (),
        "2026-12-01 08:00 to 2026-12-01 18:00: x",
        (PlannedWindow(datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 18, tzinfo=UTC), "x"),),
        "",
    ),
    "notice": ("cluster.plan.notice", "", "Scratch is read-only", "Scratch is read-only", "x" * 201),
    "show-nodes": ("cluster.query.node_names", False, "true", True, "yes"),
    "degraded-below": ("thresholds.degraded_below", 50, "75%", 75, "101"),
    "check-paths": (
        "check_paths",
        (),
        "/scratch, /project/ab 1",
        ("/scratch", "/project/ab 1"),
        "/scratch/*",
    ),
    "check-space": ("cluster.site_checks.full_at", None, "95%", 95, "0"),
    "checks": ("checks", (), "quota: quota -q", (("quota", "quota -q"),), "quota -q"),
    "check-timeout": ("cluster.site_checks.timeout_seconds", 10, "5", 5, "0"),
    "notify-when": ("conditions", (), "idle>=10 in batch", ("idle >= 10 in batch",), "idle => 10"),
    "report": ("report", None, "Mon 08:00", WeeklyTime(0, time(8)), "Monday"),
    "mute-until": (
        "cluster.mute_until",
        None,
        "2026-11-30T18:00+01:00",
        datetime(2026, 11, 30, 17, tzinfo=UTC),
        "2026-11-30T18:00",
    ),
    "attempts": ("retries.attempts", 3, "1", 1, "0"),
    "attempt-delay": ("retries.delay_seconds", 15.0, "0", 0.0, "61"),
    "confirm-after": ("thresholds.confirm_after", 2, "10", 10, "11"),
    "site-path": ("site.path", "", "public/status/", "public/status", "../site"),
    "site-url": ("site.url", "", "https://a.example/s", "https://a.example/s/", "a.example"),
    "wait-minutes": ("wait_seconds", 0.0, "20", 1200.0, "301"),
    "history-store": ("storage.store", "auto", "file", "file", "s3"),
    "history-name": ("storage.name", "cluster", "all", "all", "…"),
    "history-path": ("storage.path", "history.json", "state/h.json", "state/h.json", "state/"),
    "history-retention-days": ("storage.retention", timedelta(days=30), "90", timedelta(days=90), "401"),
    "github-token": ("storage.token", "", "ghs_abc", "ghs_abc", ""),
    "prune-workflows": ("prune.workflows", None, "a.yml, b.yaml", ("a.yml", "b.yaml"), "poll"),
    "prune-keep": ("prune.keep", None, "0", 0, "-1"),
    "prune-dry-run": ("prune.dry_run", None, "true", True, "ture"),
}
PRUNING = {"prune-keep": "10", "prune-workflows": "poll.yml", "github-token": "ghs_abc"}
WORKFLOW_REF = "owner/name/.github/workflows/poll.yml@refs/heads/main"
REPOSITORY = {"GITHUB_REPOSITORY": "owner/name"}
SECRETS = (
    "cluster-password",
    "cluster-key",
    "cluster-key-passphrase",
    "discord-webhook",
    "notify-urls",
    "webhook-url",
    "heartbeat-url",
    "github-token",
)
BAD = {name: row[4] for name, row in TABLE.items() if row[4]}
NAMES_IN_THE_ENVIRONMENT = {
    "CLUSTER_HOST": "cluster-host",
    "CLUSTER_PORT": "cluster-port",
    "CLUSTER_USER": "cluster-user",
    "CLUSTER_PASSWORD": "cluster-password",
    "CLUSTER_KEY": "cluster-key",
    "CLUSTER_KEY_PASSPHRASE": "cluster-key-passphrase",
    "CLUSTER_JUMP": "cluster-jump",
    "CLUSTER_HOST_KEY": "cluster-host-key",
    "CLUSTER_NAME": "cluster-name",
    "CLUSTER_CONNECT_TIMEOUT": "cluster-connect-timeout",
    "CLUSTER_COMMAND_TIMEOUT": "cluster-command-timeout",
    "DISCORD_WEBHOOK": "discord-webhook",
    "DISCORD_USER": "discord-user",
    "DISCORD_IMG": "discord-img",
    "DISCORD_MODE": "discord-mode",
    "DISCORD_PING": "discord-ping",
    "HEARTBEAT_URL": "heartbeat-url",
    "NOTIFY_URLS": "notify-urls",
    "DISCORD_MSG_INFO": "discord-msg-info",
    "DISCORD_MSG_QUOTE": "discord-msg-quote",
    "DISCORD_MSG_ALWAYS": "discord-msg-always",
}


def as_inputs(given: Given) -> dict[str, str]:
    """Return the variables GitHub's runner sets for these inputs; hyphens stay hyphens."""
    return {f"INPUT_{name.upper()}": text for name, text in given.items()}


def settings_of(given: Given = NOTHING, environ: Given = NOTHING) -> Settings:
    return read(as_inputs({**REQUIRED, **given}) | dict(environ))


def completed(given: Given) -> Given:
    """Add the other inputs that an input for pruning, for issues or for a check requires."""
    needs_others = any(name.startswith("prune-") or name == "incident-issues" for name in given)
    needed = PRUNING if needs_others else {}
    return needed | ({"command": "check"} if "wait-minutes" in given else {}) | dict(given)


def problems_of(given: Given, environ: Given = NOTHING) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        settings_of(given, environ)
    return caught.value.problems


def value_at(settings: Settings, place: str) -> object:
    if place == "address":
        return settings.channels[0].address.reveal()
    if place == "issues":
        return bool(settings.channels[-1].policy.issues)
    if place == "conditions":
        return tuple(map(str, settings.clusters[0].conditions))
    if place in {"checks", "check_paths"}:
        found = settings.clusters[0].site_checks.checks
        paths, commands = (
            (one.name for one in found if one.is_path),
            (one for one in found if not one.is_path),
        )
        return tuple(paths) if place == "check_paths" else tuple((one.name, one.command) for one in commands)
    first, _, rest = place.partition(".")
    of_cluster = {"cluster": settings.clusters[0], "discord": settings.channels[0]}
    if first in {"thresholds", "retries"}:
        value = operator.attrgetter(place)(settings.clusters[0])
    elif first in of_cluster:
        value = operator.attrgetter(rest)(of_cluster[first])
    else:
        value = operator.attrgetter(place)(settings)
    return value.reveal() if isinstance(value, Secret) else value


def test_the_table_of_this_test_has_every_input() -> None:
    assert {spec.name for spec in INPUTS} == TABLE.keys() | {"clusters"}  # see test_clusters.py


def test_every_defined_input_is_in_inputs() -> None:
    defined = [spec.name for spec in vars(inputs).values() if isinstance(spec, Input)]
    assert sorted(defined) == sorted(spec.name for spec in INPUTS)


# values


@pytest.mark.parametrize(
    ("place", "default"),
    [row[:2] for row in TABLE.values() if row[1] is not None],
    ids=[name for name, row in TABLE.items() if row[1] is not None],
)
def test_a_missing_input_has_its_default(place: str, default: object) -> None:
    assert value_at(settings_of(), place) == default


@pytest.mark.parametrize(("name", "row"), TABLE.items(), ids=TABLE)
def test_a_given_input_is_read(name: str, row: tuple[str, object, str, object, str]) -> None:
    place, _, text, value, _ = row
    assert value_at(settings_of(completed({name: text}), REPOSITORY), place) == value


@pytest.mark.parametrize("key", [key for key in CLUSTER_KEYS if key not in {"group", "heartbeat-url"}])
def test_a_key_of_the_middle_one_of_three_clusters_is_read_as_its_input(key: str) -> None:
    spec = CLUSTER_KEYS[key]
    place, _, text, value, _ = TABLE[spec.name]
    variables = {"GIVEN": text, "PASSWORD": "s3cret"}
    login = {"host": "head.example.org", "user": "alice", "password": "$PASSWORD"}
    own = {**login, "name": "second", key: "$GIVEN" if spec.secret else text}
    clusters = [{"name": "first", **login}, own, {"name": "third", **login}]
    read_from_file = read({"INPUT_CLUSTERS": json.dumps({"clusters": clusters}, indent=1), **variables})
    of_file = replace(read_from_file, clusters=read_from_file.clusters[1:2])
    assert value_at(of_file, place) == value


def test_the_group_of_a_cluster_is_read() -> None:
    cluster = {"name": "a", "host": "h", "user": "u", "password": "$PASSWORD", "group": "Teaching and tests"}
    file = json.dumps({"clusters": [cluster]})
    assert read({"INPUT_CLUSTERS": file, "PASSWORD": "s3cret"}).clusters[0].group == "Teaching and tests"


def test_the_heartbeat_of_the_inputs_is_that_of_the_run_and_not_of_its_cluster_again() -> None:
    settings = settings_of({"heartbeat-url": "https://hc.example/a-b"})
    assert settings.heartbeat
    assert not settings.clusters[0].heartbeat


@pytest.mark.parametrize("blank", ["", "  ", "\n"], ids=repr)
def test_an_empty_input_counts_as_not_given(blank: str) -> None:
    given = {name: blank for name in TABLE if name not in REQUIRED}
    assert repr(settings_of(given)) == repr(settings_of())


@pytest.mark.parametrize("name", [name for name in TABLE if "pass" not in name])
def test_blanks_around_an_input_are_ignored(name: str) -> None:
    place, _, text, value, _ = TABLE[name]
    assert value_at(settings_of(completed({name: f"  {text}\n"}), REPOSITORY), place) == value


@pytest.mark.parametrize("spec", [spec for spec in INPUTS if spec.shown_default], ids=lambda spec: spec.name)
def test_the_shown_default_is_the_used_default(spec: Input[Any]) -> None:
    if spec is inputs.GITHUB_TOKEN:
        assert spec.shown_default == "${{ github.token }}"  # the runner replaces it
    else:
        assert spec.type.read(spec.shown_default) == spec.default


@pytest.mark.parametrize(("command", "asked"), [("poll", True), ("check", False)])
def test_a_check_does_not_ask_for_maintenance(command: str, *, asked: bool) -> None:
    assert settings_of({"command": command}).clusters[0].query.maintenance is asked


def test_the_query_has_the_threshold() -> None:
    assert settings_of({"degraded-below": "75%"}).clusters[0].query.degraded_below == 75


# sources


def test_the_variables_of_the_runner_have_hyphens() -> None:
    assert (
        ssh_target(read(as_inputs(REQUIRED) | {"INPUT_CLUSTER-PORT": "2222"}).clusters[0]).head_node.port
        == 2222
    )
    assert (
        ssh_target(read(as_inputs(REQUIRED) | {"INPUT_CLUSTER_PORT": "2222"}).clusters[0]).head_node.port
        == 22
    )


@pytest.mark.parametrize(("variable", "name"), NAMES_IN_THE_ENVIRONMENT.items())
def test_an_input_can_be_given_as_an_environment_variable(variable: str, name: str) -> None:
    place, _, text, value, _ = TABLE[name]
    environ = as_inputs({key: given for key, given in REQUIRED.items() if key != name}) | {variable: text}
    assert value_at(read(environ), place) == value


@pytest.mark.parametrize(("variable", "name"), NAMES_IN_THE_ENVIRONMENT.items())
def test_an_input_takes_precedence_over_its_environment_variable(variable: str, name: str) -> None:
    place, _, text, value, _ = TABLE[name]
    assert value_at(settings_of({name: text}, {variable: "overruled"}), place) == value


@pytest.mark.parametrize(("variable", "name"), NAMES_IN_THE_ENVIRONMENT.items())
def test_an_environment_variable_is_used_if_the_input_is_empty(variable: str, name: str) -> None:
    place, _, text, value, _ = TABLE[name]
    assert value_at(settings_of({name: " "}, {variable: text}), place) == value


@pytest.mark.parametrize(
    "variable", ["COMMAND", "ATTEMPTS", "HISTORY_PATH", "GITHUB_TOKEN", "DEGRADED_BELOW"]
)
def test_variables_of_other_names_are_ignored(variable: str) -> None:
    assert repr(settings_of(environ={variable: "99"})) == repr(settings_of())


def test_a_password_keeps_blanks_but_not_its_line_end() -> None:
    settings = settings_of({"cluster-password": " pass word \r\n"})
    assert ssh_target(settings.clusters[0]).credentials.password.reveal() == " pass word "


# problems


@pytest.mark.parametrize(("name", "text"), BAD.items())
def test_a_problem_has_the_input_its_value_and_what_is_accepted(name: str, text: str) -> None:
    (problem,) = problems_of(completed({name: text}), REPOSITORY)
    spec = next(spec for spec in INPUTS if spec.name == name)
    shown = "" if spec.secret else f" '{text}'"
    assert problem.startswith(f"{name}{shown} is not {spec.type.accepts}")


def test_a_wrong_maintenance_window_has_its_place_without_secrets() -> None:
    text = "2026-12-01 08:00 to 2026-12-01 18:00: x\n2026-12-01 08:00 s3cret to later"
    [problem] = problems_of({"maintenance": text})
    assert problem.startswith("maintenance, line 2, column 18: '***' is not a time zone: use one such as ")


def local(given: Given = NOTHING, *, in_container: bool = False, environ: Given = NOTHING) -> Settings:
    inputs = as_inputs({"cluster-host": "local", **given})
    return read(inputs | {"HOME": "/home/alice", **environ}, in_container=in_container)


@pytest.mark.parametrize("host", ["local", "LOCAL", " local "])
def test_a_local_host_needs_no_login(host: str) -> None:
    [cluster] = local({"cluster-host": host}).clusters
    assert cluster.target == LocalTarget(home="/home/alice")


def test_a_host_with_the_name_local_has_a_dot() -> None:
    [cluster] = local({"cluster-host": "local.", **{name: REQUIRED[name] for name in LOGIN}}).clusters
    assert ssh_target(cluster).head_node.host == "local."


@pytest.mark.parametrize("name", OF_A_LOGIN)
@pytest.mark.parametrize("as_variable", [False, True], ids=["input", "environment variable"])
def test_an_input_of_a_login_is_a_problem_with_a_local_host(name: str, *, as_variable: bool) -> None:
    text = TABLE[name][2]
    environ = {name.upper().replace("-", "_"): text} if as_variable else NOTHING
    with pytest.raises(InputError) as caught:
        local(NOTHING if as_variable else {name: text}, environ=environ)
    assert list(caught.value.problems) == [
        f"{name} cannot be set with the host local, which needs no login: remove it"
    ]


def test_a_local_host_without_a_scheduler_has_nothing_to_check() -> None:
    with pytest.raises(InputError) as caught:
        local({"scheduler": "none"})
    assert list(caught.value.problems) == [
        "scheduler cannot be none with the host local: there is no login to check. Set check-paths or checks"
    ]
    assert local({"scheduler": "none", "check-paths": "/scratch"}).clusters[0].query.login_only


def test_a_local_host_is_refused_in_the_container_of_the_action() -> None:
    with pytest.raises(InputError) as caught:
        local(in_container=True)
    [problem] = caught.value.problems
    assert problem == (
        "cluster-host cannot be local in the action's container, which has no Slurm: see "
        "docs/without-github.md for a poll without GitHub Actions"
    )


def test_pruning_needs_no_local_machine() -> None:
    assert local({"command": "prune", **PRUNING}, in_container=True, environ=REPOSITORY).prune


def test_a_problem_can_have_a_hint() -> None:
    (problem,) = problems_of({"cluster-host": "head.example.org:2222"})
    assert problem == (
        "cluster-host 'head.example.org:2222' is not a host name, an IP address, or local: "
        "set the port in cluster-port"
    )


def test_all_bad_inputs_are_reported_at_once() -> None:
    problems = problems_of(completed(BAD), REPOSITORY)
    assert {problem.partition(" ")[0] for problem in problems} == BAD.keys()
    assert len(problems) == len(BAD)


def test_bad_inputs_have_exit_status_2() -> None:
    with pytest.raises(InputError) as caught:
        settings_of(BAD)
    assert caught.value.exit_status is ExitStatus.BAD_INPUT
    assert all(name in str(caught.value) for name in BAD)


def test_a_misspelt_boolean_is_an_error() -> None:
    (problem,) = problems_of({"discord-msg-always": "ture"})
    assert problem == "discord-msg-always 'ture' is not true or false"


def test_a_bad_environment_variable_is_reported_as_its_input() -> None:
    (problem,) = problems_of({}, {"CLUSTER_PORT": "ssh"})
    assert problem == "cluster-port 'ssh' is not a whole number from 1 to 65535"


def test_a_bad_value_is_shown_without_control_characters() -> None:
    (problem,) = problems_of({"cluster-port": "22\x1b[31m\n::error::"})
    assert problem.isprintable()


@pytest.mark.parametrize("name", ["cluster-host", "cluster-user"])
def test_a_missing_required_input_is_reported(name: str) -> None:
    assert problems_of({"discord-webhook": WEBHOOK, name: ""}, ON_RUNNER) == (f"{name} is required",)


@pytest.mark.parametrize("name", REQUIRED)
def test_in_a_shell_a_missing_input_is_reported_with_its_variable(name: str) -> None:
    (problem,) = problems_of({name: ""})
    assert problem.startswith(f"{name} is required")
    assert name.upper().replace("-", "_") in problem


def test_without_a_host_a_shell_is_referred_to_its_variable_and_to_the_clusters_file() -> None:
    (problem,) = problems_of({"cluster-host": ""})
    assert problem.endswith(": set CLUSTER_HOST, or use --clusters with a clusters file")


@pytest.mark.parametrize("name", ["cluster-password", "discord-webhook"])
@pytest.mark.parametrize("blank", ["", "\n"], ids=repr)
def test_an_empty_secret_is_reported_with_the_likely_reason(name: str, blank: str) -> None:
    (problem,) = problems_of({"discord-webhook": WEBHOOK} | {name: blank}, ON_RUNNER)
    assert problem.startswith(name)
    assert "forks" in problem


@pytest.mark.parametrize(
    ("command", "environ", "needed"),
    [("poll", ON_RUNNER, True), ("check", ON_RUNNER, False), ("poll", {}, False), ("check", {}, False)],
    ids=["a poll on a runner", "a check on a runner", "a poll in a shell", "a check in a shell"],
)
def test_only_a_poll_on_a_runner_needs_a_webhook(command: str, environ: Given, *, needed: bool) -> None:
    given = {"command": command, "discord-webhook": ""}
    if needed:
        assert problems_of(given, environ)[0].startswith("discord-webhook is empty")
    else:
        assert not settings_of(given, environ).channels[0].address


def test_a_bad_webhook_on_a_runner_is_one_problem() -> None:
    assert len(problems_of({"discord-webhook": "nowhere"}, ON_RUNNER)) == 1


# pruning


def test_prune_needs_no_cluster_and_no_webhook() -> None:
    given = {"command": "prune", "prune-workflows": ".github/workflows/a.yml\n\nb.yml, a.yml"}
    environ = as_inputs(given | {"github-token": "ghs_abc"}) | ON_RUNNER | REPOSITORY
    assert read(environ).prune == PrunePlan(("a.yml", "b.yml"), keep=10, dry_run=False, current_run=None)


@pytest.mark.parametrize("command", ["poll", "test"])
def test_only_a_check_waits(command: str) -> None:
    (problem,) = problems_of({"command": command, "wait-minutes": "20"})
    assert problem == "wait-minutes is only for a check: set command to check, or remove it"
    assert settings_of({"command": command, "wait-minutes": "0"}).wait_seconds == 0


def test_prune_needs_workflows_a_repository_and_a_token() -> None:
    with pytest.raises(InputError) as caught:
        read(as_inputs({"command": "prune"}) | {"GITHUB_WORKFLOW_REF": WORKFLOW_REF})
    assert [problem.partition(" ")[0] for problem in caught.value.problems] == [
        "prune-workflows",
        "command",
        "github-token",
    ]


def test_a_poll_with_prune_keep_prunes_its_own_workflow() -> None:
    environ = REPOSITORY | {"GITHUB_WORKFLOW_REF": WORKFLOW_REF, "GITHUB_RUN_ID": "7"}
    plan = settings_of({"prune-keep": "20", "github-token": "ghs_abc"}, environ).prune
    assert plan == PrunePlan(("poll.yml",), keep=20, dry_run=False, current_run=7)
    assert settings_of({}, environ).prune is None
    assert settings_of({"command": "check", "prune-keep": "20"}, environ).prune is None


@pytest.mark.parametrize("ref", ["", "owner/name/poll.yml@refs/heads/main"])
def test_a_poll_that_prunes_needs_workflows_if_its_own_is_unknown(ref: str) -> None:
    given = {"prune-keep": "20", "github-token": "ghs_abc"}
    (problem,) = problems_of(given, REPOSITORY | {"GITHUB_WORKFLOW_REF": ref})
    assert problem.startswith("prune-workflows is required")


@pytest.mark.parametrize("given", [{"prune-workflows": "poll.yml"}, {"prune-dry-run": "true"}], ids=str)
def test_inputs_to_prune_without_prune_keep_are_a_problem(given: Given) -> None:
    (problem,) = problems_of(given)
    assert problem.startswith("prune-keep is required for a poll that prunes")


# secrets


@pytest.mark.parametrize("name", SECRETS)
def test_settings_show_no_secret(name: str) -> None:
    text = TABLE[name][2]
    assert text not in repr(settings_of({name: text}))
    assert text not in str(settings_of({name: text}))


@pytest.mark.parametrize(
    "webhook",
    [
        "tOkEn-of-the-webhook",
        "http://discord.com/api/webhooks/1/tOkEn-of-the-webhook",
        "https://discord.com:tOkEn-of-the-webhook",
        "https://discord.com/api/webhooks/1/tOkEn-of-the-webhook/slack",
        "https://[tOkEn-of-the-webhook]/",
    ],
)
def test_errors_show_no_secret(webhook: str) -> None:
    given = BAD | {"discord-webhook": webhook, "cluster-password": "hunter2", "github-token": "ghs_abc"}
    with pytest.raises(InputError) as caught:
        settings_of(given)
    shown = f"{caught.value!r} {caught.value} {caught.value.problems} {caught.value.remedy}"
    for text in ("tOkEn", "hunter2", "ghs_abc"):
        assert text not in shown


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("discord-webhook", f'"{WEBHOOK}"', "remove the quotation marks"),
        ("discord-webhook", f"<{WEBHOOK}>", "remove the quotation marks"),
        ("discord-webhook", f"DISCORD_WEBHOOK={WEBHOOK}", "remove the name before the URL"),
        ("discord-webhook", WEBHOOK.removeprefix("https://"), "add https:// at its beginning"),
        ("discord-webhook", f"{WEBHOOK}/", "remove the slash at its end"),
        ("heartbeat-url", "hc.example/a-b", "add https:// at its beginning"),
        ("cluster-host-key", f"MD5:{':'.join(16 * ['0f'])}", "line 1 is an MD5 fingerprint"),
        ("cluster-host-key", ":".join(16 * ["0F"]), "use the one that ssh-keygen -l prints"),
        ("cluster-host-key", 43 * "A", "is a fingerprint without its algorithm: write SHA256: before it"),
        ("cluster-host-key", "AAAAC3NzaC1lZDI1NTE5AAAAIJ", "or without its type, such as ssh-ed25519"),
        ("discord-ping", "123456789012345678", "write <@&123456789012345678> for a role"),
    ],
)
def test_the_error_of_a_common_mistake_says_what_to_change(name: str, given: str, hint: str) -> None:
    [problem] = problems_of({"discord-webhook": WEBHOOK, name: given})
    assert hint in problem


def test_invalid_secrets_are_masked_too() -> None:
    given = {
        "cluster-password": "pass word\n",
        "discord-webhook": "https://no-webhook",
        "github-token": "ghs_abc",
    }
    masked = set(secrets(as_inputs(given), HERE))
    assert {"pass word", "pass word\n", "https://no-webhook", "ghs_abc"} <= masked
    assert "" not in masked


@pytest.mark.parametrize(
    ("environ", "key"),
    [({}, "CLUSTER_KEY"), (ON_RUNNER, "cluster-key")],
    ids=["in a shell", "on a runner"],
)
def test_a_missing_password_is_reported_with_the_key_as_alternative(environ: Given, key: str) -> None:
    (problem,) = problems_of({"discord-webhook": WEBHOOK, "cluster-password": ""}, environ)
    assert f" or {key}" in problem


def test_with_a_key_no_password_is_required() -> None:
    settings = settings_of({"cluster-password": "", "cluster-key": KEY})
    assert not ssh_target(settings.clusters[0]).credentials.password
    assert ssh_target(settings.clusters[0]).credentials.key


@pytest.mark.parametrize(
    "wrapped", [str, lambda key: base64.b64encode(key.encode()).decode()], ids=["", "base64"]
)
def test_each_line_of_a_key_is_masked(wrapped: Callable[[str], str]) -> None:
    assert "b3BlbnNzaC1rZXktdjEAAAAA" in set(secrets(as_inputs({"cluster-key": wrapped(KEY)}), HERE))


@pytest.mark.parametrize("name", ["cluster-host", "cluster-host-key", "cluster-jump", "cluster-name"])
def test_a_key_in_another_input_is_not_shown(name: str) -> None:
    (problem,) = problems_of({name: KEY})
    assert problem.startswith(f"{name} is not ")
    assert "b3BlbnNz" not in problem


@pytest.mark.parametrize("name", ["cluster-password", "cluster-key-passphrase"])
@pytest.mark.parametrize(
    "wrapped",
    [
        str,
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: key.replace("\n", "\\n"),
        lambda key: key.replace("\n", " "),
        lambda key: key.partition("\n")[2],
        lambda key: key.rpartition("\n-")[0],
    ],
    ids=["", "base64", "escaped", "in one line", "without its first line", "without its last line"],
)
def test_a_key_instead_of_a_password_is_an_error_that_does_not_show_it(
    name: str, wrapped: Callable[[str], str]
) -> None:
    (problem,) = problems_of({name: wrapped(KEY)})
    assert problem.endswith(": it is an SSH key: put the private key into cluster-key")
    assert "b3BlbnNz" not in problem
    assert "b3BlbnNzaC1rZXktdjEAAAAA" in "".join(secrets(as_inputs({name: wrapped(KEY)}), HERE))


def test_the_token_in_a_webhook_url_is_masked() -> None:
    assert "tOkEn-of-the-webhook" in set(secrets({"DISCORD_WEBHOOK": WEBHOOK}, HERE))


def test_only_secrets_are_masked() -> None:
    public = {name: row[2] for name, row in TABLE.items() if name not in SECRETS}
    assert list(secrets(as_inputs(public), HERE)) == []


def test_settings_show_no_runtime_token() -> None:
    assert "tOkEn" not in repr(settings_of(environ={"ACTIONS_RUNTIME_TOKEN": "tOkEn"}))


# runner context


@pytest.mark.parametrize(("text", "on_runner"), [("true", True), ("false", False), ("1", False), ("", False)])
def test_only_the_value_true_means_a_runner(text: str, *, on_runner: bool) -> None:
    assert runner_context({"GITHUB_ACTIONS": text}).on_runner is on_runner


def test_the_runner_context_has_the_files_and_the_workspace() -> None:
    found = runner_context(
        {
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_REPOSITORY": "owner/name",
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "20000000001",
            "GITHUB_WORKFLOW_REF": WORKFLOW_REF,
            "ACTIONS_RESULTS_URL": "https://results.example/",
            "ACTIONS_RUNTIME_TOKEN": "tOkEn",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
        }
    )
    assert found.workspace == Path("/github/workspace")
    assert (found.workflow, found.run_id) == ("poll.yml", 20_000_000_001)
    assert (found.api_url, found.results_url) == ("https://api.github.com", "https://results.example/")
    assert (found.repository, found.branch, found.runtime_token.reveal()) == ("owner/name", "main", "tOkEn")
    assert found.output_file == Path("/github/file_commands/output")
    assert found.summary_file == Path("/github/file_commands/summary")


A_RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "owner/my.name",
    "GITHUB_RUN_ID": "20000000001",
}
RUN_URLS: dict[str, tuple[dict[str, str], str]] = {
    "on GitHub": ({}, "https://github.com/owner/my.name/actions/runs/20000000001"),
    "on an enterprise server": (
        {"GITHUB_SERVER_URL": "http://ghe.example.org:8443/"},
        "http://ghe.example.org:8443/owner/my.name/actions/runs/20000000001",
    ),
    "outside GitHub Actions": ({"GITHUB_ACTIONS": ""}, ""),
    "without a server": ({"GITHUB_SERVER_URL": ""}, ""),
    "with another scheme": ({"GITHUB_SERVER_URL": "javascript://github.com"}, ""),
    "with a user in the URL": ({"GITHUB_SERVER_URL": "https://user:token@github.com"}, ""),
    "without a repository": ({"GITHUB_REPOSITORY": ""}, ""),
    "with a query": ({"GITHUB_REPOSITORY": "owner/name?a=b"}, ""),
    "without a run": ({"GITHUB_RUN_ID": ""}, ""),
    "with a run that is no number": ({"GITHUB_RUN_ID": "1\n2"}, ""),
}


@pytest.mark.parametrize(("changes", "url"), RUN_URLS.values(), ids=RUN_URLS)
def test_the_url_of_the_run_is_known_in_github_actions(changes: dict[str, str], url: str) -> None:
    assert runner_context({**A_RUN, **changes}).run_url == url


def test_the_branch_of_a_pull_request_is_its_head_branch() -> None:
    found = runner_context({"GITHUB_HEAD_REF": "feature", "GITHUB_REF_NAME": "7/merge"})
    assert found.branch == "feature"


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ("1", 1),
        ("90", 90),
        ("400", 400),
        ("", 400),
        ("soon", 400),
        ("0", 400),  # otherwise every history would expire at once
        ("000", 400),
        ("-1", 400),
        ("1.5", 400),
        ("٣", 400),
        ("12345678901", 400),
    ],
)
def test_the_longest_retention_is_that_of_the_repository_or_of_github(given: str, days: int) -> None:
    assert runner_context({"GITHUB_RETENTION_DAYS": given}).longest_retention == timedelta(days=days)


def test_in_a_shell_the_workspace_is_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = runner_context({})
    assert found.workspace == tmp_path
    assert (found.output_file, found.summary_file, found.api_url) == (None, None, "")


@pytest.mark.parametrize(
    "host",
    [
        "alice:sesame@head",
        "ssh://alice:sesame@head",
        "alice:ses/ame@head",
        "alice:ses@ame@head",
        "alice:ses:ame@head:22",
        "alice:ses\name@head",
        "alice:ses ame@",
    ],
    ids=repr,
)
def test_a_password_in_the_host_is_not_shown(host: str) -> None:
    (problem,) = problems_of({"cluster-host": host})
    assert problem.startswith("cluster-host is not a host name, an IP address, or local")
    assert [part for part in ("alice", "ses", "ame@") if part in problem] == []


def test_a_user_in_the_host_is_shown() -> None:
    (problem,) = problems_of({"cluster-host": "alice@head"})
    assert "'alice@head'" in problem


def test_live_mode_and_a_message_at_every_poll_exclude_each_other() -> None:
    (problem,) = problems_of({"discord-mode": "live", "discord-msg-always": "true"})
    assert problem.startswith("discord-msg-always cannot be true with discord-mode live")


def test_a_secret_in_another_input_is_not_quoted() -> None:
    (problem,) = problems_of({"cluster-password": "Hunter2-Secret", "cluster-port": "hunter2secret"})
    assert problem.startswith("cluster-port '***' is not a whole number")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"notify-when": "idle => 10 in batch"},
            (
                "notify-when 'idle => 10 in batch' is not a list of conditions such as idle >= 10 in batch: "
                "line 1, column 6: expected one of >=, <=, >, <, found '=>'"
            ),
        ),
        (
            {"notify-when": "gpu:a100 >= 4 in gpu"},
            "notify-when 'gpu:a100 >= 4 in gpu' needs details: full",
        ),
        (
            {"checks": "\n".join(f"c{number}: {'x' * 900}" for number in range(9))},
            "checks are too long together: put commands into scripts on the head node",
        ),
        (
            {"check-paths": "/scratch/$USER"},
            (
                "check-paths '/scratch/$USER' is not a list of absolute paths, separated by commas or new "
                "lines: write the path in full, because variables are not replaced"
            ),
        ),
    ],
)
def test_the_error_of_a_condition_or_a_path_says_what_to_change(given: Given, problem: str) -> None:
    assert list(problems_of(given)) == [problem]
