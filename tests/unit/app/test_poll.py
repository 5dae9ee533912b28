"""Poll after poll: what counts, what is told, what is remembered, and how a run ends."""

import json
import signal
import threading
from datetime import timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.digests import keyed_digests
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.message import Fact
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import Cancelled, DeliveryError, ExitStatus
from cluster_status.ports import Level
from tests.fakes.probe import HOST_KEY, ONLINE, listed, met, partition
from tests.fakes.store import MemoryStore
from tests.unit.app.monitor import Monitor

DEGRADED = met(Cause.SCHEDULER_DOWN)
MAINTENANCE = listed(partition(maintenance=8))
REFUSED, TIMEOUT = met(Cause.REFUSED), met(Cause.TIMEOUT)
UNKNOWN = met(Cause.SINFO_FAILED)
SEEN_AGAIN = "The monitor sees mscluster again, still online"
ANOTHER_KEY = HostKey("ssh-ed25519", HOST_KEY.blob[:-1] + b"\1")


@pytest.fixture
def watching(monitor: Monitor) -> Monitor:
    """Have a monitor that has seen the cluster online, and told it."""
    assert monitor.poll(ONLINE).headlines == ["mscluster is online"]
    return monitor


def headlines(monitor: Monitor, *results: ProbeResult) -> list[list[str]]:
    """Poll once for each sighting; return what each poll told."""
    return [monitor.poll(result).headlines for result in results]


# what is told


FIRST_NOTIFIED = {
    "online": (ONLINE, "mscluster is online"),
    "degraded": (DEGRADED, "mscluster is degraded"),
    "maintenance": (MAINTENANCE, "mscluster is in maintenance"),
    "offline": (listed(partition(down=8)), "mscluster is offline"),
    "no nodes listed": (listed(), "mscluster is online"),
    "no scheduler": (met(Cause.NO_SCHEDULER), "mscluster is online"),
}


@pytest.mark.parametrize(("result", "headline"), FIRST_NOTIFIED.values(), ids=FIRST_NOTIFIED)
def test_the_first_status_is_told_once_and_while_it_lasts_no_more(
    result: ProbeResult, headline: str, monitor: Monitor
) -> None:
    assert headlines(monitor, result, result, result) == [[headline], [], []]


@pytest.mark.parametrize("cause", [Cause.DNS, Cause.REFUSED])
def test_an_outage_that_any_runner_would_see_is_told_at_once(cause: Cause, watching: Monitor) -> None:
    assert headlines(watching, met(cause), met(cause)) == [["mscluster is offline"], []]


@pytest.mark.parametrize("cause", [Cause.TIMEOUT, Cause.UNREACHABLE, Cause.DROPPED])
def test_an_outage_that_may_be_the_runners_address_is_told_at_the_second_poll(
    cause: Cause, watching: Monitor
) -> None:
    assert headlines(watching, met(cause), met(cause), met(cause)) == [[], ["mscluster is offline"], []]


@pytest.mark.parametrize("confirm_after", [1, 2, 4])
def test_as_many_polls_confirm_a_time_out_as_the_user_wants(confirm_after: int, watching: Monitor) -> None:
    watching.set_terms(confirm_after=confirm_after)
    told = headlines(watching, *[TIMEOUT] * 5)
    assert told.index(["mscluster is offline"]) == confirm_after - 1


def test_time_outs_with_a_good_poll_between_are_not_in_a_row(watching: Monitor) -> None:
    assert headlines(watching, TIMEOUT, ONLINE, TIMEOUT, ONLINE) == [[], [], [], []]


def test_a_time_out_that_turns_into_a_refusal_is_told_at_once(watching: Monitor) -> None:
    assert headlines(watching, TIMEOUT, REFUSED) == [[], ["mscluster is offline"]]


def test_a_time_out_that_turns_into_another_status_is_forgotten(watching: Monitor) -> None:
    told = headlines(watching, TIMEOUT, DEGRADED, TIMEOUT, TIMEOUT)
    assert told == [[], ["mscluster is degraded"], [], ["mscluster is offline"]]


