from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.notification.message import Fact, Message, MessageOptions, compose, describe
from cluster_status.domain.notification.notification import Notification, Window
from cluster_status.domain.notification.quotation import quotation_for
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Reservation
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.tracker import UnknownPeriod
from cluster_status.domain.status.verdict import Verdict
from cluster_status.domain.uptime.uptime import Uptime
from tests.unit.domain.build import NOON, caused, cluster_state, counts, noon_plus, notification, period

MESSAGE_OPTIONS = MessageOptions("Deep Thought")
ONLINE = period(Status.ONLINE, since=noon_plus(90))
UNKNOWN_PERIOD = UnknownPeriod(noon_plus(75), polls=3, cause=Cause.HOST_KEY, told=True)
MONITOR_LOST = notification(
    Event.MONITOR_LOST, period(Status.OFFLINE, Cause.REFUSED), at=noon_plus(90), unknown_period=UNKNOWN_PERIOD
)


def composed(
    told: Notification, message_options: MessageOptions = MESSAGE_OPTIONS, listed: ClusterState | None = None
) -> Message:
    return compose(told, message_options, listed)


# The headline


@pytest.mark.parametrize(
    ("event", "status", "headline"),
    [
        (Event.INITIAL, Status.ONLINE, "Deep Thought is online"),
        (Event.INITIAL, Status.MAINTENANCE, "Deep Thought is in maintenance"),
        (Event.OUTAGE, Status.OFFLINE, "Deep Thought is offline"),
        (Event.DEGRADED, Status.DEGRADED, "Deep Thought is degraded"),
        (Event.MAINTENANCE_STARTED, Status.MAINTENANCE, "Deep Thought is in maintenance"),
        (Event.PARTIAL_RECOVERY, Status.DEGRADED, "Deep Thought is back, but degraded"),
        (Event.RECOVERY, Status.ONLINE, "Deep Thought is back online"),
        (Event.MONITOR_RESTORED, Status.OFFLINE, "The monitor sees Deep Thought again, still offline"),
        (Event.REMINDER, Status.ONLINE, "Deep Thought is still online"),
    ],
)
def test_the_headline_says_what_happened(event: Event, status: Status, headline: str) -> None:
    message = composed(notification(event, period(status)))
    assert (message.headline, message.status) == (headline, status)


@pytest.mark.parametrize("event", sorted(set(Event) - {Event.MONITOR_LOST, Event.MAINTENANCE_SCHEDULED}))
def test_each_kind_of_message_has_words_for_each_status(event: Event) -> None:
    statuses = [status for status in Status if status is not Status.UNKNOWN]
    headlines = {composed(notification(event, period(status))).headline for status in statuses}
    assert len(headlines) == len(statuses)
    assert all("Deep Thought" in headline for headline in headlines)


def test_a_maintenance_is_foretold_with_its_times_and_without_what_is_now() -> None:
    window = Window(noon_plus(60), noon_plus(180), nodes=9)
    message = composed(
        replace(
            notification(Event.MAINTENANCE_SCHEDULED, period(Status.DEGRADED, Cause.NODES_DOWN)),
            window=window,
        )
    )
    assert (message.headline, message.sentence) == ("Maintenance of Deep Thought is coming", "")
    assert message.status is Status.MAINTENANCE
    assert message.facts == (
        Fact("Begins", noon_plus(60)),
        Fact("Ends", noon_plus(180)),
        Fact("Nodes reserved", "9"),
    )


def test_a_maintenance_is_told_with_its_end() -> None:
    window = Window(noon_plus(-60), noon_plus(180))
    message = composed(
        replace(notification(Event.MAINTENANCE_STARTED, period(Status.MAINTENANCE)), window=window)
    )
    assert message.facts[-1] == Fact("Maintenance ends", window.end)


def test_not_to_know_is_no_outage() -> None:
    message = composed(MONITOR_LOST)
    assert message.status is Status.UNKNOWN
    assert message.headline == "The monitor cannot tell how Deep Thought is"


def test_a_login_that_is_refused_is_no_outage_either() -> None:
    refused = UnknownPeriod(NOON, polls=3, cause=Cause.LOGIN_REFUSED, told=True)
    message = composed(notification(Event.MONITOR_LOST, ONLINE, unknown_period=refused, login_worked_at=NOON))
    assert message.status is Status.UNKNOWN
    assert message.headline == "The monitor can no longer log in to Deep Thought"


