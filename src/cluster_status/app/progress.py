"""Polls the clusters of a run. If there are several, the log shows each when its check ends."""

from collections.abc import Callable, Iterator, Sequence

from cluster_status.app.check import Checked, check_all
from cluster_status.app.cluster import MonitoredCluster, Tools
from cluster_status.app.poll import PollResult
from cluster_status.app.report import annotations, offline_runner, report_crash
from cluster_status.domain.notification.content.description import describe
from cluster_status.domain.status.probe_result import RememberedLogin
from cluster_status.ports import Level, Runner
from cluster_status.render.text import SIGNS


class Progress:
    """Shows each cluster once, and again only if the history of another run changes what is shown."""

    def __init__(self, runner: Runner, *, several: bool, remembers_key: bool = True) -> None:
        self._runner = runner
        self._several = several
        self._remembers_key = remembers_key
        self._shown: dict[str, list[tuple[Level | None, str]]] = {}

    def show_early(self, poll: PollResult) -> None:
        """Show a cluster while others are still checked."""
        if self._several:
            self._show(poll)

    def show_all(self, polls: Sequence[PollResult]) -> None:
        for one in polls:
            self._show(one)
        if self._several and (text := offline_runner(polls)):
            self._runner.annotate(Level.ERROR, text)

    def _show(self, poll: PollResult) -> None:
        lines = list(self._lines(poll))
        if self._shown.get(poll.cluster) == lines:
            return
        self._shown[poll.cluster] = lines
        for level, text in lines:
            if level:
                self._runner.annotate(level, text)
            else:
                self._runner.log(text)

    def _lines(self, poll: PollResult) -> Iterator[tuple[Level | None, str]]:
        """Yield a line for the log, or an annotation that says the same, and the other annotations."""
        lines = list(annotations(poll, several=self._several, remembers_key=self._remembers_key))
        if self._several and (poll.runner_is_offline or not poll.is_explained):
            yield None, f"{SIGNS[poll.verdict.status]} {describe(poll.verdict, poll.cluster)}"
        yield from lines[1:] if self._several and poll.runner_is_offline else lines


def poll_each(
    clusters: Sequence[MonitoredCluster],
    tools: Tools,
    load_remembered: Callable[[MonitoredCluster], RememberedLogin | None],
    judge: Callable[[MonitoredCluster, Checked], PollResult],
    show_early: Callable[[PollResult], None],
) -> tuple[list[PollResult], list[Exception]]:
    """Return the results in the order of the clusters, and exceptions; raise one if there is no result."""
    polls: dict[str, PollResult] = {}
    crashes: dict[str, Exception] = {}
    for cluster, checked in check_all(clusters, tools, load_remembered):
        if isinstance(checked, Checked):
            polls[cluster.name] = judge(cluster, checked)
            show_early(polls[cluster.name])
        else:
            crashes[cluster.name] = checked
    names = [cluster.name for cluster in clusters]
    errors = {name: crashes[name] for name in names if name in crashes}
    if not polls:
        raise next(iter(errors.values()))
    for name, error in errors.items():
        report_crash(tools.runner, f"{name}: The check", error)
    return [polls[name] for name in names if name in polls], list(errors.values())
