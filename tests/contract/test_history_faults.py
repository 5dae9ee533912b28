"""A damaged history file is left alone, and a killed run loses no message."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.history_faults import (
    FILE_FAULTS,
    KILLS,
    FileFault,
    Kill,
    file_outcome,
    gone_down,
    kill_outcome,
)
from tests.contract.process import Site, site


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, bytes]]:
    with gone_down(tmp_path_factory.mktemp("workspace")) as given:
        yield given


@pytest.mark.parametrize("fault", FILE_FAULTS, ids=lambda fault: fault.words)
def test_a_damaged_history_file_is_reported_and_left_as_it_is_and_no_message_is_sent(
    fault: FileFault, down: tuple[Site, bytes]
) -> None:
    outcome = file_outcome(*down, fault)
    assert outcome.untouched
    assert outcome.sent == []
    assert outcome.exit_status == 4
    assert fault.shows in outcome.shown


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.words)
def test_a_killed_run_loses_no_message_and_repeats_only_one_that_discord_already_has(
    kill: Kill, down: tuple[Site, bytes]
) -> None:
    outcome = kill_outcome(*down, kill)
    assert outcome.killed
    assert outcome.sent == ["offline"] * (2 if kill.sent_again else 1)
    assert outcome.polls == kill.polls


def test_the_file_of_the_original_script_is_taken_over_and_nothing_is_announced_twice(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    entries: list[dict[str, object]] = [
        {
            "partitions": [],
            "poll_time": str(now - timedelta(minutes=5 * ago)),
            "online": True,
            "error_msg": None,
        }
        for ago in range(5, 0, -1)
    ]
    with site(tmp_path) as watched:
        watched.history_file.write_text(json.dumps(entries))
        taken_over = watched.poll()
        assert (taken_over.exit_status, taken_over.outputs["previous-status"]) == (0, "online")
        assert watched.headlines() == []
        history = json.loads(watched.history_file.read_text())
        assert (history["cluster"], len(history["polls"])) == ("mscluster", 6)
