"""The folder of the status page holds its files, and loses nothing else."""

import os
import stat
from pathlib import Path

import pytest

from cluster_status.adapters.site.folder import LIST, SiteFolder
from cluster_status.errors import SiteError

FILES = {"index.html": b"new", "clusters/alpha.html": b"alpha", "status.json": b"{}"}


def write(workspace: Path, files: dict[str, bytes] = FILES, path: str = "site") -> None:
    SiteFolder(path, workspace).write(files)


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_the_files_are_written_with_a_list_of_them(tmp_path: Path) -> None:
    write(tmp_path)

    assert files_in(tmp_path / "site") == {*FILES, LIST}
    assert (tmp_path / "site" / LIST).read_text().split() == sorted(FILES)
    assert (tmp_path / "site" / "index.html").read_bytes() == b"new"


def test_other_users_can_read_the_files_with_any_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(tmp_path, path="public/site")
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "public").rglob("*") if path.is_file()}
    folders = [tmp_path / "public", *(path for path in (tmp_path / "public").rglob("*") if path.is_dir())]
    assert modes == {0o644}
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o755}


def test_the_page_of_a_removed_cluster_is_deleted_and_other_files_stay(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "site" / "CNAME").write_text("status.example.org")
    write(tmp_path, {"index.html": b"newer", "status.json": b"{}"})

    assert files_in(tmp_path / "site") == {"index.html", "status.json", "CNAME", LIST}
    assert (tmp_path / "site" / "index.html").read_bytes() == b"newer"


def test_a_folder_with_other_files_is_refused_and_stays(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine")

    with pytest.raises(SiteError, match=r"written to 'site': it has files, but no list .cluster-status-site"):
        write(tmp_path)
    assert files_in(tmp_path / "site") == {"index.html"}
    assert (tmp_path / "site" / "index.html").read_text() == "mine"


@pytest.mark.parametrize("path", [".", "../outside", "link", "link/site"])
def test_a_folder_outside_the_workspace_is_refused(path: str, tmp_path: Path) -> None:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    workspace.mkdir()
    outside.mkdir()
    (workspace / "link").symlink_to(outside)

    with pytest.raises(SiteError, match="not a folder inside the workspace"):
        write(workspace, path=path)
    assert not files_in(outside)


def test_a_list_that_names_files_of_others_deletes_none_of_them(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "precious.html").write_text("mine")
    (tmp_path / "site" / LIST).write_text("../precious.html\n/etc/hostname\nclusters/../../precious.html\n")
    write(tmp_path)

    assert (tmp_path / "precious.html").exists()


def test_a_link_in_place_of_the_subfolder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"status.json": b"{}"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "site" / "clusters").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SiteError, match="clusters is not a folder"):
        write(tmp_path)
    assert not files_in(tmp_path / "elsewhere")


def test_a_link_in_place_of_the_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "list").write_text("index.html\n")
    (tmp_path / "site" / LIST).symlink_to(tmp_path / "list")

    with pytest.raises(SiteError):
        write(tmp_path)


def test_a_link_in_place_of_a_file_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "target").write_text("mine")
    (tmp_path / "site" / "index.html").unlink()
    (tmp_path / "site" / "index.html").symlink_to(tmp_path / "target")
    write(tmp_path)

    assert (tmp_path / "target").read_text() == "mine"
    assert not (tmp_path / "site" / "index.html").is_symlink()


def test_a_write_that_fails_names_the_reason_and_leaves_the_older_status(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "site" / "index.html").unlink()
    (tmp_path / "site" / "index.html").mkdir()
    with pytest.raises(SiteError, match="Is a directory"):
        write(tmp_path, {**FILES, "status.json": b"newer"})

    assert (tmp_path / "site" / "status.json").read_bytes() == b"{}"
    assert not [path for path in files_in(tmp_path / "site") if path.startswith(".index")]
