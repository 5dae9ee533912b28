"""The history in a file. The suite of the port is in tests/contract/test_ports.py."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from cluster_status.adapters.history_file import HistoryFile
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.limits import max_bytes
from cluster_status.errors import Cancelled, HistoryError

OLD, NEW = (Histories().with_entry(name, History()) for name in ("old", "new"))


def files_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def history_file(tmp_path: Path) -> HistoryFile:
    return HistoryFile("history.json", tmp_path)


def test_what_root_creates_belongs_to_the_owner_of_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, user, group: given.append((path.name, user, group)))
    HistoryFile("state/of/history.json", tmp_path).save(OLD)
    owner = tmp_path.stat()
    assert [name for name, *_ in given[:2]] == ["state", "of"]
    assert given[2][0].startswith(".history.json.")
    assert {(user, group) for _, user, group in given} == {(owner.st_uid, owner.st_gid)}


# reading


def test_a_missing_file_is_no_history(history_file: HistoryFile) -> None:
    assert history_file.load() is None


def test_a_missing_directory_is_no_history(tmp_path: Path) -> None:
    assert HistoryFile("not/there/history.json", tmp_path).load() is None


def test_a_directory_in_place_of_the_file_is_an_error_that_names_the_input(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(HistoryError, match="'history' cannot be read: Is a directory") as caught:
        HistoryFile("history", tmp_path).load()
    assert "history-path" in caught.value.remedy


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_fifo, link_to_a_device])
def test_a_fifo_or_a_device_in_place_of_the_file_is_an_error_at_once(
    make: Callable[[Path], None], history_file: HistoryFile, tmp_path: Path
) -> None:
    make(tmp_path / "history.json")
    with pytest.raises(HistoryError, match="cannot be read: it is a device or a FIFO") as caught:
        history_file.load()
    assert "history-path" in caught.value.remedy


def test_a_file_below_another_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be read: Not a directory"):
        HistoryFile("file/history.json", tmp_path).load()


def test_a_link_to_a_missing_file_is_no_history(history_file: HistoryFile, tmp_path: Path) -> None:
    (tmp_path / "history.json").symlink_to("not-there.json")
    assert history_file.load() is None


def test_a_file_that_is_too_large_is_not_read_completely(history_file: HistoryFile, tmp_path: Path) -> None:
    with (tmp_path / "history.json").open("wb") as file:
        file.truncate(100 * max_bytes(1))  # a sparse file
    with pytest.raises(HistoryError, match="larger than"):
        history_file.load()


# writing


def test_the_path_is_relative_to_the_workspace_and_directories_are_created(tmp_path: Path) -> None:
    HistoryFile("state/mscluster/history.json", tmp_path).save(NEW)
    assert (tmp_path / "state/mscluster/history.json").read_bytes() == codec.render(NEW)


def test_an_absolute_path_is_not_relative_to_the_workspace(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.json"
    HistoryFile(str(path), tmp_path / "workspace").save(NEW)
    assert path.exists()


def test_other_users_can_read_the_file(history_file: HistoryFile, tmp_path: Path) -> None:
    history_file.save(NEW)
    assert stat.S_IMODE((tmp_path / "history.json").stat().st_mode) == 0o644


def test_a_save_leaves_no_other_file(history_file: HistoryFile, tmp_path: Path) -> None:
    history_file.save(OLD)
    history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]


@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
def test_a_failed_write_leaves_only_the_old_history(
    call: str, history_file: HistoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history_file.save(OLD)
    owner: object = Path if call == "replace" else os
    monkeypatch.setattr(owner, call, failing(OSError(28, "No space left on device")))
    with pytest.raises(HistoryError, match="cannot be saved: No space left on device"):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]
    assert history_file.load() == OLD


def test_a_cancelled_write_leaves_only_the_old_history(
    history_file: HistoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history_file.save(OLD)
    monkeypatch.setattr(os, "fsync", failing(Cancelled(signal.SIGTERM)))
    with pytest.raises(Cancelled):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]
    assert history_file.load() == OLD


# links


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_save_replaces_the_target_of_a_link(tmp_path: Path, *, absolute: bool) -> None:
    target = tmp_path / "kept" / "target.json"
    target.parent.mkdir()
    target.write_bytes(codec.render(OLD))
    link = tmp_path / "state" / "history.json"
    link.parent.mkdir()
    link.symlink_to(target if absolute else "../kept/target.json")
    history_file = HistoryFile("state/history.json", tmp_path)
    assert history_file.load() == OLD
    history_file.save(NEW)
    assert link.is_symlink()
    assert target.read_bytes() == codec.render(NEW)
    assert not target.is_symlink()
    assert (files_in(link.parent), files_in(target.parent)) == (["history.json"], ["target.json"])


def test_a_save_replaces_the_target_of_a_chain_of_links(history_file: HistoryFile, tmp_path: Path) -> None:
    (tmp_path / "history.json").symlink_to("second.json")
    (tmp_path / "second.json").symlink_to("third.json")
    history_file.save(NEW)
    assert (tmp_path / "history.json").is_symlink()
    assert (tmp_path / "second.json").is_symlink()
    assert (tmp_path / "third.json").read_bytes() == codec.render(NEW)


def test_a_save_keeps_a_link_to_a_directory(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "state").symlink_to("kept")
    HistoryFile("state/history.json", tmp_path).save(NEW)
    assert (tmp_path / "state").is_symlink()
    assert files_in(tmp_path / "kept") == ["history.json"]


def test_a_save_creates_the_missing_target_of_a_link(history_file: HistoryFile, tmp_path: Path) -> None:
    (tmp_path / "history.json").symlink_to("target.json")
    history_file.save(NEW)
    assert (tmp_path / "history.json").is_symlink()
    assert (tmp_path / "target.json").read_bytes() == codec.render(NEW)
    assert history_file.load() == NEW


def test_a_link_into_a_missing_directory_is_an_error_and_stays(
    history_file: HistoryFile, tmp_path: Path
) -> None:
    (tmp_path / "history.json").symlink_to("not-mounted/target.json")
    with pytest.raises(HistoryError, match=r"'history\.json' cannot be saved: No such file or directory"):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json"]
    assert (tmp_path / "history.json").is_symlink()


@pytest.mark.parametrize("links", [["history.json"], ["history.json", "other.json"]], ids=["one", "two"])
def test_links_in_a_circle_are_an_error_and_stay(
    links: list[str], history_file: HistoryFile, tmp_path: Path
) -> None:
    for link, target in zip(links, [*links[1:], links[0]], strict=True):
        (tmp_path / link).symlink_to(target)
    with pytest.raises(
        HistoryError, match=r"'history\.json' cannot be read: Too many levels of symbolic links"
    ):
        history_file.load()
    with pytest.raises(HistoryError, match=r"'history\.json' cannot be saved: Too many levels") as caught:
        history_file.save(NEW)
    assert "history-path" in caught.value.remedy
    assert str(tmp_path) not in str(caught.value)
    assert files_in(tmp_path) == sorted(links)
    assert all((tmp_path / link).is_symlink() for link in links)


def test_a_directory_that_is_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state").symlink_to("state")
    history_file = HistoryFile("state/history.json", tmp_path)
    with pytest.raises(HistoryError, match="cannot be read: Too many levels of symbolic links"):
        history_file.load()
    with pytest.raises(HistoryError, match="cannot be saved"):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["state"]


def test_a_failed_write_through_a_link_leaves_only_the_old_history(
    history_file: HistoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "history.json").symlink_to("target.json")
    history_file.save(OLD)
    monkeypatch.setattr(os, "fsync", failing(OSError(28, "No space left on device")))
    with pytest.raises(HistoryError):
        history_file.save(NEW)
    assert files_in(tmp_path) == ["history.json", "target.json"]
    assert history_file.load() == OLD


# paths that cannot be written


def test_a_directory_in_place_of_the_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with pytest.raises(HistoryError, match="cannot be saved"):
        HistoryFile("history", tmp_path).save(NEW)
    assert files_in(tmp_path) == ["history"]


def test_a_path_that_cannot_be_written_is_an_error_that_names_the_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="cannot be saved") as caught:
        HistoryFile("file/state/history.json", tmp_path).save(NEW)
    assert "history-path" in caught.value.remedy
    assert str(tmp_path) not in str(caught.value)


def failing(error: BaseException) -> object:
    def call(*_: object) -> NoReturn:
        raise error

    return call
