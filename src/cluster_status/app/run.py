"""One run: check the clusters, advance their histories, save, notify, save, and report once."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cluster_status.app.check import Checked
from cluster_status.app.cluster import Channel, MonitoredCluster, Tools, require_distinct, require_short_mutes
from cluster_status.app.limited_store import LimitedStore
from cluster_status.app.live_message import Edited, update_live_messages
from cluster_status.app.messages import Messages
from cluster_status.app.mute import mute_requests
from cluster_status.app.outbox import Courier, Delivered
from cluster_status.app.poll import PollResult, poll, polled_from
from cluster_status.app.progress import Progress, poll_each
from cluster_status.app.report import (
    annotate_gap,
    conflict_error,
    publish,
    report_crash,
    report_delivery_errors,
    report_error,
)
from cluster_status.app.site import with_publication, write_site
from cluster_status.app.stored import StoredHistories
from cluster_status.app.unsaved import deliver_unsaved, with_restored
from cluster_status.app.weekly import with_weekly_report
from cluster_status.domain.history.histories import Histories, key_of, without_removed
from cluster_status.domain.history.history import History
from cluster_status.domain.history.servers import ServerMismatch
from cluster_status.domain.status.cause import Status
from cluster_status.errors import DeliveryError, ExitStatus, HistoryError, SiteError, most_severe
from cluster_status.ports import Heartbeat, HistoryStore, Level
from cluster_status.threads import run_in_thread

if TYPE_CHECKING:
    from cluster_status.domain.notification.mute import MuteRequest

_OVERLAP = (
    "Another run has polled at the same time. Give the workflow a concurrency group, so that no message is "
    "sent twice: see docs/limits.md."
)

_PUBLIC = (
    "A status page is public wherever you publish it. GitHub Pages of a private repository are public, too, "
    "unless the plan of the account says otherwise: see docs/status-page.md."
)


def run(
    clusters: Sequence[MonitoredCluster],
    channels: Sequence[Channel],
    store: HistoryStore,
    heartbeat: Heartbeat,
    tools: Tools,
) -> ExitStatus:
    """Poll the clusters once, and return the exit status; outputs are published in any case."""
    require_distinct(clusters, channels)
    require_short_mutes(clusters, tools.clock.now)
    this = _Run(clusters, channels, store, tools)
    polls = this.poll()
    report_delivery_errors(tools.runner, this.delivery_errors, several=len(channels) > 1)
    site_changed = this.write_site(polls)
    publish(tools, polls, several=len(clusters) > 1, history_path=store.path, site_changed=site_changed)
    saved = not this.history_errors
    _beat_of_clusters(clusters, polls, saved=saved)
    if this.crashes:
        raise this.crashes[0]
    failures = list(this.failures(polls))
    is_known = all(one.verdict.status is not Status.UNKNOWN for one in polls)
    heartbeat.beat(worked=is_known and saved and not this.delivery_errors)
    return most_severe(failures)


def _beat_of_clusters(
    clusters: Sequence[MonitoredCluster], polls: Sequence[PollResult], *, saved: bool
) -> None:
    """Send the heartbeats of single clusters, at the same time."""
    known = {one.cluster for one in polls if one.verdict.status is not Status.UNKNOWN}
    beats = [
        run_in_thread(partial(one.heartbeat.beat, worked=saved and one.name in known))
        for one in clusters
        if one.heartbeat
    ]
    for beat in beats:
        beat.result()


class _Run:
    """One run, and its errors."""

    def __init__(
        self,
        clusters: Sequence[MonitoredCluster],
        channels: Sequence[Channel],
        store: HistoryStore,
        tools: Tools,
    ) -> None:
        self._clusters = clusters
        self._channels = channels
        self._store = LimitedStore(store, tools.deadlines)
        self._tools = tools
        self.crashes: list[Exception] = []
        self.history_errors: list[HistoryError] = []
        self.delivery_errors: list[tuple[Channel, DeliveryError]] = []
        self.site_failed = False
        self._latest: Histories | None = None  # that this run continues
        self._mutes: Mapping[str, MuteRequest] | None = None  # by the name of the cluster, once loaded

    def poll(self) -> Sequence[PollResult]:
        """Poll the clusters; return the results with the saved histories."""
        stored = StoredHistories(self._store, self._clusters, self._tools)
        progress = Progress(self._tools.runner, several=len(self._clusters) > 1)
        polls: Sequence[PollResult]
        polls, self.crashes = poll_each(
            self._clusters,
            self._tools,
            stored.remembered_login,
            lambda cluster, checked: self._poll(cluster, checked, stored),
            progress.show_early,
        )
        polls = self._continued(polls, stored)
        if site := self._tools.site:
            by_name = {cluster.name: cluster for cluster in self._clusters}
            polls = [with_publication(one, by_name[one.cluster], site) for one in polls]
        for one in polls:
            if one.mismatch is ServerMismatch.CONFLICT:
                self._note_history_error(conflict_error(one.cluster))
        progress.show_all(polls)
        annotate_gap(self._tools.runner, polls)
        if self._latest is None:
            return polls
        edited = update_live_messages(polls, self._channels, self._tools)
        self._note(edited)
        return self._save_and_deliver(edited.polls, self._latest, stored)

    def write_site(self, polls: Sequence[PollResult]) -> bool:
        """Write the status page, if there is one; return whether it is worth publishing."""
        if self._tools.site is None:
            return False
        if any(one.before and one.before.publication.at is None for one in polls):
            self._tools.runner.annotate(Level.NOTICE, _PUBLIC)
        try:
            return write_site(polls, self._clusters, self._tools.site)
        except SiteError as error:
            self.site_failed = True
            report_error(self._tools.runner, error)
            return False

    def failures(self, polls: Sequence[PollResult]) -> Iterator[ExitStatus]:
        """Yield the reasons to fail: an unusable history always, others when they begin or change."""
        if self.history_errors:
            yield ExitStatus.HISTORY
        if self.site_failed:
            yield ExitStatus.SITE
        for one in polls:
            if one.newly_unknown:
                yield ExitStatus.UNKNOWN
            if one.newly_undelivered:
                yield ExitStatus.UNDELIVERED

    def _poll(self, cluster: MonitoredCluster, checked: Checked, stored: StoredHistories) -> PollResult:
        """Return the result, if no other run saves its histories during the checks."""
        loaded = None
        try:
            loaded = stored.loaded()
        except HistoryError as error:
            self._note_history_error(error)  # before the results, which can follow from it
        before = loaded.histories.of(cluster.name) if loaded else None
        in_turn = loaded is not None and loaded.at <= checked.at  # no later poll than this one is saved
        channels = [channel for channel in self._channels if cluster.notifies(channel)]
        if loaded and self._mutes is None:
            self._mutes = mute_requests(self._clusters, self._channels, loaded.histories)
        asked = replace(cluster, mute=(self._mutes or {}).get(cluster.name, cluster.mute))
        return poll(asked, checked, before, channels, in_turn=in_turn)

    def _continued(self, polls: Sequence[PollResult], stored: StoredHistories) -> Sequence[PollResult]:
        """Return the polls with the histories that this run continues before them; None if unreadable."""
        try:
            latest = stored.latest()
        except HistoryError as error:
            self._note_history_error(error)
            return [polled_from(one, None, overtaken=False) for one in polls]
        if latest.is_newer:
            self._tools.runner.annotate(Level.NOTICE, _OVERLAP)
        self._latest = latest.histories
        if latest.histories is stored.loaded().histories:
            return polls
        return [
            polled_from(one, latest.histories.of(one.cluster), overtaken=latest.is_newer) for one in polls
        ]

    def _note_history_error(self, error: HistoryError) -> None:
        if error in self.history_errors:
            return
        self.history_errors.append(error)
        report_error(self._tools.runner, error)

    def _note(self, outcome: Edited | Delivered) -> None:
        self.delivery_errors += outcome.failures
        if isinstance(outcome, Delivered) and outcome.left:
            text = f"No time is left for pending messages: {outcome.left}. The next run sends them."
            self._tools.runner.annotate(Level.NOTICE, text)
        if isinstance(outcome, Delivered) and len(self._channels) > 1:
            for id_, number in sorted((channel.id, number) for channel, number in outcome.sent):
                self._tools.runner.log(f"Channel {id_}: {number} message{'s'[: number > 1]} delivered")
        for channel, crash in outcome.crashes:
            report_crash(self._tools.runner, f"Channel {channel.id}: The delivery", crash)
            self.crashes.append(crash)

    def _save_and_deliver(
        self, polls: Sequence[PollResult], histories: Histories, stored: StoredHistories
    ) -> list[PollResult]:
        polls = with_weekly_report(with_restored(polls, self._tools.recent_runs), self._tools.report)
        by_key = {key_of(one.cluster): one for one in polls}
        for one in polls:
            histories = histories.with_entry(one.cluster, one.after or History())
        removed = dict[str, History]()
        if self._tools.owns_history:
            names = [cluster.name for cluster in self._clusters]
            policies = [channel.policy for channel in self._channels]
            histories = without_removed(histories, names, policies, max(one.at for one in polls))
            current = {key_of(name) for name in names}
            removed = {key: one for key, one in histories.clusters.items() if key not in current}
        courier = Courier(
            store=self._store,
            newer=stored.newer,
            now=self._tools.clock.now,
            channels=self._channels,
            compose=Messages(by_key, removed, self._tools).compose,
            clusters={*removed, *(key for key, one in by_key.items() if not one.mismatch)},
            muted=frozenset(key for key, one in by_key.items() if one.after and one.after.mute),
            deadline=self._tools.deadlines.deliver,
            end=self._tools.deadlines.end_deliveries,
        )
        try:
            outcome = courier.save_and_deliver(histories, max(one.at for one in polls))
        except HistoryError as error:
            self._note_history_error(error)
            self._note(deliver_unsaved(courier, polls, self._tools.recent_runs, error.remedy))
            return [replace(one, after=one.before) for one in polls]
        if outcome.error:
            self._note_history_error(outcome.error)
        self._note(outcome)
        return [replace(one, after=outcome.histories.of(one.cluster)) for one in polls]
