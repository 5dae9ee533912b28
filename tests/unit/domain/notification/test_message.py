from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.notification.content.facts import Fact
from cluster_status.domain.notification.content.quotation import quotation_for
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UnknownPeriod
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime
from tests.unit.domain.build import NOON, cluster_state, counts, noon_plus, notification, period, verdict_of

POLICY = ChannelPolicy("discord")
ONLINE = period(Status.ONLINE, since=noon_plus(90))
UNKNOWN = UnknownPeriod(noon_plus(75), polls=3, cause=Cause.HOST_KEY, notified=True)
MONITOR_LOST = notification(
    Event.MONITOR_LOST, period(Status.OFFLINE, Cause.REFUSED), at=noon_plus(90), unknown=UNKNOWN
)


def composed(
    notification: Notification,
    listed: ClusterState | None = None,
    *,
    policy: ChannelPolicy = POLICY,
    name: str = "Deep Thought",
) -> Message:
    return compose(notification, name, policy, listed)


# The headline


@pytest.mark.parametrize(
    ("event", "status", "headline"),
    [
        (Event.INITIAL, Status.ONLINE, "Deep Thought is online"),
        (Event.INITIAL, Status.MAINTENANCE, "Deep Thought is in maintenance"),
        (Event.OUTAGE, Status.OFFLINE, "Deep Thought is offline"),
        (Event.DEGRADED, Status.DEGRADED, "Deep Thought is degraded"),
        (Event.MAINTENANCE_STARTED, Status.MAINTENANCE, "Deep Thought is in maintenance"),
        (Event.PARTIAL_RECOVERY, Status.DEGRADED, "Deep Thought is partially back: degraded"),
        (Event.RECOVERY, Status.ONLINE, "Deep Thought is back online"),
        (Event.MONITOR_RESTORED, Status.OFFLINE, "Monitoring of Deep Thought restored: still offline"),
        (Event.REMINDER, Status.ONLINE, "Deep Thought is still online"),
    ],
)
def test_the_headline_names_the_event(event: Event, status: Status, headline: str) -> None:
    message = composed(notification(event, period(status)))
    assert (message.headline, message.status) == (headline, status)


WITHOUT_STATUS = {
    Event.MONITOR_LOST,
    Event.MAINTENANCE_SCHEDULED,
    Event.MAINTENANCE_CHANGED,
    Event.MAINTENANCE_CANCELLED,
    Event.STATUS_UNSTABLE,
    Event.CONDITION_MET,
    Event.MUTE_ENDED,
    Event.REPORT,
    Event.HISTORY_NOT_SAVED,
    Event.REMOVED,
}


@pytest.mark.parametrize("event", sorted(set(Event) - WITHOUT_STATUS))
def test_each_event_of_a_status_has_a_headline_for_each_status(event: Event) -> None:
    statuses = [status for status in Status if status is not Status.UNKNOWN]
    headlines = {composed(notification(event, period(status))).headline for status in statuses}
    assert len(headlines) == len(statuses)
    assert all("Deep Thought" in headline for headline in headlines)


def test_an_unknown_status_is_not_reported_as_an_outage() -> None:
    message = composed(MONITOR_LOST)
    assert message.status is Status.UNKNOWN
    assert message.headline == "Deep Thought: status unknown"


def test_a_refused_login_is_not_reported_as_an_outage() -> None:
    refused = UnknownPeriod(NOON, polls=3, cause=Cause.LOGIN_REFUSED, notified=True)
    message = composed(notification(Event.MONITOR_LOST, ONLINE, unknown=refused, last_login=NOON))
    assert message.status is Status.UNKNOWN
    assert message.headline == "Login to Deep Thought no longer works"


def test_a_cluster_name_is_not_interpreted() -> None:
    message = composed(notification(Event.OUTAGE, period(Status.OFFLINE)), name="{status} of {0} %s")
    assert message.headline == "{status} of {0} %s is offline"


# The sentence


@pytest.mark.parametrize(
    "cause",
    [cause for cause, info in CAUSES.items() if info.status not in {Status.UNKNOWN, Status.MAINTENANCE}],
)
def test_the_sentence_is_the_clause_of_the_cause(cause: Cause) -> None:
    sentence = composed(notification(Event.REMINDER, period(CAUSES[cause].status, cause))).sentence
    assert sentence[1:] == f"{CAUSES[cause].clause[1:]}."  # the first letter is a capital
    assert sentence[0].isupper()


def test_a_maintenance_is_not_repeated_in_the_sentence() -> None:
    maintenance = period(Status.MAINTENANCE, Cause.MAINTENANCE)
    assert composed(notification(Event.MAINTENANCE_STARTED, maintenance)).sentence == ""
    message = composed(notification(Event.RECOVERY, ONLINE, previous=maintenance))
    assert [fact.label for fact in message.facts] == ["Since", "Was in maintenance for"]


