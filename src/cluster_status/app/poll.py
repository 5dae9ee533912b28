"""One poll: look, judge, remember, tell."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from msgspec.structs import replace

from cluster_status.app.check import check_with_retries
from cluster_status.app.live_message import keep_up_to_date
from cluster_status.app.outbox import Outbox
from cluster_status.app.plan import Channel, Plan, Tools
from cluster_status.app.report import annotate, publish, report_error, warn_of_gap
from cluster_status.domain.history.history import History, advance, gap_ended
from cluster_status.domain.notification.message import Message, compose
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.slurm.cluster_state import ClusterState
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.domain.status.verdict import KnownServer, judge
from cluster_status.errors import ClusterStatusError, ExitStatus, HistoryError, most_severe
from cluster_status.ports import Heartbeat, HistoryStore
from cluster_status.threads import run_in_thread


def poll(
    tools: Tools, store: HistoryStore, channels: Sequence[Channel], heartbeat: Heartbeat, plan: Plan
) -> ExitStatus:
    """Poll once and return what the process is to end with; the outputs are published in any case."""
    loading = run_in_thread(
        lambda: _ours(store.load(), plan) or History(cluster=plan.message_options.cluster_name)
    )
    result = check_with_retries(tools, plan, lambda: _load_remembered(loading, tools, plan))
    has_loaded, at = loading.done(), tools.clock.now()
    before, trouble = _latest(loading, store, plan)
    known = before.known_server(plan.terms.identity) if before else KnownServer()
    verdict = judge(result, known, degraded_below=plan.degraded_below)
    annotate(tools.runner, plan, verdict, result)

    # what was there was seen before we looked
    in_turn = before is not None and has_loaded and before is loading.result()

    def advanced(history: History) -> History:
        return advance(history, result, verdict, plan.terms, at, in_turn=in_turn)

    def words(
        notification: Notification, cluster_state: ClusterState | None = verdict.cluster_state
    ) -> Message:
        return compose(notification, plan.message_options, cluster_state)

    after = before
    errors: list[ClusterStatusError] = [trouble] if trouble else []
    if before:
        outbox = Outbox(
            store=store,
            newer=lambda: _ours(store.newer(), plan),
            now=tools.clock.now,
            channels=channels,
            # one that comes late goes without the table: what was listed then is not known any more
            words=lambda one: words(one, verdict.cluster_state if one.at == at else None),
        )
        moved, edit_errors = keep_up_to_date(advanced(before), verdict, channels, words, at)
        if before.live and not moved.live:  # a new message takes the place of the one that is lost
            moved = advanced(replace(before, live=None))
        if gap := gap_ended(moved, at):
            warn_of_gap(tools.runner, gap)
        try:
            after, errors = outbox.save_and_deliver(moved, at)
        except HistoryError as failed:
            errors = [failed]
        errors = [*edit_errors, *errors]
    for error in errors:
        report_error(tools.runner, error)
    publish(tools.runner, plan, verdict, before=before, after=after, history_path=store.path)
    heartbeat.beat(worked=verdict.status is not Status.UNKNOWN and not errors)
    return most_severe(_failures(errors, before, after))


def _load_remembered(loading: Future[History], tools: Tools, plan: Plan) -> RememberedLogin | None:
    try:
        return loading.result().remembered_login(plan.terms.identity, tools.clock.now())
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
    name = plan.message_options.cluster_name
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
    errors: Sequence[ClusterStatusError], before: History | None, after: History | None
) -> Iterator[ExitStatus]:
    """Yield the reasons to fail: an unusable history every time, others when the complaint is a new one."""
    if any(isinstance(error, HistoryError) for error in errors):
        yield ExitStatus.HISTORY
    if before and after:
        if after.unknown and after.unknown != before.unknown:
            yield ExitStatus.UNKNOWN
        if any(
            complaint != before.failing_channels.get(name)
            for name, complaint in after.failing_channels.items()
        ):
            yield ExitStatus.UNDELIVERED
