"""A fault of the artifact store loses no poll and no message."""

import contextlib
import json
import threading

import pytest

from cluster_status.adapters.history_artifact.archive import pack
from cluster_status.adapters.http import Http
from tests.contract.artifact_faults import FAULTS, NAME, NOTING, REFUSED, Fault, outcome, store_of
from tests.fakes.github import LoopbackGitHub
from tests.fakes.probe import ONLINE
from tests.unit.app.monitor import Monitor


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.words)
def test_a_fault_is_reported_and_no_message_is_lost_or_sent_twice(fault: Fault) -> None:
    struck = outcome(fault)
    sent_again = ("mscluster is offline",) if fault.moment == NOTING and fault.exit_status else ()
    assert struck.headlines == ("mscluster is online", "mscluster is offline", *sent_again)
    assert struck.polls_kept == (2 if fault.exit_status and not sent_again else 3)
    assert struck.exit_status == fault.exit_status
    assert fault.shows in struck.shown
    assert bool(struck.shown) == bool(fault.shows)


def test_of_two_runs_that_overlap_both_polls_are_kept_and_one_announces() -> None:
    one, other = Monitor(), Monitor()
    other.notifier, other.clock = one.notifier, one.clock
    with LoopbackGitHub(clock=one.clock.now) as github, contextlib.closing(Http()) as http:
        one.poll(ONLINE, store=store_of(one, http, github.start_run()))
        late = store_of(one, http, github.start_run())
        has_loaded = threading.Event()
        load = late.load

        def load_and_tell() -> object:
            history = load()
            has_loaded.set()
            return history

        def let_the_other_run_overtake() -> None:
            assert has_loaded.wait(5)
            assert (
                other.poll(REFUSED, store=store_of(other, http, github.start_run())).outputs["changed"]
                == "true"
            )

        late.load = load_and_tell  # type: ignore[method-assign, assignment]
        one.when_asked_for_network = let_the_other_run_overtake
        overtaken = one.poll(REFUSED, store=late)
        kept = store_of(one, http, github.start_run()).load()
    assert kept
    assert len(kept.polls) == 3
    assert overtaken.outputs["changed"] == "false"
    assert [message.headline for message in one.notifier.messages] == [
        "mscluster is online",
        "mscluster is offline",
    ]


def test_the_file_of_the_original_script_is_taken_over_from_an_artifact_too() -> None:
    monitor = Monitor()
    polls = json.dumps([{"poll_time": f"2026-03-01 {time}", "online": True} for time in ("11:55", "12:00")])
    with LoopbackGitHub(clock=monitor.clock.now) as github, contextlib.closing(Http()) as http:
        github.plant(NAME, pack(polls.encode()))
        runs = [
            monitor.poll(seen, store=store_of(monitor, http, github.start_run()))
            for seen in (ONLINE, REFUSED)
        ]
        kept = store_of(monitor, http, github.start_run()).load()
    assert kept
    assert (kept.cluster, len(kept.polls)) == ("mscluster", 4)
    assert [run.headlines for run in runs] == [[], ["mscluster is offline"]]
