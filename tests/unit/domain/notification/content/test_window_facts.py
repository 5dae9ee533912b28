"""What messages say about maintenance windows."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.maintenance.window import Span, Window
from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.status.cause import CAUSES, Cause, Status
from cluster_status.domain.status.verdict import Verdict
from tests.unit.domain.build import POLICY, noon_plus, notification, period

BEGIN, END = noon_plus(600), noon_plus(1_080)
ALL = Window(BEGIN, END, 44, 44, Span(BEGIN, END))
PART = Window(BEGIN, END, 20, 20)
ONLINE, MAINTENANCE = period(Status.ONLINE), period(Status.MAINTENANCE, Cause.MAINTENANCE)


def composed(event: Event, window: Window, *, status: Status = Status.ONLINE, **fields: object) -> Message:
    about = replace(notification(event, period(status)), window=window, window_id="1", **fields)
    return compose(about, "mscluster", POLICY, None)


def facts(message: Message) -> dict[str, str | datetime | timedelta]:
    return {fact.label: fact.value for fact in message.facts}


def test_a_scheduled_window_shows_its_times_and_nodes() -> None:
    message = composed(Event.MAINTENANCE_SCHEDULED, ALL)
    assert (message.headline, message.status) == ("Maintenance of mscluster scheduled", Status.MAINTENANCE)
    assert facts(message) == {
        "Maintenance begins": BEGIN,
        "Maintenance ends": END,
        "Nodes reserved": "44 (all)",
    }


def test_a_scheduled_window_shows_a_status_other_than_online() -> None:
    message = composed(Event.MAINTENANCE_SCHEDULED, ALL, status=Status.OFFLINE)
    assert (facts(message)["Status"], message.sentence) == ("offline", "")


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        (PART, "20"),
        (replace(PART, partitions=("gpu", "debug")), "20 (gpu, debug)"),
        (replace(PART, concurrent_nodes=1), "20, at most 1 at a time"),
    ],
)
def test_the_nodes_of_a_part_have_their_partitions(window: Window, shown: str) -> None:
    assert facts(composed(Event.MAINTENANCE_SCHEDULED, window))["Nodes reserved"] == shown


@pytest.mark.parametrize(
    ("partitions", "sentence"),
    [((), "20 nodes."), (("gpu",), "Partition gpu."), (("gpu", "debug"), "Partitions gpu, debug.")],
)
def test_the_sentence_of_a_part_says_which(partitions: tuple[str, ...], sentence: str) -> None:
    part = replace(PART, partitions=partitions)
    assert composed(Event.MAINTENANCE_STARTED, part).sentence == sentence
    assert composed(Event.MAINTENANCE_CANCELLED, part).sentence.startswith(sentence)


def test_an_open_end_is_shown() -> None:
    message = composed(Event.MAINTENANCE_SCHEDULED, replace(ALL, end=None))
    assert facts(message)["Maintenance ends"] == "open end"


def test_a_window_that_takes_all_nodes_for_some_time_shows_that_time() -> None:
    longer = replace(ALL, begin=noon_plus(300), end=noon_plus(1_200))
    shown = facts(composed(Event.MAINTENANCE_SCHEDULED, longer))
    assert (shown["All nodes from"], shown["All nodes until"]) == (BEGIN, END)


@pytest.mark.parametrize(("hours", "waits"), [(9, False), (10, True)])
def test_a_message_says_that_jobs_wait_if_one_would_reach_into_the_window(hours: int, *, waits: bool) -> None:
    at = BEGIN - timedelta(hours=10)
    about = replace(
        notification(Event.MAINTENANCE_SCHEDULED, ONLINE), window=replace(ALL, job_hours=hours), at=at
    )
    sentence = "Jobs whose time limit reaches beyond its begin wait until it is over."
    assert compose(about, "mscluster", POLICY, None).sentence == (sentence if waits else "")


def test_the_second_notification_says_that_the_window_is_near() -> None:
    message = composed(Event.MAINTENANCE_SCHEDULED, ALL, previous_window=ALL)
    assert message.headline == "Maintenance of mscluster begins within a day"
    assert "Was to begin" not in facts(message)


def test_a_change_shows_what_has_changed() -> None:
    moved = replace(ALL, begin=noon_plus(700))
    message = composed(Event.MAINTENANCE_CHANGED, moved, previous_window=ALL)
    assert message.headline == "Maintenance of mscluster changed"
    assert facts(message) == {
        "Maintenance begins": noon_plus(700),
        "Maintenance ends": END,
        "Nodes reserved": "44 (all)",
        "Was to begin": BEGIN,
    }
    grown_to = replace(ALL, end=None, all_nodes=Span(BEGIN))
    grown = composed(Event.MAINTENANCE_CHANGED, grown_to, previous_window=PART)
    assert {label: value for label, value in facts(grown).items() if "Was" in label or "before" in label} == {
        "Was to end": END,
        "Nodes reserved before": "20",
    }


def test_a_cancelled_window_shows_its_times() -> None:
    message = composed(Event.MAINTENANCE_CANCELLED, ALL)
    assert (message.headline, message.status) == ("Maintenance of mscluster cancelled", Status.ONLINE)
    assert message.sentence == "Slurm no longer lists its reservation."
    assert facts(message) == {"Was to begin": BEGIN, "Was to end": END, "Nodes reserved before": "44 (all)"}


def test_a_window_that_begins_or_ends_while_the_status_stays_has_a_headline_of_its_own() -> None:
    running = replace(PART, begin=noon_plus(-60))
    started = composed(Event.MAINTENANCE_STARTED, running)
    assert (started.headline, started.status) == (
        "Maintenance of mscluster has started",
        Status.MAINTENANCE,
    )
    assert facts(started) == {"Maintenance ends": END, "Nodes reserved": "20"}
    ended = composed(Event.RECOVERY, running)
    assert (ended.headline, ended.status) == ("Maintenance of mscluster has ended", Status.ONLINE)
    assert facts(ended) == {"Maintenance began": noon_plus(-60), "Nodes reserved before": "20"}


def test_a_change_of_the_status_shows_the_end_of_the_window() -> None:
    running = replace(ALL, begin=noon_plus(-60), all_nodes=Span(noon_plus(-60), END))
    started = Notification(
        "1", Event.MAINTENANCE_STARTED, noon_plus(0), MAINTENANCE, previous=ONLINE, window=running
    )
    message = compose(started, "mscluster", POLICY, None)
    assert (message.headline, message.sentence) == ("mscluster is in maintenance", "")
    assert [fact.label for fact in message.facts] == ["Was online for", "Maintenance ends"]


@pytest.mark.parametrize(
    ("underlying_cause", "sentence"),
    [
        (Cause.REFUSED, "The head node does not respond."),
        (Cause.SCHEDULER_DOWN, "Slurm controller not responding."),
    ],
)
def test_a_maintenance_says_what_fails(underlying_cause: Cause, sentence: str) -> None:
    about = replace(notification(Event.MAINTENANCE_STARTED, MAINTENANCE), underlying_cause=underlying_cause)
    assert compose(about, "mscluster", POLICY, None).sentence == sentence
    verdict = Verdict(Status.MAINTENANCE, Cause.MAINTENANCE, underlying_cause=underlying_cause)
    assert describe(verdict, "mscluster").lower().endswith(sentence.lower().rstrip("."))


@pytest.mark.parametrize(("status", "mention"), [(Status.OFFLINE, "<@&1>"), (Status.DEGRADED, "")])
def test_an_overdue_maintenance_shows_when_it_should_have_ended(status: Status, mention: str) -> None:
    over = replace(
        ALL, begin=noon_plus(-600), end=noon_plus(-5), all_nodes=Span(noon_plus(-600), noon_plus(-5))
    )
    about = replace(
        notification(Event.MAINTENANCE_OVERDUE, period(status, Cause.REFUSED), previous=MAINTENANCE),
        window=over,
    )
    message = compose(about, "mscluster", replace(POLICY, mention="<@&1>"), None)
    assert message.headline == f"Maintenance of mscluster is overdue: {status}"
    assert (message.status, message.mention) == (status, mention)
    assert facts(message)["Maintenance should have ended"] == noon_plus(-5)
    assert message.sentence == f"{CAUSES[Cause.REFUSED].clause}."


def test_later_windows_are_counted() -> None:
    message = composed(Event.MAINTENANCE_SCHEDULED, ALL, further_windows=3)
    assert facts(message)["Later maintenance windows"] == "3"
