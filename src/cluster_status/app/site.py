"""The status page of a run: which reports it shows, and whether it is worth publishing."""

from collections.abc import Sequence

from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster
from cluster_status.app.poll import PollResult
from cluster_status.domain.history.publication import published
from cluster_status.domain.report.build import Subject, report_on
from cluster_status.domain.report.content import digest_of
from cluster_status.domain.report.report import Report
from cluster_status.ports import Site


def with_publication(poll: PollResult, cluster: MonitoredCluster, site: Site) -> PollResult:
    """Return the poll with a history that remembers what of the page has been published."""
    report = _report(poll, cluster, site)
    if report is None or poll.after is None:
        return poll
    publication = published(poll.after.publication, digest_of(report), poll.at)
    return replace(poll, after=replace(poll.after, publication=publication))


def write_site(polls: Sequence[PollResult], clusters: Sequence[MonitoredCluster], site: Site) -> bool:
    """Write the page, and return whether it is worth publishing; raise SiteError.

    Without the history of each cluster, the page stays as it is: it would lose what it has shown.
    """
    by_name = {one.name: one for one in clusters}
    reports = [_report(poll, by_name[poll.cluster], site) for poll in polls]
    known = [report for report in reports if report]
    if len(known) < len(clusters):
        return False
    site.write(known)
    return any(poll.after and poll.after.publication.at == poll.at for poll in polls)


def _report(poll: PollResult, cluster: MonitoredCluster, site: Site) -> Report | None:
    if poll.after is None:
        return None
    subject = Subject(cluster.name, cluster.group, site.publishing_interval, cluster.plan)
    return report_on(subject, None if poll.mismatch else poll.verdict, poll.after, poll.at)
