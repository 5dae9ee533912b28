"""Incidents as issues: what opens, comments on, closes and reopens one, at a GitHub that keeps them."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.app.cluster import Channel
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ExitStatus
from tests.fakes.clock import VirtualClock
from tests.fakes.github import Broken, LoopbackGitHub, Reset
from tests.fakes.github_issues import BOT, Issue, Issues
from tests.fakes.github_wire import HttpWire
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor, Run

REFUSED, TIMEOUT, DEGRADED = failed(Cause.REFUSED), failed(Cause.TIMEOUT), listed(partition(draining=8))
MAINTENANCE = listed(partition(maintenance=8))
BOTH = listed(partition(idle=8), partition("gpu", idle=4))
WITHOUT_GPU = listed(partition(idle=8), partition("gpu", down=4))
LOGIN_REFUSED = failed(Cause.LOGIN_REFUSED)
HOUR = timedelta(hours=1)
NAMES = [f"c{number}" for number in range(30)]
POLICY = ChannelPolicy(
    "issues",
    issues=digest_of("octo-org/cluster"),
    kinds=frozenset({Kind.OUTAGE, Kind.DEGRADED, Kind.RECOVERY}),
)


class Site:
    """A monitor whose second channel are the issues of a repository."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.github = LoopbackGitHub(clock=monitor.clock.now).without_sockets()
        self.set_policy()

    def set_policy(self, **changes: object) -> None:
        token = self.github.start_run().github_token
        http = RetryingHttp(HttpWire(self.github), VirtualClock())  # type: ignore[arg-type]  # implements request
        notifier = GitHubIssues(http, self.github.api_url, self.github.repository, Secret(token), "cluster")
        self.monitor.other_channels = [Channel(replace(POLICY, **changes), notifier, issues=notifier)]

    def poll(self, *results: ProbeResult, later: timedelta = timedelta(minutes=5)) -> Run:
        scripts = {name: [result] for name, result in zip(NAMES, results, strict=False)}
        return self.monitor.poll_all(scripts, later=later)

    def polls(self, *results: ProbeResult) -> None:
        """Poll one cluster several times."""
        for result in results:
            self.poll(result)

    @property
    def issues(self) -> Issues:
        return self.github.issues

    @property
    def states(self) -> Mapping[str, str]:
        return {issue.title: issue.state for issue in self.issues.all}


@pytest.fixture
def site(monitor: Monitor) -> Site:
    """Have found the clusters online."""
    site = Site(monitor)
    site.poll(*[ONLINE] * 30)
    return site


def headlines(issue: Issue) -> list[str]:
    """Return the headlines of the comments."""
    return [comment.split("**")[1].replace("\\", "") for comment in issue.comments]


# one cluster


def test_an_outage_opens_an_issue_and_the_recovery_closes_it_with_its_duration(site: Site) -> None:
    site.poll(REFUSED)
    issue = site.issues.only
    assert (issue.title, issue.state, issue.labels) == ("c0 is offline", "open", ["cluster-incident"])
    assert "SSH connections refused." in issue.body
    site.poll(ONLINE, later=3 * HOUR)
    assert (issue.state, issue.state_reason) == ("closed", "completed")
    assert headlines(issue) == ["c0 is back online"]
    assert "**Duration of the incident:** 3 h" in issue.comments[0]


def test_a_degradation_opens_an_issue_once_it_is_confirmed(site: Site) -> None:
    site.poll(TIMEOUT)
    assert site.issues.all == []
    site.poll(DEGRADED)
    assert site.states == {"c0 is degraded": "open"}


def test_further_polls_of_the_same_status_change_nothing(site: Site) -> None:
    site.polls(REFUSED, REFUSED, REFUSED)
    assert (len(site.issues.all), site.issues.only.comments) == (1, [])


