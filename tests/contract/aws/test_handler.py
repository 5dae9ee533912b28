"""The function that starts the workflows, called directly and by the runtime of Lambda."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.contract.aws.cloud import POLL, SECRET, Cloud, as_request, load_handler, write_inline_code
from tests.contract.aws.dispatch_faults import FAULTS, Fault, dispatch, environment
from tests.contract.aws.template import AWS
from tests.fakes.github import Broken, Failed, Odd
from tests.fakes.github_workflows import Workflow
from tests.fakes.lambda_runtime import LambdaFunction

CheckExchange = Callable[[Mapping[str, object]], list[str]]
RUN = "https://github.com/octo-org/cluster/actions/runs/20000000001"

# called directly


@pytest.mark.parametrize("file", ["poll.yml", "prune.yml"])
def test_the_request_for_an_event_conforms_to_the_openapi_document(
    file: str, cloud: Cloud, github_document: CheckExchange
) -> None:
    with environment(cloud.environment):
        result = load_handler().handle({"workflows": file, "ref": "main"}, None)
    [request] = cloud.requests
    assert github_document(as_request(request)) == []
    assert json.loads(request.body) == {"ref": "main", "return_run_details": True}
    assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert cloud.github.started == [(file, "main")]
    assert result == f"Started {file} of octo-org/cluster: {RUN}"


def test_the_check_against_the_document_finds_a_wrong_body(
    cloud: Cloud, github_document: CheckExchange
) -> None:
    with environment(cloud.environment):
        load_handler().handle(POLL, None)
    request = as_request(cloud.requests[0])
    for body in (
        {},
        {"ref": 1},
        {"ref": "main", "branch": "main"},
        {"ref": "main", "return_run_details": "yes"},
    ):
        assert len(github_document(request | {"body": json.dumps(body)})) == 1
    assert github_document(request | {"headers": {}}) != []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_logged_in_one_line_and_fails_unless_the_run_started(fault: Fault, cloud: Cloud) -> None:
    result = dispatch(cloud, fault)
    assert (result.requests, result.started) == (fault.requests, int(fault.starts))
    assert result.has_failed is fault.fails
    assert fault.line in result.log
    assert "\n" not in result.log


def test_the_error_text_of_github_is_limited_to_one_short_line(cloud: Cloud) -> None:
    cloud.github.fail_next(Failed(422, f"No\r\n[ERROR] \x1b[31m{{secret}}\u2028{'x' * 1000}"), on="dispatch")
    handler = load_handler()
    with environment(cloud.environment), pytest.raises(handler.NotStartedError) as caught:
        handler.handle(POLL, None)
    assert str(caught.value).isprintable()
    assert "No  [ERROR]  [31m{secret} xxx" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_file_name_cannot_change_the_path_of_the_request(cloud: Cloud) -> None:
    handler = load_handler()
    with environment(cloud.environment), pytest.raises(handler.NotStartedError):
        handler.handle({"workflows": "../../../gists?x=y#", "ref": "main"}, None)
    [request] = cloud.requests
    assert (
        request.path == "/repos/octo-org/cluster/actions/workflows/..%2F..%2F..%2Fgists%3Fx%3Dy%23/dispatches"
    )


def test_a_redirect_is_not_followed_with_the_token(cloud: Cloud) -> None:
    elsewhere = Failed(307, "Moved", headers={"Location": f"{cloud.api_url}/repos/octo-org/cluster"})
    cloud.github.fail_next(elsewhere, on="dispatch")
    handler = load_handler()
    with environment(cloud.environment), pytest.raises(handler.NotStartedError, match="new name"):
        handler.handle(POLL, None)
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    "event",
    [
        *(None, [], {}, {"workflows": "poll.yml"}, {"workflows": " , ", "ref": "main"}),
        *(POLL | {"ref": ""}, POLL | {"ref": 1}, POLL | {"inputs": {}}),
    ],
)
def test_an_event_with_missing_or_unknown_keys_starts_nothing(event: object, cloud: Cloud) -> None:
    handler = load_handler()
    with (
        environment(cloud.environment),
        pytest.raises(handler.NotStartedError, match="The event must have the form"),
    ):
        handler.handle(event, None)
    assert cloud.requests == []


def test_the_token_is_not_sent_unencrypted(cloud: Cloud) -> None:
    handler = load_handler()
    unencrypted = cloud.environment | {"API_URL": cloud.github.api_url}
    with environment(unencrypted), pytest.raises(handler.NotStartedError, match="https"):
        handler.handle(POLL, None)
    assert cloud.secrets_manager.reads == []
    assert cloud.requests == []


@pytest.mark.parametrize("spaces", ["{}\n", " {}\r\n"])
def test_a_token_that_was_stored_with_a_newline_works(spaces: str, cloud: Cloud) -> None:
    cloud.secrets_manager.secrets[SECRET] = spaces.format(cloud.token)
    with environment(cloud.environment):
        assert RUN in load_handler().handle(POLL, None)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"html_url": f"https://x\n\x1b[31m{'x' * 1000}"}, f"https://x  [31m{'x' * 185}"),
        ({"html_url": None}, "see its runs"),
        (["html_url"], "see its runs"),
        ("[" * 60_000, "see its runs"),
    ],
)
def test_a_started_poll_is_logged_in_one_short_line_for_any_response(
    body: object, shown: str, cloud: Cloud
) -> None:
    answer = body if isinstance(body, str) else json.dumps(body)
    cloud.github.fail_next(Odd(answer.encode()), on="dispatch")
    with environment(cloud.environment):
        assert load_handler().handle(POLL, None) == f"Started poll.yml of octo-org/cluster: {shown}"


def test_the_function_is_short_and_imports_only_the_standard_library() -> None:
    source = (AWS / "handler.py").read_text()
    assert len(source.splitlines()) < 200
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [
        module
        for node in imports
        for module in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        )
    ]
    assert {module.split(".")[0] for module in modules} <= sys.stdlib_module_names
    program = "import sys, handler; print([name for name in sys.modules if name.startswith('boto')])"
    run = [sys.executable, "-c", program]
    assert subprocess.run(run, cwd=AWS, capture_output=True, text=True, check=True).stdout == "[]\n"


# several workflows

TWO = {"workflows": "poll.yml, gpu.yml,poll.yml", "ref": "main"}


def test_each_workflow_of_an_event_is_started_once(cloud: Cloud) -> None:
    with environment(cloud.environment):
        lines = load_handler().handle(TWO, None).splitlines()
    assert cloud.github.started == [("poll.yml", "main"), ("gpu.yml", "main")]
    assert [line.split(" of ")[0] for line in lines] == ["Started poll.yml", "Started gpu.yml"]
    assert cloud.secrets_manager.reads == [SECRET]


def test_every_workflow_that_was_not_started_is_named_with_its_reason(cloud: Cloud) -> None:
    cloud.github.add_workflow(Workflow("gpu.yml", is_disabled=True))
    handler = load_handler()
    event = {"workflows": "pol.yml, poll.yml, gpu.yml", "ref": "main"}
    with environment(cloud.environment), pytest.raises(handler.NotStartedError) as caught:
        handler.handle(event, None)
    assert cloud.github.started == [("poll.yml", "main")]
    first, second = re.findall(
        r"Could not start (\S+) of octo-org/cluster: GitHub returned HTTP (\d+)", str(caught.value)
    )
    assert (first, second) == (("pol.yml", "404"), ("gpu.yml", "422"))


# run by Lambda


@pytest.mark.parametrize("request_of_retry", ["request-1", "another"])
def test_a_retry_leaves_out_what_its_request_has_started(
    request_of_retry: str, cloud: Cloud, tmp_path: Path
) -> None:
    write_inline_code(tmp_path)
    cloud.github.fail_next(Broken(503), on="dispatch")
    with LambdaFunction(tmp_path, "index.handle", cloud.environment) as function:
        failed = function.invoke(TWO, request="request-1")
        retried = function.invoke(TWO, request=request_of_retry)
    assert failed.error is not None
    assert retried.error is None
    again = ["gpu.yml"] if request_of_retry == "another" else []
    assert [file for file, _ in cloud.github.started] == ["gpu.yml", "poll.yml", *again]


def test_lambda_reads_the_secret_once_for_several_events(cloud: Cloud, tmp_path: Path) -> None:
    write_inline_code(tmp_path)
    with LambdaFunction(tmp_path, "index.handle", cloud.environment) as function:
        first, second = function.invoke(POLL), function.invoke({"workflows": "prune.yml", "ref": "main"})
        log = function.log
    assert first.result == f"Started poll.yml of octo-org/cluster: {RUN}"
    assert second.error is None
    assert cloud.github.started == [("poll.yml", "main"), ("prune.yml", "main")]
    assert cloud.secrets_manager.reads == [SECRET]
    assert log.splitlines() == [first.result, second.result]


def test_a_failed_dispatch_fails_the_invocation_and_a_new_token_is_used_at_once(
    cloud: Cloud, tmp_path: Path
) -> None:
    write_inline_code(tmp_path)
    old = cloud.secrets_manager.secrets[SECRET] = "github_pat_revoked"
    with LambdaFunction(tmp_path, "index.handle", cloud.environment) as function:
        failed = function.invoke(POLL)
        reads_while_refused = len(cloud.secrets_manager.reads)
        cloud.change_token()
        fixed = function.invoke(POLL)
        log = function.log
    reason = "Could not start poll.yml of octo-org/cluster: GitHub returned HTTP 401 (Bad credentials)."
    assert failed.error is not None
    assert failed.error["errorType"] == "NotStartedError"
    assert failed.error["errorMessage"].startswith(reason)
    assert log.startswith(f"[ERROR] NotStartedError: {reason}")
    assert reads_while_refused == 2
    assert fixed.result == f"Started poll.yml of octo-org/cluster: {RUN}"
    assert old not in log + json.dumps(failed.error)
    assert cloud.token not in log
