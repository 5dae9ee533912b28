"""The history in a file: what cannot be read is not empty, and what cannot be written changes nothing."""

import os
import signal
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from cluster_status.adapters.history_file import HistoryFile
from cluster_status.domain import document
from cluster_status.domain.history import History
from cluster_status.errors import Cancelled, HistoryError

OLD, NEW = History(cluster="old"), History(cluster="new")


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def history_file(tmp_path: Path) -> HistoryFile:
    return HistoryFile("history.json", tmp_path)


# reading


def test_a_file_that_is_not_there_is_no_history_yet(history_file: HistoryFile) -> None:
    assert history_file.load() is None


def test_a_directory_that_is_not_there_is_no_history_yet(tmp_path: Path) -> None:
    assert HistoryFile("not/there/history.json", tmp_path).load() is None


def test_a_file_of_0_bytes_is_an_error(history_file: HistoryFile, tmp_path: Path) -> None:
    (tmp_path / "history.json").touch()
    with pytest.raises(HistoryError):
        history_file.load()


def test_a_directory_in_its_place_is_an_error_that_names_the_input(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(HistoryError, match="'history' cannot be read: Is a directory") as caught:
        HistoryFile("history", tmp_path).load()
    assert "history-path" in caught.value.remedy


def test_a_file_that_cannot_be_reached_is_not_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be read: Not a directory"):
        HistoryFile("file/history.json", tmp_path).load()


def test_a_file_beyond_all_measure_is_an_error_before_it_is_all_read(
    history_file: HistoryFile, tmp_path: Path
) -> None:
    with (tmp_path / "history.json").open("wb") as file:
        file.truncate(100 * document.MAX_BYTES)  # takes no room
    with pytest.raises(HistoryError, match="larger than"):
        history_file.load()


# writing


def test_it_is_relative_to_the_workspace_and_its_directories_are_made(tmp_path: Path) -> None:
    HistoryFile("state/mscluster/history.json", tmp_path).save(NEW)
    assert (tmp_path / "state/mscluster/history.json").read_bytes() == document.render(NEW)


def test_an_absolute_path_is_not_relative_to_anything(tmp_path: Path) -> None:
    place = tmp_path / "elsewhere.json"
    HistoryFile(str(place), tmp_path / "workspace").save(NEW)
    assert place.exists()


def test_a_later_step_that_is_somebody_else_may_read_it(history_file: HistoryFile, tmp_path: Path) -> None:
    history_file.save(NEW)
    assert stat.S_IMODE((tmp_path / "history.json").stat().st_mode) == 0o644


def test_it_leaves_nothing_but_the_file(history_file: HistoryFile, tmp_path: Path) -> None:
    history_file.save(OLD)
    history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]


def test_it_tells_its_path_as_it_was_given(tmp_path: Path) -> None:
    assert HistoryFile("state/history.json", tmp_path).path == "state/history.json"


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
def test_a_write_that_fails_leaves_the_old_history_and_no_other_file(
    call: str, history_file: HistoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history_file.save(OLD)
    owner: object = Path if call == "replace" else os
    monkeypatch.setattr(owner, call, failing(OSError(28, "No space left on device")))
    with pytest.raises(HistoryError, match="cannot be saved: No space left on device"):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]
    assert history_file.load() == OLD


def test_a_write_that_is_cancelled_leaves_the_old_history_and_no_other_file(
    history_file: HistoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history_file.save(OLD)
    monkeypatch.setattr(os, "fsync", failing(Cancelled(signal.SIGTERM)))
    with pytest.raises(Cancelled):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]
    assert history_file.load() == OLD


def test_a_directory_in_its_place_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(HistoryError, match="cannot be saved"):
        HistoryFile("history", tmp_path).save(NEW)
    assert files_in(tmp_path) == ["history"]


def test_a_place_where_nothing_can_be_written_is_an_error_that_names_the_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be saved") as caught:
        HistoryFile("file/state/history.json", tmp_path).save(NEW)
    assert "history-path" in caught.value.remedy
    assert str(tmp_path) not in str(caught.value)


def failing(fault: BaseException) -> object:
    def call(*_: object) -> NoReturn:
        raise fault

    return call
