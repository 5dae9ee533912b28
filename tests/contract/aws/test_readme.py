"""The commands and files of aws/README.md work as shown."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.aws.cloud import Cloud, as_request, load_handler
from tests.contract.aws.dispatch_faults import environment
from tests.contract.aws.template import AWS, PSEUDO, deploy, outputs, read
from tests.fakes.github import Broken, Failed

README = (AWS / "README.md").read_text()
CheckExchange = Callable[[Mapping[str, object]], list[str]]


def _blocks(language: str) -> list[str]:
    indented = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", README, re.DOTALL | re.MULTILINE)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in indented]


SHELL = _blocks("sh")
[SCRIPT] = [block for block in SHELL if block.startswith("#!")]
SERVICE, TIMER = _blocks("ini")
[SETUP] = re.findall(r"^## Set up$(.*?)^## ", README, re.DOTALL | re.MULTILINE)


def test_every_code_block_has_a_tested_language() -> None:
    assert set(re.findall(r"^ *```(\w+)$", README, re.MULTILINE)) == {"sh", "crontab", "ini", "yaml"}


@pytest.mark.parametrize("block", SHELL)
def test_a_shell_block_has_no_fault(block: str, tmp_path: Path) -> None:
    path = tmp_path / "block"
    path.write_text(block)
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    dialect = "sh" if block.startswith("#!/bin/sh") else "bash"
    checked = subprocess.run(
        [shellcheck, "--shell", dialect, str(path)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


# AWS


def test_every_parameter_of_the_form_is_explained_or_has_a_default() -> None:
    parameters = read()["Parameters"]
    named = {name for name in parameters if re.search(rf"[*`]{name}[*`]", README)}
    required = {name for name, each in parameters.items() if "Default" not in each}
    assert required == {"Repository", "Token"}
    assert required < named
    assert set(re.findall(r"`([A-Z]\w+)`", README)) <= set(parameters)


def test_the_form_shows_every_parameter_in_a_group() -> None:
    groups = read()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]
    assert sorted(shown) == sorted(read()["Parameters"])


def test_the_setup_names_the_values_and_resources_of_the_stack() -> None:
    assert f"*Stack name*: `{PSEUDO['AWS::StackName']}`" in SETUP
    [example] = re.findall(r"such as `([^`]+)`", SETUP.replace("\n   ", " "))
    assert deploy(PollWorkflows=example, PruneWorkflow="prune.yml")
    assert "*TestEvent*" in SETUP
    assert set(outputs()) == {"TestEvent"}
    for resource in re.findall(r"link of \*(\w+)\*", README):
        assert resource in read()["Resources"]


def test_the_test_event_starts_each_poll(cloud: Cloud) -> None:
    event = json.loads(outputs(PollWorkflows="poll.yml, gpu.yml")["TestEvent"])
    with environment(cloud.environment):
        load_handler().handle(event, None)
    assert cloud.github.started == [("poll.yml", "main"), ("gpu.yml", "main")]


@pytest.mark.parametrize("status", ["401", "403", "404", "422", "307"])
def test_the_readme_and_the_log_name_the_same_parameters_for_a_status(status: str) -> None:
    [row] = re.findall(rf"^\| {status} \| (.*) \|$", README, re.MULTILINE)
    remedy = load_handler().REMEDIES["3xx" if status == "307" else status]
    assert ("organization" in row) == ("organization" in remedy) == (status in ("403", "404"))
    assert ("renamed" in row) == ("renamed" in remedy)


# costs


def test_the_costs_add_up() -> None:
    rows = [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in README.splitlines()
        if line[:2] == "| "
    ]
    [header] = [number for number, row in enumerate(rows) if row[0] == "" and row[-1] == "with free tier"]
    costs = rows[header + 2 :] if rows[header + 1][0].startswith("---") else rows[header + 1 :]
    *items, total = costs[: [row[0] for row in costs].index("total") + 1]
    for column in (2, 3):
        assert sum(float(row[column]) for row in items) == pytest.approx(float(total[column]))
    invocations = 30 * 24 * 60 // 10
    assert f"{invocations:,} polls" in README
    assert round(invocations * 0.05 / 10_000, 2) == float(items[1][2])
    memory = deploy()["Dispatch"]["MemorySize"] / 1024
    assert round(invocations * (2 * memory * 0.0000133334 + 0.20 / 1_000_000), 2) == float(items[3][2])
    alarms = read()["Resources"]
    metrics = sum(
        len(
            [
                each
                for each in alarm["Properties"].get("Metrics", [{"MetricStat": ""}])
                if "MetricStat" in each
            ]
        )
        for alarm in alarms.values()
        if alarm["Type"] == "AWS::CloudWatch::Alarm"
    )
    assert f"alarms on {metrics} metrics" in README
    assert float(items[2][2]) == pytest.approx(metrics * 0.10)


# other schedulers


@pytest.fixture
def start_poll(cloud: Cloud, tmp_path: Path) -> Callable[[], Any]:
    """Run the script as cron does, with the repository and the address filled in."""
    assert shutil.which("curl"), "this test runs the script, which needs curl"
    (tmp_path / ".cluster-status-header").write_text(f"Authorization: Bearer {cloud.token}\n")
    assert "https://api.github.com/repos/OWNER/NAME/" in SCRIPT
    script = tmp_path / "start-poll"
    script.write_text(
        SCRIPT.replace("https://api.github.com", cloud.api_url).replace("OWNER/NAME", "octo-org/cluster")
    )
    script.chmod(0o755)
    variables = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "CURL_CA_BUNDLE": cloud.environment["SSL_CERT_FILE"],
    }
    return lambda: subprocess.run([str(script)], env=variables, capture_output=True, text=True, check=False)


def test_the_script_for_cron_starts_the_poll_and_prints_nothing(
    cloud: Cloud, start_poll: Callable[[], Any], github_document: CheckExchange
) -> None:
    ended = start_poll()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert cloud.github.started == [("poll.yml", "main")]
    assert github_document(as_request(cloud.requests[0])) == []


def test_the_script_for_cron_retries_and_prints_the_error_of_github(
    cloud: Cloud, start_poll: Callable[[], Any]
) -> None:
    cloud.github.fail_next(Broken(503), on="dispatch")
    assert start_poll().returncode == 0
    assert cloud.github.operations == ["dispatch", "dispatch"]
    cloud.github.fail_next(Failed(404, "Not Found"), on="dispatch")
    refused = start_poll()
    assert refused.returncode == 22
    assert "404" in refused.stderr
    assert "github_pat_" not in refused.stderr


def test_the_entry_for_cron_is_one_line() -> None:
    [line] = "".join(_blocks("crontab")).splitlines()
    *fields, command = line.split(maxsplit=5)
    assert fields == ["*/10", "*", "*", "*", "*"]
    assert command == "$HOME/start-poll"


def test_the_units_for_systemd_are_complete(tmp_path: Path) -> None:
    units = []
    for text in (SERVICE, TIMER):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read_string(text)
        units.append(unit)
    service, timer = units
    assert dict(service["Service"]) == {"Type": "oneshot", "ExecStart": "%h/start-poll"}
    assert timer["Timer"]["OnCalendar"] == "*:0/10"
    assert timer["Install"]["WantedBy"] == "timers.target"
    analyze = shutil.which("systemd-analyze")
    if analyze:  # a part of systemd, which not every machine has
        (tmp_path / "start-poll.service").write_text(SERVICE.replace("%h/start-poll", "/bin/true"))
        (tmp_path / "start-poll.timer").write_text(TIMER)
        verify = [analyze, "verify", "--man=no", str(tmp_path / "start-poll.timer")]
        checked = subprocess.run(verify, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")
    assert "start-poll.service` and `start-poll.timer`" in README


def test_the_schedule_of_github_is_every_ten_minutes_but_not_at_the_full_hour() -> None:
    [block] = _blocks("yaml")
    triggers = yaml.safe_load(block)[True]  # YAML 1.1 reads `on` as true
    assert "workflow_dispatch" in triggers
    [schedule] = triggers["schedule"]
    assert schedule["cron"] == "7-59/10 * * * *"


def test_every_file_in_the_readme_exists() -> None:
    for name in re.findall(r"`([\w-]+\.(?:yaml|py))`", README):
        assert (AWS / name).exists()
