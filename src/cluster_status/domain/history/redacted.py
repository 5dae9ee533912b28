"""A restored history without secrets: a name in it may show one that was set only later."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from cluster_status.domain.capacity.capacity import Capacity, CapacityArchive
from cluster_status.domain.capacity.series import Series
from cluster_status.domain.history.history import History
from cluster_status.domain.history.past import Past
from cluster_status.domain.maintenance.calendar import KnownWindow
from cluster_status.domain.maintenance.window import Window
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import ChannelOutbox
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.status.partitions.state import PartitionChange, PartitionMemory, PartitionState

T = TypeVar("T")


def redacted(history: History, redaction: Redaction) -> History:
    """Return the history with each name of the cluster as it may be shown."""
    return _Names(redaction).history(history)


def redacted_past(past: Past, redaction: Redaction) -> Past:
    """Return the past with each name of the cluster as it may be shown."""
    names = _Names(redaction)
    clusters = {key: replace(one, capacity=names.archive(one.capacity)) for key, one in past.clusters.items()}
    return replace(past, clusters=clusters)


class _Names:
    def __init__(self, redaction: Redaction) -> None:
        self._shown = redaction.clean_name

    def history(self, history: History) -> History:
        channels = history.outbox.channels.items()
        return replace(
            history,
            partitions=self._memory(history.partitions),
            site_checks={self._shown(name): one for name, one in history.site_checks.items()},
            conditions={self._shown(text): one for text, one in history.conditions.items()},
            capacity=self._capacity(history.capacity),
            calendar=replace(history.calendar, windows=tuple(map(self._known, history.calendar.windows))),
            outbox=replace(history.outbox, channels={name: self._channel(one) for name, one in channels}),
        )

    def _capacity(self, capacity: Capacity) -> Capacity:
        recent, archive = capacity.recent, capacity.archive
        hour = replace(recent.hour, gpus=self._keys(recent.hour.gpus))
        return Capacity(
            replace(recent, hour=hour, hours=self._series(recent.hours)),
            self.archive(archive),
        )

    def archive(self, archive: CapacityArchive) -> CapacityArchive:
        return replace(
            archive,
            hours=self._series(archive.hours),
            days=self._series(archive.days),
            week=self._series(archive.week),
        )

    def _series(self, series: Series) -> Series:
        return replace(series, gpus=self._keys(series.gpus)) if series.gpus else series

    def _keys(self, by_name: Mapping[str, T]) -> dict[str, T]:
        return {self._shown(name): one for name, one in by_name.items()}

    def _memory(self, memory: PartitionMemory) -> PartitionMemory:
        states = {self._shown(name): self._state(one) for name, one in memory.states.items()}
        return replace(memory, states=states)

    def _state(self, state: PartitionState) -> PartitionState:
        return replace(state, availability=self._shown(state.availability)) if state.availability else state

    def _known(self, known: KnownWindow) -> KnownWindow:
        announced = known.announced and self._window(known.announced)
        return replace(known, window=self._window(known.window), announced=announced)

    def _window(self, window: Window) -> Window:
        return replace(window, partitions=tuple(map(self._shown, window.partitions)))

    def _channel(self, channel: ChannelOutbox) -> ChannelOutbox:
        live = channel.live and replace(
            channel.live, notification=self._notification(channel.live.notification)
        )
        return replace(channel, pending=tuple(map(self._notification, channel.pending)), live=live)

    def _notification(self, notification: Notification) -> Notification:
        return replace(
            notification,
            window=notification.window and self._window(notification.window),
            previous_window=notification.previous_window and self._window(notification.previous_window),
            partitions=tuple(map(self._change, notification.partitions)),
            still_out=tuple(map(self._change, notification.still_out)),
            conditions=tuple(
                replace(one, condition=self._shown(one.condition)) for one in notification.conditions
            ),
            checks=tuple(replace(one, name=self._shown(one.name)) for one in notification.checks),
            checks_passed=tuple(
                replace(one, name=self._shown(one.name)) for one in notification.checks_passed
            ),
        )

    def _change(self, change: PartitionChange) -> PartitionChange:
        return replace(
            change,
            name=self._shown(change.name),
            availability=self._shown(change.availability),
            also=tuple(map(self._shown, change.also)),
        )