def test_an_outage_and_its_end_are_both_told(watching: Monitor) -> None:
    assert headlines(watching, REFUSED, ONLINE, ONLINE) == [
        ["mscluster is offline"],
        ["mscluster is back online"],
        [],
    ]


def test_a_cluster_comes_back_in_steps(watching: Monitor) -> None:
    assert headlines(watching, REFUSED, DEGRADED, ONLINE) == [
        ["mscluster is offline"],
        ["mscluster is back, but degraded"],
        ["mscluster is back online"],
    ]


def test_a_new_cause_within_one_status_is_not_told_but_named_when_it_is_over(watching: Monitor) -> None:
    silent = headlines(watching, REFUSED, met(Cause.DNS), listed(partition(down=8)))[1:]
    (recovery,) = watching.poll(ONLINE).messages
    assert silent == [[], []]
    causes = "SSH connections refused, then host name not resolved, then no node in service"
    assert Fact("The cause was", causes) in recovery.facts


def test_a_message_shows_the_partitions_listed_at_its_own_poll(monitor: Monitor) -> None:
    monitor.notifier.fail_next(DeliveryError("no", cause="no"))
    monitor.poll(ONLINE)
    late, fresh = monitor.poll(listed(partition(idle=1, maintenance=7))).messages
    assert late.partitions == ()
    assert fresh.partitions == (partition(idle=1, maintenance=7),)


def test_sinfo_that_is_missing_is_a_shortcoming_only_where_it_was_seen_before(monitor: Monitor) -> None:
    gone = met(Cause.NO_SCHEDULER)
    assert [monitor.poll(result).outputs["status"] for result in (gone, ONLINE, gone)] == [
        "online",
        "online",
        "degraded",
    ]


# where the monitor cannot tell


@pytest.mark.parametrize(
    ("cause", "headline"),
    [
        (Cause.SINFO_FAILED, "The monitor cannot tell how mscluster is"),
        (Cause.HOST_KEY, "The monitor cannot tell how mscluster is"),
        (Cause.LOGIN_REFUSED, "The monitor can no longer log in to mscluster"),
    ],
)
def test_that_the_monitor_cannot_tell_is_told_once_at_the_third_poll_and_its_end_once(
    cause: Cause, headline: str, watching: Monitor
) -> None:
    script = [*[met(cause)] * 5, ONLINE, ONLINE]
    an_hour = timedelta(hours=1)  # for as long a refused credential is held back
    assert [watching.poll(result, later=an_hour).headlines for result in script] == [
        [],
        [],
        [headline],
        [],
        [],
        [SEEN_AGAIN],
        [],
    ]


def test_three_causes_in_a_row_are_one_spell_of_not_knowing(watching: Monitor) -> None:
    told = headlines(watching, UNKNOWN, met(Cause.HOST_KEY), met(Cause.UNPARSABLE))
    assert told == [[], [], ["The monitor cannot tell how mscluster is"]]


def test_not_knowing_that_ends_before_the_third_poll_is_never_told(watching: Monitor) -> None:
    assert headlines(watching, UNKNOWN, UNKNOWN, ONLINE, UNKNOWN, UNKNOWN, ONLINE) == [[]] * 6


def test_not_knowing_is_never_an_outage(watching: Monitor) -> None:
    runs = [watching.poll(UNKNOWN) for _ in range(3)]
    (message,) = runs[2].messages
    assert message.status is Status.UNKNOWN
    assert [run.outputs["changed"] for run in runs] == ["false"] * 3
    confirmed = watching.store.history.tracker.confirmed
    assert confirmed
    assert confirmed.status is Status.ONLINE


def test_what_had_changed_meanwhile_is_told_in_place_of_the_end_of_not_knowing(watching: Monitor) -> None:
    assert headlines(watching, UNKNOWN, UNKNOWN, UNKNOWN, REFUSED, ONLINE)[3:] == [
        ["mscluster is offline"],
        ["mscluster is back online"],
    ]


