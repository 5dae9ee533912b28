"""The tables of docs/history-faults.md hold."""

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

DOCUMENT = (Path(__file__).parents[2] / "docs" / "history-faults.md").read_text().splitlines()


@pytest.fixture(scope="module")
def down(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, bytes]]:
    with gone_down(tmp_path_factory.mktemp("workspace")) as given:
        yield given


@pytest.mark.parametrize("fault", FILE_FAULTS, ids=lambda fault: fault.words)
def test_a_file_that_is_no_history_is_named_left_alone_and_nothing_is_announced(
    fault: FileFault, down: tuple[Site, bytes]
) -> None:
    outcome = file_outcome(*down, fault)
    assert outcome.untouched
    assert outcome.told == []
    assert outcome.row.endswith("| 4 |")
    assert outcome.row in DOCUMENT


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.words)
def test_a_run_that_is_killed_loses_nothing_and_only_what_it_could_not_note_is_told_again(
    kill: Kill, down: tuple[Site, bytes]
) -> None:
    outcome = kill_outcome(*down, kill)
    assert outcome.killed
    assert outcome.told == ["offline"] * (2 if kill.told_again else 1)
    assert outcome.row in DOCUMENT


def test_the_document_has_no_other_rows() -> None:
    rows = [line for line in DOCUMENT if line.startswith("|")]
    assert len(rows) == len(FILE_FAULTS) + len(KILLS) + 4


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
