"""What a run shows for itself: every output to the letter, and the annotations."""

import json
from datetime import datetime

import pytest
from msgspec.structs import replace

from cluster_status.app.report import OUTPUTS
from cluster_status.domain.history import codec
from cluster_status.domain.history.history import History
from cluster_status.domain.slurm.cluster_state import Details, Gpus
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.domain.status.tracker import StatusPeriod, StatusTracker
from cluster_status.errors import DeliveryError
from cluster_status.ports import Level
from tests.fakes.probe import ONLINE, listed, met, partition
from tests.unit.app.monitor import Monitor

TWO_PARTITIONS = listed(
    partition("debug", idle=1, allocated=2, reserved=3, powered_down=4),
    partition("gpu", default=False, availability="drain", draining=5, maintenance=1, down=19, unknown=1),
)
PARTITIONS = [
    {
        "name": "debug",
        "default": True,
        "availability": "up",
        "time_limit": "1-00:00:00",
        "nodes": {
            "total": 10,
            "idle": 1,
            "allocated": 2,
            "reserved": 3,
            "powered_down": 4,
            "draining": 0,
            "maintenance": 0,
            "down": 0,
            "unknown": 0,
        },
    },
    {
        "name": "gpu",
        "default": False,
        "availability": "drain",
        "time_limit": "1-00:00:00",
        "nodes": {
            "total": 26,
            "idle": 0,
            "allocated": 0,
            "reserved": 0,
            "powered_down": 0,
            "draining": 5,
            "maintenance": 1,
            "down": 19,
            "unknown": 1,
        },
    },
]

# polls before, the poll in question, and what it puts out; the first poll is at 12:05, then one comes every
# five minutes
SITUATIONS: dict[str, tuple[list[ProbeResult], ProbeResult, dict[str, str]]] = {
    "the first poll": (
        [],
        TWO_PARTITIONS,
        {
            "status": "degraded",
            "previous-status": "",
            "changed": "true",
            "cause": "nodes-down",
            "since": "2026-03-01T12:05:00Z",
            "message": "mscluster is degraded: too few nodes are in service (15 of 36 nodes in service)",
            "history-path": "history.json",
        },
    ),
    "unchanged": (
        [ONLINE, ONLINE],
        ONLINE,
        {
            "status": "online",
            "previous-status": "online",
            "changed": "false",
            "cause": "",
            "since": "2026-03-01T12:05:00Z",
            "message": "mscluster is online (8 of 8 nodes in service)",
            "history-path": "history.json",
        },
    ),
    "no nodes listed": (
        [],
        listed(),
        {
            "status": "online",
            "previous-status": "",
            "changed": "true",
            "cause": "",
            "since": "2026-03-01T12:05:00Z",
            "message": "mscluster is online (no nodes listed)",
            "history-path": "history.json",
        },
    ),
    "changed at once": (
        [ONLINE],
        met(Cause.REFUSED),
        {
            "status": "offline",
            "previous-status": "online",
            "changed": "true",
            "cause": "refused",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: it refuses SSH connections",
            "history-path": "history.json",
        },
    ),
    "another cause": (
        [ONLINE, met(Cause.REFUSED)],
        met(Cause.DNS),
        {
            "status": "offline",
            "previous-status": "offline",
            "changed": "false",
            "cause": "dns",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: its host name does not resolve",
            "history-path": "history.json",
        },
    ),
    "not confirmed yet": (
        [ONLINE],
        met(Cause.TIMEOUT),
        {
            "status": "offline",
            "previous-status": "online",
            "changed": "false",
            "cause": "timeout",
            "since": "2026-03-01T12:05:00Z",
            "message": "mscluster is offline: it does not answer",
            "history-path": "history.json",
        },
    ),
    "confirmed": (
        [ONLINE, met(Cause.TIMEOUT)],
        met(Cause.DROPPED),
        {
            "status": "offline",
            "previous-status": "online",
            "changed": "true",
            "cause": "dropped",
            "since": "2026-03-01T12:10:00Z",
            "message": "mscluster is offline: it drops SSH connections before the login",
            "history-path": "history.json",
        },
    ),
    "unknown": (
        [ONLINE],
        met(Cause.SINFO_FAILED),
        {
            "status": "unknown",
            "previous-status": "online",
            "changed": "false",
            "cause": "sinfo-failed",
            "since": "2026-03-01T12:05:00Z",
            "message": "The monitor cannot tell how mscluster is: sinfo fails",
            "history-path": "history.json",
        },
    ),
    "known again": (
        [ONLINE, met(Cause.SINFO_FAILED)],
        met(Cause.SCHEDULER_DOWN),
        {
            "status": "degraded",
            "previous-status": "online",
            "changed": "true",
            "cause": "scheduler-down",
            "since": "2026-03-01T12:15:00Z",
            "message": "mscluster is degraded: Slurm's controller does not answer",
            "history-path": "history.json",
        },
    ),
    "never known": (
        [],
        met(Cause.REFUSED),
        {
            "status": "unknown",
            "previous-status": "",
            "changed": "false",
            "cause": "refused",
            "since": "",
            "message": "The monitor cannot tell how mscluster is: it refuses SSH connections",
            "history-path": "history.json",
        },
    ),
}