def test_a_guess_does_not_end_the_spell_of_not_knowing(watching: Monitor) -> None:
    assert headlines(watching, UNKNOWN, UNKNOWN, UNKNOWN, TIMEOUT, ONLINE)[3:] == [
        [],
        [SEEN_AGAIN],
    ]


def test_a_login_that_worked_once_is_told_as_one_that_no_longer_does(watching: Monitor) -> None:
    worked_at = watching.clock.now()
    watching.poll(met(Cause.LOGIN_REFUSED))
    watching.poll(met(Cause.LOGIN_REFUSED))
    (message,) = watching.poll(met(Cause.LOGIN_REFUSED)).messages
    assert message.sentence == "It refuses the login."
    assert Fact("The login worked until", worked_at) in message.facts


NO_LOGIN = {
    "login refused": met(Cause.LOGIN_REFUSED),
    "another key": met(Cause.HOST_KEY),
    "never reached": REFUSED,
    "offline": replace(met(Cause.DROPPED), reached=True),
}


@pytest.mark.parametrize("result", NO_LOGIN.values(), ids=NO_LOGIN)
def test_while_no_login_ever_worked_the_channel_is_told_nothing(
    result: ProbeResult, monitor: Monitor
) -> None:
    assert headlines(monitor, *[result] * 5) == [[]] * 5


def test_a_server_that_was_never_reached_is_not_called_offline(monitor: Monitor) -> None:
    assert monitor.poll(REFUSED).outputs["status"] == "unknown"


def test_a_server_whose_banner_was_read_once_can_be_offline_ever_after(monitor: Monitor) -> None:
    monitor.poll(met(Cause.LOGIN_REFUSED))
    assert monitor.poll(REFUSED).outputs["status"] == "offline"


def test_another_server_starts_as_one_that_was_never_reached(watching: Monitor) -> None:
    other = keyed_digests(webhook="a webhook", server="another", login="a login")
    watching.set_terms(identity=other)
    assert watching.poll(REFUSED).outputs["status"] == "unknown"


def test_a_new_webhook_does_not_make_the_monitor_forget_that_the_server_was_reached(
    watching: Monitor,
) -> None:
    watching.keyed_digests(webhook="another webhook")
    assert watching.poll(REFUSED).outputs["status"] == "offline"


def test_a_run_that_reaches_nothing_at_all_tells_of_no_outage(watching: Monitor) -> None:
    watching.network = False
    run = watching.poll(REFUSED)
    assert (run.outputs["status"], run.outputs["cause"], run.messages) == ("unknown", "refused", [])


# every poll, for those who want that


def test_told_always_means_every_poll_but_those_that_cannot_tell(monitor: Monitor) -> None:
    monitor.set_terms(notify_always=True)
    assert headlines(monitor, ONLINE, ONLINE, UNKNOWN, REFUSED, REFUSED) == [
        ["mscluster is online"],
        ["mscluster is still online"],
        [],
        ["mscluster is offline"],
        ["mscluster is still offline"],
    ]


def test_a_status_told_again_is_no_change(monitor: Monitor) -> None:
    monitor.set_terms(notify_always=True)
    monitor.poll(ONLINE)
    assert monitor.poll(ONLINE).outputs["changed"] == "false"


def test_told_always_still_tells_nothing_while_no_login_ever_worked(monitor: Monitor) -> None:
    monitor.set_terms(notify_always=True)
    assert headlines(monitor, met(Cause.LOGIN_REFUSED), REFUSED) == [[], []]


# credentials and keys


def test_a_refused_credential_is_held_back_for_an_hour(monitor: Monitor) -> None:
    offers = [monitor.poll(met(Cause.LOGIN_REFUSED)).probe.offers for _ in range(14)]
    assert offers == [1, *[0] * 11, 1, 0]


def test_while_a_credential_is_held_back_the_cause_stays_the_same(monitor: Monitor) -> None:
    runs = [monitor.poll(met(Cause.LOGIN_REFUSED)) for _ in range(3)]
    assert [run.outputs["cause"] for run in runs] == ["login-refused"] * 3


