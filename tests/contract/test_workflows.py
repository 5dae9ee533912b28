"""The example workflows and those of this repository are valid, and the validators find faults."""

import json
import re
from collections.abc import Mapping
from itertools import chain, product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cluster_status.errors import InputError
from cluster_status.settings import load
from cluster_status.settings.inputs import INPUTS
from cluster_status.settings.keys import CHANNEL_KEYS, CLUSTER_KEYS, ChannelKind
from tests.contract.workflows.validators import ACTION, ROOT, VALIDATORS

EXAMPLES = sorted((ROOT / "examples").glob("*.yml"))
POLLS = [path for path in EXAMPLES if path.name != "gate.yml"]  # which use the action
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
README_BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
PARSER, SCHEMA, ZIZMOR, EVENT_DATA = VALIDATORS
SECRETS = {
    "CLUSTER_PASSWORD": "hunter2",
    "DISCORD_WEBHOOK": "https://discord.com/api/webhooks/123456789012345678/aBcD",
}


class Breakage(NamedTuple):
    """A fault in a copy of each example, and the validators that find it."""

    name: str
    pattern: str
    broken: str
    found_by: tuple[str, ...]
    of_action: bool = False  # a fault in how the action is used


_PERMISSIONS = r"^permissions:( \{\})?(\n  .*)*$"
_UNTRUSTED_COMMAND = r"\g<0>\n      - run: echo ${{ github.head_ref }}"
_CHECK = '        with:\n          checks: "home: ls ${{{{ {} }}}}"'
BREAKAGES = (
    Breakage("an unknown trigger", "  workflow_dispatch:", "  workflow_dispatched:", (PARSER, SCHEMA)),
    Breakage("an unknown key", "timeout-minutes:", "timeout-minuets:", (PARSER, SCHEMA)),
    Breakage("an unknown permission", _PERMISSIONS, "permissions: {acts: read}", (PARSER, SCHEMA)),
    Breakage("a job without a runner", "    runs-on: .*\n", "", (PARSER, SCHEMA)),
    Breakage(
        "a time-out that is not a number", "timeout-minutes: .*", "timeout-minutes: soon", (PARSER, SCHEMA)
    ),
    Breakage("an action without a version", f"{ACTION}@v1", ACTION, (PARSER,), of_action=True),
    Breakage(
        "an undeclared input",
        "(cluster-name|prune-keep|clusters):( |$)",
        r"\1d:\2",
        (PARSER,),
        of_action=True,
    ),
    Breakage("an expression without an end", r"(\$\{\{.*) }}", r"\1", (PARSER,)),
    Breakage("an unknown context", r"\$\{\{ \w+\.", "${{ nothing.", (PARSER,)),
    Breakage("an action of another author", f"{ACTION}@v1", "other/action@main", (ZIZMOR,), of_action=True),
    Breakage("all permissions", _PERMISSIONS, "permissions: write-all", (ZIZMOR,)),
    Breakage("a trigger for pull requests of forks", "^on:", "on:\n  pull_request_target:", (ZIZMOR,)),
    Breakage(
        "a check with an input of an event",
        "        with:",
        _CHECK.format("inputs.path"),
        (EVENT_DATA,),
        of_action=True,
    ),
    Breakage(
        "a check with a text of an event",
        "        with:",
        _CHECK.format("github.event.issue.title"),
        (EVENT_DATA,),
        of_action=True,
    ),
    Breakage("a command with untrusted text", "    steps:", _UNTRUSTED_COMMAND, (ZIZMOR,)),
)
BROKEN = [
    (example, breakage)
    for example, breakage in product(EXAMPLES, BREAKAGES)
    if example in POLLS or not breakage.of_action
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, str]]]:
    """Break copies of the examples, and return by validator the copies in which it found a fault."""
    directory = tmp_path_factory.mktemp("broken")
    copies: dict[tuple[Path, Breakage], Path] = {}
    for example, breakage in BROKEN:
        text, count = re.subn(
            breakage.pattern, breakage.broken, example.read_text(), count=1, flags=re.MULTILINE
        )
        assert count, f"{example.name} has no place for: {breakage.name}"
        copy = copies[example, breakage] = directory / breakage.name / example.name
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(text)
    return {
        name: {
            (fault.file.name, fault.file.parent.name)
            for fault in validate([copy for (_, broken), copy in copies.items() if name in broken.found_by])
        }
        for name, validate in VALIDATORS.items()
    }


@pytest.mark.parametrize(
    ("example", "breakage"), BROKEN, ids=[f"{example.stem}: {breakage.name}" for example, breakage in BROKEN]
)
def test_a_fault_in_a_copy_of_an_example_is_found(
    example: Path, breakage: Breakage, found: dict[str, set[tuple[str, str]]]
) -> None:
    copy = (example.name, breakage.name)
    assert [name for name in breakage.found_by if copy not in found[name]] == []