def test_a_cluster_may_have_any_name() -> None:
    message_options = MessageOptions("{status} of {0} %s")
    assert composed(notification(Event.OUTAGE, period(Status.OFFLINE)), message_options).headline == (
        "{status} of {0} %s is offline"
    )


# The sentence


@pytest.mark.parametrize(
    "cause",
    [cause for cause, info in CAUSES.items() if info.status not in {Status.UNKNOWN, Status.MAINTENANCE}],
)
def test_the_sentence_gives_the_cause_in_plain_words(cause: Cause) -> None:
    sentence = composed(notification(Event.REMINDER, period(CAUSES[cause].status, cause))).sentence
    assert sentence[1:] == f"{CAUSES[cause].words[1:]}."
    assert sentence[0].isupper()


def test_a_maintenance_is_said_once() -> None:
    maintenance = period(Status.MAINTENANCE, Cause.MAINTENANCE)
    assert composed(notification(Event.MAINTENANCE_STARTED, maintenance)).sentence == ""
    message = composed(notification(Event.RECOVERY, ONLINE, before=maintenance))
    assert [fact.label for fact in message.facts] == ["Since", "Was in maintenance for"]


def test_the_sentence_gives_the_latest_of_several_causes() -> None:
    told_of = period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert composed(notification(Event.OUTAGE, told_of)).sentence == "It refuses SSH connections."


def test_the_sentence_of_a_doubt_gives_what_is_in_the_way() -> None:
    assert composed(MONITOR_LOST).sentence == "Its SSH host key is not a trusted one."


def test_a_headline_that_says_it_all_needs_no_sentence() -> None:
    assert composed(notification(Event.RECOVERY, ONLINE)).sentence == ""


def test_the_first_message_says_that_more_may_come() -> None:
    told_of = period(Status.OFFLINE, Cause.REFUSED)
    assert composed(notification(Event.INITIAL, told_of)).sentence == (
        "It refuses SSH connections. Watching from now on."
    )


# The facts


def test_a_recovery_tells_how_long_it_lasted_and_every_cause_it_had() -> None:
    before = period(Status.OFFLINE, Cause.TIMEOUT, Cause.REFUSED)
    assert composed(
        notification(Event.RECOVERY, ONLINE, before=before, nodes=counts(idle=3, down=1))
    ).facts == (
        Fact("Since", noon_plus(90)),
        Fact("Was offline for", timedelta(minutes=90)),
        Fact("The cause was", "no answer, then SSH connections refused"),
        Fact("Nodes", "3 of 4 in service"),
    )


def test_what_was_online_had_no_cause() -> None:
    after = period(Status.OFFLINE, Cause.REFUSED, since=noon_plus(90))
    before = period(Status.ONLINE)
    assert composed(notification(Event.OUTAGE, after, before=before)).facts == (
        Fact("Since", noon_plus(90)),
        Fact("Was online for", timedelta(minutes=90)),
    )


def test_a_doubt_tells_since_when_and_what_was_last_known() -> None:
    assert composed(MONITOR_LOST).facts == (
        Fact("Cannot tell since", noon_plus(75)),
        Fact("Last known", "offline"),
    )


def test_a_refused_login_tells_until_when_it_worked() -> None:
    refused = notification(
        Event.MONITOR_LOST, ONLINE, unknown_period=UNKNOWN_PERIOD, login_worked_at=noon_plus(70)
    )
    assert Fact("The login worked until", noon_plus(70)) in composed(refused).facts


def test_a_cluster_that_lists_no_nodes_says_so() -> None:
    assert Fact("Nodes", "none listed") in composed(notification(Event.INITIAL, ONLINE, nodes=counts())).facts


@pytest.mark.parametrize(
    ("uptime", "words"),
    [
        (Uptime(0.99999, 1.0), "99.9 %"),
        (Uptime(1.0, 0.9), "100.0 %"),
        (Uptime(0.29, 1.0), "29.0 %"),
        (Uptime(0.5, 0.41), "50.0 % of the 12 days known"),
        (Uptime(0.5, 0.04), "50.0 % of the one day known"),
    ],
)
def test_an_uptime_is_never_rounded_up_and_says_what_it_is_based_on_if_that_is_little(
    uptime: Uptime, words: str
) -> None:
    told = replace(notification(Event.RECOVERY, ONLINE), uptime=uptime)
    assert Fact("Uptime, 30 days", words) in composed(told).facts


