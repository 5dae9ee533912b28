"""Several clusters and channels in one run: the clusters file, and the errors that a user reads."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.notification.selection import Kind
from cluster_status.errors import InputError
from cluster_status.settings.load import Settings, read
from cluster_status.settings.source import secrets
from tests.unit.settings.targets import ssh_target

WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/tOkEn-of-the-webhook"
VARIABLES = {
    "HPC_USER": "alice",
    "HPC_PASSWORD": "s3cret-of-alice",
    "ALPHA_HOST": "alpha.example.org",
    "DISCORD_USERS": WEBHOOK,
    "DISCORD_ADMINS": f"{WEBHOOK}-2",
    "EMPTY": "",
}
THREE = """\
defaults: {user: $HPC_USER, password: $HPC_PASSWORD}
channels:
  users: {discord-webhook: $DISCORD_USERS, mode: live}
  admins: {discord-webhook: "${DISCORD_ADMINS}", table: false, events: [outage, recovery]}
clusters:
  - {name: alpha, host: $ALPHA_HOST, partitions: [gpu*, batch]}
  - {name: beta, host: beta.example.org, port: 022, channels: [admins], degraded-below: 75%}
  - name: gamma
    host: gamma.example.org
    user: bob
    channels: users
"""
CLUSTER = "clusters: [{name: alpha, host: h, user: u, password: $HPC_PASSWORD}]\n"


def settings_of(yaml: str, workspace: Path = Path(), **inputs: str) -> Settings:
    given = {f"INPUT_{name.upper().replace('_', '-')}": text for name, text in inputs.items()}
    return read({"INPUT_CLUSTERS": yaml, "GITHUB_WORKSPACE": str(workspace), **VARIABLES, **given})


def problems_of(yaml: str, workspace: Path = Path(), **inputs: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        settings_of(yaml, workspace, **inputs)
    return list(caught.value.problems)


# values


def test_each_cluster_has_its_own_settings_those_of_defaults_and_its_channels() -> None:
    alpha, beta, gamma = settings_of(THREE).clusters
    assert [ssh_target(one).head_node.host for one in (alpha, beta, gamma)] == [
        "alpha.example.org",
        "beta.example.org",
        "gamma.example.org",
    ]
    assert [ssh_target(one).head_node.user for one in (alpha, beta, gamma)] == ["alice", "alice", "bob"]
    assert ssh_target(gamma).credentials.password.reveal() == "s3cret-of-alice"
    assert alpha.query.partitions.patterns == ("gpu*", "batch")
    assert (ssh_target(alpha).head_node.port, ssh_target(beta).head_node.port) == (22, 22)
    assert (alpha.thresholds.degraded_below, beta.thresholds.degraded_below) == (50, 75)
    assert [one.channels for one in (alpha, beta, gamma)] == [None, ["admins"], ["users"]]


def test_a_local_cluster_ignores_the_login_of_the_defaults() -> None:
    first, second = settings_of(
        "defaults: {user: alice, password: $HPC_PASSWORD, port: 2222}\n"
        "clusters:\n- {name: here, host: local, slurm-cluster: a}\n- {name: there, host: there}\n",
        cluster_jump="bob@gw",
    ).clusters
    assert isinstance(first.target, LocalTarget)
    assert first.query.cluster == "a"
    assert ssh_target(second).head_node.port == 2222


def test_a_local_cluster_has_no_login_of_its_own() -> None:
    problems = problems_of("clusters:\n- {name: here, host: local, user: alice, port: 22}\n")
    assert problems == [
        f"clusters, line 2, column {column}: {key} cannot be set with the host local, which needs no "
        "login: remove it"
        for key, column in (("user", 35), ("port", 48))
    ]


def test_each_channel_has_its_own_settings() -> None:
    users, admins = settings_of(THREE).channels
    assert (users.policy.id, users.policy.live, users.policy.with_partitions) == ("users", True, True)
    assert (admins.policy.id, admins.policy.live, admins.policy.with_partitions) == ("admins", False, False)
    assert users.policy.kinds == frozenset()
    assert admins.policy.kinds == frozenset({Kind.OUTAGE, Kind.RECOVERY})
    assert users.policy.digest != admins.policy.digest


def test_a_live_channel_of_several_clusters_has_an_overview_and_one_of_a_single_cluster_has_none() -> None:
    assert [one.policy.overview for one in settings_of(THREE).channels] == [True, False]
    of_one = THREE.replace("alpha,", "alpha, channels: [admins],")
    assert [one.policy.overview for one in settings_of(of_one).channels] == [False, False]
    assert not settings_of(CLUSTER, discord_webhook=WEBHOOK, discord_mode="live").channels[0].policy.overview


def test_without_channels_the_inputs_of_the_action_are_the_channel() -> None:
    settings = settings_of(CLUSTER, discord_webhook=WEBHOOK, discord_mode="live")
    assert [one.policy.live for one in settings.channels] == [True]
    assert settings.clusters[0].channels is None


def test_the_inputs_of_the_action_apply_to_each_cluster_that_does_not_override_them() -> None:
    yaml = "clusters:\n- {name: a, host: h}\n- {name: b, host: h, user: bob, attempts: 1}\n"
    first, second = settings_of(yaml, cluster_user="eve", cluster_password="x", attempts="5").clusters
    assert [ssh_target(one).head_node.user for one in (first, second)] == ["eve", "bob"]
    assert [one.retries.attempts for one in (first, second)] == [5, 1]


def test_an_empty_value_overrides_the_defaults() -> None:
    yaml = "defaults: {jump: u@gw, user: u, password: $HPC_PASSWORD}\nclusters:\n"
    first, second = settings_of(f"{yaml}- {{name: a, host: h}}\n- {{name: b, host: h, jump: ''}}\n").clusters
    assert [len(ssh_target(one).route) for one in (first, second)] == [2, 1]


@pytest.mark.parametrize("text", ["on", "022", "1_000", "0x1F", "yes", "1e3", "2026-01-01", "~"])
def test_a_value_is_the_text_that_the_user_wrote(text: str) -> None:
    yaml = CLUSTER.replace("name: alpha", f"name: alpha, partitions: {text}")
    assert settings_of(yaml).clusters[0].query.partitions.patterns == (text,)


def test_a_single_cluster_has_a_history_of_its_name_and_several_share_one() -> None:
    assert settings_of("", cluster_host="h", cluster_user="u", cluster_password="p").storage.name == "cluster"
    assert settings_of(THREE).storage.name == "cluster-status"
    assert settings_of(THREE, history_name="centre").storage.name == "centre"


def test_clusters_can_be_a_file_in_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "clusters.yml").write_text(THREE, encoding="utf-8")
    assert [one.name for one in settings_of("clusters.yml", tmp_path).clusters] == ["alpha", "beta", "gamma"]
    assert [one.name for one in settings_of("clusters.yml\n", tmp_path).clusters] == [
        "alpha",
        "beta",
        "gamma",
    ]


def test_heartbeats_of_single_clusters_are_apart_from_that_of_the_run() -> None:
    yaml = CLUSTER.replace("name: alpha", "name: alpha, heartbeat-url: $DISCORD_USERS")
    settings = settings_of(yaml, heartbeat_url="https://hc.example/run")
    assert settings.heartbeat.reveal() == "https://hc.example/run"
    assert settings.clusters[0].heartbeat.reveal() == WEBHOOK
    assert not settings_of(CLUSTER, heartbeat_url="https://hc.example/run").clusters[0].heartbeat


def test_a_channel_can_be_the_url_of_another_service() -> None:
    yaml = f"channels: {{mail: {{url: $MAIL, events: outage}}}}\n{CLUSTER}"
    given = {"INPUT_CLUSTERS": yaml, **VARIABLES, "MAIL": "mailtos://u:p@example.org"}
    [channel] = read(given).channels
    assert (channel.address.reveal(), channel.policy.kinds) == (given["MAIL"], frozenset({Kind.OUTAGE}))


def test_urls_of_other_services_are_channels_next_to_discord_or_instead_of_it() -> None:
    urls = "mailtos://u:p@example.org\n\nslack://a/b/c\n"
    on_runner = {"GITHUB_ACTIONS": "true", "INPUT_CLUSTERS": CLUSTER, **VARIABLES, "INPUT_NOTIFY-URLS": urls}
    assert [one.policy.id for one in read(on_runner).channels] == ["notify-1", "notify-2"]
    both = read({**on_runner, "INPUT_DISCORD-WEBHOOK": WEBHOOK}).channels
    assert [one.policy.id for one in both] == ["discord", "notify-1", "notify-2"]
    assert len({one.policy.digest for one in both}) == 3


# secrets


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("syslog://local", "syslog:// is for a desktop, a device or a log on this machine"),
        ("dbus://hunter2", "dbus:// is for a desktop"),
        ("hunter2@example.org", "is not a list of URLs of services that Apprise knows"),
    ],
)
def test_the_url_of_a_local_service_is_refused_and_not_shown(url: str, error: str) -> None:
    [problem] = problems_of(CLUSTER, notify_urls=url)
    assert error in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("key", ["password", "key", "key-passphrase", "heartbeat-url"])
def test_a_literal_secret_is_refused_and_never_shown(key: str) -> None:
    yaml = f"clusters:\n- {{name: a, host: h, user: u, {key}: hunter2-literal}}\n"
    problems = problems_of(yaml, cluster_password="p")
    assert len(problems) == 1
    assert "must be a reference to a variable, such as $" in problems[0]
    assert "hunter2" not in "".join(problems)


def test_every_value_that_is_referred_to_is_masked_whether_the_file_is_valid_or_not(tmp_path: Path) -> None:
    (tmp_path / "clusters.yml").write_text(THREE, encoding="utf-8")
    for text in (THREE, f"{THREE}: [", "clusters.yml"):
        masked = set(secrets({"INPUT_CLUSTERS": text, **VARIABLES}, tmp_path))
        assert {"alice", "s3cret-of-alice", "alpha.example.org", WEBHOOK, "tOkEn-of-the-webhook"} <= masked


def test_a_short_value_is_not_masked_because_it_would_hide_most_of_the_log() -> None:
    assert list(secrets({"INPUT_CLUSTERS": "clusters: [{port: $P}]\n", "P": "22"}, Path())) == []


WINDOWS = """\
  maintenance:
  - {from: 2026-12-01 08:00, to: 2026-12-01 18:00 Europe/Berlin, note: "Cooling: pumps"}
  - from: 2026-12-24T08:00Z
    to: 2026-12-24T18:00Z
