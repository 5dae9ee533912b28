"""The report of a run of one cluster: outputs, summary and annotations."""

import json
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from cluster_status.app.report import OUTPUTS
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.slurm.cluster_state import Details, Gpus, MaintenanceListing, NodeCounts
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.errors import DeliveryError
from cluster_status.ports import Level
from tests.fakes.probe import ONLINE, failed, listed, partition
from tests.unit.app.monitor import Monitor, Run
from tests.unit.domain.build import host_key

TWO_PARTITIONS = listed(
    partition("debug", idle=1, allocated=2, reserved=3, powered_down=4),
    partition("gpu", default=False, availability="drain", draining=5, maintenance=1, down=19, unknown=1),
)
NO_NODES = dict.fromkeys(NodeCounts.__struct_fields__, 0)
PARTITIONS = [
    {
        "name": "debug",
        "default": True,
        "availability": "up",
        "time_limit": "1-00:00:00",
        "nodes": NO_NODES | {"total": 10, "idle": 1, "allocated": 2, "reserved": 3, "powered_down": 4},
        "problem": None,
        "usual": False,
    },
    {
        "name": "gpu",
        "default": False,
        "availability": "drain",
        "time_limit": "1-00:00:00",
        "nodes": NO_NODES | {"total": 26, "draining": 5, "maintenance": 1, "down": 19, "unknown": 1},
        "problem": "not-up",
        "usual": True,
    },
]

UNCHANGED = {
    "status": "online",
    "previous-status": "online",
    "changed": "false",
    "cause": "",
    "since": "2026-03-01T12:05:00Z",  # the first poll; polls are five minutes apart
    "message": "mscluster is online (8 of 8 nodes in service)",
    "site-changed": "false",
    "history-path": "history.json",
}
FIRST_POLL = UNCHANGED | {"previous-status": "", "changed": "true"}
NODES_DOWN = {
    "status": "degraded",
    "cause": "nodes-down",
    "message": "mscluster is degraded: too few nodes in service (15 of 36 nodes in service)",
}

# earlier polls, the poll, and its outputs
SITUATIONS: dict[str, tuple[list[ProbeResult], ProbeResult, dict[str, str]]] = {
    "the first poll": ([], TWO_PARTITIONS, FIRST_POLL | NODES_DOWN),
    "unchanged": ([ONLINE, ONLINE], ONLINE, UNCHANGED),
    "no nodes listed": ([], listed(), FIRST_POLL | {"message": "mscluster is online (no nodes listed)"}),
    "changed at once": (
        [ONLINE],
        failed(Cause.REFUSED),
        UNCHANGED
        | {
            "status": "offline",
            "changed": "true",
            "cause": "refused",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: SSH connections refused",
        },
    ),
    "another cause": (
        [ONLINE, failed(Cause.REFUSED)],
        failed(Cause.DNS),
        UNCHANGED
        | {
            "status": "offline",
            "previous-status": "offline",
            "cause": "dns",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: host name does not resolve",
        },
    ),
    "not confirmed": (
        [ONLINE],
        failed(Cause.TIMEOUT),
        UNCHANGED
        | {
            "status": "offline",
            "cause": "timeout",
            "message": "mscluster is offline: SSH connection timed out",
        },
    ),
    "confirmed": (
        [ONLINE, failed(Cause.TIMEOUT)],
        failed(Cause.DROPPED),
        UNCHANGED
        | {
            "status": "offline",
            "changed": "true",
            "cause": "dropped",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: SSH connection dropped",
        },
    ),
    "unknown": (
        [ONLINE],
        failed(Cause.SINFO_FAILED),
        UNCHANGED
        | {
            "status": "unknown",
            "cause": "sinfo-failed",
            "message": "Status of mscluster is unknown: command sinfo failed",
        },
    ),
    "known again": (
        [ONLINE, failed(Cause.SINFO_FAILED)],
        failed(Cause.SCHEDULER_DOWN),
        UNCHANGED
        | {
            "status": "degraded",
            "changed": "true",
            "cause": "scheduler-down",
            "since": "2026-03-01T12:15:00Z",
            "message": "mscluster is degraded: Slurm controller not responding",
        },
    ),
    "never known": (
        [],
        failed(Cause.REFUSED),
        FIRST_POLL
        | {
            "status": "unknown",
            "changed": "false",
            "cause": "refused",
            "since": "",
            "message": "Status of mscluster is unknown: SSH connections refused",
        },
    ),
}


def plain_outputs(run: Run) -> dict[str, str]:
    """Return the outputs that are not JSON."""
    return {name: text for name, text in run.outputs.items() if name not in {"partitions", "clusters"}}


# outputs


