"""The clusters and channels of a run, and its tools."""

from collections.abc import Callable

from msgspec import Struct

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.ports import Clock, ConnectivityCheck, EditableNotifier, Notifier, Probe, Runner


class RetryPolicy(Struct, frozen=True):
    """The attempts of a check within one run; the budget covers all of them."""

    attempts: int = 3
    delay_seconds: float = 15.0
    budget_seconds: float = 90.0


class Thresholds(Struct, frozen=True):
    """Limits at which a status changes."""

    degraded_below: int = 50  # percent of the nodes in service
    confirm_after: int = 2  # polls


class MonitoredCluster(Struct, frozen=True):
    name: str
    probe: Probe
    digests: Digests = Digests()
    thresholds: Thresholds = Thresholds()
    retries: RetryPolicy = RetryPolicy()


class Channel(Struct, frozen=True):
    """A destination of messages; `editor` is set if they can be edited."""

    policy: ChannelPolicy
    notifier: Notifier
    editor: EditableNotifier | None = None

    @property
    def id(self) -> str:
        return self.policy.id


class Tools(Struct, frozen=True):
    """Tools of every use case; `new_id` returns a short random text."""

    clock: Clock
    runner: Runner
    connectivity_check: ConnectivityCheck
    new_id: Callable[[], str]