def test_a_change_of_the_status_is_a_comment_and_the_duration_is_that_of_the_incident(site: Site) -> None:
    site.poll(DEGRADED)
    site.poll(REFUSED, later=HOUR)
    site.poll(DEGRADED, later=HOUR)
    site.poll(ONLINE, later=HOUR)
    assert headlines(site.issues.only) == [
        "c0 is offline",
        "c0 is partially back: degraded",
        "c0 is back online",
    ]
    assert site.issues.only.changes == ["closed"]
    assert "**Duration of the incident:** 3 h" in site.issues.only.comments[-1]


def test_each_further_cause_is_one_comment(site: Site) -> None:
    site.polls(REFUSED, TIMEOUT, REFUSED, TIMEOUT, REFUSED)
    assert headlines(site.issues.only) == ["c0 is still offline, with another cause"]


def test_only_issues_are_notified_of_a_further_cause(site: Site) -> None:
    site.poll(REFUSED)
    assert site.poll(TIMEOUT).messages == []


def test_an_unknown_status_changes_no_issue(site: Site) -> None:
    site.polls(*[LOGIN_REFUSED] * 4)
    assert site.issues.all == []


def test_a_relapse_within_six_hours_reopens_the_issue(site: Site) -> None:
    site.polls(REFUSED, ONLINE)
    site.poll(REFUSED, later=5 * HOUR)
    assert site.issues.only.changes == ["closed", "open"]
    assert headlines(site.issues.only) == ["c0 is back online", "c0 is offline"]
    site.poll(ONLINE)
    assert site.issues.only.state == "closed"


def test_an_outage_after_six_hours_opens_another_issue(site: Site) -> None:
    site.polls(REFUSED, ONLINE)
    site.poll(REFUSED, later=6 * HOUR)
    assert [issue.state for issue in site.issues.all] == ["closed", "open"]


def test_an_unstable_status_is_damped_and_the_issue_closes_once_it_holds(site: Site) -> None:
    site.polls(*[REFUSED, ONLINE] * 4)
    issue = site.issues.only
    assert headlines(issue)[-1] == "c0 is unstable: now online"
    count = len(issue.comments)
    assert (issue.state, count) == ("open", 3)
    site.poll(ONLINE, later=HOUR)
    assert (issue.state, len(issue.comments)) == ("closed", count + 1)


def test_a_maintenance_opens_no_issue_and_does_not_close_that_of_an_outage(site: Site) -> None:
    site.polls(MAINTENANCE, ONLINE)
    assert site.issues.all == []
    site.poll(REFUSED, later=3 * HOUR)
    site.poll(MAINTENANCE)
    assert site.issues.only.state == "open"
    site.poll(ONLINE)
    assert (site.issues.only.state, headlines(site.issues.only)) == ("closed", ["c0 is back online"])


def test_the_issue_of_a_lost_partition_closes_when_its_loss_has_become_usual(site: Site) -> None:
    site.polls(BOTH, *[WITHOUT_GPU] * 2)
    issue = site.issues.only
    assert (issue.title, issue.state) == ("c0 is degraded", "open")
    while issue.state == "open" and site.monitor.clock.now() - issue.created_at < timedelta(days=8):
        assert site.poll(WITHOUT_GPU, later=timedelta(minutes=50)).messages == []
    assert (issue.state, headlines(issue)) == ("closed", ["c0 is online"])


def test_an_outage_of_a_cluster_that_is_new_opens_an_issue(monitor: Monitor) -> None:
    site = Site(monitor)
    site.poll(DEGRADED)
    assert site.states == {"c0 is degraded": "open"}
    site.poll(ONLINE)
    assert site.issues.only.state == "closed"


def test_a_channel_without_degradations_opens_no_issue_for_one(site: Site) -> None:
    site.set_policy(kinds=frozenset({Kind.OUTAGE, Kind.RECOVERY}))
    site.polls(DEGRADED, ONLINE)
    assert site.issues.all == []
    site.poll(REFUSED, later=3 * HOUR)
    site.polls(DEGRADED, ONLINE)
    assert headlines(site.issues.only) == ["c0 is partially back: degraded", "c0 is back online"]