"""
LINES = """\
  maintenance: |
    2026-12-01 08:00 to 2026-12-01 18:00 Europe/Berlin: Cooling: pumps
    2026-12-24 08:00 to 2026-12-24 18:00
"""


@pytest.mark.parametrize("windows", [WINDOWS, LINES])
def test_windows_of_maintenance_are_mappings_or_lines(windows: str) -> None:
    own = CLUSTER.replace("clusters: [", "clusters:\n- ").replace("}]", "}")
    [cluster] = settings_of(f"defaults:\n{windows}{own}").clusters
    assert cluster.plan.windows == (
        PlannedWindow(instant("2026-12-01 07:00"), instant("2026-12-01 17:00"), "Cooling: pumps"),
        PlannedWindow(instant("2026-12-24 08:00"), instant("2026-12-24 18:00")),
    )


def test_windows_and_a_notice_of_a_cluster_replace_those_of_all() -> None:
    yaml = (
        "defaults: {user: u, host: h, password: $HPC_PASSWORD, notice: $DISCORD_USERS, maintenance: "
        "[{from: 2026-12-01 08:00, to: 2026-12-01 09:00}]}\n"
        "clusters: [{name: a}, {name: b, notice: Hello, maintenance: ''}]\n"
    )
    first, second = settings_of(yaml, notice="of the input").clusters
    assert (len(first.plan.windows), first.plan.notice) == (1, WEBHOOK)
    assert (len(second.plan.windows), second.plan.notice) == (0, "Hello")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _with_window(window: str) -> str:
    return CLUSTER.replace("name: alpha", f"name: alpha, maintenance: [{window}]")


# problems

WRONG: Mapping[str, tuple[str, str]] = {
    "no YAML": ("clusters: [\n", "clusters, line 2, column 1: is not YAML: "),
    "a tab": ("clusters:\n\t- name: a\n", "clusters, line 2, column 1: is not YAML: indent with blanks"),
    "a value that begins with @": (
        CLUSTER.replace("name: alpha", "name: alpha, notice: @all"),
        "is not YAML: put a value that begins with @, ` or % in quotes",
    ),
    "an expression of GitHub in a file": (
        "channels: {users: {discord-webhook: ${{ secrets.URL }}}}\n",
        "is not YAML: GitHub does not replace ${{ … }} in a file. Use a reference such as $NAME",
    ),
    "an empty document": ("# none\n# at all\n", "clusters is empty"),
    "a text": ("- a\n- b\n", "clusters, line 1, column 1: the file must be a mapping of keys to values"),
    "no clusters": ("defaults: {user: u}\n", "clusters has no clusters: add the key clusters with a list"),
    "an unknown key at the top": (
        f"{CLUSTER}chanels: {{}}\n",
        "clusters, line 2, column 1: chanels is not a key of the file: the nearest key is channels",
    ),
    "no list": (
        "clusters: {name: a}\n",
        "line 1, column 11: clusters must be a list with at least one cluster",
    ),
    "an empty list": (
        "clusters: []\n",
        "line 1, column 11: clusters must be a list with at least one cluster",
    ),
    "a cluster that is a text": (
        "clusters: [alpha]\n",
        "clusters, line 1, column 12: a cluster must be a mapping of keys to values",
    ),
    "an unknown key of a cluster": (
        CLUSTER.replace("name: alpha", "name: alpha, prot: 22"),
        "clusters, line 1, column 26: prot is not a key of a cluster: the nearest key is port",
    ),
    "a key with its prefix": (
        CLUSTER.replace("name: alpha", "name: alpha, cluster-port: 22"),
        "cluster-port is not a key of a cluster: the nearest key is port",
    ),
    "a key without a blank after its colon": (
        CLUSTER.replace("name: alpha", "name: alpha, port:22"),
        "port:22 is not a key of a cluster: put a blank after the colon",
    ),
    "a window that is not in a list": (
        CLUSTER.replace("name: alpha", "name: alpha, maintenance: {from: 2026-12-01 08:00}"),
        "clusters, line 1, column 39: maintenance must be a list of windows",
    ),
    "a key in another case": (
        CLUSTER.replace("name: alpha", "name: alpha, PORT: 22"),
        "PORT is not a key of a cluster: the nearest key is port",
    ),
    "a key of a channel with the name of its input": (
        THREE.replace("mode: live", "discord-mode: live"),
        "discord-mode is not a key of a channel: the nearest key is mode",
    ),
    "no channel": (f"channels: {{}}\n{CLUSTER}", "channels must have at least one channel"),
    "a channel with an empty address": (
        f"channels: {{users: {{discord-webhook: }}}}\n{CLUSTER}",
        "clusters, line 1, column 37: discord-webhook is required",
    ),
    "a key of the whole run": (
        CLUSTER.replace("name: alpha", "name: alpha, history-path: x"),
        "history-path is not a key of a cluster: ",
    ),
    "no name": (
        "clusters: [{host: h, user: u, password: $HPC_PASSWORD}]\n",
        "clusters, line 1, column 12: name is required",
    ),
    "a name in defaults": (f"defaults: {{name: a}}\n{CLUSTER}", "name is not a key of defaults"),
    "no host": (
        "clusters: [{name: a, user: u, password: $HPC_PASSWORD}]\n",
        "clusters, line 1, column 12: host is required",
    ),
    "no password": (
        "clusters: [{name: a, user: u, host: h}]\n",
        "line 1, column 12: password or key is required",
    ),
    "a name twice": (
        "defaults: {user: u, host: h, password: $HPC_PASSWORD}\nclusters: [{name: Alpha}, {name: alpha}]\n",
        "clusters, line 2, column 34: name 'alpha' is the name of another cluster: give each its own name",
    ),
    "a name twice, with an accent of its own": (
        THREE.replace("name: alpha", "name: caf\u00e9").replace("name: beta", "name: cafe\u0301"),
        "is the name of another cluster: give each its own name",
    ),
    "an invalid value": (
        CLUSTER.replace("name: alpha", "name: alpha, port: ssh"),
        "clusters, line 1, column 32: port 'ssh' is not a whole number from 1 to 65535",
    ),
    "an invalid value in defaults": (
        f"defaults: {{port: 0}}\n{CLUSTER}",
        "clusters, line 1, column 18: port '0' is not a whole number from 1 to 65535",
    ),
    "a mapping as a value": (
        CLUSTER.replace("name: alpha", "name: alpha, port: {a: b}"),
        "column 32: port must be a text or a list of texts",
    ),
    "a list where a text is needed": (
        CLUSTER.replace("name: alpha", "name: alpha, port: [22]"),
        "clusters, line 1, column 33: port must be a text, not a list",
    ),
    "a variable that is not set": (
        CLUSTER.replace("HPC_PASSWORD", "HPC_PASWORD"),
        "password refers to HPC_PASWORD, which is empty: set this variable, in a workflow in env of the step",
    ),
    "a variable that is empty": (CLUSTER.replace("HPC_PASSWORD", "EMPTY"), "refers to EMPTY, which is empty"),
    "a reference that is not the whole value": (
        CLUSTER.replace("$HPC_PASSWORD", "x$HPC_PASSWORD"),
        "must be a reference to a variable, such as $CLUSTER_PASSWORD: set the variable, in a workflow",
    ),
    "a channel that does not exist": (
        THREE.replace("[admins]", "[admin]"),
        "channels 'admin' is not the id of a channel: the nearest id is admins",
    ),
    "channels of the file as a list": (
        f"channels: [users]\n{CLUSTER}",
        "channels must be a mapping of ids to channels, such as `users: {discord-webhook: $DISCORD_WEBHOOK}`",
    ),
    "a channel without an address": (
        f"channels: {{users: {{mode: live}}}}\n{CLUSTER}",
        "clusters, line 1, column 19: channel 'users' needs exactly one of discord-webhook",
    ),
    "a channel that no cluster notifies": (
        THREE.replace("name: alpha,", "name: alpha, channels: [admins],").replace(
            "channels: users", "channels: admins"
        ),
        "no cluster notifies the channel 'users': add its id to the channels of a cluster, or remove it",
    ),
    "an unknown key of a channel": (
        THREE.replace("mode: live", "mod: live"),
        "mod is not a key of a channel: the nearest key is mode",
    ),
    "an invalid value of a channel": (
        THREE.replace("mode: live", "mode: x"),
        "mode 'x' is not one of",
    ),
    "an unknown kind of notifications": (
        THREE.replace("[outage, recovery]", "[outages]"),
        "maintenance, condition, report, monitor: the nearest kind is outage",
    ),
    "a window without an end": (
        _with_window("{from: 2026-12-01 08:00}"),
        "clusters, line 1, column 40: a window needs the key to",
    ),
    "a window that is a text in a list of mappings": (
        _with_window("{from: 2026-12-01 08:00, to: 2026-12-01 09:00}, soon"),
        "clusters, line 1, column 88: a window must be a mapping of keys to values",
    ),
    "a window with an unknown key": (
        _with_window("{from: 2026-12-01 08:00, to: 2026-12-01 09:00, notes: x}"),
        "clusters, line 1, column 87: notes is not a key of a window: the nearest key is note",
    ),
    "a window with an invalid time": (
        _with_window("{from: 2026-12-01 8:00, to: 2026-12-01 09:00}"),
        "clusters, line 1, column 47: from '2026-12-01 8:00' is not a time: write it as 2026-12-01 08:00 Eur",
    ),
    "a window that ends before it begins": (
        _with_window("{from: 2026-12-01 08:00, to: 2026-11-01 09:00}"),
        "clusters, line 1, column 69: to '2026-11-01 09:00' is not later than the begin: use a later time",
    ),
    "a line of windows with an invalid time zone": (
        CLUSTER.replace(
            "name: alpha", "name: alpha, maintenance: 2026-12-01 08:00 to 2026-12-01 18:00 Europe/Berlim"
        ),
        "clusters, line 1, column 39: maintenance, line 1, column 38: 'Europe/Berlim' is not a time zone: ",
    ),
    "a notice that is too long": (
        CLUSTER.replace("name: alpha", f"name: alpha, notice: {'x' * 201}"),
        "is not one line of at most 200 characters",
    ),
    "an alias": (THREE.replace("port: 022", "port: *port"), "has an alias (*): repeat the value"),
    "a tag": (THREE.replace("022", "!!int 22"), "line 7, column 48: has a tag (!): remove it"),
    "a key twice": (
        THREE.replace("port: 022", "port: 22, port: 23"),
        "line 7, column 52: has the same key a second time: remove one of them",
    ),
    "several documents": (f"{CLUSTER}---\n{CLUSTER}", "clusters, line 2, column 1: has several documents"),
    "deep nesting": (f"clusters: {'[' * 20}{']' * 20}\n", "is nested too deeply"),
    "a control character": ("clusters: \x00\n", "is not YAML: it has a control character"),
    "too large": (f"{CLUSTER}#{'x' * 256_000}", "clusters is larger than 256 kB"),
}


@pytest.mark.parametrize(("yaml", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_has_an_error_with_its_place_and_what_to_change(yaml: str, problem: str) -> None:
    problems = problems_of(yaml)
    assert [one for one in problems if problem in one] == problems[:1], problems
    assert len(problems) == 1


def test_a_wrong_channel_of_the_file_is_no_missing_input_of_the_action() -> None:
    yaml = f"channels: {{users: {{url: $MAIL}}}}\n{CLUSTER}"
    with pytest.raises(InputError) as caught:
        read({"INPUT_CLUSTERS": yaml, "GITHUB_ACTIONS": "true", **VARIABLES, "MAIL": "syslog://host"})
    [problem] = caught.value.problems
    assert problem.startswith("clusters, line 1, column 25: url is not a URL of a service")


def test_every_problem_is_reported_at_once() -> None:
    yaml = "clusters:\n- {nme: a, port: x, host: a/b}\n- {name: b, password: literal}\n"
    problems = problems_of(yaml)
    assert [one.partition(": ")[2].partition(" ")[0] for one in problems] == [
        "nme", "name", "host", "user", "port", "password", "user", "host", "password",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        (
            "missing.yml",
            "there is no file 'missing.yml'. Check the path. In a workflow, run actions/checkout",
        ),
        ("folder", "there is no file 'folder'."),
        ("pipe", "there is no file 'pipe'."),
        ("latin", "the file 'latin' is not text in UTF-8"),
        ("large", "large is larger than 256 kB"),
        ("large-and-accented", "large-and-accented is larger than 256 kB"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(path: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes("clusters: [{name: é}]".encode("latin-1"))
    (tmp_path / "large").write_bytes(b"#" * 300_000)
    (tmp_path / "large-and-accented").write_text("# " + "é" * 300_000, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    assert [one for one in problems_of(path, tmp_path) if problem in one]


def test_the_error_of_a_file_names_it(tmp_path: Path) -> None:
    (tmp_path / "centre.yaml").write_text(CLUSTER.replace("alpha", "alpha, port: x"), encoding="utf-8")
    [problem] = problems_of("centre.yaml", tmp_path)
    assert problem.startswith("centre.yaml, line 1, column 32: port 'x' is not ")


def test_a_cluster_name_together_with_clusters_is_an_error() -> None:
    assert problems_of(CLUSTER, cluster_name="alpha") == [
        "cluster-name cannot be set together with clusters: each cluster there has its name"
    ]


ON_GITHUB = {"GITHUB_REPOSITORY": "octo-org/cluster", "INPUT_GITHUB-TOKEN": "ghs_abc"}


def test_a_channel_can_be_the_issues_of_the_repository() -> None:
    yaml = f"channels: {{incidents: {{issues: true, events: [outage], table: false}}}}\n{CLUSTER}"
    [channel] = read({"INPUT_CLUSTERS": yaml, **VARIABLES, **ON_GITHUB}).channels
    assert (channel.policy.id, bool(channel.address)) == ("incidents", False)
    assert channel.policy.issues
    assert channel.policy.kinds == frozenset({Kind.OUTAGE, Kind.RECOVERY})
    assert not channel.policy.with_partitions


def test_issues_alone_are_a_channel_on_a_runner() -> None:
    inputs = {"INPUT_CLUSTERS": CLUSTER, "INPUT_INCIDENT-ISSUES": "true", "GITHUB_ACTIONS": "true"}
    [channel] = read({**inputs, **VARIABLES, **ON_GITHUB}).channels
    assert (channel.policy.id, channel.policy.always) == ("issues", False)
    assert channel.policy.kinds == frozenset({Kind.OUTAGE, Kind.DEGRADED, Kind.RECOVERY})


@pytest.mark.parametrize("missing", ON_GITHUB)
def test_issues_need_a_repository_and_a_token(missing: str) -> None:
    environ = {name: text for name, text in ON_GITHUB.items() if name != missing}
    with pytest.raises(InputError) as caught:
        read({"INPUT_CLUSTERS": CLUSTER, "INPUT_INCIDENT-ISSUES": "true", **VARIABLES, **environ})
    assert caught.value.problems == (
        "incident-issues needs github-token and a repository: set GITHUB_REPOSITORY to owner/name",
    )


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("issues: false", "issues 'false' is not true: without issues, remove the channel"),
        ("issues: true, url: $MAIL", "channel 'x' needs exactly one of discord-webhook, url, issues"),
        ("issues: true, events: [monitor]", "events of issues can only be outage, degraded and recovery"),
    ],
)
def test_a_wrong_channel_of_issues_is_a_problem(keys: str, problem: str) -> None:
    yaml = f"channels: {{x: {{{keys}}}}}\n{CLUSTER}"
    with pytest.raises(InputError) as caught:
        read({"INPUT_CLUSTERS": yaml, **VARIABLES, **ON_GITHUB, "MAIL": "mailtos://u:p@example.org"})
    assert problem in caught.value.problems[0]


IGNORED = [
    (kind, key, accepted)
    for key, kinds, accepted in (
        ("mode: live", ("url", "issues", "webhook"), "discord-webhook"),
        ("ping: '<@123456789012345678>'", ("url", "issues", "webhook"), "discord-webhook"),
        ("quote: true", ("webhook",), "discord-webhook, url or issues"),
        ("always: true", ("issues",), "discord-webhook, url or webhook"),
    )
    for kind in kinds
]


@pytest.mark.parametrize(("kind", "key", "accepted"), IGNORED)
def test_a_key_that_a_channel_would_ignore_is_a_problem_with_the_kinds_that_accept_it(
    kind: str, key: str, accepted: str
) -> None:
    address = {"url": "$MAIL", "issues": "true", "webhook": "$HOOK"}[kind]
    yaml = f"channels: {{x: {{{kind}: {address}, {key}}}}}\n{CLUSTER}"
    given = {"INPUT_CLUSTERS": yaml, **VARIABLES, **ON_GITHUB, "MAIL": "mailtos://u:p@example.org"}
    with pytest.raises(InputError) as caught:
        read({**given, "HOOK": SIGNED})
    [problem] = caught.value.problems
    place, _, rest = problem.partition(": ")
    assert place.startswith("clusters, line 1, column ")
    name = key.partition(":")[0]
    assert rest == f"{name} has no effect on a channel with {kind}, only on one with {accepted}: remove it"


def test_each_kind_of_channel_accepts_the_keys_that_have_an_effect() -> None:
    yaml = (
        "channels:\n"
        "  a: {discord-webhook: $DISCORD_USERS, mode: live, ping: '<@123456789012345678>', quote: true}\n"
        "  b: {url: $MAIL, always: true, table: false, quote: true, events: [outage]}\n"
        "  c: {issues: true, table: false, quote: true, events: [outage]}\n"
        "  d: {webhook: $HOOK, always: true, table: false, events: [outage]}\n"
    )
    given = {"INPUT_CLUSTERS": f"{yaml}{CLUSTER}", **VARIABLES, **ON_GITHUB, "HOOK": SIGNED}
    channels = read({**given, "MAIL": "mailtos://u:p@example.org"}).channels
    assert [one.kind for one in channels] == ["discord-webhook", "url", "issues", "webhook"]


SIGNED = f"https://example.org/hook#whsec_{'A' * 32}"


def test_a_channel_can_be_another_program() -> None:
    yaml = f"channels: {{program: {{webhook: $HOOK, events: [outage]}}}}\n{CLUSTER}"
    [channel] = read({"INPUT_CLUSTERS": yaml, **VARIABLES, "HOOK": SIGNED}).channels
    assert (channel.address.reveal(), channel.policy.kinds) == (SIGNED, frozenset({Kind.OUTAGE}))


@pytest.mark.parametrize("variable", ["HOOK", "INPUT_WEBHOOK-URL"])
def test_the_signing_key_of_a_url_is_masked_by_itself(variable: str) -> None:
    yaml = f"channels: {{program: {{webhook: $HOOK}}}}\n{CLUSTER}"
    found = list(secrets({"INPUT_CLUSTERS": yaml, **VARIABLES, variable: SIGNED}, Path()))
    assert {SIGNED, f"whsec_{'A' * 32}"} <= set(found)


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://example.org/hook", "add # and the output of: echo whsec_$(openssl rand -base64 32)"),
        (f"https://example.org/hook#{'A' * 32}", "add # and the output of"),
        ("https://example.org/hook#whsec_AAAA", "add # and the output of"),
        (f"https://example.org/hook#whsec_{'!' * 32}", "add # and the output of"),
        (f"http://example.org/hook#whsec_{'A' * 32}", "is not a URL that begins with https://"),
        (f"example.org/hook#whsec_{'A' * 32}", "add https:// at its beginning"),
    ],
)
def test_a_url_without_a_signing_key_is_refused_and_not_shown(url: str, hint: str) -> None:
    [problem] = problems_of(CLUSTER, webhook_url=url)
    assert problem.startswith("webhook-url is not a URL that begins with https:// and ends with # and a sign")
    assert hint in problem
    assert "example.org" not in problem


def test_checks_are_a_mapping_or_lines() -> None:
    head = "clusters:\n  - name: a\n    host: h\n    user: u\n    password: $HPC_PASSWORD\n    checks:"
    for checks in (" {quota: 'quota -q: x'}", "\n      quota: 'quota -q: x'", " |\n      quota: quota -q: x"):
        [cluster] = settings_of(f"{head}{checks}\n").clusters
        assert [(one.name, one.command) for one in cluster.site_checks.checks] == [("quota", "quota -q: x")]
