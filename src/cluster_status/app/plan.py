"""What a run is to do: the settings a use case needs, and the tools it is given."""

from msgspec import Struct

from cluster_status.domain.history.history import Terms
from cluster_status.domain.notification.message import MessageOptions
from cluster_status.ports import Clock, ConnectivityCheck, EditableNotifier, Notifier, Probe, Runner


class RetryPolicy(Struct, frozen=True):
    """How often a look is repeated within one run."""

    attempts: int
    delay_seconds: float
    budget_seconds: float


class Plan(Struct, frozen=True):
    retries: RetryPolicy
    degraded_below: int  # percent of the nodes in service
    terms: Terms
    message_options: MessageOptions


class Tools(Struct, frozen=True):
    """What every use case works with."""

    probe: Probe
    clock: Clock
    connectivity_check: ConnectivityCheck
    runner: Runner


class Channel(Struct, frozen=True):
    """A place where people are told. What it was told is remembered by its name."""

    name: str
    notifier: Notifier
    identity: str | None = None  # a digest, by which it is left alone once it is gone
    editor: EditableNotifier | None = None  # where its latest message is kept up to date