# several clusters


def test_up_to_three_outages_are_issues_of_their_own(site: Site) -> None:
    site.poll(*[REFUSED] * 3, *[ONLINE] * 27)
    assert site.states == dict.fromkeys(["c0 is offline", "c1 is offline", "c2 is offline"], "open")


def test_thirty_outages_are_one_issue_that_closes_with_the_last_recovery(site: Site) -> None:
    site.poll(*[REFUSED] * 30)
    issue = site.issues.only
    assert issue.title == "30 offline"
    assert all(f"{name} is offline" in issue.body for name in NAMES)
    site.poll(*[ONLINE] * 10, *[REFUSED] * 20)
    assert (issue.state, headlines(issue)) == ("open", ["10 online"])
    site.poll(*[ONLINE] * 30)
    assert (issue.state, headlines(issue)) == ("closed", ["10 online", "20 online"])
    assert len(site.issues.all) == 1


def test_a_cluster_that_relapses_while_others_are_down_stays_in_their_issue(site: Site) -> None:
    site.poll(*[REFUSED] * 4)
    site.poll(ONLINE, *[REFUSED] * 3)
    site.poll(*[REFUSED] * 4)
    site.poll(REFUSED, *[ONLINE] * 3)
    assert (site.issues.only.state, site.issues.only.changes) == ("open", [])
    site.poll(*[ONLINE] * 4, later=3 * HOUR)
    assert site.issues.only.state == "closed"


# clusters that are removed


@pytest.fixture
def owner(site: Site) -> Site:
    """Have the clusters file of the history."""
    site.monitor.owns_history = True
    return site


def test_the_issue_of_a_cluster_that_was_removed_is_closed_with_a_comment(owner: Site) -> None:
    owner.poll(ONLINE, REFUSED)
    run = owner.poll(ONLINE)
    issue = owner.issues.only
    assert (issue.state, headlines(issue)) == ("closed", ["c1 is not monitored any more"])
    assert "It was removed from the input clusters" in issue.comments[0]
    assert "**Last known status:** offline" in issue.comments[0]
    assert "Duration" not in issue.comments[0]
    assert run.messages == []
    owner.poll(ONLINE)
    assert len(issue.comments) == 1


def test_a_close_of_a_removed_cluster_that_failed_is_repeated_by_the_next_run(owner: Site) -> None:
    owner.poll(ONLINE, REFUSED)
    owner.issues.permission = "read"
    run = owner.poll(ONLINE)
    assert owner.issues.only.state == "open"
    assert "github-token may not write issues" in run.errors[0]
    owner.issues.permission = "write"
    owner.poll(ONLINE)
    assert (owner.issues.only.state, len(owner.issues.only.comments)) == ("closed", 1)


def test_the_issue_of_several_clusters_is_closed_by_a_removal_only_if_no_other_is_down(owner: Site) -> None:
    owner.poll(*[REFUSED] * 5)
    owner.poll(*[REFUSED] * 2)
    issue = owner.issues.only
    assert (issue.state, headlines(issue)) == ("open", ["3 not monitored any more"])
    owner.poll(REFUSED, ONLINE)
    owner.poll(ONLINE)
    assert (issue.state, headlines(issue)[-1]) == ("closed", "c0 is back online")


def test_a_cluster_that_returns_before_its_issue_is_closed_continues_the_issue(owner: Site) -> None:
    owner.poll(ONLINE, REFUSED)
    owner.issues.permission = "read"
    owner.poll(ONLINE)
    owner.issues.permission = "write"
    owner.poll(ONLINE, REFUSED)
    assert (owner.issues.only.state, owner.issues.only.comments) == ("open", [])
    owner.poll(ONLINE, ONLINE)
    assert headlines(owner.issues.only) == ["c1 is back online"]