@pytest.mark.parametrize(("earlier", "result", "outputs"), SITUATIONS.values(), ids=SITUATIONS)
def test_the_outputs_say_what_this_poll_saw_and_what_is_confirmed(
    earlier: list[ProbeResult], result: ProbeResult, outputs: dict[str, str], monitor: Monitor
) -> None:
    monitor.set_patience(attempts=1)
    for each in earlier:
        monitor.poll(each)
    run = monitor.poll(result)
    assert {name: value for name, value in run.outputs.items() if name != "partitions"} == outputs


def test_the_partitions_are_a_list_in_json_with_every_bucket(monitor: Monitor) -> None:
    assert json.loads(monitor.poll(TWO_PARTITIONS).outputs["partitions"]) == PARTITIONS


def test_where_details_were_asked_for_each_partition_has_its_gpus(monitor: Monitor) -> None:
    details = Details(gpus={"gpu": (Gpus("a100", 8, 3), Gpus("", 1, None))})
    seen = replace(TWO_PARTITIONS, outcome=replace(TWO_PARTITIONS.outcome, details=details))
    gpus = [{"type": "a100", "total": 8, "idle": 3}, {"type": "", "total": 1, "idle": None}]
    assert json.loads(monitor.probe(seen).outputs["partitions"]) == [
        PARTITIONS[0] | {"gpus": []},
        PARTITIONS[1] | {"gpus": gpus},
    ]


def test_without_a_listing_the_partitions_are_an_empty_list(monitor: Monitor) -> None:
    for result in (met(Cause.DNS), met(Cause.SCHEDULER_DOWN), listed()):
        assert json.loads(monitor.poll(result).outputs["partitions"]) == []


def test_a_look_puts_out_what_it_saw_and_nothing_remembered(monitor: Monitor) -> None:
    run = monitor.probe(TWO_PARTITIONS)
    assert json.loads(run.outputs.pop("partitions")) == PARTITIONS
    assert run.outputs == {
        "status": "degraded",
        "previous-status": "",
        "changed": "false",
        "cause": "nodes-down",
        "since": "",
        "message": "mscluster is degraded: too few nodes are in service (15 of 36 nodes in service)",
        "history-path": "",
    }


def test_every_output_that_is_declared_is_published_and_no_other(monitor: Monitor) -> None:
    assert monitor.poll(ONLINE).outputs.keys() == OUTPUTS.keys()


def test_a_store_without_a_file_leaves_the_path_empty(monitor: Monitor) -> None:
    monitor.store.path = ""
    assert monitor.poll(ONLINE).outputs["history-path"] == ""


