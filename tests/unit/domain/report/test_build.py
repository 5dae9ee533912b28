"""What a report shows after a sequence of polls."""

from datetime import timedelta

from msgspec.structs import replace

from cluster_status.domain.history.history import History
from cluster_status.domain.notification.mute import Mute
from cluster_status.domain.report.build import Subject, report_on
from cluster_status.domain.report.report import Finding, Report, ReportedMaintenance, Use
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.verdict import Criteria, judge
from tests.unit.domain.build import (
    DIGESTS,
    NOON,
    failed,
    listed,
    listed_with,
    noon_plus,
    partition,
    polled,
    reserved,
    site,
)

ONLINE, REFUSED, TIMEOUT = listed(idle=8), failed(Cause.REFUSED), failed(Cause.TIMEOUT)
UNKNOWN = failed(Cause.SINFO_FAILED)
SUBJECT = Subject("Mscluster", "HPC")


def after(*results: ProbeResult, subject: Subject = SUBJECT) -> Report:
    """Return the report after the last of these polls, five minutes apart from noon on."""
    before = polled(History(), *results[:-1])
    at = noon_plus(5 * (len(results) - 1))
    result = results[-1]
    criteria = Criteria(at=at, degraded_below=50, confirm_after=2)
    verdict = judge(result, before.known_server(DIGESTS, at, result), criteria)
    return report_on(subject, verdict, polled(before, result, start=at), at)


def test_a_report_shows_the_status_since_when_and_when_it_was_found() -> None:
    report = after(ONLINE, ONLINE)

    assert report.shown == Finding(Status.ONLINE, since=NOON)
    assert report.shown_at == report.checked_at == noon_plus(5)
    assert (report.name, report.slug, report.group) == ("Mscluster", "mscluster", "HPC")
    assert report.nodes == NodeCounts(total=8, idle=8)


def test_an_outage_has_its_cause() -> None:
    report = after(ONLINE, REFUSED)

    assert report.shown == Finding(Status.OFFLINE, Cause.REFUSED, "SSH connections refused", noon_plus(5))
    assert report.nodes is None


def test_a_status_that_is_not_confirmed_is_not_shown_as_the_status() -> None:
    report = after(ONLINE, TIMEOUT)

    assert report.shown.status is Status.ONLINE
    assert report.shown_at == NOON
    assert report.unconfirmed == Finding(
        Status.OFFLINE, Cause.TIMEOUT, "SSH connection timed out", noon_plus(5)
    )


def test_a_recovery_that_is_not_confirmed_leaves_the_outage() -> None:
    degraded = listed(idle=2, down=6)
    report = after(ONLINE, degraded, degraded, ONLINE)

    assert (report.shown.status, report.shown.cause) == (Status.DEGRADED, Cause.NODES_DOWN)
    assert report.unconfirmed
    assert report.unconfirmed.status is Status.ONLINE


def test_an_unknown_status_is_unknown_with_the_last_known_one() -> None:
    report = after(ONLINE, UNKNOWN)

    assert (report.shown.status, report.shown.cause) == (Status.UNKNOWN, Cause.SINFO_FAILED)
    assert report.shown_at == noon_plus(5)
    assert report.last_known == Finding(Status.ONLINE, since=NOON)


def test_a_mute_of_an_incident_has_no_end_yet() -> None:
    history = replace(polled(History(), ONLINE, REFUSED), mute=Mute(noon_plus(5)))
    report = report_on(SUBJECT, None, history, noon_plus(10))

    assert (report.muted, report.muted_until) == (True, None)
    assert not after(ONLINE, REFUSED).muted


def test_a_cluster_that_was_never_reached_is_unknown() -> None:
    report = after(REFUSED)

    assert report.shown.status is Status.UNKNOWN
    assert report.last_known is None


def test_a_poll_of_another_server_shows_nothing_of_it() -> None:
    history = polled(History(), ONLINE)
    report = report_on(SUBJECT, None, history, noon_plus(5))

    assert report.shown.status is Status.UNKNOWN
    assert report.nodes is None


def test_a_report_is_fresh_for_three_intervals() -> None:
    assert after(ONLINE, ONLINE).fresh_until == noon_plus(5 + 15)


def test_a_report_of_polls_by_hand_is_not_old_at_once() -> None:
    history = polled(History(), ONLINE, ONLINE, every=timedelta(seconds=3))

    assert report_on(SUBJECT, None, history, NOON).fresh_until == noon_plus(15)


def test_a_report_is_fresh_for_two_intervals_of_publishing_if_they_are_longer() -> None:
    hourly = replace(SUBJECT, publishing_interval=timedelta(hours=1))

    assert after(ONLINE, ONLINE, subject=hourly).fresh_until == noon_plus(5 + 120)


def test_partitions_show_what_they_can_be_used_for() -> None:
    both = site(partition(default=True, idle=4), partition("fat", idle=2))
    lost = site(partition(default=True, idle=4), partition("fat", down=2))
    report = after(both, lost, lost)

    assert {one.name: one.use for one in report.partitions} == {"batch": Use.UP, "fat": Use.OUT}
    assert report.shown.clause == "no node of fat is in service"
    assert report.incidents[0].partitions == ("fat",)


def test_the_maintenance_has_times_and_scope_but_not_the_name_of_its_reservation() -> None:
    report = after(listed_with(reserved(noon_plus(60), nodes=8, name="cooling"), idle=8))

    assert report.maintenance == (ReportedMaintenance(noon_plus(60), noon_plus(180), 8, all_nodes=True),)
    assert "cooling" not in repr(report)


def test_the_id_of_an_incident_stays_when_it_ends() -> None:
    [during] = after(ONLINE, REFUSED).incidents
    [over] = after(ONLINE, REFUSED, ONLINE).incidents

    assert during.id == over.id == "mscluster-20260131T120500Z"
    assert (during.end, over.end) == (None, noon_plus(10))


def test_ninety_days_are_shown_and_days_without_polls_are_gaps() -> None:
    report = after(ONLINE, ONLINE)

    assert len(report.days) == 90
    assert report.days[-1].date == NOON.date()
    assert report.days[-1].time
    assert report.days[-1].time.online == 300
    assert [one.time for one in report.days[:-1]] == [None] * 89


def test_the_uptime_is_not_known_before_one_hour_is_monitored() -> None:
    assert set(after(ONLINE, ONLINE).uptimes.values()) == {None}
    uptime = after(*[ONLINE] * 13).uptimes["24 h"]
    assert uptime
    assert uptime.up == 1


def test_the_capacity_of_the_last_hours_is_shown() -> None:
    [(_, means)] = after(ONLINE, ONLINE).trend.hours

    assert (means.idle, means.allocated, means.down) == (8, 0, 0)
