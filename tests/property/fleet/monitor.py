"""The product as the fleet runs it: the poll and the outbox of a run, without threads."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.check import Checked
from cluster_status.app.cluster import Channel, MonitoredCluster
from cluster_status.app.poll import poll
from cluster_status.domain.history.history import History
from cluster_status.domain.notification import outbox
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.status.cause import Status
from tests.fakes.clock import VirtualClock
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.probe import ScriptedProbe
from tests.property.fleet.world.probe import FleetProbe
from tests.property.fleet.world.runs import CHANNELS, Run
from tests.property.fleet.world.truth import Truth
from tests.unit.domain.build import DIGESTS


class Said(Struct, frozen=True):
    """The notifications of one poll, by channel.

    Some became pending, some were delivered, and some were pending and are withdrawn.
    """

    new: Mapping[str, Sequence[Notification]]
    delivered: Mapping[str, Sequence[Notification]]
    withdrawn: Mapping[str, Sequence[Notification]] = {}


class Monitor:
    """One cluster with its history. A run that cannot save leaves the history as it was."""

    def __init__(self, name: str) -> None:
        self.history = History()
        self._probe = FleetProbe()
        self._cluster = MonitoredCluster(name, ScriptedProbe(VirtualClock()), DIGESTS)
        self._channels = [Channel(ChannelPolicy(id_, digest=id_), RecordingNotifier()) for id_ in CHANNELS]

    @property
    def status(self) -> Status | None:
        return self.history.tracker.status

    def poll(self, run: Run, truth: Truth) -> Said:
        at = datetime.fromtimestamp(run.clock, UTC)
        result = self._probe.probe(run, truth, self._usual_partitions(at))
        checked = Checked(f"poll{run.number}", result, at)
        after = poll(self._cluster, checked, self.history, self._channels, in_turn=True).after
        if after is None or not run.saves:
            return Said({}, {})
        new = {name: _missing(after, name, from_=self.history) for name in CHANNELS}
        withdrawn = {name: _missing(self.history, name, from_=after) for name in CHANNELS}
        delivered = {}
        for name in CHANNELS:
            after, delivered[name] = _deliver(after, name, at, refuses=name in run.refusing)
        self.history = after
        return Said(new, delivered, withdrawn)

    def _usual_partitions(self, at: datetime) -> tuple[str, ...] | None:
        return self.history.remembered_login(DIGESTS, at).usual_partitions


def _missing(history: History, channel: str, *, from_: History) -> tuple[Notification, ...]:
    """Return what is pending in one history and not in the other."""
    others = {one.id for one in from_.outbox.channel(channel).pending}
    return tuple(one for one in history.outbox.channel(channel).pending if one.id not in others)


def _deliver(
    history: History, channel: str, at: datetime, *, refuses: bool
) -> tuple[History, tuple[Notification, ...]]:
    pending = history.outbox.channel(channel).pending
    if not pending:
        return history, ()
    box = history.outbox
    if refuses:
        return replace(history, outbox=outbox.failed(box, channel, "no answer", at)), ()
    for one in pending:
        box = outbox.delivered(box, channel, one.id)
    return replace(history, outbox=box), pending
