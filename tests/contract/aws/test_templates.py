"""The templates: the resources that AWS would create, and their requests to GitHub."""

import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.aws.cloud import SECRET, Cloud, as_request, load_handler
from tests.contract.aws.dispatch_faults import environment
from tests.contract.aws.template import AWS, Resources, deploy, read
from tests.fakes.certificate import Certificate

CheckExchange = Callable[[Mapping[str, object]], list[str]]
TEMPLATES = ("template.yaml", "without-code.yaml")
REPOSITORY = {"Repository": "octo-org/cluster"}
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


# both templates


def test_the_lint_finds_a_template_that_cannot_be_deployed(tmp_path: Path) -> None:
    broken = {
        "template.yaml": {
            "Runtime: python3.13": "Runtime: python4",
            "!GetAtt GivenUp.Arn": "!GetAtt GivenUpp.Arn",
        },
        "without-code.yaml": {
            "HttpMethod: POST": "HttpMethod: SEND",
            "MaximumEventAgeInSeconds: 240": "MaximumEventAgeInSeconds: 24",
        },
    }
    for name, changes in broken.items():
        text = (AWS / name).read_text()
        for right, wrong in changes.items():
            assert right in text
            text = text.replace(right, wrong, 1)
        (tmp_path / name).write_text(text)
    lint = str(Path(sys.executable).with_name("cfn-lint"))
    command = [lint, "--format", "parseable", *(str(tmp_path / name) for name in broken)]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    for wrong in ("python4", "GivenUpp", "SEND", "24 "):
        assert wrong in output


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_templates_have_the_same_parameters(name: str) -> None:
    others = {"TokenVersion"} if name == "without-code.yaml" else set()
    assert set(read(name)["Parameters"]) - others == set(read("template.yaml")["Parameters"])
    for parameter, described in read("template.yaml")["Parameters"].items():
        assert read(name)["Parameters"][parameter] == described


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_parameter_takes_the_token_or_a_text_that_changes_the_request(name: str) -> None:
    assert not [each for each in read(name)["Parameters"] if each.lower() in ("token", "githubtoken")]
    for parameter, value in (
        ("Branch", 'main", "inputs": {"command": "check'),
        ("PollWorkflow", 'poll.yml"'),
        ("Repository", "https://github.com/octo-org/cluster"),
        ("ApiUrl", "http://github.example.org/api/v3"),
        ("ApiUrl", "https://github.example.org:port/api/v3"),
        ("ApiUrl", "https://github.example.org/api/v3/"),
    ):
        with pytest.raises(ValueError, match=f"{parameter} may not be"):
            deploy(name, {**REPOSITORY, parameter: value})


@pytest.mark.parametrize("name", TEMPLATES)
def test_mail_and_pruning_are_left_out_without_their_parameters(name: str) -> None:
    whole = deploy(name, {**REPOSITORY, "AlarmEmail": "ada@example.org"})
    bare = deploy(name, {**REPOSITORY, "PruneWorkflow": ""})
    assert whole["Mail"]["Subscription"] == [{"Protocol": "email", "Endpoint": "ada@example.org"}]
    assert whole["NoPoll"]["AlarmActions"] == whole["NoPoll"]["OKActions"] == ["Mail's Ref"]
    assert "Mail" not in bare
    assert "AlarmActions" not in bare["NoPoll"]
    assert "Prune" in whole
    assert "Prune" not in bare


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("minutes", ["5", "10", "60"])
def test_the_alarm_is_raised_when_two_polls_in_a_row_did_not_start(name: str, minutes: str) -> None:
    alarm = deploy(name, {**REPOSITORY, "EveryMinutes": minutes})["NoPoll"]
    period = alarm["Period"] if "Period" in alarm else alarm["Metrics"][1]["MetricStat"]["Period"]
    assert period * int(alarm["EvaluationPeriods"]) == 2 * 60 * int(minutes)
    assert (alarm["TreatMissingData"], alarm["ComparisonOperator"]) == ("breaching", "LessThanThreshold")


# the template with the function


@pytest.fixture
def stack() -> Resources:
    return deploy("template.yaml", REPOSITORY)


def test_the_template_contains_the_function_unchanged(stack: Resources) -> None:
    assert stack["Dispatch"]["Code"]["ZipFile"] == (AWS / "handler.py").read_text()
    assert stack["Dispatch"]["Runtime"] == "python3.13"


def test_the_schedules_are_every_ten_minutes_and_midnight(stack: Resources) -> None:
    schedules = dict(_of_type(stack, "AWS::Scheduler::Schedule"))
    assert schedules["Poll"]["ScheduleExpression"] == "rate(10 minutes)"
    assert schedules["Prune"]["ScheduleExpression"] == "cron(0 0 * * ? *)"
    assert schedules["Prune"]["ScheduleExpressionTimezone"] == "UTC"
    assert {name: json.loads(each["Target"]["Input"]) for name, each in schedules.items()} == {
        "Poll": {"workflow": "poll.yml", "ref": "main"},
        "Prune": {"workflow": "prune.yml", "ref": "main"},
    }


@pytest.mark.parametrize("name", ["Poll", "Prune"])
def test_the_input_of_a_schedule_starts_its_workflow(
    name: str, cloud: Cloud, github_document: CheckExchange
) -> None:
    with environment(cloud.environment):
        load_handler().handle(json.loads(cloud.stack[name]["Target"]["Input"]), None)
    assert cloud.github.started == [(f"{name.lower()}.yml", "main")]
    assert github_document(as_request(cloud.requests[0])) == []