@pytest.mark.parametrize("validator", VALIDATORS)
def test_the_examples_have_no_fault(validator: str) -> None:
    assert list(VALIDATORS[validator](EXAMPLES)) == []


@pytest.mark.parametrize("example", POLLS, ids=lambda path: path.stem)
def test_the_action_accepts_the_inputs_of_an_example(example: Path, tmp_path: Path) -> None:
    assert _settings_of(example, tmp_path)  # raises an error for a wrong input


def test_each_job_of_the_fleet_has_its_own_file_and_history(tmp_path: Path) -> None:
    example = ROOT / "examples" / "fleet.yml"
    north, south = _settings_of(example, tmp_path)
    assert [one.name for one in north.clusters] == ["alpha", "beta", "gamma"]
    assert [one.storage.name for one in (north, south)] == ["north", "south"]
    [job] = _load(example)["jobs"].values()
    assert job["strategy"]["fail-fast"] is False


def _settings_of(example: Path, workspace: Path) -> list[load.Settings]:
    """Return the settings of each step and job with the action; a file of clusters is that of an example."""
    runner = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "org/monitor",
        "GITHUB_WORKSPACE": str(workspace),
        "INPUT_GITHUB-TOKEN": "ghs_of_the_run",
    }
    [job] = [one for one in _load(example)["jobs"].values() if one.get("strategy")] or [{}]
    sites = job.get("strategy", {}).get("matrix", {}).get("site", [""])
    [several] = _steps(_load(ROOT / "examples" / "several-clusters.yml"))
    (workspace / "clusters").mkdir()
    settings = []
    for site, given in product(sites, _inputs(_load(example))):
        (workspace / "clusters" / f"{site}.yml").write_text(several["with"]["clusters"])
        assert set(given) <= {spec.name for spec in INPUTS}
        inputs = {f"INPUT_{name.upper()}": _evaluate(str(value), site) for name, value in given.items()}
        settings.append(load.read({**runner, **inputs, **_variables(example)}))
    return settings


def _variables(example: Path) -> dict[str, str]:
    """Return the variables of the steps, each of which is a secret."""
    names = chain.from_iterable(step.get("env", {}) for step in _steps(_load(example)))
    return dict.fromkeys(names, "https://discord.com/api/webhooks/1/tOkEn")


