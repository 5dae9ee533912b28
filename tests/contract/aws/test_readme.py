"""The commands and files of aws/README.md work as shown."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.aws.aws_command import issues
from tests.contract.aws.cloud import SECRET, Cloud, as_request, load_handler
from tests.contract.aws.dispatch_faults import environment
from tests.contract.aws.template import AWS, PSEUDO, deploy, read
from tests.fakes.github import Broken, Failed

README = (AWS / "README.md").read_text()
CheckExchange = Callable[[Mapping[str, object]], list[str]]


def _blocks(language: str) -> list[str]:
    indented = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", README, re.DOTALL | re.MULTILINE)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in indented]


SHELL = _blocks("sh")
[SCRIPT] = [block for block in SHELL if block.startswith("#!")]
SERVICE, TIMER = _blocks("ini")
AWS_COMMANDS = [
    shlex.split(match)
    for block in SHELL
    for match in re.findall(r"(?:^ *|\$\()aws ([^)\n]*)", block.replace("\\\n", " "), re.MULTILINE)
]


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


@pytest.mark.parametrize("command", AWS_COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_command_of_the_aws_cli_exists_with_its_options(command: list[str]) -> None:
    assert issues(command) == []


def test_a_wrong_command_of_the_aws_cli_is_found() -> None:
    assert issues(["secretsmanager", "create-secret", "--secret-id", "x"]) == [
        "--secret-id is unknown",
        "--name is missing",
    ]
    with pytest.raises(KeyError):
        issues(["secretsmanager", "make-secret"])


@pytest.mark.parametrize("command", [each for each in AWS_COMMANDS if each[1] == "deploy"])
def test_a_deployment_sets_existing_parameters(command: list[str]) -> None:
    template = command[command.index("--template-file") + 1]
    given = dict(
        each.split("=", 1) for each in command[command.index("--parameter-overrides") + 1 :] if "=" in each
    )
    assert deploy(template, {"Repository": "octo-org/cluster"} | given)
    assert command[command.index("--stack-name") + 1] == PSEUDO["AWS::StackName"]


def test_the_readme_names_every_parameter() -> None:
    named = re.findall(r"`(\w+)`", README.split("The other parameters are", 1)[1].split(":", 1)[0])
    assert {"Repository", "AlarmEmail", *named} == set(read("template.yaml")["Parameters"])


def test_the_commands_use_the_names_of_the_stack() -> None:
    stack = deploy("template.yaml", {"Repository": "octo-org/cluster"})
    assert f"--function-name {stack['Dispatch']['FunctionName']} " in README
    assert f"aws logs tail {stack['Log']['LogGroupName']} " in README
    assert stack["Dispatch"]["Environment"]["Variables"]["TOKEN_SECRET"] == SECRET
    assert re.findall(r"--(?:name|secret-id) (\S+)", README) == [SECRET] * 3


def test_the_test_event_of_the_readme_starts_a_run(cloud: Cloud) -> None:
    [invoke] = [each for each in AWS_COMMANDS if each[:2] == ["lambda", "invoke"]]
    with environment(cloud.environment):
        load_handler().handle(json.loads(invoke[invoke.index("--payload") + 1]), None)
    assert cloud.github.started == [("poll.yml", "main")]


@pytest.mark.parametrize("block", [block for block in SHELL if "read -rsp" in block])
def test_the_token_is_passed_to_aws_only_by_standard_input(block: str, tmp_path: Path) -> None:
    (tmp_path / "aws").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >arguments\ncat >input\nenv >environment\n')
    (tmp_path / "aws").chmod(0o755)
    shell = subprocess.run(
        ["bash", "-c", f'{block}\nprintf %s "${{token-is unset}}"'],
        input="github_pat_x\\y\n",
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "input").read_text() == "github_pat_x\\y"
    assert "github_pat" not in (tmp_path / "arguments").read_text() + (tmp_path / "environment").read_text()
    assert shell.stdout == "is unset"


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
    invocations = 30 * 24 * 60 // 10 + 30
    assert f"{invocations:,} invocations" in README
    assert round(invocations * 0.05 / 10_000, 2) == float(items[1][2])
    memory = deploy("template.yaml", {"Repository": "a/b"})["Dispatch"]["MemorySize"] / 1024
    assert round(invocations * (2 * memory * 0.0000133334 + 0.20 / 1_000_000), 2) == float(items[3][2])
    alarms = read("template.yaml")["Resources"]
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
    (tmp_path / ".cluster-status-header").write_text(
        f"Authorization: Bearer {cloud.secrets_manager.secrets[SECRET]}\n"
    )
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