def test_the_sentence_has_the_latest_of_several_causes() -> None:
    offline = period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert composed(notification(Event.OUTAGE, offline)).sentence == "SSH connections refused."


def test_the_sentence_of_an_unknown_status_has_its_cause() -> None:
    assert composed(MONITOR_LOST).sentence == "SSH host key not trusted."


def test_a_recovery_has_no_sentence() -> None:
    assert composed(notification(Event.RECOVERY, ONLINE)).sentence == ""


def test_the_initial_message_says_that_monitoring_started() -> None:
    offline = period(Status.OFFLINE, Cause.REFUSED)
    assert composed(notification(Event.INITIAL, offline)).sentence == (
        "SSH connections refused. Monitoring started."
    )


# The remedy


@pytest.mark.parametrize("cause", [cause for cause, info in CAUSES.items() if not info.network])
def test_an_unknown_status_has_the_remedy_of_its_cause(cause: Cause) -> None:
    unknown = UnknownPeriod(NOON, 3, cause, notified=True)
    message = composed(notification(Event.MONITOR_LOST, ONLINE, unknown=unknown))
    assert message.remedy == CAUSES[cause].remedy


def test_the_remedy_for_a_runner_without_a_network_is_about_the_runner() -> None:
    unknown = UnknownPeriod(NOON, 3, Cause.TIMEOUT, notified=True)
    message = composed(notification(Event.MONITOR_LOST, ONLINE, unknown=unknown))
    assert message.remedy == "Check the network of the runner."


def test_a_known_status_has_no_remedy() -> None:
    assert composed(notification(Event.DEGRADED, period(Status.DEGRADED, Cause.NO_SCHEDULER))).remedy == ""


# The facts


def test_a_recovery_shows_the_length_of_the_outage_and_all_its_causes() -> None:
    before = period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert composed(
        notification(Event.RECOVERY, ONLINE, previous=before, nodes=counts(idle=3, down=1))
    ).facts == (
        Fact("Since", noon_plus(90)),
        Fact("Was offline for", timedelta(minutes=90)),
        Fact("Cause", "SSH connection timed out; then SSH connections refused"),
        Fact("Nodes", "3 of 4 in service"),
    )


def test_an_online_period_has_no_cause() -> None:
    after = period(Status.OFFLINE, Cause.REFUSED, since=noon_plus(90))
    before = period(Status.ONLINE)
    assert composed(notification(Event.OUTAGE, after, previous=before)).facts == (
        Fact("Since", noon_plus(90)),
        Fact("Was online for", timedelta(minutes=90)),
    )


def test_a_monitor_that_never_had_a_status_shows_none() -> None:
    unknown = UnknownPeriod(noon_plus(-10), 3, Cause.SINFO_FAILED, notified=True)
    message = composed(
        replace(notification(Event.MONITOR_LOST, period(Status.ONLINE)), period=None, unknown=unknown)
    )
    assert (message.headline, message.status) == ("Deep Thought: status unknown", Status.UNKNOWN)
    assert [fact.label for fact in message.facts] == ["Unknown since"]


def test_an_intermittent_unknown_status_is_explained() -> None:
    unknown = UnknownPeriod(NOON, 1, Cause.SINFO_FAILED, notified=True, intermittent=True)
    message = composed(replace(notification(Event.MONITOR_LOST, period(Status.ONLINE)), unknown=unknown))
    assert message.sentence.endswith("At least half of the last 12 polls had an unknown status.")


def test_an_unknown_status_shows_its_begin_and_the_last_known_status() -> None:
    assert composed(MONITOR_LOST).facts == (
        Fact("Unknown since", noon_plus(75)),
        Fact("Last known status", "offline"),
    )


def test_a_refused_login_shows_the_last_successful_login() -> None:
    refused = notification(Event.MONITOR_LOST, ONLINE, unknown=UNKNOWN, last_login=noon_plus(70))
    assert Fact("Last successful login", noon_plus(70)) in composed(refused).facts


def test_a_message_shows_that_no_nodes_are_listed() -> None:
    assert Fact("Nodes", "none listed") in composed(notification(Event.INITIAL, ONLINE, nodes=counts())).facts


@pytest.mark.parametrize(
    ("uptime", "shown"),
    [
        (Uptime(0.99999, 1.0), "99.9 %"),
        (Uptime(1.0, 0.9), "100.0 %"),
        (Uptime(0.29, 1.0), "29.0 %"),
        (Uptime(0.5, 0.41), "50.0 % (12 of 30 days monitored)"),
        (Uptime(0.5, 0.04), "50.0 % (1 of 30 days monitored)"),
    ],
)
def test_an_uptime_is_rounded_down_and_shows_a_low_coverage(uptime: Uptime, shown: str) -> None:
    recovery = replace(notification(Event.RECOVERY, ONLINE), uptime=uptime)
    assert Fact("Uptime, 30 days", shown) in composed(recovery).facts