@pytest.mark.parametrize("coverage", [0.0, 0.03])
def test_an_uptime_of_which_not_a_day_is_known_is_not_told(coverage: float) -> None:
    told = replace(notification(Event.RECOVERY, ONLINE), uptime=Uptime(1.0, coverage))
    assert "Uptime, 30 days" not in {fact.label for fact in composed(told).facts}


def test_polls_that_never_came_are_counted() -> None:
    told = replace(notification(Event.RECOVERY, ONLINE), missed_polls=7)
    assert Fact("Polls missed before this one", "7") in composed(told).facts


def test_a_maintenance_that_slurm_lists_is_shown_with_whatever_is_told() -> None:
    coming = Reservation("a name", noon_plus(200), noon_plus(300), 4)
    over = Reservation("before", noon_plus(-200), noon_plus(-100), 4)
    listed = replace(cluster_state(idle=4), details=Details(reservations=(over, coming)))
    assert composed(notification(Event.RECOVERY, ONLINE), MESSAGE_OPTIONS, listed).facts[1:] == (
        Fact("Nodes reserved", "4"),
        Fact("Maintenance begins", noon_plus(200)),
        Fact("Maintenance ends", noon_plus(300)),
    )


@pytest.mark.parametrize("event", Event)
def test_an_outage_alone_is_urgent_and_a_repeat_alone_is_no_news(event: Event) -> None:
    unknown_period = UNKNOWN_PERIOD if event is Event.MONITOR_LOST else None
    message = composed(notification(event, ONLINE, unknown_period=unknown_period))
    assert (message.urgent, message.is_news) == (event is Event.OUTAGE, event is not Event.REMINDER)


def test_messages_that_were_left_out_are_counted() -> None:
    labels = {
        fact.label: fact.value for fact in composed(notification(Event.RECOVERY, ONLINE, dropped=7)).facts
    }
    assert labels["Older messages that could not be delivered"] == "7"


def test_a_message_is_dated_when_it_was_decided_not_when_it_is_sent() -> None:
    assert composed(MONITOR_LOST).at == noon_plus(90)


# What the user wants in it


@pytest.mark.parametrize(
    ("message_options", "listed", "shown"),
    [
        (MESSAGE_OPTIONS, cluster_state(idle=4), cluster_state(idle=4).partitions),
        (MessageOptions("Deep Thought", with_partitions=False), cluster_state(idle=4), ()),
        (MESSAGE_OPTIONS, None, ()),
    ],
)
def test_partitions_are_shown_where_they_are_known_unless_they_are_not_wanted(
    message_options: MessageOptions, listed: ClusterState | None, shown: tuple[object, ...]
) -> None:
    assert composed(notification(Event.RECOVERY, ONLINE), message_options, listed).partitions == shown


@pytest.mark.parametrize(
    ("told", "status"),
    [(notification(Event.RECOVERY, ONLINE), Status.ONLINE), (MONITOR_LOST, Status.UNKNOWN)],
)
def test_a_quotation_fits_the_status_where_one_is_wanted(told: Notification, status: Status) -> None:
    message_options = MessageOptions("Deep Thought", with_quotation=True)
    assert composed(told, message_options).quotation == quotation_for(status, told.at)
    assert composed(told).quotation is None


# One line about a poll


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (
            Verdict(Status.ONLINE, cluster_state=cluster_state(allocated=4)),
            "Deep Thought is online (4 of 4 nodes in service)",
        ),
        (Verdict(Status.ONLINE, cluster_state=ClusterState()), "Deep Thought is online (no nodes listed)"),
        (caused(Cause.REFUSED), "Deep Thought is offline: it refuses SSH connections"),
        (
            Verdict(
                Status.MAINTENANCE, Cause.MAINTENANCE, cluster_state=cluster_state(idle=1, maintenance=3)
            ),
            "Deep Thought is in maintenance: nodes are in maintenance (1 of 4 nodes in service)",
        ),
        (
            Verdict(Status.UNKNOWN, Cause.TIMEOUT),
            "The monitor cannot tell how Deep Thought is: it does not answer",
        ),
    ],
)
def test_a_poll_is_described_in_one_line(verdict: Verdict, line: str) -> None:
    assert describe(verdict, "Deep Thought") == line


def test_every_cause_can_be_described() -> None:
    described = {cause: describe(caused(cause), "Deep Thought") for cause in Cause}
    assert [cause for cause, line in described.items() if not line.endswith(CAUSES[cause].words)] == []