@pytest.mark.parametrize(("earlier", "result", "outputs"), SITUATIONS.values(), ids=SITUATIONS)
def test_the_outputs_show_this_poll_and_the_confirmed_status(
    earlier: list[ProbeResult], result: ProbeResult, outputs: dict[str, str], monitor: Monitor
) -> None:
    monitor.set_retries(attempts=1)
    for each in earlier:
        monitor.poll(each)
    assert plain_outputs(monitor.poll(result)) == outputs


def test_a_check_publishes_the_outputs_of_a_first_poll_without_a_history(alone: Monitor) -> None:
    run = alone.check(TWO_PARTITIONS)
    without = {"changed": "false", "since": "", "history-path": ""}
    assert plain_outputs(run) == FIRST_POLL | NODES_DOWN | without
    assert json.loads(run.outputs["partitions"]) == PARTITIONS


def test_the_output_partitions_is_a_list_with_every_group_of_nodes(alone: Monitor) -> None:
    assert json.loads(alone.poll(TWO_PARTITIONS).outputs["partitions"]) == PARTITIONS


def test_with_details_each_partition_has_its_gpus(alone: Monitor) -> None:
    details = Details(gpus={"gpu": (Gpus("a100", 8, 3), Gpus("", 1, None))})
    result = replace(TWO_PARTITIONS, outcome=replace(TWO_PARTITIONS.outcome, details=details))
    gpus = [{"type": "a100", "total": 8, "idle": 3}, {"type": "", "total": 1, "idle": None}]
    assert json.loads(alone.check(result).outputs["partitions"]) == [
        PARTITIONS[0] | {"gpus": []},
        PARTITIONS[1] | {"gpus": gpus},
    ]


@pytest.mark.parametrize(
    "result", [failed(Cause.DNS), failed(Cause.SCHEDULER_DOWN), listed()], ids=["dns", "silent", "no nodes"]
)
def test_without_a_listing_the_output_partitions_is_an_empty_list(
    result: ProbeResult, monitor: Monitor
) -> None:
    assert json.loads(monitor.poll(result).outputs["partitions"]) == []


def test_the_output_clusters_has_the_outputs_of_the_only_cluster(monitor: Monitor) -> None:
    run = monitor.poll(TWO_PARTITIONS)
    outputs = plain_outputs(run)
    assert run.clusters == {
        "mscluster": {
            "status": outputs["status"],
            "previous_status": outputs["previous-status"],
            "changed": True,
            "cause": outputs["cause"],
            "since": outputs["since"],
            "message": outputs["message"],
            "nodes": NO_NODES
            | {"total": 36, "idle": 1, "allocated": 2, "reserved": 3, "powered_down": 4}
            | {"draining": 5, "maintenance": 1, "down": 19, "unknown": 1},
        }
    }


def test_every_declared_output_is_published_and_no_other(monitor: Monitor) -> None:
    assert monitor.poll(ONLINE).outputs.keys() == OUTPUTS.keys()


def test_a_store_without_a_file_leaves_the_output_history_path_empty(monitor: Monitor) -> None:
    monitor.store.path = ""
    assert monitor.poll(ONLINE).outputs["history-path"] == ""


