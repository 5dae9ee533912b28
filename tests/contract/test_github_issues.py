"""Incidents as issues of a repository: the texts, and the requests against GitHub's document."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.adapters.github.issue_text import Marker, body, title
from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.issue import IssueStep, Step
from cluster_status.domain.notification.message import Message
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import DrainReason, NodeCounts, Partition
from cluster_status.domain.status.cause import Status
from cluster_status.errors import ChannelRefusedError, DeliveryError
from tests.contract.github_by_hand import Client, as_request, as_response
from tests.fakes.clock import VirtualClock
from tests.fakes.github import (
    Broken,
    Failed,
    Fault,
    LoopbackGitHub,
    Odd,
    RateLimited,
    SecondaryRateLimited,
)
from tests.fakes.github_references import references

CheckExchange = Callable[[Mapping[str, object]], list[str]]

ISSUES = "/repos/octo-org/cluster/issues"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
OPEN = IssueStep(Step.OPEN, ("hpc",), ("poll1.0",))
OUTAGE = Message(
    Status.OFFLINE,
    "hpc is offline",
    "SSH connections refused.",
    NOON,
    facts=(Fact("Since", NOON),),
    issue=OPEN,
)
ACTIVE = (
    "@octocat",
    "@octo-org/hpc",
    "jdoe@example.org",
    "#1",
    "fixes #1",
    "closes octo-org/cluster#1",
    "Resolves: GH-1",
    "gh-12",
    "fixes https://github.com/octo-org/cluster/issues/1",
    "www.example.org/x",
    "octo-org/cluster@0123456789abcdef0123456789abcdef01234567",
    "0123abc",
    "&#64;octocat",
    "&commat;octocat",
    "\\@octocat",
    "`@octocat`",
    "``` @octocat",
    "<!-- --> @octocat",
    "[a](https://example.org)",
    "![a](https://example.org/i.png)",
    "<a href='https://example.org'>",
)


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as github:
        yield github


@pytest.fixture
def issues(github: LoopbackGitHub) -> Iterator[GitHubIssues]:
    with contextlib.closing(Http()) as http:
        yield issues_of(github, http, github.start_run().github_token)


def issues_of(github: LoopbackGitHub, http: Http, token: str) -> GitHubIssues:
    retrying = RetryingHttp(http, VirtualClock())
    return GitHubIssues(retrying, github.api_url, github.repository, Secret(token), "history\0issues")


def step(kind: Step, number: int | None = 1, **other: object) -> Message:
    return replace(OUTAGE, issue=replace(OPEN, step=kind, number=number, **other))


# texts


def message_with(text: str) -> Message:
    """Return a message with a text at each place where one can be."""
    partition = Partition(
        text, default=True, availability="up", time_limit="infinite", nodes=NodeCounts(4, idle=4)
    )
    return replace(
        OUTAGE,
        headline=text,
        sentence=text,
        remedy=text,
        facts=(Fact(text, text),),
        changes=(Message(Status.OFFLINE, text, text, NOON),),
        drain_reasons=(DrainReason(text, NOON, 1, text, text, frozenset({"batch"})),),
        partitions=(partition,),
    )


@pytest.mark.parametrize("text", ACTIVE)
def test_no_text_mentions_references_or_links_anything(
    text: str, github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    for prefix in ("", "a ", "(", "\n"):
        issues.send(message_with(f"{prefix}{text}"))
        issues.send(replace(message_with(f"{prefix}{text}"), issue=step(Step.COMMENT, 1).issue))
    assert [issue.references for issue in github.issues.all] == [[]]


@pytest.mark.parametrize("text", [text for text in ACTIVE if "a](" not in text and "<" not in text])
def test_the_fake_finds_each_reference_in_a_text_that_is_not_escaped(text: str) -> None:
    if "`" not in text and "\\" not in text:
        assert list(references(f"{text} and more"))


def test_the_body_names_the_cause_the_facts_and_the_run() -> None:
    url = "https://github.com/octo-org/cluster/actions/runs/7"
    assert body(replace(OUTAGE, url=url)) == (
        "❌ **hpc is offline**\n\nSSH connections refused.\n\n"
        "- **Time:** 2026-01-31 12:00:00 UTC\n- **Since:** 2026-01-31 12:00:00 UTC\n\n"
        f"[Run]({url})"
    )
    page = "https://status.example.org/clusters/hpc.html"
    assert body(replace(OUTAGE, url=url, page=page)).endswith(f"\n\n[Status page]({page}) · [Run]({url})")


def test_a_message_of_any_size_is_within_the_limits_of_an_issue(
    github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    long = "*" * 5_000
    message = replace(
        message_with(long),
        changes=(Message(Status.OFFLINE, long, long, NOON),) * 1_000,
        issue=IssueStep(Step.OPEN, tuple(f"c{number}" for number in range(1_000)), ("poll1.0",)),
    )
    issues.send(message)
    assert len(github.issues.only.body) <= 65_536
    assert len(title(message)) <= 256


def test_a_marker_is_found_in_the_body_of_its_issue_and_differs_by_scope() -> None:
    marker = Marker.of(OPEN, "history\0issues")
    assert Marker.found_in(f"{body(OUTAGE)}\n\n{marker}\n") == marker
    assert Marker.found_in("") is None
    assert not marker.clusters & Marker.of(OPEN, "history\0others").clusters


# requests


def test_the_requests_and_the_responses_conform_to_the_document(
    github: LoopbackGitHub, issues: GitHubIssues, github_document: CheckExchange
) -> None:
    assert issues.send(OUTAGE)
    for kind in (Step.COMMENT, Step.CLOSE, Step.REOPEN):
        issues.send(step(kind))
    issues.send(step(Step.CLOSE, None))
    assert github.issues.only.changes == ["closed", "open", "closed"]
    assert set(github.operations) == {"list-issues", "user", "open-issue", "change-issue", "comment"}
    for request in github.requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = {"method": request.method, "path": request.path, "query": request.query, "headers": headers}
        assert github_document({**sent, **({"body": request.body.decode()} if request.body else {})}) == []


def test_the_responses_of_the_fake_conform_to_the_document(
    github: LoopbackGitHub, github_document: CheckExchange
) -> None:
    with Client(github, github.start_run()) as client:
        pull = github.issues.plant("A pull request", "x", labels=("bug",))
        pull.is_pull_request = True
        one = f"{ISSUES}/2"
        exchanges = [
            ("POST", ISSUES, {"title": "t", "body": "b", "labels": ["l"]}, 201),
            ("POST", ISSUES, {"body": "b"}, 422),
            ("POST", ISSUES, {"title": "t" * 257}, 422),
            ("POST", ISSUES, {"title": "t", "body": "b" * 65_537}, 422),
            ("POST", ISSUES, {"title": "t", "state": "open"}, 422),
            ("POST", f"{one}/comments", {"body": "b"}, 201),
            ("POST", f"{one}/comments", {"body": " "}, 422),
            ("POST", f"{ISSUES}/9/comments", {"body": "b"}, 404),
            ("PATCH", one, {"state": "closed", "state_reason": "completed"}, 200),
            ("PATCH", one, {"state": "shut"}, 422),
            ("PATCH", one, {"state": "open", "state_reason": "completed"}, 422),
            ("GET", f"{ISSUES}?state=all&per_page=50", None, 200),
            ("GET", f"{ISSUES}?status=all", None, 422),
            ("GET", "/user", None, 403),
        ]
        headers = {"Authorization": f"Bearer {client.run.github_token}"}
        answers = [
            client.request(method, github.api_url + path, json=sent, headers=headers)
            for method, path, sent, _ in exchanges
        ]
        answers.append(
            client.get(f"{github.api_url}/user", headers={"Authorization": f"Bearer {github.new_token()}"})
        )
    assert [answer.status_code for answer in answers] == [*(status for *_, status in exchanges), 200]
    for answer in answers:
        assert github_document(as_response(answer)) == [], as_request(answer)


def test_a_token_of_a_person_finds_the_issues_of_that_person(github: LoopbackGitHub) -> None:
    with contextlib.closing(Http()) as http:
        mine = issues_of(github, http, github.new_token())
        assert mine.send(OUTAGE) == mine.send(OUTAGE)
        assert github.issues.only.author == "octocat"
        issues_of(github, http, github.start_run().github_token).send(OUTAGE)
    assert len(github.issues.all) == 2


def test_pull_requests_and_issues_of_other_channels_are_left_alone(
    github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    marker = Marker.of(OPEN, "history\0others")
    github.issues.plant("t", str(marker), author="github-actions[bot]", labels=("cluster-incident",))
    pull = github.issues.plant(
        "t",
        str(Marker.of(OPEN, "history\0issues")),
        author="github-actions[bot]",
        labels=("cluster-incident",),
    )
    pull.is_pull_request = True
    issues.send(OUTAGE)
    assert [issue.comments for issue in github.issues.all] == [[], [], []]


def test_an_issue_of_several_clusters_is_commented_on_while_some_are_not_back(
    github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    issues.send(replace(OUTAGE, issue=IssueStep(Step.OPEN, ("a", "b"), ("1", "2"))))
    issues.send(replace(OUTAGE, issue=IssueStep(Step.CLOSE, ("a",), ("3",))))
    assert (github.issues.only.state, len(github.issues.only.comments)) == ("open", 1)
    issues.send(replace(OUTAGE, issue=IssueStep(Step.CLOSE, ("a", "b"), ("4", "5"))))
    assert github.issues.only.state == "closed"


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (Failed(401, "Bad credentials"), "wrong-token"),
        (Failed(403, "Resource not accessible by integration"), "issues-not-permitted"),
        (Failed(404, "Not Found"), "issues-not-permitted"),
        (Failed(410, "Issues are disabled for this repo"), "issues-disabled"),
    ],
    ids=str,
)
def test_a_permanent_refusal_has_a_remedy(
    fault: Fault, cause: str, github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    github.fail_next(fault, on="open-issue")
    with pytest.raises(ChannelRefusedError) as caught:
        issues.send(OUTAGE)
    assert caught.value.cause == cause
    assert caught.value.remedy
    assert issues.refusals[cause].text == str(caught.value)
    assert github.operations.count("open-issue") == 1


@pytest.mark.parametrize(
    "fault",
    [Broken(502), Failed(422, "Validation Failed"), RateLimited(), SecondaryRateLimited(), Odd(b"<html>")],
    ids=str,
)
def test_another_failure_is_reported_and_not_repeated_in_this_run(
    fault: Fault, github: LoopbackGitHub, issues: GitHubIssues
) -> None:
    github.fail_next(fault, on="open-issue")
    with pytest.raises(DeliveryError) as caught:
        issues.send(OUTAGE)
    assert not isinstance(caught.value, ChannelRefusedError)
    assert github.operations.count("open-issue") == 1


def test_a_request_that_was_not_executed_is_repeated(github: LoopbackGitHub, issues: GitHubIssues) -> None:
    github.fail_next(Failed(503), on="open-issue")
    issues.send(OUTAGE)
    assert len(github.issues.all) == 1


def test_a_github_that_cannot_be_reached_is_a_delivery_error() -> None:
    with contextlib.closing(Http()) as http, LoopbackGitHub() as github:
        issues = GitHubIssues(
            RetryingHttp(http, VirtualClock()), "http://127.0.0.1:9", github.repository, Secret("t"), ""
        )
        with pytest.raises(DeliveryError, match="GitHub cannot be reached: the connection failed"):
            issues.send(OUTAGE)


def test_the_duration_is_shown_when_an_issue_is_closed(github: LoopbackGitHub, issues: GitHubIssues) -> None:
    issues.send(OUTAGE)
    issues.send(step(Step.CLOSE, lasted=timedelta(minutes=90)))
    assert "- **Duration of the incident:** 1 h 30 min" in github.issues.only.comments[0]
