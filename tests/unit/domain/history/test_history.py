import pytest
from msgspec.structs import replace

from cluster_status.domain.history import codec
from cluster_status.domain.history.digests import digest_of, keyed_digests
from cluster_status.domain.history.histories import Histories, assume_all_delivered, key_of
from cluster_status.domain.history.history import History, has_changed
from cluster_status.domain.notification.event import Event
from cluster_status.domain.run_failure import RunFailure
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.tracker import StatusTracker
from cluster_status.domain.uptime.polls import Poll
from tests.unit.domain.build import (
    NOON,
    SETUP,
    Setup,
    delivery_failed,
    events,
    failed,
    history,
    host_key,
    listed,
    listed_with,
    noon_plus,
    partition,
    pending,
    period,
    polled,
    reserved,
    step,
    with_host_key,
)
from tests.unit.domain.rich import RICH, document

NEW = History()
GOOD = listed(idle=4)
BROKEN = listed(draining=4)
REFUSED = failed(Cause.REFUSED)
UNTRUSTED = failed(Cause.HOST_KEY)
NO_LOGIN = failed(Cause.LOGIN_REFUSED)


# One poll


def test_a_poll_is_recorded_with_its_status_and_cause() -> None:
    assert polled(history(), GOOD, BROKEN).record.polls == (
        Poll(NOON, Status.ONLINE),
        Poll(noon_plus(5), Status.DEGRADED, Cause.NODES_DRAINING),
    )


def test_unknown_polls_before_the_first_login_do_not_count_as_recent_ones() -> None:
    after = polled(NEW, *[NO_LOGIN] * 6, GOOD, UNTRUSTED)
    assert events(pending(after)) == [Event.INITIAL]


@pytest.mark.parametrize(
    "result",
    [
        NO_LOGIN,
        UNTRUSTED,
        REFUSED,
        failed(Cause.DROPPED, reached=True),
        failed(Cause.TIMEOUT, reached=True),
        failed(Cause.INCOMPATIBLE_SSH),
    ],
)
def test_before_the_first_login_no_status_is_confirmed_and_no_event_is_notified(result: ProbeResult) -> None:
    after = polled(NEW, *[result] * 9)
    assert (after.tracker, pending(after)) == (StatusTracker(), ())
    assert len(after.record.polls) == 9


def test_polls_before_the_first_login_do_not_affect_the_first_status() -> None:
    after = polled(NEW, *[NO_LOGIN] * 9, GOOD)
    online = period(Status.ONLINE, since=noon_plus(45))
    assert after.tracker == StatusTracker(online, known_since=noon_plus(40), in_service=4)
    assert events(pending(after)) == [Event.INITIAL]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (NEW, history(Status.ONLINE), True),
        (history(Status.ONLINE), history(Status.OFFLINE), True),
        (history(Status.ONLINE), history(Status.ONLINE), False),
        (history(Status.OFFLINE, Cause.DNS), history(Status.OFFLINE, Cause.DNS, Cause.REFUSED), False),
        (NEW, NEW, False),
    ],
)
def test_only_a_new_confirmed_status_is_a_change(before: History, after: History, *, changed: bool) -> None:
    assert has_changed(before, after) is changed


# Polls that overtake each other


def test_an_overtaken_poll_is_recorded_in_order_and_changes_nothing_else() -> None:
    before = polled(RICH, GOOD, start=noon_plus(200), setup=SETUP)
    after = step(before, BROKEN, noon_plus(199), setup=Setup(channels=()))
    overtaken = Poll(noon_plus(199), Status.DEGRADED, Cause.NODES_DRAINING)
    polls = (*RICH.record.polls, overtaken, before.record.polls[-1])
    assert after == replace(before, record=replace(before.record, polls=polls))


@pytest.mark.parametrize(("minutes", "in_turn"), [(-10, False), (-9, True)])
def test_a_poll_after_the_clock_was_set_back_is_not_overtaken(minutes: float, *, in_turn: bool) -> None:
    before = polled(history(Status.ONLINE), GOOD)
    after = step(before, BROKEN, noon_plus(minutes), in_turn=in_turn)
    assert after.tracker.status is Status.DEGRADED


# Runs that fail because the status is unknown


def test_a_run_fails_when_the_status_becomes_unknown_and_when_its_cause_changes() -> None:
    first = step(history(Status.ONLINE), UNTRUSTED, NOON)
    assert first.unknown_failure == RunFailure("host-key", NOON)
    assert step(first, UNTRUSTED, noon_plus(5)).unknown_failure == first.unknown_failure
    assert step(first, NO_LOGIN, noon_plus(5)).unknown_failure == RunFailure("login-refused", noon_plus(5))


@pytest.mark.parametrize(
    "result",
    [listed(unknown=4), failed(Cause.JUMP_HOST), replace(failed(Cause.TIMEOUT), runner_online=False)],
)
def test_a_run_fails_at_the_second_unknown_poll_in_a_row_for_a_transient_cause(result: ProbeResult) -> None:
    first = step(history(Status.ONLINE), result, NOON)
    assert first.unknown_failure is None
    assert first.record.polls[-1].status is Status.UNKNOWN
    second = step(first, result, noon_plus(5))
    assert second.unknown_failure == RunFailure(str(result.cause or "scheduler-starting"), noon_plus(5))


