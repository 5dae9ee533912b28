"""A history in which every part has content, and ways to damage it."""

import json
from typing import Any

from msgspec.structs import replace

from cluster_status.domain.conditions.tracker import ConditionState
from cluster_status.domain.history.codec import render
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.mute import Mute
from cluster_status.domain.notification.notification import LiveMessage, MessageRef
from cluster_status.domain.notification.weekly.week import Quiet, Week
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Gpus, Reservation
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.partitions.state import PartitionChange, Problem
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.site_checks.report import CheckChange
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults
from cluster_status.domain.status.tracker import UnknownPeriod
from tests.unit.domain.build import (
    CHANNEL,
    NOON,
    POLICY,
    Setup,
    counts,
    delivery_failed,
    failed,
    host_key,
    listed_with,
    noon_plus,
    notification,
    partition,
    period,
    polled,
    reserved,
    with_host_key,
)

NAME = "deep thought"
CONDITION = "idle >= 10 in batch"
CHECKS = ("/scratch", "quota")
NAMED = (CheckChange("/scratch", Cause.PATH_HANGS, more=2),)
GPU_TYPE = "a100"
PARTITIONS = ("batch", "fat", "tape", "old")
SETUP = Setup(channels=(replace(POLICY, live=True),))
LATER = noon_plus(200)
"""After the last poll of the rich history."""


def _rich() -> History:
    history = polled(
        History(),
        with_host_key(_site("idle"), host_key()),
        _site("draining"),
        _site("idle", reserved(noon_plus(600))),
        setup=SETUP,
    )
    refused = failed(Cause.LOGIN_REFUSED)
    results = [_site("draining"), *[refused] * 3, failed(Cause.TIMEOUT), refused]
    history = polled(history, *results, start=noon_plus(150), setup=SETUP)  # after a gap
    history = delivery_failed(history, "webhook-gone", NOON, refused_by="digest")
    outbox = history.outbox
    first, *rest = outbox.channel(CHANNEL).pending
    first = replace(first, underlying_cause=Cause.TIMEOUT, checks=NAMED, checks_passed=NAMED)
    week = Week(NOON, 1.0, 0.99, 0.98, 2, 60, 60, 60, 0.5, 0.5, Quiet(3, 4))
    report = replace(notification(Event.REPORT, period(Status.ONLINE)), week=week)
    queue = (first, *rest, report)
    channel = replace(outbox.channel(CHANNEL), pending=queue, missed_polls=1, live=_live_message())
    mute = Mute(noon_plus(190), None, history.tracker.confirmed)
    history = replace(history, conditions={CONDITION: ConditionState(1)}, mute=mute)
    return replace(history, outbox=replace(outbox, channels={CHANNEL: channel}, delivering_since=NOON))


def _site(batch: str, *reservations: Reservation) -> ProbeResult:
    """Return a listing; without an idle node, another partition is lost, and one is in maintenance."""
    is_idle = batch == "idle"
    results = (
        CheckResult("/scratch", is_path=True, cause=None if batch == "idle" else Cause.PATH_HANGS),
        CheckResult("quota", is_path=False),
    )
    partitions = (
        replace(partition(default=True), nodes=counts(**{batch: 4})),
        partition("fat", idle=int(is_idle), down=int(not is_idle)),
        partition("tape", idle=int(is_idle), maintenance=int(not is_idle)),
        partition("old", availability="drain", down=1),
    )
    result = listed_with(*reservations, down=1, **{batch: 4})
    assert isinstance(result.outcome, ClusterState)
    details = Details({"batch": (Gpus(GPU_TYPE, 4, 1),)})
    outcome = replace(result.outcome, partitions=partitions, details=details)
    return replace(result, outcome=outcome, site_checks=CheckResults(results))


def _live_message() -> LiveMessage:
    sent = notification(
        Event.MONITOR_LOST,
        period(Status.OFFLINE, Cause.DNS),
        previous=period(Status.DEGRADED, Cause.NODES_DOWN),
        unknown=UnknownPeriod(NOON, polls=3, cause=Cause.HOST_KEY, notified=True),
        partitions=(PartitionChange("fat", Problem.NOT_UP, "drain", also=("long",), more=2),),
        still_out=(PartitionChange("tape", Problem.MAINTENANCE),),
    )
    sent = replace(sent, underlying_cause=Cause.TIMEOUT, checks=NAMED, checks_passed=NAMED)
    return LiveMessage(POLICY.digest, MessageRef("1", "digest"), sent)


EMPTY = History()
RICH = _rich()


def document(history: History) -> Histories:
    """Return a document with this history only."""
    return Histories(clusters={NAME: history})


def content() -> dict[str, Any]:
    """Return the document of the rich history as JSON."""
    decoded: dict[str, Any] = json.loads(render(document(RICH)))
    return decoded


def changed(*path: str | int, to: object) -> bytes:
    """Render the rich history with another value in one place of the document."""
    whole = content()
    *parents, last = path
    container: Any = whole
    for name in parents:
        container = container[name]
    container[last] = to
    return json.dumps(whole).encode()


def changed_entry(*path: str | int, to: object) -> bytes:
    """Render the rich history with another value in one place of the cluster's entry."""
    return changed("clusters", NAME, *path, to=to)
