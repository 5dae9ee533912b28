"""One poll: look, judge, remember, tell."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from msgspec.structs import replace

from cluster_status.app.live import keep_up_to_date
from cluster_status.app.look import look_patiently
from cluster_status.app.outbox import Outbox
from cluster_status.app.plan import Channel, Plan, Tools
from cluster_status.app.report import annotate, publish, report_error, warn_of_silence
from cluster_status.background import beside
from cluster_status.domain.announcement import Announcement
from cluster_status.domain.cause import Status
from cluster_status.domain.cluster import Listing
from cluster_status.domain.history import History, advance, silence_ended
from cluster_status.domain.message import Message, compose
from cluster_status.domain.sighting import Recollection
from cluster_status.domain.verdict import Knowledge, judge
from cluster_status.errors import ClusterStatusError, ExitStatus, HistoryError, heaviest
from cluster_status.ports import Heartbeat, HistoryStore


def poll(
    tools: Tools, store: HistoryStore, channels: Sequence[Channel], heartbeat: Heartbeat, plan: Plan
) -> ExitStatus:
    """Poll once and return what the process is to end with; the outputs are published in any case."""
    loading = beside(lambda: _ours(store.load(), plan) or History(cluster=plan.wording.cluster_name))
    sighting = look_patiently(tools, plan, lambda: _recollect(loading, tools, plan))
    has_loaded, at = loading.done(), tools.clock.now()
    before, trouble = _latest(loading, store, plan)
    known = before.knowledge(plan.terms.identity) if before else Knowledge()
    verdict = judge(sighting, known, degraded_below=plan.degraded_below)
    annotate(tools.runner, plan, verdict, sighting)

    # what was there was seen before we looked
    in_turn = before is not None and has_loaded and before is loading.result()

    def advanced(history: History) -> History:
        return advance(history, sighting, verdict, plan.terms, at, in_turn=in_turn)

    def words(announcement: Announcement, listing: Listing | None = verdict.listing) -> Message:
        return compose(announcement, plan.wording, listing)

    after = before
    mishaps: list[ClusterStatusError] = [trouble] if trouble else []
    if before:
        outbox = Outbox(
            store=store,
            newer=lambda: _ours(store.newer(), plan),
            now=tools.clock.now,
            channels=channels,
            # one that comes late goes without the table: what was listed then is not known any more
            words=lambda one: words(one, verdict.listing if one.at == at else None),
        )
        moved, setbacks = keep_up_to_date(advanced(before), verdict, channels, words, at)
        if before.live and not moved.live:  # a new message takes the place of the one that is lost
            moved = advanced(replace(before, live=None))
        if silence := silence_ended(moved, at):
            warn_of_silence(tools.runner, silence)
        try:
            after, mishaps = outbox.save_and_tell(moved, at)
        except HistoryError as error:
            mishaps = [error]
        mishaps = [*setbacks, *mishaps]
    for mishap in mishaps:
        report_error(tools.runner, mishap)
    publish(tools.runner, plan, verdict, before=before, after=after, history_path=store.path)
    heartbeat.beat(worked=verdict.status is not Status.UNKNOWN and not mishaps)
    return heaviest(_failures(mishaps, before, after))


def _recollect(loading: Future[History], tools: Tools, plan: Plan) -> Recollection | None:
    try:
        return loading.result().recollection(plan.terms.identity, tools.clock.now())
    except HistoryError:
        return None


def _latest(
    loading: Future[History], store: HistoryStore, plan: Plan
) -> tuple[History | None, HistoryError | None]:
    """Return the history to go on from: the one that was loaded, or what another run has saved meanwhile."""
    try:
        loaded = loading.result()
        return _ours(store.newer(), plan) or loaded, None
    except HistoryError as error:
        return None, error


def _ours(history: History | None, plan: Plan) -> History | None:
    name = plan.wording.cluster_name
    if history and not history.cluster:  # of the script that came before, which knew of one cluster only
        return replace(history, cluster=name)
    if history and history.cluster != name:
        raise HistoryError(
            f"The history is that of '{history.cluster}', not of '{name}'.",
            remedy="Give each cluster a history of its own, and a cluster-name whose letters and digits no "
            "other one has; if this one was renamed, set cluster-name back or remove the old history.",
        )
    return history


def _failures(
    mishaps: Sequence[ClusterStatusError], before: History | None, after: History | None
) -> Iterator[ExitStatus]:
    """Yield the reasons to fail: an unusable history every time, others when the complaint is a new one."""
    if any(isinstance(mishap, HistoryError) for mishap in mishaps):
        yield ExitStatus.HISTORY
    if before and after:
        if after.unknown and after.unknown != before.unknown:
            yield ExitStatus.UNKNOWN
        if any(complaint != before.undelivered.get(name) for name, complaint in after.undelivered.items()):
            yield ExitStatus.UNDELIVERED