@pytest.mark.parametrize(
    ("written", "put_out", "shown"),
    [
        ("2026-02-01T01:30:00+05:30", "2026-01-31T20:00:00Z", "2026-01-31 20:00:00 UTC"),
        ("2026-02-01T01:30:00-11:00", "2026-02-01T12:30:00Z", "2026-02-01 12:30:00 UTC"),
        ("2026-02-01T01:30:00+00:00", "2026-02-01T01:30:00Z", "2026-02-01 01:30:00 UTC"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "9999-12-31 23:59:59 UTC"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00 UTC"),
    ],
)
def test_whatever_offset_a_history_was_written_with_everything_is_in_utc(
    written: str, put_out: str, shown: str, monitor: Monitor
) -> None:
    confirmed = StatusPeriod(Status.ONLINE, datetime.fromisoformat(written))
    monitor.store.content = codec.render(History(cluster="mscluster", tracker=StatusTracker(confirmed)))
    run = monitor.poll(ONLINE)
    assert run.outputs["since"] == put_out
    assert run.runner.summary
    assert run.runner.summary.facts == (f"Confirmed: online since {shown}",)


def test_each_run_publishes_once(monitor: Monitor) -> None:
    assert [monitor.poll(ONLINE).runner.published, monitor.probe(ONLINE).runner.published] == [1, 1]


def test_the_summary_shows_what_was_seen_what_is_confirmed_and_what_waits(monitor: Monitor) -> None:
    monitor.notifier.fail_next(DeliveryError("no", cause="no"))
    summary = monitor.poll(ONLINE).runner.summary
    assert summary
    assert (summary.status, summary.headline) == (
        Status.ONLINE,
        "mscluster is online (8 of 8 nodes in service)",
    )
    assert summary.facts == (
        "Confirmed: online since 2026-03-01 12:05:00 UTC",
        "Messages still to be delivered: 1",
    )
    assert summary.partitions == (partition(idle=8),)


# annotations


LEVELS: dict[str, tuple[ProbeResult, list[Level]]] = {
    "online": (ONLINE, []),
    "online, without Slurm": (met(Cause.NO_SCHEDULER), [Level.NOTICE]),
    "degraded": (met(Cause.SCHEDULER_DOWN), [Level.WARNING]),
    "maintenance": (listed(partition(maintenance=8)), [Level.WARNING]),
    "offline": (listed(partition(down=8)), [Level.WARNING]),
    "unknown": (met(Cause.SINFO_FAILED), [Level.ERROR]),
}


@pytest.mark.parametrize(("result", "levels"), LEVELS.values(), ids=LEVELS)
def test_the_worse_the_sight_the_louder_the_annotation_and_errors_are_for_what_is_not_known(
    result: ProbeResult, levels: list[Level], monitor: Monitor
) -> None:
    assert [annotation.level for annotation in monitor.probe(result).runner.annotations] == levels


def test_an_annotation_with_nothing_to_add_is_one_sentence(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.SCHEDULER_DOWN))
    assert [text for _, text in run.runner.annotations] == [f"{run.outputs['message']}."]


def test_an_annotation_says_what_was_seen_in_which_words_and_what_to_do(monitor: Monitor) -> None:
    run = monitor.probe(met(Cause.SINFO_FAILED, "Access denied"))
    (error,) = run.errors
    assert error.startswith(run.outputs["message"])
    assert "Access denied" in error
    assert error.endswith("Log in as cluster-user and run sinfo: the account must be allowed to.")


def test_states_that_are_unheard_of_are_named(monitor: Monitor) -> None:
    run = monitor.probe(listed(partition(idle=8), unknown_states=("bewitched", "lost")))
    assert run.runner.of(Level.WARNING) == [
        "Node states this version does not know, counted as unknown: bewitched, lost"
    ]


def test_partitions_that_are_wanted_and_not_listed_are_named(monitor: Monitor) -> None:
    seen = replace(ONLINE, outcome=replace(ONLINE.outcome, unmatched_patterns=("gpu*", "fat")))
    assert monitor.probe(seen).runner.of(Level.WARNING) == [
        "partitions: Slurm lists none of this name: gpu*, fat"
    ]


def test_a_key_that_is_not_pinned_is_shown_as_the_line_to_paste_at_every_poll(monitor: Monitor) -> None:
    line = "head.example.org ssh-ed25519 AAAA"
    for _ in range(2):
        (warning,) = monitor.poll(replace(ONLINE, line_to_pin=line)).runner.of(Level.WARNING)
        assert warning.startswith("The host key is not pinned.")
        assert warning.endswith(f"cluster-host-key to: {line}")


def test_an_error_ends_its_sentence_before_the_remedy_begins(monitor: Monitor) -> None:
    monitor.store.content = b"{}"
    (error,) = monitor.poll(ONLINE).errors
    assert ". Restore an older copy" in error