def test_a_run_fails_at_once_for_a_transient_cause_before_the_first_login() -> None:
    first = step(NEW, replace(failed(Cause.JUMP_HOST), logged_in=False), NOON)
    assert first.unknown_failure == RunFailure("jump-host", NOON)


def test_a_run_fails_for_an_unknown_status_even_before_the_first_login() -> None:
    assert polled(NEW, NO_LOGIN).unknown_failure == RunFailure("login-refused", NOON)


@pytest.mark.parametrize("result", [GOOD, BROKEN, REFUSED])
def test_a_known_status_ends_the_failure_and_the_next_unknown_one_is_new(result: ProbeResult) -> None:
    known = polled(history(Status.ONLINE), UNTRUSTED, result)
    assert known.unknown_failure is None
    assert step(known, UNTRUSTED, noon_plus(10)).unknown_failure == RunFailure("host-key", noon_plus(10))


# Several clusters


def test_each_cluster_has_an_entry_of_its_own() -> None:
    both = Histories().with_entry("alpha", polled(NEW, GOOD)).with_entry("beta", polled(NEW, BROKEN))
    assert (both.of("alpha"), both.of("beta")) == (polled(NEW, GOOD), polled(NEW, BROKEN))
    assert both.with_entry("alpha", NEW).of("beta") == both.of("beta")


def test_a_cluster_without_an_entry_has_an_empty_history() -> None:
    assert Histories().with_entry("alpha", RICH).of("beta") == NEW


def test_names_that_differ_in_case_share_an_entry() -> None:
    renamed = Histories().with_entry("Straße", RICH).with_entry("STRASSE", NEW)
    assert renamed.clusters == {key_of("strasse"): NEW}


def test_only_clusters_with_a_delivery_in_progress_are_assumed_delivered() -> None:
    waiting = polled(history(Status.ONLINE), BROKEN)
    delivering = replace(waiting, outbox=replace(waiting.outbox, delivering_since=NOON))
    both = Histories().with_entry("alpha", waiting).with_entry("beta", delivering)
    assumed = assume_all_delivered(both)
    assert assumed.of("alpha") == waiting
    assert pending(assumed.of("beta")) == ()


# What is not stored

WEBHOOK = "https://discord.com/api/webhooks/4711/a-token-that-is-secret"
HOST, ADDRESS, USER, PASSWORD = "login.hpc.example", "192.0.2.17", "marvin", "brain-the-size-of-a-planet"
SECRETS = (WEBHOOK, "4711", "a-token-that-is-secret", HOST, ADDRESS, USER, PASSWORD)
DETAIL = f"{USER}@{HOST} [{ADDRESS}] said: {PASSWORD}"


def stored(history: History) -> str:
    return codec.render(document(history)).decode()


@pytest.mark.parametrize("key", [WEBHOOK, ""])
def test_no_secret_host_address_or_user_is_stored(key: str) -> None:
    digests = keyed_digests(key=key, server=f"{HOST}:22", login=f"{USER}\0{PASSWORD}")
    results = [
        with_host_key(GOOD, host_key()),
        *(failed(cause, DETAIL) for cause in Cause),
        *[NO_LOGIN] * 3,
        listed(partition(DETAIL, default=True, down=3), idle=1, down=3),
    ]
    after = polled(NEW, *results, setup=replace(SETUP, digests=digests))
    after = delivery_failed(after, "webhook-gone", NOON, refused_by=digest_of(WEBHOOK))
    assert [secret for secret in SECRETS if secret in stored(after)] == []


def test_no_text_of_the_cluster_is_stored_but_short_names_of_partitions() -> None:
    partitions = (
        partition("a-partition", default=True, availability="some-word", idle=4),
        partition(f"a-long-name-{'x' * 60}", idle=4),
    )
    chosen = listed(*partitions, idle=8)
    assert isinstance(chosen.outcome, ClusterState)
    nodes = {"a-partition": frozenset({"a-node"})}
    outcome = replace(chosen.outcome, unknown_states=("quantum",), partition_nodes=nodes)
    with_states = replace(chosen, outcome=outcome)
    maintenance = listed_with(reserved(noon_plus(600), name="a-reservation"), idle=4)
    after = stored(polled(NEW, with_states, failed(Cause.UNPARSABLE, "a-line"), maintenance))
    assert "maintenance-scheduled" in after
    texts = ("a-partition", "some-word", "a-long-name", "a-node", "quantum", "a-line", "a-reservation")
    assert [text for text in texts if text in after] == ["a-partition"]


def test_a_history_with_all_notifications_pending_stays_small() -> None:
    full = polled(history(Status.ONLINE), *[BROKEN, GOOD] * 300)
    assert len(stored(full)) < 100_000