def test_the_issue_of_a_cluster_whose_check_crashes_stays_open(owner: Site) -> None:
    owner.poll(ONLINE, REFUSED)
    with pytest.raises(KeyError):
        owner.monitor.poll_all({"c0": [ONLINE], "c1": [KeyError("a fault of the program")]})
    assert (owner.issues.only.state, owner.issues.only.comments) == ("open", [])


def test_a_removed_cluster_without_an_open_issue_changes_none(owner: Site) -> None:
    owner.poll(ONLINE, REFUSED)
    owner.poll(ONLINE, ONLINE)
    owner.poll(ONLINE)
    assert headlines(owner.issues.only) == ["c1 is back online"]


# errors


def test_an_issue_that_github_did_not_accept_is_opened_by_the_next_run(site: Site) -> None:
    site.github.fail_next(Broken(502), on="open-issue")
    assert site.poll(REFUSED).exit_status is ExitStatus.UNDELIVERED
    assert site.issues.all == []
    site.poll(REFUSED)
    assert site.states == {"c0 is offline": "open"}


def test_an_issue_whose_response_is_lost_is_not_opened_twice(site: Site) -> None:
    site.github.fail_next(Reset(after_accepting=True), on="open-issue")
    assert site.poll(REFUSED).exit_status is ExitStatus.UNDELIVERED
    site.poll(REFUSED)
    assert site.issues.only.comments == []
    site.poll(ONLINE)
    assert site.issues.only.state == "closed"


def test_a_close_whose_comment_failed_is_completed_by_the_next_run(site: Site) -> None:
    site.poll(REFUSED)
    site.github.fail_next(Broken(502), on="comment")
    site.poll(ONLINE)
    assert (site.issues.only.state, site.issues.only.comments) == ("closed", [])
    site.poll(ONLINE)
    assert headlines(site.issues.only) == ["c0 is back online"]


def test_an_outage_and_its_end_that_wait_for_github_are_one_closed_issue(site: Site) -> None:
    site.github.fail_next(*[Broken(502)] * 2, on="open-issue")
    site.polls(REFUSED, ONLINE)
    site.poll(ONLINE)
    assert (site.issues.only.state, headlines(site.issues.only)) == ("closed", ["c0 is back online"])


def test_while_the_history_cannot_be_saved_one_issue_is_kept_and_closed(site: Site) -> None:
    site.polls(*[ONLINE] * 3)
    site.monitor.store.is_full = True
    site.polls(*[REFUSED] * 20)
    issue = site.issues.only
    assert set(headlines(issue)) == {"c0 is offline"}
    site.monitor.store.is_full = False
    site.poll(ONLINE)
    assert (issue.state, headlines(issue)[-1]) == ("closed", "Monitoring of c0 restored: still online")


def test_the_issue_of_a_run_that_could_not_save_is_the_one_of_the_runs_that_can(site: Site) -> None:
    site.monitor.store.is_full = True
    site.poll(REFUSED)
    site.monitor.store.is_full = False
    site.polls(REFUSED, ONLINE)
    assert (site.issues.only.state, headlines(site.issues.only)[-1]) == ("closed", "c0 is back online")


def test_without_the_permission_the_error_names_it_and_the_next_run_tries_again(site: Site) -> None:
    site.issues.permission = "read"
    run = site.poll(REFUSED)
    assert run.exit_status is ExitStatus.UNDELIVERED
    assert "github-token may not write issues" in run.errors[0]
    assert "permissions: {issues: write}" in run.errors[0]
    assert site.github.operations.count("open-issue") == 1
    site.issues.permission = "write"
    site.poll(REFUSED)
    assert site.states == {"c0 is offline": "open"}


def test_disabled_issues_are_an_error_with_a_remedy_and_affect_no_other_channel(site: Site) -> None:
    site.issues.enabled = False
    run = site.poll(REFUSED)
    assert "Issues are disabled" in run.errors[0]
    assert run.headlines == ["c0 is offline"]


