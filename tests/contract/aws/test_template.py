"""The template: the resources that AWS would create, and their requests to GitHub."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.aws.cloud import SECRET, Cloud, as_request, load_handler
from tests.contract.aws.dispatch_faults import environment
from tests.contract.aws.template import AWS, NAME, Resources, deploy, outputs, read

CheckExchange = Callable[[Mapping[str, object]], list[str]]
SHORTEST_PERIOD_SECONDS = 5 * 60


def _of_type(stack: Resources, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, each) for name, each in stack.items() if each["Type"] == kind)


def _allowed(stack: Resources, role: str) -> set[tuple[str, str]]:
    """Return each action of a role, with its resource."""
    statements = [
        statement for policy in stack[role]["Policies"] for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return {
        (action, statement["Resource"])
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def test_the_lint_finds_a_template_that_cannot_be_deployed(tmp_path: Path) -> None:
    text = (AWS / NAME).read_text()
    for right, wrong in {
        "Runtime: python3.13": "Runtime: python4",
        "!GetAtt DispatchRole.Arn": "!GetAtt DispatchRoll.Arn",
        "MaximumRetryAttempts: 2": "MaximumRetryAttempts: 20",
    }.items():
        assert right in text
        text = text.replace(right, wrong, 1)
    (tmp_path / NAME).write_text(text)
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--format", "parseable", str(tmp_path / NAME)]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for wrong in ("python4", "DispatchRoll", "20 "):
        assert wrong in output


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Branch", 'main", "inputs": {"command": "check'),
        ("PollWorkflows", 'poll.yml"'),
        ("PollWorkflows", ""),
        ("PollWorkflows", "poll.yml gpu.yml"),
        ("PollWorkflows", ", ".join(["poll.yml"] * 6)),
        ("EveryMinutes", "1"),
        ("EveryMinutes", "7"),
        ("Repository", "https://github.com/octo-org/cluster"),
        ("Token", "Bearer github_pat_0123456789abcdef"),
        ("Token", '"github_pat_0123456789abcdef"'),
        ("Token", ""),
        ("ApiUrl", "http://github.example.org/api/v3"),
        ("ApiUrl", "https://github.example.org:port/api/v3"),
        ("ApiUrl", "https://github.example.org/api/v3/"),
        ("AlarmEmail", "ada"),
    ],
)
def test_the_form_refuses_a_value_that_cannot_work_and_says_what_it_must_be(
    parameter: str, value: str
) -> None:
    with pytest.raises(ValueError, match=f"{parameter} may not be"):
        deploy(**{parameter: value})
    described = read()["Parameters"][parameter]
    assert "AllowedValues" in described or described["ConstraintDescription"].startswith("must ")


@pytest.mark.parametrize("minutes", read()["Parameters"]["EveryMinutes"]["AllowedValues"])
def test_an_interval_divides_an_hour_and_leaves_time_for_retries(minutes: int) -> None:
    assert 60 % minutes == 0
    assert minutes * 60 >= SHORTEST_PERIOD_SECONDS


def test_only_the_secret_has_the_token_and_the_console_does_not_show_it() -> None:
    token = "github_pat_of_the_stack"
    stack = deploy()
    assert stack.pop("TokenSecret")["SecretString"] == token
    assert token not in json.dumps([stack, outputs()])
    assert read()["Parameters"]["Token"]["NoEcho"] is True
    assert "Default" not in read()["Parameters"]["Token"]


def test_mail_and_pruning_are_left_out_without_their_parameters() -> None:
    whole = deploy(AlarmEmail="ada@example.org", PruneWorkflow="prune.yml")
    bare = deploy()
    assert whole["Mail"]["Subscription"] == [{"Protocol": "email", "Endpoint": "ada@example.org"}]
    assert whole["NoPoll"]["AlarmActions"] == whole["NoPoll"]["OKActions"] == ["Mail's Ref"]
    assert "Mail" not in bare
    assert "AlarmActions" not in bare["NoPoll"]
    assert "Prune" in whole
    assert "Prune" not in bare


@pytest.mark.parametrize("minutes", ["5", "10", "60"])
def test_the_alarm_is_raised_when_two_polls_in_a_row_did_not_start(minutes: str) -> None:
    alarm = deploy(EveryMinutes=minutes)["NoPoll"]
    period = alarm["Metrics"][1]["MetricStat"]["Period"]
    assert period * int(alarm["EvaluationPeriods"]) == 2 * 60 * int(minutes)
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")


@pytest.fixture
def stack() -> Resources:
    return deploy(PollWorkflows="poll.yml, gpu.yml", PruneWorkflow="prune.yml")


def test_the_template_contains_the_function_unchanged(stack: Resources) -> None:
    assert stack["Dispatch"]["Code"]["ZipFile"] == (AWS / "handler.py").read_text()
    assert stack["Dispatch"]["Runtime"] == "python3.13"


def test_the_schedules_are_every_ten_minutes_and_midnight(stack: Resources) -> None:
    schedules = dict(_of_type(stack, "AWS::Scheduler::Schedule"))
    assert schedules["Poll"]["ScheduleExpression"] == "rate(10 minutes)"
    assert schedules["Prune"]["ScheduleExpression"] == "cron(0 0 * * ? *)"
    assert schedules["Prune"]["ScheduleExpressionTimezone"] == "UTC"
    assert {name: json.loads(each["Target"]["Input"]) for name, each in schedules.items()} == {
        "Poll": {"workflows": "poll.yml, gpu.yml", "ref": "main"},
        "Prune": {"workflows": "prune.yml", "ref": "main"},
    }


@pytest.mark.parametrize(("name", "files"), [("Poll", ["poll.yml", "gpu.yml"]), ("Prune", ["prune.yml"])])
def test_the_input_of_a_schedule_starts_its_workflows(
    name: str, files: list[str], stack: Resources, cloud: Cloud, github_document: CheckExchange
) -> None:
    with environment(cloud.environment):
        load_handler().handle(json.loads(stack[name]["Target"]["Input"]), None)
    assert cloud.github.started == [(file, "main") for file in files]
    assert github_document(as_request(cloud.requests[0])) == []


def test_the_retries_of_a_dispatch_end_before_the_next_poll(stack: Resources) -> None:
    retries = stack["Retries"]
    assert retries["MaximumRetryAttempts"] == 2
    for _, schedule in _of_type(stack, "AWS::Scheduler::Schedule"):
        handing_over = schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
        assert handing_over + retries["MaximumEventAgeInSeconds"] < SHORTEST_PERIOD_SECONDS


def test_the_function_may_only_read_its_secret_and_write_its_log(stack: Resources) -> None:
    assert _allowed(stack, "DispatchRole") == {
        ("secretsmanager:GetSecretValue", SECRET),
        ("logs:CreateLogStream", "Log's Arn"),
        ("logs:PutLogEvents", "Log's Arn"),
    }
    assert "ManagedPolicyArns" not in stack["DispatchRole"]


def test_a_schedule_may_only_call_the_function(stack: Resources) -> None:
    assert _allowed(stack, "ScheduleRole") == {("lambda:InvokeFunction", "Dispatch's Arn")}


def test_the_template_creates_no_other_roles_and_policies(stack: Resources) -> None:
    kinds = {each["Type"] for each in stack.values()}
    assert {name for name, _ in _of_type(stack, "AWS::IAM::Role")} == {"DispatchRole", "ScheduleRole"}
    assert not {kind for kind in kinds if "Policy" in kind or "Permission" in kind}