def test_a_changed_credential_is_tried_at_once(monitor: Monitor) -> None:
    monitor.poll(met(Cause.LOGIN_REFUSED))
    monitor.keyed_digests(login="another login")
    assert monitor.poll(ONLINE).probe.offers == 1


def test_a_credential_that_works_is_offered_once_in_every_run(watching: Monitor) -> None:
    assert [watching.poll(result).probe.offers for result in (ONLINE, DEGRADED, ONLINE)] == [1, 1, 1]


def test_without_a_pin_the_first_key_is_remembered_and_no_other_gets_the_credential(monitor: Monitor) -> None:
    monitor.pinned = False
    assert monitor.poll(ONLINE).probe.offers == 1
    run = monitor.poll(replace(ONLINE, host_key=ANOTHER_KEY))
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "host-key")
    assert run.probe.offers == 0
    assert monitor.poll(ONLINE).probe.offers == 1


def test_a_key_whose_server_refused_the_login_is_not_the_one_remembered(monitor: Monitor) -> None:
    monitor.pinned = False
    monitor.poll(replace(met(Cause.LOGIN_REFUSED), host_key=ANOTHER_KEY))
    monitor.keyed_digests(login="another login")
    assert monitor.poll(ONLINE).outputs["status"] == "online"


def test_a_pinned_key_leaves_no_fingerprint_in_the_history(watching: Monitor) -> None:
    assert watching.store.content
    assert HOST_KEY.fingerprint.encode() not in watching.store.content


def test_the_history_holds_nothing_that_the_cluster_or_the_secrets_say(monitor: Monitor) -> None:
    odd = partition("gpu-in-cellar", idle=1, unknown=2)
    monitor.poll(listed(odd, unknown_states=("bewitched",)))
    monitor.poll(met(Cause.SINFO_FAILED, "slurmctld on vault17 says no"))
    monitor.poll(replace(REFUSED, line_to_pin="head.example.org ssh-ed25519 AAAA"))
    assert monitor.store.content
    content = monitor.store.content.decode()
    for text in ("cellar", "bewitched", "vault17", "head.example.org", "a webhook", "a login"):
        assert text not in content


def test_each_poll_is_remembered_with_its_time_status_and_cause(monitor: Monitor) -> None:
    monitor.set_patience(attempts=1)
    for result in (ONLINE, REFUSED):
        monitor.poll(result)
    assert monitor.store.content
    assert json.loads(monitor.store.content)["polls"] == [
        {"at": "2026-03-01T12:05:00Z", "status": "online", "cause": None},
        {"at": "2026-03-01T12:10:00Z", "status": "offline", "cause": "refused"},
    ]


# a history that cannot be used


def of_another_cluster() -> bytes:
    other = MemoryStore()
    other.save(History(cluster="another"))
    assert other.content
    return other.content


UNUSABLE = {
    "of 0 bytes": b"",
    "cut off": of_another_cluster()[:-20],
    "of another shape": b'{"schema": 1}',
    "of a newer schema": b'{"schema": 99, "cluster": "mscluster"}',
    "of another cluster": of_another_cluster(),
    "not a history": b"\xff\xfe",
    "null": b"null",
}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_with_an_unusable_history_nothing_is_announced_and_nothing_overwritten(
    content: bytes, monitor: Monitor
) -> None:
    monitor.store.content = content
    runs = [monitor.poll(ONLINE), monitor.poll(REFUSED), monitor.poll(ONLINE)]
    assert (monitor.store.content, monitor.store.saves) == (content, 0)
    assert monitor.notifier.asked == 0
    assert [run.exit_status for run in runs] == [ExitStatus.HISTORY] * 3