def test_the_retries_of_a_dispatch_end_before_the_next_poll(stack: Resources) -> None:
    retries = stack["Retries"]
    assert retries["MaximumRetryAttempts"] == 2
    assert retries["DestinationConfig"]["OnFailure"]["Destination"] == "GivenUp's Arn"
    for _, schedule in _of_type(stack, "AWS::Scheduler::Schedule"):
        handing_over = schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
        assert handing_over + retries["MaximumEventAgeInSeconds"] < SHORTEST_PERIOD_SECONDS
        assert schedule["Target"]["DeadLetterConfig"] == {"Arn": "GivenUp's Arn"}


def test_the_function_may_only_read_its_secret_write_its_log_and_report_failures(stack: Resources) -> None:
    assert _allowed(stack, "DispatchRole") == {
        (
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{SECRET}-??????",
        ),
        ("sqs:SendMessage", "GivenUp's Arn"),
        ("logs:CreateLogStream", "Log's Arn"),
        ("logs:PutLogEvents", "Log's Arn"),
    }
    assert "ManagedPolicyArns" not in stack["DispatchRole"]


def test_a_schedule_may_only_call_the_function_and_report_failures(stack: Resources) -> None:
    assert _allowed(stack, "ScheduleRole") == {
        ("lambda:InvokeFunction", "Dispatch's Arn"),
        ("sqs:SendMessage", "GivenUp's Arn"),
    }


def test_the_template_creates_no_other_roles_and_policies(stack: Resources) -> None:
    kinds = {each["Type"] for each in stack.values()}
    assert {name for name, _ in _of_type(stack, "AWS::IAM::Role")} == {"DispatchRole", "ScheduleRole"}
    assert not {kind for kind in kinds if "Policy" in kind or "Permission" in kind}


# the template without code


@pytest.fixture
def stack_without_code() -> Resources:
    return deploy("without-code.yaml", REPOSITORY)


def _deliver(cloud: Cloud, stack: Resources, rule: str) -> int:
    """Send the request of EventBridge: endpoint, headers and body of the template, and its own headers."""
    [target] = stack[rule]["Targets"]
    endpoint = stack["Dispatches"]["InvocationEndpoint"]
    for value in target["HttpParameters"]["PathParameterValues"]:
        endpoint = endpoint.replace("*", value, 1)
    authorization = stack["Token"]["AuthParameters"]
    key = authorization["ApiKeyAuthParameters"]
    resolved = f"{{{{resolve:secretsmanager:{SECRET}:SecretString}}}}"
    headers = {
        "User-Agent": "Amazon/EventBridge/ApiDestinations",
        "Content-Type": "application/json; charset=utf-8",
        "Range": "bytes=0-1048575",
        "Accept-Encoding": "gzip,deflate",
        "Connection": "close",
        key["ApiKeyName"]: key["ApiKeyValue"].replace(resolved, cloud.secrets_manager.secrets[SECRET]),
        **{
            each["Key"]: each["Value"]
            for each in authorization["InvocationHttpParameters"]["HeaderParameters"]
        },
    }
    trusted = ssl.create_default_context(cafile=cloud.environment["SSL_CERT_FILE"])
    split = urlsplit(endpoint)
    connection = HTTPSConnection(split.netloc, timeout=5, context=trusted)
    try:
        connection.request(stack["Dispatches"]["HttpMethod"], split.path, target["Input"], headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("rule", ["Poll", "Prune"])
def test_the_request_of_a_rule_conforms_to_the_openapi_document(
    rule: str, certificate: Certificate, github_document: CheckExchange
) -> None:
    with Cloud(certificate) as cloud:
        stack = deploy("without-code.yaml", {**REPOSITORY, "ApiUrl": cloud.api_url})
        assert _deliver(cloud, stack, rule) == 204
        assert cloud.github.started == [(f"{rule.lower()}.yml", "main")]
        [request] = cloud.requests
    assert json.loads(request.body) == {"ref": "main"}
    assert github_document(as_request(request)) == []
    assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"


def test_the_rules_are_every_ten_minutes_and_midnight(stack_without_code: Resources) -> None:
    rules = dict(_of_type(stack_without_code, "AWS::Events::Rule"))
    assert {name: each["ScheduleExpression"] for name, each in rules.items()} == {
        "Poll": "rate(10 minutes)",
        "Prune": "cron(0 0 * * ? *)",
    }
    for rule in rules.values():
        [target] = rule["Targets"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] < SHORTEST_PERIOD_SECONDS
        assert target["DeadLetterConfig"] == {"Arn": "GivenUp's Arn"}


def test_a_rule_may_only_call_github_and_report_failures(stack_without_code: Resources) -> None:
    assert _allowed(stack_without_code, "RuleRole") == {("events:InvokeApiDestination", "Dispatches's Arn")}
    [statement] = stack_without_code["GivenUpPolicy"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", "GivenUp's Arn")
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": ["Poll's Arn", "Prune's Arn"]}}


def test_a_new_version_of_the_token_changes_the_reference() -> None:
    changed = deploy("without-code.yaml", {**REPOSITORY, "TokenVersion": "0a1b"})
    key = changed["Token"]["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"]
    assert key == f"Bearer {{{{resolve:secretsmanager:{SECRET}:SecretString:::0a1b}}}}"