@pytest.mark.parametrize("coverage", [0.0, 0.03])
def test_an_uptime_of_less_than_one_monitored_day_is_not_shown(coverage: float) -> None:
    recovery = replace(notification(Event.RECOVERY, ONLINE), uptime=Uptime(1.0, coverage))
    assert "Uptime, 30 days" not in {fact.label for fact in composed(recovery).facts}


def test_a_time_that_each_channel_shows_for_the_message_is_no_fact() -> None:
    before = period(Status.ONLINE, since=noon_plus(-60))
    assert composed(notification(Event.OUTAGE, period(Status.OFFLINE), previous=before)).facts == (
        Fact("Was online for", timedelta(minutes=60)),
    )


def test_no_time_is_shown_twice() -> None:
    twice = notification(Event.MONITOR_LOST, ONLINE, unknown=UNKNOWN, last_login=UNKNOWN.since)
    assert [fact.value for fact in composed(twice).facts] == [UNKNOWN.since, "online"]


def test_missed_polls_are_counted() -> None:
    recovery = replace(notification(Event.RECOVERY, ONLINE), missed_polls=7)
    assert Fact("Missed polls", "7") in composed(recovery).facts


@pytest.mark.parametrize("event", Event)
def test_only_an_outage_mentions_and_only_a_reminder_is_no_news(event: Event) -> None:
    unknown = UNKNOWN if event is Event.MONITOR_LOST else None
    policy = replace(POLICY, mention="<@&1>")
    message = composed(notification(event, ONLINE, unknown=unknown), policy=policy)
    assert message.mention == ("<@&1>" if event is Event.OUTAGE else "")
    assert message.is_news is (event is not Event.REMINDER)


def test_dropped_messages_are_counted() -> None:
    labels = {
        fact.label: fact.value for fact in composed(notification(Event.RECOVERY, ONLINE, dropped=7)).facts
    }
    assert labels["Older messages not delivered"] == "7"


def test_a_message_has_the_time_of_the_event_not_of_its_delivery() -> None:
    assert composed(MONITOR_LOST).at == noon_plus(90)


# Options


@pytest.mark.parametrize(
    ("policy", "listed", "shown"),
    [
        (POLICY, cluster_state(idle=4), cluster_state(idle=4).partitions),
        (replace(POLICY, with_partitions=False), cluster_state(idle=4), ()),
        (POLICY, None, ()),
    ],
)
def test_partitions_are_shown_if_they_are_known_and_wanted(
    policy: ChannelPolicy, listed: ClusterState | None, shown: tuple[object, ...]
) -> None:
    assert composed(notification(Event.RECOVERY, ONLINE), listed, policy=policy).partitions == shown


@pytest.mark.parametrize(
    ("event", "status"),
    [(notification(Event.RECOVERY, ONLINE), Status.ONLINE), (MONITOR_LOST, Status.UNKNOWN)],
)
def test_a_quotation_matches_the_status_if_quotations_are_wanted(event: Notification, status: Status) -> None:
    with_quotation = composed(event, policy=replace(POLICY, with_quotation=True))
    assert with_quotation.quotation == quotation_for(status, event.at)
    assert composed(event).quotation is None


# The description of a poll


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (
            Verdict(Status.ONLINE, cluster_state=cluster_state(allocated=4)),
            "Deep Thought is online (4 of 4 nodes in service)",
        ),
        (Verdict(Status.ONLINE, cluster_state=ClusterState()), "Deep Thought is online (no nodes listed)"),
        (verdict_of(Cause.REFUSED), "Deep Thought is offline: SSH connections refused"),
        (
            Verdict(
                Status.MAINTENANCE, Cause.MAINTENANCE, cluster_state=cluster_state(idle=1, maintenance=3)
            ),
            "Deep Thought is in maintenance: nodes in maintenance (1 of 4 nodes in service)",
        ),
        (
            Verdict(Status.UNKNOWN, Cause.TIMEOUT),
            "Status of Deep Thought is unknown: SSH connection timed out",
        ),
    ],
)
def test_a_poll_is_described_in_one_line(verdict: Verdict, line: str) -> None:
    assert describe(verdict, "Deep Thought") == line


def test_every_cause_can_be_described() -> None:
    described = {cause: describe(verdict_of(cause), "Deep Thought") for cause in Cause}
    assert [cause for cause, line in described.items() if not line.endswith(CAUSES[cause].clause)] == []
