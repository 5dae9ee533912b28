"""One poll: look, judge, remember, tell."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from msgspec.structs import replace

from cluster_status.app.look import look_patiently
from cluster_status.app.outbox import Outbox
from cluster_status.app.plan import Plan, Tools
from cluster_status.app.report import annotate, publish, report_error, warn_of_silence
from cluster_status.background import beside
from cluster_status.domain.history import Announcement, History, advance, silence_ended
from cluster_status.domain.message import Message, compose
from cluster_status.domain.sighting import Recollection
from cluster_status.domain.verdict import Knowledge, judge
from cluster_status.errors import ClusterStatusError, ExitStatus, HistoryError, heaviest
from cluster_status.ports import HistoryStore, Notifier


def poll(tools: Tools, store: HistoryStore, notifier: Notifier, plan: Plan) -> ExitStatus:
    """Poll once and return what the process is to end with; the outputs are published in any case."""
    loading = beside(lambda: _ours(store.load(), plan) or History(cluster=plan.wording.cluster_name))
    sighting = look_patiently(tools, plan, lambda: _recollect(loading, tools, plan))
    has_loaded, at = loading.done(), tools.clock.now()
    before, trouble = _latest(loading, store, plan)
    known = before.knowledge(plan.terms.identity) if before else Knowledge()
    verdict = judge(sighting, known, degraded_below=plan.degraded_below)
    annotate(tools.runner, plan, verdict, sighting)

    def words(announcement: Announcement) -> Message:
        # one that comes late goes without the table: what was listed then is not known any more
        return compose(announcement, plan.wording, verdict.listing if announcement.at == at else None)

    after = before
    mishaps: list[ClusterStatusError] = [trouble] if trouble else []
    if before:
        outbox = Outbox(
            store=store,
            newer=lambda: _ours(store.newer(), plan),
            now=tools.clock.now,
            notifier=notifier,
            identity=plan.terms.identity,
            words=words,
        )
        in_turn = has_loaded and before is loading.result()  # what was there was seen before we looked
        moved = advance(before, sighting, verdict, plan.terms, at, in_turn=in_turn)
        if silence := silence_ended(moved, at):
            warn_of_silence(tools.runner, silence)
        try:
            after, mishaps = outbox.save_and_tell(moved, at)
        except HistoryError as error:
            mishaps = [error]
    for mishap in mishaps:
        report_error(tools.runner, mishap)
    publish(tools.runner, plan, verdict, before=before, after=after, history_path=store.path)
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
        if after.undelivered and after.undelivered != before.undelivered:
            yield ExitStatus.UNDELIVERED