@pytest.mark.parametrize(
    ("stored", "output", "shown"),
    [
        ("2026-02-01T01:30:00+05:30", "2026-01-31T20:00:00Z", "2026-01-31 20:00:00 UTC"),
        ("2026-02-01T01:30:00-11:00", "2026-02-01T12:30:00Z", "2026-02-01 12:30:00 UTC"),
        ("2026-02-01T01:30:00+00:00", "2026-02-01T01:30:00Z", "2026-02-01 01:30:00 UTC"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "9999-12-31 23:59:59 UTC"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 UTC"),
    ],
)
def test_a_stored_time_is_shown_in_utc(stored: str, output: str, shown: str, alone: Monitor) -> None:
    confirmed = StatusPeriod(Status.ONLINE, datetime.fromisoformat(stored))
    history = History(tracker=StatusTracker(confirmed))
    alone.store.save(Histories().with_entry("mscluster", history))
    run = alone.poll(ONLINE)
    assert run.outputs["since"] == output
    assert run.runner.summary.facts == (f"Confirmed status: online since {shown}",)


def test_each_run_publishes_once(monitor: Monitor) -> None:
    assert [monitor.poll(ONLINE).runner.published, monitor.check(ONLINE).runner.published] == [1, 1]


# the summary


def test_the_summary_shows_this_poll_the_confirmed_status_and_pending_messages(alone: Monitor) -> None:
    alone.notifier.fail_next(DeliveryError("no", cause="no"))
    summary = alone.poll(ONLINE).runner.summary
    assert (summary.status, summary.headline) == (Status.ONLINE, UNCHANGED["message"])
    assert summary.facts == (
        "Confirmed status: online since 2026-03-01 12:05:00 UTC",
        "Pending messages: 1",
    )
    assert summary.partitions == (partition(idle=8),)


# annotations


LEVELS: dict[str, tuple[ProbeResult, list[Level]]] = {
    "online": (ONLINE, []),
    "online, without Slurm": (failed(Cause.NO_SCHEDULER), [Level.WARNING]),
    "degraded": (listed(partition(draining=8)), [Level.WARNING]),
    "maintenance": (listed(partition(maintenance=8)), [Level.WARNING]),
    "offline": (listed(partition(down=8)), [Level.WARNING]),
    "unknown": (failed(Cause.SINFO_FAILED), [Level.ERROR]),
}


@pytest.mark.parametrize(("result", "levels"), LEVELS.values(), ids=LEVELS)
def test_an_unknown_status_is_an_error_and_other_statuses_are_warnings(
    result: ProbeResult, levels: list[Level], monitor: Monitor
) -> None:
    assert [annotation.level for annotation in monitor.check(result).runner.annotations] == levels


def test_an_annotation_without_a_remedy_is_one_sentence(monitor: Monitor) -> None:
    run = monitor.check(listed(partition(draining=8)))
    assert [text for _, text in run.runner.annotations] == [f"{run.outputs['message']}."]


def test_an_annotation_has_the_message_the_details_and_the_remedy(monitor: Monitor) -> None:
    run = monitor.check(failed(Cause.SINFO_FAILED, "Access denied"))
    remedy = "Log in as cluster-user and run sinfo. The account must be allowed to run it."
    assert run.errors == [f"{run.outputs['message']} (Access denied). {remedy}"]


def test_unknown_node_states_are_named_in_a_warning(monitor: Monitor) -> None:
    run = monitor.check(listed(partition(idle=8), unknown_states=("quantum", "exotic")))
    assert run.warnings == [
        "Node states that this version does not know: quantum, exotic. Update the action."
    ]


def test_partitions_that_are_not_found_are_named_in_a_warning(monitor: Monitor) -> None:
    result = replace(ONLINE, outcome=replace(ONLINE.outcome, unmatched_patterns=("gpu*", "fat")))
    assert monitor.check(result).warnings == ["Partitions not found, check the input partitions: gpu*, fat"]


def test_the_key_to_set_for_the_host_key_is_that_of_the_clusters_file_if_there_are_several(
    alone: Monitor,
) -> None:
    unpinned = replace(ONLINE, host_key=host_key(), line_to_pin="head.example.org ssh-ed25519 AAAA")
    [warning] = alone.poll(unpinned).warnings
    assert "then set cluster-host-key to this line" in warning
    first, second = sorted(alone.poll_all({"alpha": [unpinned], "beta": [unpinned]}).warnings)
    assert first.startswith("alpha: ")
    assert "then set host-key of this cluster to this line" in second


def test_what_the_login_notes_is_shown_by_its_level(monitor: Monitor) -> None:
    run = monitor.poll(replace(ONLINE, notices=("1 of 2 addresses failed.",), warnings=("One was skipped.",)))
    assert "1 of 2 addresses failed." in run.runner.of(Level.NOTICE)
    assert "One was skipped." in run.warnings


def test_every_poll_shows_the_line_to_pin_if_the_host_key_is_not_pinned(monitor: Monitor) -> None:
    line, key = "head.example.org ssh-ed25519 AAAA", host_key()
    for _ in range(2):
        (warning,) = monitor.poll(replace(ONLINE, host_key=key, line_to_pin=line)).warnings
        assert warning.startswith(f"The SSH host key {key.fingerprint} is not pinned.")
        assert warning.endswith(f" to this line, in quotes: {line}")


def test_reservations_that_cannot_be_read_are_a_notice_once_a_day(alone: Monitor) -> None:
    text = "Maintenance cannot be announced, because scontrol fails: Access/permission denied"
    listing = MaintenanceListing(error="Access/permission denied")
    unreadable = replace(ONLINE, outcome=replace(ONLINE.outcome, maintenance=listing))
    runs = [alone.poll(unreadable, later=timedelta(hours=hours)) for hours in (0, 1, 22, 1, 1)]
    assert [text in run.runner.of(Level.NOTICE) for run in runs] == [True, False, False, True, False]
    assert all(text in run.runner.summary.facts for run in runs)


def test_an_error_has_a_full_stop_before_its_remedy(monitor: Monitor) -> None:
    monitor.store.content = b"{}"
    (error,) = monitor.poll(ONLINE).errors
    assert ". Restore an older copy" in error