def test_with_a_store_out_of_reach_nothing_is_announced_and_nothing_overwritten(watching: Monitor) -> None:
    kept = watching.store.content
    watching.store.be_out_of_reach()
    run = watching.poll(DEGRADED)
    assert run.exit_status is ExitStatus.HISTORY
    assert run.errors == ["The store does not answer. Wait."]
    assert (watching.store.content, run.messages) == (kept, [])


def test_the_history_of_another_cluster_is_named_in_the_error(monitor: Monitor) -> None:
    monitor.store.content = of_another_cluster()
    (error,) = monitor.poll(ONLINE).errors
    assert "'another'" in error
    assert "'mscluster'" in error


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_with_an_unusable_history_the_outputs_are_published_all_the_same(
    content: bytes, monitor: Monitor
) -> None:
    monitor.store.content = content
    run = monitor.poll(DEGRADED)
    assert {
        name: run.outputs[name] for name in ("status", "cause", "previous-status", "changed", "since")
    } == {
        "status": "degraded",
        "cause": "scheduler-down",
        "previous-status": "",
        "changed": "false",
        "since": "",
    }


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE)
def test_with_an_unusable_history_an_unpinned_server_is_offered_no_credential(
    content: bytes, monitor: Monitor
) -> None:
    monitor.store.content = content
    monitor.pinned = False
    run = monitor.poll(ONLINE)
    assert (run.probe.loads, run.probe.offers) == (1, 0)
    assert (run.outputs["cause"], run.exit_status) == ("host-key", ExitStatus.HISTORY)


def test_with_an_unusable_history_a_pinned_server_is_looked_at_as_ever(monitor: Monitor) -> None:
    monitor.store.content = b""
    run = monitor.poll(ONLINE)
    assert (run.probe.offers, run.outputs["status"]) == (1, "online")


def test_the_history_is_loaded_while_the_cluster_is_looked_at(monitor: Monitor) -> None:
    looked = threading.Event()

    class SlowStore(MemoryStore):
        def load(self) -> History | None:
            assert looked.wait(5)
            return super().load()

    monitor.store = SlowStore()
    monitor.when_asked_for_network = looked.set
    assert monitor.poll(REFUSED).outputs["status"] == "unknown"


def test_what_another_run_saved_during_the_look_is_what_this_poll_goes_on_from(watching: Monitor) -> None:
    other = Monitor()
    other.store.content = watching.store.content

    def overtake() -> None:
        assert other.poll(REFUSED).headlines == ["mscluster is offline"]
        watching.store.content = other.store.content

    watching.when_asked_for_network = overtake
    run = watching.poll(REFUSED)
    assert (run.messages, run.outputs["changed"], run.outputs["previous-status"]) == ([], "false", "offline")
    assert [poll.status for poll in watching.store.history.polls] == ["online", "offline", "offline"]


def test_a_store_that_goes_out_of_reach_during_the_look_ends_as_one_that_was(watching: Monitor) -> None:
    kept = watching.store.content
    watching.when_asked_for_network = watching.store.be_out_of_reach
    run = watching.poll(REFUSED)
    assert (run.exit_status, run.messages) == (ExitStatus.HISTORY, [])
    assert watching.store.content == kept


def test_another_cluster_that_took_the_place_during_the_look_is_refused(watching: Monitor) -> None:
    def replace_history() -> None:
        watching.store.content = of_another_cluster()

    watching.when_asked_for_network = replace_history
    run = watching.poll(REFUSED)
    assert (run.exit_status, run.messages) == (ExitStatus.HISTORY, [])
    assert watching.store.content == of_another_cluster()


# how a run ends


def test_not_knowing_fails_when_it_begins_when_its_cause_changes_and_once_a_day(watching: Monitor) -> None:
    script = [UNKNOWN] * 3 + [met(Cause.UNPARSABLE)] * 2
    assert [watching.poll(result).exit_status for result in script] == [3, 0, 0, 3, 0]
    every_six_hours = [
        watching.poll(met(Cause.UNPARSABLE), later=timedelta(hours=6)).exit_status for _ in range(9)
    ]
    assert every_six_hours == [0, 0, 0, 3, 0, 0, 0, 3, 0]


