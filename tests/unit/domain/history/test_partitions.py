"""Partitions over several polls, five minutes apart: what is notified, and what is remembered."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.domain.history.codec import render
from cluster_status.domain.history.digests import Digests
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.message import compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import Outbox
from cluster_status.domain.slurm.cluster_state import ClusterState, MaintenanceListing, Partition
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from tests.unit.domain.build import (
    DIGESTS,
    NOON,
    POLICY,
    SETUP,
    Setup,
    counts,
    events,
    failed,
    history,
    noon_plus,
    partition,
    pending,
    polled,
    reserved,
    site,
    step,
)
from tests.unit.domain.rich import document

BATCH = partition(default=True, idle=40)
FAT = partition("fat", idle=3)
NO_FAT = partition("fat", down=3)


def gpu(availability: str = "up", **nodes: int) -> Partition:
    return with_nodes(partition("gpu", availability=availability), nodes or {"idle": 4})


def with_nodes(one: Partition, nodes: dict[str, int]) -> Partition:
    return replace(one, nodes=counts(**nodes))


GOOD = site(BATCH, FAT, gpu())
NO_GPU = site(BATCH, FAT, gpu(down=4))
DRAIN = site(BATCH, FAT, gpu(draining=3, down=1))
SHUT = site(BATCH, FAT, gpu("drain"))
NONE_FAT = site(BATCH, NO_FAT, gpu())
NEITHER = site(BATCH, NO_FAT, gpu(down=4))
IN_MAINTENANCE = site(BATCH, FAT, gpu(maintenance=4))
ALL_DOWN = site(partition(default=True, down=40), NO_FAT, gpu(down=4))

SEEN = polled(history(Status.ONLINE), GOOD, start=noon_plus(-5))
"""All partitions were in service five minutes before noon."""


def by_name(result: ProbeResult, *names: str) -> ProbeResult:
    """Return the listing as a poll gets it whose input names these partitions."""
    assert isinstance(result.outcome, ClusterState)
    return replace(result, outcome=replace(result.outcome, named=names, patterns=names))


def texts(after: History) -> list[str]:
    """Return headline and sentence of each pending message."""
    return [_text(one) for one in pending(after)]


def _text(one: Notification) -> str:
    message = compose(one, "hpc", POLICY, None)
    return f"{message.headline}. {message.sentence}".strip()


def course(
    *results: ProbeResult, before: History = SEEN, confirm_after: int = 2, minutes: int = 5
) -> History:
    setup = replace(SETUP, confirm_after=confirm_after)
    return polled(before, *results, setup=setup, every=timedelta(minutes=minutes))


def found(after: History) -> list[Status]:
    """Return the statuses of the polls from noon on, as the outputs have them."""
    return [poll.status for poll in after.record.polls if poll.at >= NOON]


# Lost


@pytest.mark.parametrize(
    ("listing", "sentence"),
    [
        (NO_GPU, "No node of gpu is in service."),
        (DRAIN, "All nodes of gpu drain: no new jobs start in it."),
        (NEITHER, "No node of fat and gpu is in service."),
        (
            site(BATCH, NO_FAT, gpu(draining=4)),
            "No node of fat is in service. All nodes of gpu drain: no new jobs start in it.",
        ),
    ],
)
def test_a_lost_partition_is_notified_by_name_after_two_polls(listing: ProbeResult, sentence: str) -> None:
    assert texts(course(listing)) == []
    after = course(listing, listing, listing)
    assert texts(after) == [f"hpc is degraded. {sentence}"]
    assert after.tracker.confirmed
    assert (after.tracker.confirmed.since, found(after)) == (NOON, [Status.DEGRADED] * 3)


@pytest.mark.parametrize("confirm_after", [1, 2, 4])
def test_a_lost_partition_needs_the_configured_polls(confirm_after: int) -> None:
    statuses = [
        course(*[NO_GPU] * polls, confirm_after=confirm_after).tracker.status for polls in range(1, 6)
    ]
    assert statuses.index(Status.DEGRADED) + 1 == confirm_after


@pytest.mark.parametrize("listing", [NO_GPU, DRAIN])
def test_a_partition_that_the_input_names_is_lost_and_back_at_once(listing: ProbeResult) -> None:
    after = course(*[by_name(one, "gpu") for one in (listing, GOOD)])
    assert events(pending(after)) == [Event.DEGRADED, Event.RECOVERY]


@pytest.mark.parametrize("word", ["down", "drain", "inactive"])
def test_a_partition_that_an_administrator_takes_down_is_lost_and_back_at_once(word: str) -> None:
    after = course(site(BATCH, FAT, gpu(word)), GOOD)
    assert texts(after) == [
        f"hpc is degraded. Partition gpu takes no new jobs ({word}).",
        "hpc is back online. Partition gpu is back in service.",
    ]


def test_a_lost_partition_that_an_administrator_takes_down_is_lost_at_once() -> None:
    assert texts(course(NO_GPU, site(BATCH, FAT, gpu("down", down=4)))) == [
        "hpc is degraded. Partition gpu takes no new jobs (down)."
    ]


@pytest.mark.parametrize("one", [NO_GPU, DRAIN])
def test_a_loss_in_a_single_poll_is_not_notified(one: ProbeResult) -> None:
    after = course(one, GOOD, one, GOOD, GOOD)
    assert pending(after) == ()
    assert found(after)[:2] == [Status.DEGRADED, Status.ONLINE]


def test_losses_of_different_partitions_do_not_confirm_each_other() -> None:
    assert pending(course(*[NO_GPU, NONE_FAT] * 4)) == ()


def test_a_lost_partition_does_not_confirm_too_few_nodes() -> None:
    few = site(partition(default=True, idle=15, down=25), FAT, gpu())
    assert pending(course(NO_GPU, few, GOOD)) == ()


@pytest.mark.parametrize(
    "listing",
    [
        site(BATCH, FAT, gpu(idle=1, down=3)),
        site(BATCH, FAT, gpu(allocated=4)),
        site(BATCH, FAT, gpu(reserved=4)),
        site(BATCH, FAT, gpu(powered_down=4)),
        site(BATCH, FAT, gpu(draining=3, idle=1)),
        site(BATCH, FAT, gpu(maintenance=3, allocated=1)),
    ],
)
def test_a_partition_with_a_node_that_takes_jobs_is_not_lost(listing: ProbeResult) -> None:
    after = course(*[listing] * 3)
    assert (pending(after), set(found(after))) == ((), {Status.ONLINE})


# The first poll, and a check without a memory


@pytest.mark.parametrize("listing", [NO_GPU, DRAIN, SHUT])
def test_what_is_so_at_the_first_poll_is_usual(listing: ProbeResult) -> None:
    assert texts(course(*[listing] * 3, before=History())) == ["hpc is online. Monitoring started."]


@pytest.mark.parametrize("listing", [NO_GPU, DRAIN, SHUT])
def test_a_partition_that_the_input_names_counts_from_the_first_poll(listing: ProbeResult) -> None:
    after = course(*[by_name(listing, "gpu")] * 3, before=History())
    assert (events(pending(after)), after.tracker.status) == ([Event.INITIAL], Status.DEGRADED)


@pytest.mark.parametrize("nodes", [{"down": 40}, {"draining": 40}])
def test_the_default_partition_counts_from_the_first_poll(nodes: dict[str, int]) -> None:
    after = course(site(with_nodes(BATCH, nodes), FAT), before=History())
    assert (events(pending(after)), after.tracker.status) == ([Event.INITIAL], Status.DEGRADED)


def test_a_partition_counts_once_it_was_in_service() -> None:
    after = course(NO_GPU, GOOD, NO_GPU, NO_GPU, before=History())
    assert events(pending(after)) == [Event.INITIAL, Event.DEGRADED]


def test_a_partition_that_appears_is_as_at_a_first_poll() -> None:
    new = site(BATCH, FAT, gpu(), partition("new", down=2))
    assert pending(course(new, new, new)) == ()


# What cannot be determined


@pytest.mark.parametrize(
    "nodes",
    [{"down": 0}, {"unknown": 4}, {"down": 2, "unknown": 2}, {"draining": 3, "unknown": 1}, {"other": 4}],
)
def test_a_partition_without_known_nodes_stays_as_it_was(nodes: dict[str, int]) -> None:
    unsure = site(BATCH, FAT, with_nodes(gpu(), nodes))
    assert pending(course(*[unsure] * 3)) == ()
    lost = course(NO_GPU, NO_GPU, *[unsure] * 3)
    assert (events(pending(lost)), lost.tracker.status) == ([Event.DEGRADED], Status.DEGRADED)
    assert events(pending(course(NO_GPU, unsure, NO_GPU))) == [Event.DEGRADED]


@pytest.mark.parametrize("between", [failed(Cause.TIMEOUT), failed(Cause.HOST_KEY), failed(Cause.UNPARSABLE)])
def test_a_poll_without_a_listing_changes_nothing(between: ProbeResult) -> None:
    after = course(NO_GPU, between, NO_GPU)
    assert (events(pending(after)), after.tracker.status) == ([Event.DEGRADED], Status.DEGRADED)


def test_three_unknown_polls_end_what_is_not_confirmed() -> None:
    after = course(NO_GPU, *[failed(Cause.UNPARSABLE)] * 3, NO_GPU)
    assert after.tracker.status is Status.ONLINE
    assert step(after, NO_GPU, noon_plus(25)).tracker.status is Status.DEGRADED


@pytest.mark.parametrize("at", [noon_plus(200), noon_plus(-200)])
def test_a_gap_or_a_clock_that_is_set_back_ends_what_is_not_confirmed(at: datetime) -> None:
    before = polled(course(NO_GPU, before=polled(SEEN, *[GOOD] * 9, start=noon_plus(-50))), start=NOON)
    after = step(before, NO_GPU, at)
    assert after.tracker.status is Status.ONLINE
    confirmed = step(after, NO_GPU, at + timedelta(minutes=5)).tracker.confirmed
    assert confirmed
    assert (confirmed.status, confirmed.since) == (Status.DEGRADED, at)


# Back


def test_a_partition_is_back_after_two_polls() -> None:
    lost = course(NO_GPU, NO_GPU)
    assert lost.tracker.status is polled(lost, GOOD, start=noon_plus(10)).tracker.status
    after = course(NO_GPU, NO_GPU, GOOD, GOOD, GOOD)
    assert texts(after)[1:] == ["hpc is back online. Partition gpu is back in service."]
    assert after.tracker.confirmed
    assert after.tracker.confirmed.since == noon_plus(10)


def test_a_single_poll_in_service_does_not_end_a_loss() -> None:
    assert events(pending(course(NO_GPU, *[NO_GPU, GOOD] * 4))) == [Event.DEGRADED]


def test_partitions_that_take_turns_in_service_do_not_confirm_a_recovery() -> None:
    after = course(NEITHER, NEITHER, NO_GPU, NONE_FAT, NO_GPU, NONE_FAT)
    assert (events(pending(after)), after.tracker.status) == ([Event.DEGRADED], Status.DEGRADED)


def test_a_second_loss_and_each_return_is_an_event_while_the_cluster_is_degraded() -> None:
    listings = [NO_GPU, NO_GPU, NEITHER, NEITHER, NONE_FAT, NONE_FAT, GOOD, GOOD]
    after = course(*listings, minutes=45)  # changes that are closer are damped
    assert texts(after) == [
        "hpc is degraded. No node of gpu is in service.",
        "hpc is still degraded: fat is lost, too. No node of fat and gpu is in service.",
        "hpc is still degraded: gpu is back. No node of fat is in service.",
        "hpc is back online. Partition fat is back in service.",
    ]


def test_a_loss_in_a_cluster_that_is_degraded_for_another_reason_is_an_event() -> None:
    few = partition(default=True, idle=9, down=31)
    both = [site(few, FAT, gpu())] * 2 + [site(few, FAT, gpu(down=4))] * 2 + [site(few, FAT, gpu())] * 2
    assert texts(course(*both)) == [
        "hpc is degraded. Too few nodes in service.",
        "hpc is still degraded: gpu is lost, too. No node of gpu is in service.",
        "hpc is still degraded: gpu is back. Too few nodes in service.",
    ]


def test_a_loss_is_named_once_slurm_answers_if_the_message_about_the_status_could_not_name_it() -> None:
    silent = failed(Cause.SCHEDULER_DOWN)
    after = course(NO_GPU, NO_GPU, failed(Cause.REFUSED), silent, silent, NO_GPU, NO_GPU, minutes=45)
    assert texts(after)[2:] == [
        "hpc is partially back: degraded. Slurm controller not responding.",
        "hpc is still degraded: gpu is lost, too. No node of gpu is in service.",
    ]


def test_a_loss_in_one_poll_and_a_return_in_the_next_are_events_of_their_own() -> None:
    after = course(NO_GPU, NO_GPU, NONE_FAT, NONE_FAT, GOOD)
    assert events(pending(after)) == [Event.DEGRADED, Event.PARTITION_LOST, Event.PARTITION_BACK]
    assert len({one.id for one in pending(after)}) == 3


# Usual


def days_of(result: ProbeResult, days: float, *, before: History, start: datetime = NOON) -> History:
    """Return the history after hourly polls over this time."""
    return polled(before, *[result] * round(days * 24), start=start, every=timedelta(hours=1))


HOURLY = days_of(GOOD, 1, before=SEEN, start=NOON - timedelta(days=1))


def test_what_has_been_so_for_seven_days_is_usual_and_that_is_no_recovery() -> None:
    after = days_of(NO_GPU, 8, before=HOURLY)
    assert texts(after) == ["hpc is degraded. No node of gpu is in service."]
    assert after.tracker.confirmed
    assert (after.tracker.status, after.tracker.confirmed.since) == (Status.ONLINE, NOON + timedelta(days=7))
    assert [one.status for one in after.record.incidents] == [Status.DEGRADED]


def test_a_usual_partition_that_comes_back_is_quiet_and_counts_again() -> None:
    usual = days_of(NO_GPU, 8, before=HOURLY)
    later = NOON + timedelta(days=8)
    back = days_of(GOOD, 1, before=usual, start=later)
    assert len(pending(back)) == 1
    assert len(pending(days_of(NO_GPU, 1, before=back, start=later + timedelta(days=1)))) == 2


@pytest.mark.parametrize("named", [("gpu",), ()])
def test_a_partition_that_the_input_names_is_never_usual(named: tuple[str, ...]) -> None:
    after = days_of(by_name(NO_GPU, *named), 15, before=HOURLY)
    assert after.tracker.status is (Status.DEGRADED if named else Status.ONLINE)


def test_naming_a_usual_partition_degrades_the_cluster() -> None:
    usual = days_of(NO_GPU, 8, before=HOURLY)
    after = days_of(by_name(NO_GPU, "gpu"), 0.1, before=usual, start=NOON + timedelta(days=8))
    assert events(pending(after)) == [Event.DEGRADED, Event.DEGRADED]


def test_seven_days_do_not_include_a_gap() -> None:
    before = days_of(NO_GPU, 6, before=HOURLY)
    after = days_of(NO_GPU, 6, before=before, start=NOON + timedelta(days=9))
    assert after.tracker.status is Status.DEGRADED
    assert days_of(NO_GPU, 2, before=after, start=NOON + timedelta(days=15)).tracker.status is Status.ONLINE


def test_an_outage_of_the_whole_cluster_makes_no_partition_usual() -> None:
    down = days_of(ALL_DOWN, 9, before=HOURLY)
    after = days_of(NO_GPU, 1, before=down, start=NOON + timedelta(days=9))
    assert texts(after)[1:] == ["hpc is partially back: degraded. No node of gpu is in service."]


def test_a_maintenance_of_the_whole_cluster_makes_no_usual_partition_a_lost_one() -> None:
    usual = days_of(NO_GPU, 8, before=HOURLY)
    maintained = site(
        partition(default=True, maintenance=40), partition("fat", maintenance=3), gpu(maintenance=4)
    )
    during = days_of(maintained, 1, before=usual, start=NOON + timedelta(days=8))
    after = days_of(NO_GPU, 1, before=during, start=NOON + timedelta(days=9))
    assert events(pending(after))[1:] == [Event.MAINTENANCE_STARTED, Event.RECOVERY]


def test_a_partition_that_is_up_on_some_hours_only_is_usual_after_three_days() -> None:
    after = HOURLY
    for day in range(6):
        noon = NOON + timedelta(days=day)
        after = days_of(SHUT, 0.5, before=after, start=noon)
        after = days_of(GOOD, 0.5, before=after, start=noon + timedelta(hours=12))
    # each time from noon to midnight: on one day
    assert events(pending(after)) == [Event.DEGRADED, Event.RECOVERY] * 3


def test_a_partition_that_is_not_up_at_weekends_is_usual_at_the_third_one() -> None:
    monday = datetime(2026, 2, 2, tzinfo=UTC)
    after = days_of(GOOD, 1, before=History(), start=monday - timedelta(days=1))
    for week in range(4):
        begin = monday + timedelta(weeks=week)
        after = days_of(GOOD, 5, before=after, start=begin)
        after = days_of(SHUT, 2, before=after, start=begin + timedelta(days=5))
    assert events(pending(after)) == [Event.INITIAL, *[Event.DEGRADED, Event.RECOVERY] * 2]


@pytest.mark.parametrize(
    "out",
    [
        pytest.param(NO_GPU, id="lost"),
        pytest.param(ALL_DOWN, id="in an outage of all nodes"),
        pytest.param(IN_MAINTENANCE, id="in maintenance"),
    ],
)
def test_a_partition_that_is_often_not_up_is_usual_then_also_after_another_problem(out: ProbeResult) -> None:
    after = HOURLY
    for day in range(4):
        noon = NOON + timedelta(days=day)
        after = days_of(SHUT, 0.5, before=after, start=noon)
        after = days_of(GOOD, 0.5, before=after, start=noon + timedelta(hours=12))
    later = NOON + timedelta(days=4)
    after = polled(after, out, out, out, SHUT, SHUT, start=later)
    assert [one.status for one in after.record.polls if one.at >= later][-2:] == [Status.ONLINE] * 2
    assert (after.tracker.status, after.tracker.pending) == (Status.ONLINE, None)


def test_a_partition_that_stays_not_up_for_three_days_is_not_usual_for_that() -> None:
    assert days_of(SHUT, 6.9, before=HOURLY).tracker.status is Status.DEGRADED


def test_a_partition_that_often_has_no_node_in_service_is_not_usual_for_that() -> None:
    after = HOURLY
    for day in range(5):
        noon = NOON + timedelta(days=day)
        after = days_of(NO_GPU, 0.5, before=after, start=noon)
        after = days_of(GOOD, 0.5, before=after, start=noon + timedelta(hours=12))
    assert events(pending(after)) == [Event.DEGRADED, Event.RECOVERY] * 5


@pytest.mark.parametrize("word", ["down", "drain", "inactive"])
def test_a_cluster_without_a_partition_that_is_up_is_degraded_at_once_and_for_ever(word: str) -> None:
    none = site(*(partition(name, availability=word, idle=4) for name in ("old", "new")))
    one = site(partition("old", availability=word, idle=4), partition("new", idle=4))
    after = days_of(none, 15, before=History())
    assert (events(pending(after)), after.tracker.status) == ([Event.INITIAL], Status.DEGRADED)
    again = days_of(one, 0.2, before=after, start=NOON + timedelta(days=15))
    assert texts(again)[1:] == ["hpc is back online. Partition new is back in service."]


# Maintenance of a partition


def test_a_partition_in_maintenance_is_notified_and_the_status_stays() -> None:
    after = course(IN_MAINTENANCE, IN_MAINTENANCE, IN_MAINTENANCE, GOOD, GOOD)
    assert texts(after) == [
        "hpc is online: gpu is in maintenance.",
        "hpc is still online: gpu is back. Partition gpu is back from maintenance.",
    ]
    assert set(found(after)) == {Status.ONLINE}
    assert compose(pending(after)[0], "hpc", POLICY, None).status is Status.MAINTENANCE


def test_a_partition_that_does_not_return_from_its_maintenance_is_lost() -> None:
    after = course(IN_MAINTENANCE, IN_MAINTENANCE, NO_GPU, NO_GPU)
    assert events(pending(after)) == [Event.MAINTENANCE_STARTED, Event.DEGRADED]


@pytest.mark.parametrize("is_named", [False, True])
def test_a_partition_whose_reserved_nodes_are_switched_off_is_in_maintenance(is_named: bool) -> None:  # noqa: FBT001
    good, off = (_reserved_gpu(one) for one in (gpu(), gpu(down=4)))
    good, off = (by_name(one, "gpu") if is_named else one for one in (good, off))
    after = course(off, off, off, good, good)
    assert texts(after)[:1] == ["hpc is online: gpu is in maintenance."]
    assert Event.PARTITION_LOST not in events(pending(after))
    assert found(after) == [Status.ONLINE] * 5


def test_a_partition_with_a_node_beyond_the_reservation_is_lost() -> None:
    off = _reserved_gpu(gpu(down=4), "g1", "g2", "g3")
    assert events(pending(course(off, off))) == [Event.DEGRADED]


def test_a_partition_is_lost_once_the_reservation_of_its_nodes_has_ended() -> None:
    off = _reserved_gpu(gpu(down=4))
    after = course(off, off, off, off, before=SEEN, minutes=45)
    assert found(after) == [Status.ONLINE] * 3 + [Status.DEGRADED]


def test_the_early_end_of_the_maintenance_of_a_partition_is_one_message() -> None:
    good = _reserved_gpu(gpu(), begin=2)
    assert isinstance(good.outcome, ClusterState)
    free = replace(good, outcome=replace(good.outcome, maintenance=MaintenanceListing()))
    during = _reserved_gpu(gpu(maintenance=4), begin=2)
    after = course(good, during, during, during, free, free, free)
    assert events(pending(after)) == [Event.MAINTENANCE_STARTED, Event.RECOVERY]


def test_a_maintenance_in_stages_has_one_message_for_all_partitions() -> None:
    batch, others = frozenset(f"b{one}" for one in range(40)), frozenset(["f1", "f2", "f3", "g1", "g2"])
    names = {"batch": batch, "fat": others & {"f1", "f2", "f3"}, "gpu": others & {"g1", "g2"}}
    stages = (
        replace(reserved(noon_plus(2), nodes=5), node_names=others),
        replace(reserved(noon_plus(122), nodes=40), node_names=batch),
    )

    def lists(**nodes: int) -> ProbeResult:
        small = with_nodes(FAT, dict.fromkeys(nodes, 3)), with_nodes(gpu(), nodes)
        result = site(BATCH, *small, nodes=names)
        assert isinstance(result.outcome, ClusterState)
        return replace(result, outcome=replace(result.outcome, maintenance=MaintenanceListing(stages)))

    after = course(lists(idle=2), *[lists(maintenance=2)] * 4)
    assert events(pending(after)) == [Event.MAINTENANCE_STARTED]


def _reserved_gpu(one: Partition, *nodes: str, begin: int = -10) -> ProbeResult:
    """Return a listing in which these nodes of gpu, or all, are reserved from about noon to 14:00."""
    names = frozenset(nodes or ("g1", "g2", "g3", "g4"))
    result = site(BATCH, FAT, one, nodes={"gpu": frozenset(("g1", "g2", "g3", "g4"))})
    assert isinstance(result.outcome, ClusterState)
    reservation = replace(reserved(noon_plus(begin), nodes=len(names)), node_names=names)
    return replace(result, outcome=replace(result.outcome, maintenance=MaintenanceListing((reservation,))))


def test_the_maintenance_of_a_lost_partition_is_no_recovery() -> None:
    after = course(NO_GPU, NO_GPU, IN_MAINTENANCE, IN_MAINTENANCE)
    assert texts(after)[1:] == ["hpc is online: gpu is in maintenance."]
    assert after.tracker.status is Status.ONLINE


def test_a_maintenance_of_one_poll_is_not_notified() -> None:
    assert pending(course(IN_MAINTENANCE, GOOD, IN_MAINTENANCE, GOOD)) == ()


def test_a_partition_in_maintenance_is_named_when_the_status_changes() -> None:
    both = site(BATCH, NO_FAT, gpu(maintenance=4))
    after = course(IN_MAINTENANCE, IN_MAINTENANCE, both, both)
    assert texts(after)[1:] == [
        "hpc is degraded. No node of fat is in service. Partition gpu is in maintenance."
    ]


# The whole cluster


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_after_an_outage_of_all_nodes_the_recovery_is_notified_at_once_and_by_itself(polls: int) -> None:
    after = course(*[ALL_DOWN] * polls, GOOD, GOOD, GOOD)
    assert texts(after) == ["hpc is offline. No nodes in service.", "hpc is back online."]


def test_a_partition_in_maintenance_does_not_delay_the_recovery_from_an_outage_of_all_nodes() -> None:
    after = course(ALL_DOWN, IN_MAINTENANCE)
    assert texts(after)[1:] == ["hpc is back online. Partition gpu is in maintenance."]
    assert found(after) == [Status.OFFLINE, Status.ONLINE]


@pytest.mark.parametrize("nodes", [{"draining": 40}, {"draining": 1, "down": 39}])
def test_after_all_nodes_were_draining_the_recovery_is_notified_at_once(nodes: dict[str, int]) -> None:
    draining = site(with_nodes(BATCH, nodes), partition("fat", draining=3), gpu(down=4))
    after = course(draining, draining, draining, GOOD, GOOD)
    assert events(pending(after)) == [Event.DEGRADED, Event.RECOVERY]


def test_a_partial_recovery_names_the_partitions_that_are_still_lost() -> None:
    after = course(ALL_DOWN, ALL_DOWN, NEITHER, NONE_FAT, NONE_FAT, GOOD, GOOD, minutes=45)
    assert texts(after) == [
        "hpc is offline. No nodes in service.",
        "hpc is partially back: degraded. No node of fat and gpu is in service.",
        "hpc is still degraded: gpu is back. No node of fat is in service.",
        "hpc is back online. Partition fat is back in service.",
    ]


def test_after_a_maintenance_of_all_nodes_a_partition_has_one_more_poll_to_return() -> None:
    whole = site(partition(default=True, maintenance=40), partition("fat", maintenance=3), gpu(maintenance=4))
    assert events(pending(course(whole, NO_GPU, GOOD))) == [Event.MAINTENANCE_STARTED, Event.RECOVERY]
    after = course(whole, NO_GPU, NO_GPU)
    assert texts(after)[1:] == ["hpc is partially back: degraded. No node of gpu is in service."]


def test_a_recovery_names_a_partition_that_is_still_in_maintenance() -> None:
    whole = site(partition(default=True, maintenance=40), partition("fat", maintenance=3), gpu(maintenance=4))
    after = course(whole, IN_MAINTENANCE, IN_MAINTENANCE, GOOD, GOOD)
    assert texts(after)[1:] == [
        "hpc is back online. Partition gpu is in maintenance.",
        "hpc is still online: gpu is back. Partition gpu is back from maintenance.",
    ]


# Back only where something is back


def test_after_a_maintenance_with_as_few_nodes_in_service_nothing_is_back() -> None:
    rebooting = site(partition(default=True, idle=4, maintenance=40))
    failed_reboot = site(partition(default=True, idle=4, down=40))
    after = course(rebooting, failed_reboot, failed_reboot)
    assert texts(after) == ["hpc is in maintenance.", "hpc is degraded. Too few nodes in service."]


def test_after_a_maintenance_with_more_nodes_in_service_the_cluster_is_partially_back() -> None:
    rebooting = site(partition(default=True, idle=4, maintenance=40))
    some = site(partition(default=True, idle=5, down=39))
    assert texts(course(rebooting, some, some))[1:] == [
        "hpc is partially back: degraded. Too few nodes in service."
    ]


def test_nodes_that_no_longer_count_are_no_recovery() -> None:
    few = site(partition(default=True, idle=4, down=6))
    assert isinstance(few.outcome, ClusterState)
    ignored = replace(few, outcome=replace(few.outcome, out_since=((NOON - timedelta(days=30), 4),)))
    after = course(few, few, ignored, ignored, ignored)
    assert (events(pending(after)), after.tracker.status) == ([Event.DEGRADED], Status.ONLINE)


# Partitions that share nodes


def test_partitions_that_share_nodes_are_named_by_the_smallest() -> None:
    names = {name: frozenset({"g1", "g2"}) for name in ("gpu", "gpu-long", "gpu-short")}
    partitions = [partition("gpu-long", down=2), partition("gpu-short", down=2), gpu(down=2)]
    up = [replace(one, nodes=gpu(idle=2).nodes) for one in partitions]
    lost = site(BATCH, NO_FAT, *partitions, nodes={**names, "fat": frozenset({"f1"})})
    after = course(site(BATCH, FAT, *up), lost, lost)
    assert texts(after) == [
        "hpc is degraded. No node of gpu (also gpu-long, gpu-short) and fat is in service."
    ]


def test_the_return_of_a_usual_partition_does_not_confirm_that_of_another_one() -> None:
    names = {name: frozenset({"g1", "g2"}) for name in ("gpu", "weekend")}

    def gpus(weekend: str, **nodes: int) -> ProbeResult:
        both = [with_nodes(one, nodes) for one in (partition("weekend", availability=weekend), gpu())]
        return site(BATCH, *both, nodes=names)

    lost = course(gpus("inactive", idle=2), *[gpus("inactive", down=2)] * 2, before=History())
    back = step(lost, gpus("up", idle=2), noon_plus(15))
    assert (lost.tracker.status, back.tracker.status) == (Status.DEGRADED, Status.DEGRADED)
    assert step(back, gpus("up", idle=2), noon_plus(20)).tracker.status is Status.ONLINE


# Names that come and go


def without_gpu(**changes: object) -> ProbeResult:
    result = site(BATCH, FAT)
    assert isinstance(result.outcome, ClusterState)
    return replace(result, outcome=replace(result.outcome, **changes))


def test_a_lost_partition_that_is_deleted_is_no_recovery() -> None:
    after = course(NO_GPU, NO_GPU, without_gpu(), without_gpu())
    assert (events(pending(after)), after.tracker.status) == ([Event.DEGRADED], Status.ONLINE)
    assert "gpu" not in after.partitions.states


def test_a_partition_that_one_poll_does_not_list_is_not_forgotten() -> None:
    assert events(pending(course(NO_GPU, without_gpu(), NO_GPU))) == [Event.DEGRADED]
    assert events(pending(course(NO_GPU, NO_GPU, without_gpu(), NO_GPU))) == [Event.DEGRADED]


def test_a_partition_of_the_input_that_is_no_longer_listed_is_lost_and_back_at_once() -> None:
    both = by_name(site(BATCH, gpu()), "batch", "gpu")
    gone = without_gpu(named=("batch", "gpu"), patterns=("batch", "gpu"), unmatched_patterns=("gpu",))
    after = course(both, gone, gone, both, both)
    assert texts(after) == [
        "hpc is degraded. Partition gpu is no longer listed.",
        "hpc is back online. Partition gpu is back in service.",
    ]


def test_a_pattern_without_a_match_is_lost_until_it_has_one_again() -> None:
    matched = without_gpu(patterns=("batch", "f*"))
    gone = site(BATCH)
    assert isinstance(gone.outcome, ClusterState)
    outcome = replace(gone.outcome, patterns=("batch", "f*"), unmatched_patterns=("f*",))
    gone = replace(gone, outcome=outcome)
    after = course(matched, gone, gone, matched, matched, matched)
    assert events(pending(after)) == [Event.DEGRADED, Event.RECOVERY]
    assert set(after.partitions.states) == {"batch", "fat"}


def test_if_no_partition_of_the_input_is_listed_all_of_them_are_named() -> None:
    both = by_name(site(FAT, gpu()), "fat", "gpu")
    none = replace(both, outcome=ProbeFailure(Cause.NO_SUCH_PARTITION, partitions=("fat", "gpu")))
    after = course(both, none, none, both)
    assert texts(after) == [
        "hpc is degraded. Partitions fat and gpu are no longer listed.",
        "hpc is back online. Partitions fat and gpu are back in service.",
    ]


def test_a_lost_partition_that_the_input_leaves_out_ends_the_loss_without_a_recovery() -> None:
    filtered = without_gpu(named=("batch", "fat"), patterns=("batch", "fat"))
    after = course(NO_GPU, NO_GPU, filtered, filtered, filtered)
    assert (events(pending(after)), after.tracker.status) == ([Event.DEGRADED], Status.ONLINE)


def test_the_partitions_of_another_server_are_as_at_a_first_poll() -> None:
    other = replace(SETUP, digests=Digests("another-server", DIGESTS.login, DIGESTS.key))
    after = polled(SEEN, failed(Cause.TIMEOUT), *[NO_GPU] * 3, setup=other)
    assert pending(after) == ()


# The history


def test_a_poll_without_a_change_changes_nothing_but_the_time_of_the_listing() -> None:
    for listing in (GOOD, NO_GPU, SHUT):
        before = course(*[listing] * 4)
        after = step(before, listing, noon_plus(20))
        assert after.partitions == replace(before.partitions, listed_at=noon_plus(20))


def test_an_overtaken_poll_changes_no_partition() -> None:
    before = course(NO_GPU, NO_GPU)
    assert step(before, GOOD, noon_plus(4)).partitions == before.partitions


UP = {"idle": 2}


@pytest.mark.parametrize(
    "listings",
    [
        [("up", UP)],
        [("up", UP), ("up", {"down": 2})],
        [("up", UP), *[("up", {"down": 2})] * 2],
        [("up", UP), *[("up", {"draining": 2})] * 3],
        [("up", UP), *[("up", {"maintenance": 2})] * 3],
        [("inactive", UP)],
        [("up", UP), *[("inactive", UP)] * 2],
    ],
)
def test_a_partition_takes_at_most_sixty_bytes(listings: list[tuple[str, dict[str, int]]]) -> None:
    def size(number: int) -> int:
        names = [f"gpu-{one:03}" for one in range(number)]
        polls = [
            site(BATCH, *(with_nodes(partition(name, availability=word), nodes) for name in names))
            for word, nodes in listings
        ]
        after = course(*polls, before=History())
        return len(render(document(replace(after, outbox=Outbox()))))

    assert (size(200) - size(0)) / 200 <= 60


@pytest.mark.parametrize("setup", [SETUP, Setup(confirm_after=1)])
def test_two_thousand_partitions_that_come_and_go_are_bounded_in_history_and_messages(setup: Setup) -> None:
    names = [f"partition-{number:04}" for number in range(1_999)]
    up = site(BATCH, *(partition(name, idle=1) for name in names))
    down = site(BATCH, *(partition(name, down=1) for name in names))
    after = polled(SEEN, up, down, down, up, up, down, down, setup=setup)
    assert Event.DEGRADED in events(pending(after))
    assert len(render(document(after))) < 400_000
    assert max(map(len, texts(after))) < 300
    assert "and 1994 more" in texts(after)[0]


def test_too_few_nodes_are_not_confirmed_by_the_loss_of_a_partition() -> None:
    few = site(partition(default=True, idle=15, down=25), FAT, gpu(down=4))
    after = course(few, few, GOOD)
    assert events(pending(after)) == [Event.DEGRADED]
    assert pending(after)[0].at == noon_plus(5)


def test_a_partition_that_comes_and_goes_does_not_hide_that_too_few_nodes_are_in_service() -> None:
    few = partition(default=True, idle=15, down=25)
    listings = [site(few, FAT, gpu(down=4)), site(few, NO_FAT, gpu())] * 2
    assert texts(course(*listings)) == ["hpc is degraded. Too few nodes in service."]


def test_a_name_that_is_too_long_to_be_stored_counts_only_in_the_poll() -> None:
    long = "x" * 65
    down = [
        site(BATCH, FAT, partition(long, down=2)),
        by_name(site(BATCH, FAT, partition(long, down=2)), long),
    ]
    up = site(BATCH, FAT, partition(long, idle=2))
    assert pending(course(up, down[0], down[0], down[0])) == ()
    after = course(up, down[1], down[1], down[1])
    assert texts(after) == ["hpc is degraded. A partition is out of service."]
    assert long not in render(document(after)).decode()