@pytest.mark.parametrize("status", [301, 404, 410])
def test_an_issue_that_was_deleted_or_transferred_is_replaced(site: Site, status: int) -> None:
    site.poll(DEGRADED)
    site.issues.only.gone = status  # type: ignore[assignment]
    site.poll(REFUSED)
    assert [issue.title for issue in site.issues.all] == ["c0 is degraded", "c0 is offline"]
    site.poll(ONLINE)
    assert site.issues.all[1].state == "closed"


def test_the_recovery_of_a_deleted_issue_is_no_error(site: Site) -> None:
    site.poll(REFUSED)
    site.issues.only.gone = 410
    assert site.poll(ONLINE).exit_status is ExitStatus.OK


def test_a_locked_issue_is_closed_without_a_comment(site: Site) -> None:
    site.poll(REFUSED)
    site.issues.only.locked = True
    assert site.poll(ONLINE).exit_status is ExitStatus.OK
    assert (site.issues.only.state, site.issues.only.comments) == ("closed", [])


def test_an_issue_that_a_person_has_closed_is_not_opened_again_by_a_comment(site: Site) -> None:
    site.poll(DEGRADED)
    site.issues.only.state = "closed"
    site.poll(REFUSED)
    assert (site.issues.only.state, len(site.issues.only.comments)) == ("closed", 1)


def test_an_issue_of_another_author_that_imitates_one_is_left_alone(site: Site) -> None:
    site.github.fail_next(Reset(after_accepting=True), on="open-issue")
    site.poll(REFUSED)
    mine = site.issues.only
    copy = site.issues.plant(mine.title, mine.body, labels=tuple(mine.labels))
    assert (mine.author, copy.author) == (BOT, "octocat")
    site.poll(REFUSED)
    site.poll(ONLINE)
    assert (mine.state, copy.state, copy.comments) == ("closed", "open", [])


def test_a_history_that_moves_to_another_repository_changes_no_issue_there(site: Site) -> None:
    site.poll(REFUSED)
    site.set_policy(issues=digest_of("octo-org/other"))
    stranger = site.issues.only
    stranger.author = "octocat"
    site.poll(ONLINE)
    assert (stranger.state, stranger.comments) == ("open", [])


# Mutes


def test_the_label_muted_mutes_the_incident_until_it_ends(site: Site) -> None:
    outage = site.poll(REFUSED)
    site.issues.only.labels.append("Muted")
    muted = [site.poll(result) for result in (DEGRADED, DEGRADED)]
    assert (outage.headlines, [run.headlines for run in muted]) == (["c0 is offline"], [[], []])
    assert headlines(site.issues.only) == ["c0 is partially back: degraded"]
    assert "Muted until" in site.issues.only.comments[-1]
    back = site.poll(ONLINE)
    assert back.headlines == ["c0 is back online"]
    assert site.issues.only.state == "closed"
    assert site.poll(REFUSED, later=timedelta(hours=7)).headlines == ["c0 is offline"]


def test_without_the_label_the_incident_is_not_muted_any_more(site: Site) -> None:
    site.poll(REFUSED)
    site.issues.only.labels.append("muted")
    assert site.poll(DEGRADED).headlines == []
    site.issues.only.labels.remove("muted")
    assert site.poll(DEGRADED).headlines == ["c0 is partially back: degraded"]


def test_a_mute_stays_while_github_does_not_show_the_label(site: Site) -> None:
    site.poll(REFUSED)
    site.issues.only.labels.append("muted")
    site.poll(REFUSED)
    site.github.fail_next(*[Broken(502)] * 9, on="get-issue")
    assert [site.poll(DEGRADED).headlines for _ in range(2)] == [[], []]


def test_an_issue_without_the_label_is_read_once_a_poll_and_only_while_it_is_open(site: Site) -> None:
    site.polls(REFUSED, REFUSED, ONLINE, ONLINE, ONLINE)
    reads = [one for one in site.github.requests if one.operation == "get-issue"]
    assert len(reads) == 2