def test_not_knowing_again_is_a_new_beginning(watching: Monitor) -> None:
    script = [UNKNOWN, ONLINE, UNKNOWN]
    assert [watching.poll(result).exit_status for result in script] == [3, 0, 3]


def test_a_monitor_that_never_could_tell_fails_as_one_that_no_longer_can(monitor: Monitor) -> None:
    assert [monitor.poll(met(Cause.LOGIN_REFUSED)).exit_status for _ in range(3)] == [3, 0, 0]


def test_every_poll_that_cannot_tell_shows_an_error_whether_it_fails_or_not(watching: Monitor) -> None:
    runs = [watching.poll(UNKNOWN) for _ in range(3)]
    assert [len(run.errors) for run in runs] == [1, 1, 1]


def test_a_cluster_that_is_down_is_a_result_and_no_failure(watching: Monitor) -> None:
    runs = [watching.poll(result) for result in (DEGRADED, MAINTENANCE, REFUSED)]
    assert [(run.exit_status, run.errors) for run in runs] == [(ExitStatus.OK, [])] * 3


def test_an_unusable_history_outweighs_not_knowing(monitor: Monitor) -> None:
    monitor.store.content = b""
    assert monitor.poll(UNKNOWN).exit_status is ExitStatus.HISTORY


def test_a_history_that_cannot_be_saved_outweighs_not_knowing(watching: Monitor) -> None:
    watching.store.fail_save()
    assert watching.poll(UNKNOWN).exit_status is ExitStatus.HISTORY


def test_not_knowing_outweighs_what_is_not_delivered(watching: Monitor) -> None:
    watching.poll(UNKNOWN)
    watching.poll(UNKNOWN)
    watching.notifier.fail_next(DeliveryError("no", cause="no"))
    run = watching.poll(met(Cause.UNPARSABLE))
    assert watching.notifier.asked == 2
    assert run.exit_status is ExitStatus.UNKNOWN
    assert len(run.errors) == 2


def test_a_look_that_is_cancelled_leaves_nothing_behind(watching: Monitor) -> None:
    kept = watching.store.content
    with pytest.raises(Cancelled):
        watching.poll(Cancelled(signal.SIGTERM))
    assert (watching.store.content, watching.runner.published) == (kept, 0)


# time


def test_a_silence_is_warned_of_in_the_run_that_ends_it_and_told_only_with_the_next_message(
    watching: Monitor,
) -> None:
    for _ in range(3):
        watching.poll(ONLINE)
    ends_it, after = watching.poll(ONLINE, later=timedelta(hours=2)), watching.poll(ONLINE)
    assert (ends_it.messages, ends_it.exit_status) == ([], ExitStatus.OK)
    [warning] = ends_it.runner.of(Level.WARNING)
    assert warning.startswith("No poll for 2 h, since 2026-03-01 12:20:00 UTC: 23 were missed.")
    assert after.runner.of(Level.WARNING) == []
    watching.poll(REFUSED)
    assert watching.store.history.missed_polls == 0


def test_a_clock_that_was_set_back_a_little_hides_no_change(watching: Monitor) -> None:
    watching.clock.advance(timedelta(minutes=-8))
    assert headlines(watching, REFUSED, ONLINE) == [["mscluster is offline"], ["mscluster is back online"]]


def test_for_how_long_it_was_is_not_said_where_the_clock_was_set_back(watching: Monitor) -> None:
    [message] = watching.poll(REFUSED, later=timedelta(hours=-3)).messages
    assert [fact.label for fact in message.facts] == ["Since"]


def test_the_history_of_the_original_script_is_taken_over_under_the_name_of_this_cluster(
    monitor: Monitor,
) -> None:
    monitor.store.content = b'[{"poll_time": "2026-03-01 12:00:00", "online": false, "partitions": null}]'
    assert monitor.poll(ONLINE).headlines == ["mscluster is online"]
    assert (monitor.store.history.cluster, len(monitor.store.history.polls)) == ("mscluster", 2)