def test_the_example_of_several_clusters_has_every_variable_and_fits_the_schema_for_editors() -> None:
    [step] = _steps(_load(ROOT / "examples" / "several-clusters.yml"))
    variables = dict.fromkeys(step["env"], "https://discord.com/api/webhooks/1/tOkEn")
    settings = load.read({**variables, "INPUT_CLUSTERS": step["with"]["clusters"]})
    assert [one.name for one in settings.clusters] == ["alpha", "beta", "gamma"]
    assert [one.policy.id for one in settings.channels] == ["users", "admins"]
    schema = json.loads((ROOT / "docs" / "clusters.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    given = _read(step["with"]["clusters"])
    validator.validate(given)
    given["clusters"][0]["prot"] = 22
    assert not validator.is_valid(given)


@pytest.mark.parametrize("kind", ChannelKind)
def test_the_schema_for_editors_and_the_action_agree_on_the_keys_of_a_channel(kind: ChannelKind) -> None:
    schema = json.loads((ROOT / "docs" / "clusters.schema.json").read_text(encoding="utf-8"))
    addresses = {
        "DISCORD": "https://discord.com/api/webhooks/1/tOkEn",
        "SERVICE": "json://example.org",
        "WEBHOOK": f"https://example.org/hook#whsec_{'A' * 32}",
    }
    values = {"mode": "post", "ping": "<@123456789012345678>", "events": ["outage"]}
    clusters = [{"name": "a", "host": "h", "user": "u", "password": "$PASSWORD"}]
    environ = {**addresses, "PASSWORD": "p", "GITHUB_REPOSITORY": "o/n", "INPUT_GITHUB-TOKEN": "t"}
    address: object = True if kind is ChannelKind.ISSUES else f"${kind.name}"
    for key in {*CHANNEL_KEYS} - {*ChannelKind}:
        given = {"channels": {"x": {kind.value: address, key: values.get(key, True)}}, "clusters": clusters}
        is_valid = Draft202012Validator(schema).is_valid(given)
        assert (key, is_valid) == (key, _is_read({**environ, "INPUT_CLUSTERS": json.dumps(given)}))


@pytest.mark.parametrize(
    "yaml",
    [
        "{}",
        "{x: {discord-webhook: }}",
        "{x: {discord-webhook: ''}}",
        "{x: {discord-webhook: $DISCORD, ping: }}",
        "{x: {discord-webhook: $DISCORD, events: }}",
    ],
)
def test_the_schema_for_editors_and_the_action_agree_on_empty_values_of_channels(yaml: str) -> None:
    source = f"channels: {yaml}\nclusters: [{{name: a, host: h, user: u, password: $PASSWORD}}]\n"
    assert _is_valid(source) == _is_read({**_WITH_WEBHOOK, "INPUT_CLUSTERS": source})


@pytest.mark.parametrize(
    "key", [key for key in CLUSTER_KEYS if key not in {"name", "host", "user", "password"}]
)
def test_the_schema_for_editors_and_the_action_agree_that_a_key_can_be_empty(key: str) -> None:
    source = (
        "defaults: {host: h, user: u, password: $PASSWORD}\n"
        f"clusters: [{{name: a, {key}: }}, {{name: b, {key}: ''}}]\n"
    )
    assert _is_valid(source)
    assert _is_read({**_WITH_WEBHOOK, "INPUT_CLUSTERS": source})


_WITH_WEBHOOK = {"DISCORD": "https://discord.com/api/webhooks/1/tOkEn", "PASSWORD": "p"}


def _is_valid(yaml: str) -> bool:
    schema = json.loads((ROOT / "docs" / "clusters.schema.json").read_text(encoding="utf-8"))
    return bool(Draft202012Validator(schema).is_valid(_read(yaml)))


def _is_read(environ: Mapping[str, str]) -> bool:
    try:
        load.read(environ)
    except InputError:
        return False
    return True


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_limits_its_concurrency_its_time_and_its_permissions(
    example: Path,
) -> None:
    workflow = _load(example)
    assert workflow["concurrency"]["group"]
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert all(job["timeout-minutes"] <= 30 for job in workflow["jobs"].values())
    permissions = [
        workflow["permissions"],
        *(job.get("permissions", {}) for name, job in workflow["jobs"].items() if name != "deploy"),
    ]
    names = set(chain.from_iterable(permissions))
    assert names <= {"actions", "contents"}
    if "contents" in names:
        assert workflow["permissions"]["contents"] == "read"
        assert any(str(step.get("uses")).startswith("actions/checkout@") for step in _steps(workflow))


def test_only_the_job_that_publishes_the_status_page_may_write_to_pages() -> None:
    jobs = _load(ROOT / "examples" / "status-page.yml")["jobs"]
    assert jobs["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert jobs["deploy"]["concurrency"] == {"group": "pages", "cancel-in-progress": False}
    assert [step["uses"].partition("@")[0] for step in jobs["deploy"]["steps"]] == ["actions/deploy-pages"]


def test_a_poll_is_the_same_for_every_trigger() -> None:
    by_hand, by_schedule = (_load(ROOT / "examples" / name) for name in ("poll.yml", "fallback-schedule.yml"))
    [in_readme] = [_read(block) for block in README_BLOCKS if "\njobs:\n  poll:\n" in block]
    for workflow in (by_schedule, in_readme):
        assert [workflow[key] for key in ("permissions", "concurrency", "jobs")] == [
            by_hand[key] for key in ("permissions", "concurrency", "jobs")
        ]


@pytest.mark.parametrize("workflow", [*WORKFLOWS, *EXAMPLES], ids=lambda path: path.stem)
def test_an_action_of_others_is_pinned_to_the_commit_of_a_version(workflow: Path) -> None:
    for used in re.findall(rf"uses: (?!\./|{ACTION}@)(.*)", workflow.read_text()):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used)


def test_an_action_of_others_has_one_version_in_all_workflows() -> None:
    used = set(re.findall(r"uses: ([\w-]+/[\w-]+)(@.*)", "".join(path.read_text() for path in WORKFLOWS)))
    assert len({action for action, _ in used}) == len(used)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_of_this_repository_has_no_secrets_and_no_default_permissions(
    workflow: Path,
) -> None:
    assert _load(workflow)["permissions"] == {}
    assert "secrets" not in workflow.read_text()
    scripts = set(re.findall(r"scripts/\w+", workflow.read_text()))
    assert [script for script in scripts if not (ROOT / script).stat().st_mode & 0o111] == []


def test_dependabot_updates_every_npm_package() -> None:
    updates = _load(ROOT / ".github" / "dependabot.yml")["updates"]
    [npm] = [each for each in updates if each["package-ecosystem"] == "npm"]
    locks = (ROOT / "tests").glob("*/*/package-lock.json")
    assert npm["directories"] == sorted(f"/{lock.parent.relative_to(ROOT)}" for lock in locks)


def _load(path: Path) -> dict[str, Any]:
    return _read(path.read_text())


def _read(text: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def _steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


def _inputs(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the inputs of each step with the action; there is at least one."""
    given = [step["with"] for step in _steps(workflow) if step.get("uses") == f"{ACTION}@v1"]
    assert given
    return given


def _evaluate(text: str, site: str) -> str:
    """Replace expressions by values; `site` is that of the job."""
    text = text.replace("${{ matrix.site }}", site)
    text = re.sub(r"\$\{\{ secrets\.(\w+) }}", lambda secret: SECRETS[secret.group(1)], text)
    return re.sub(r"\$\{\{ inputs\.[\w-]+ \|\| (\w+) }}", r"\1", text)
