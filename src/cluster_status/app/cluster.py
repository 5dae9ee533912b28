"""What a run works with: clusters, channels, and the world around them."""

from collections.abc import Callable

from msgspec import Struct

from cluster_status.domain.history.digests import Digests
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.ports import Clock, ConnectivityCheck, EditableNotifier, Notifier, Probe, Runner


class RetryPolicy(Struct, frozen=True):
    """How often a check is repeated within one run; the budget covers all attempts."""

    attempts: int = 3
    delay_seconds: float = 15.0
    budget_seconds: float = 90.0


class Thresholds(Struct, frozen=True):
    """When a status changes."""

    degraded_below: int = 50  # percent of the nodes in service
    confirm_after: int = 2  # polls


class MonitoredCluster(Struct, frozen=True):
    name: str
    probe: Probe
    digests: Digests = Digests()
    thresholds: Thresholds = Thresholds()
    retries: RetryPolicy = RetryPolicy()


class Channel(Struct, frozen=True):
    """A place where notifications are delivered; `editor` is set where messages can be edited."""

    policy: ChannelPolicy
    notifier: Notifier
    editor: EditableNotifier | None = None

    @property
    def id(self) -> str:
        return self.policy.id


class Tools(Struct, frozen=True):
    """What every use case needs of the world; `new_id` returns a short random word."""

    clock: Clock
    runner: Runner
    connectivity_check: ConnectivityCheck
    new_id: Callable[[], str]
