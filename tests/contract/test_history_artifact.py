"""The artifact store with the loopback GitHub, which is checked against the official client."""

import io
import json
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cluster_status.adapters.history_artifact.archive import pack, unpack
from cluster_status.adapters.http import Http
from cluster_status.domain.actions.artifact import artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.history.limits import max_bytes
from cluster_status.domain.notification.event import Event
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.outbox import ChannelOutbox, Outbox
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.polls import Poll
from cluster_status.domain.uptime.record import Record
from cluster_status.errors import ExitStatus, HistoryError, UnreadableHistoryError
from cluster_status.ports import Level
from tests.fakes.artifact_store import StoreOfRun
from tests.fakes.github import (
    FORBIDDEN,
    INTERMEDIARY_REFUSED,
    QUOTA_HIT,
    Broken,
    Failed,
    Fault,
    LoopbackGitHub,
    Odd,
    Operation,
    RateLimited,
    Reset,
    SecondaryRateLimited,
    Truncated,
)
from tests.fakes.github_actions import Run

CheckExchange = Callable[[Mapping[str, object]], list[str]]

NAME = artifact_name("my cluster")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, SECOND = (Poll(AT + timedelta(minutes=minutes), Status.ONLINE) for minutes in (0, 5))


def stored_polls(*polls: Poll) -> Histories:
    return Histories().with_entry("My Cluster", History(record=Record(polls=polls)))


def numbered(number: int) -> Histories:
    """Return histories that differ by their number."""
    return stored_polls(Poll(AT + timedelta(seconds=number), Status.ONLINE))


HISTORY = stored_polls(FIRST)
LATER = stored_polls(FIRST, SECOND)


class Stored(StoreOfRun):
    def __init__(self, http: Http, run: Run) -> None:
        super().__init__(http, run, "My Cluster")


StartRun = Callable[..., Stored]


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as running:
        yield running


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http()
    yield client
    client.close()


@pytest.fixture
def start_run(github: LoopbackGitHub, http: Http) -> StartRun:
    """Start a run; return its store."""
    return lambda **run: Stored(http, github.start_run(**run))


def planted(history: Histories | bytes) -> bytes:
    return pack(codec.render(history) if isinstance(history, Histories) else history)


def test_the_next_run_restores_the_saved_history(start_run: StartRun) -> None:
    first = start_run()
    assert first.store.load() is None
    first.store.save(HISTORY)
    assert start_run().store.load() == HISTORY


def test_the_official_client_downloads_a_saved_history_with_an_equal_digest(
    github: LoopbackGitHub, http: Http, official_client: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    run = github.start_run()
    Stored(http, run).store.save(HISTORY)
    result = official_client(run, "download", NAME, tmp_path)
    assert result["digestMismatch"] is False
    assert result["expectedHash"] == github.artifacts[0].digest
    assert (tmp_path / "history.json").read_bytes() == codec.render(HISTORY)


def test_a_history_uploaded_by_the_official_client_is_restored(
    github: LoopbackGitHub,
    start_run: StartRun,
    official_client: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    file = tmp_path / "history.json"
    file.write_bytes(codec.render(HISTORY))
    assert "error" not in official_client(github.start_run(), "upload", NAME, file)
    assert start_run().store.load() == HISTORY


def test_a_second_save_keeps_the_first_artifact_and_is_restored(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    stored = start_run()
    stored.store.save(HISTORY)
    stored.store.save(LATER)
    assert [artifact.name for artifact in github.artifacts] == [NAME, f"{NAME}.2"]
    assert start_run().store.load() == LATER


def test_a_further_save_replaces_the_oldest_artifact_of_all_attempts(
    github: LoopbackGitHub, http: Http, start_run: StartRun
) -> None:
    run = github.start_run()
    for number in range(7):
        saved = numbered(number)
        if number == 3:
            run.finish("failure")
            run = run.rerun()
        Stored(http, run).store.save(saved)
        assert start_run().store.load() == saved
        assert len(github.artifacts) == min(2, number + 1)


@pytest.mark.parametrize(
    ("faults", "operation"),
    [
        ([Failed(404, after_accepting=True)], "delete"),  # the response to the first attempt was lost
        ([Failed(409)] * 3, "create"),  # both names are taken; the deletion takes a moment
    ],
    ids=["deleted already", "late deletion"],
)
def test_a_save_succeeds_if_the_deletion_was_repeated_or_takes_effect_late(
    faults: list[Fault], operation: Operation, github: LoopbackGitHub, http: Http, start_run: StartRun
) -> None:
    run = github.start_run()
    for _ in range(2):
        Stored(http, run).store.save(HISTORY)
    github.fail_next(*faults, on=operation)
    Stored(http, run).store.save(LATER)
    assert start_run().store.load() == LATER
    assert len(github.artifacts) == 2


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("saves", [1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [
        (QUOTA_HIT, "create"),
        (Failed(403, "Forbidden"), "create"),
        (Failed(403, "Forbidden"), "put"),
        (Failed(403, "Forbidden"), "finalize"),
        (Failed(403, "Forbidden"), "delete"),
        (Failed(403, "Forbidden"), "list-run"),
    ],
    ids=lambda fault: f"{type(fault[0]).__name__} {fault[1]}",
)
def test_a_failed_save_keeps_the_history_before_it(
    fault: tuple[Fault, Operation], saves: int, attempts: int, github: LoopbackGitHub, http: Http
) -> None:
    run = github.start_run()
    for number in range(saves):
        Stored(http, run).store.save(numbered(number))
    if attempts > 1:
        run.finish("failure")
        run = run.rerun()
    github.fail_next(fault[0], on=fault[1])
    if fault[1] == "put":
        github.fail_next(fault[0], on="put-block")
    before = numbered(saves - 1)
    try:
        Stored(http, run).store.save(LATER)
    except HistoryError:
        assert Stored(http, github.start_run()).store.load() == before
    else:  # the request that fails was not needed
        assert Stored(http, github.start_run()).store.load() == LATER
        assert fault[1] not in github.operations


def test_a_run_uses_the_second_name_if_an_incomplete_upload_has_the_first(
    github: LoopbackGitHub, http: Http, start_run: StartRun
) -> None:
    run = github.start_run()
    Stored(http, run).store.save(HISTORY)
    github.fail_next(Failed(403), on="finalize")
    with pytest.raises(HistoryError, match="refused"):
        Stored(http, run).store.save(LATER)
    assert start_run().store.load() == HISTORY
    Stored(http, run).store.save(LATER)
    assert start_run().store.load() == LATER


def test_a_run_whose_names_are_taken_by_incomplete_uploads_recommends_a_new_run(
    github: LoopbackGitHub, http: Http, start_run: StartRun
) -> None:
    run = github.start_run()
    github.fail_next(Failed(403), Failed(403), on="finalize")
    for _ in range(2):
        with pytest.raises(HistoryError, match="refused"):
            Stored(http, run).store.save(LATER)
    with pytest.raises(HistoryError, match="taken by uploads that were never completed") as caught:
        Stored(http, run).store.save(LATER)
    assert "Start a new run" in caught.value.remedy
    assert start_run().store.load() is None


OUTAGE = Notification("1", Event.OUTAGE, AT, StatusPeriod(Status.OFFLINE, AT))
DELIVERING = Histories().with_entry(
    "My Cluster",
    History(
        record=Record(polls=(FIRST,)),
        outbox=Outbox(channels={"discord": ChannelOutbox(pending=(OUTAGE,))}, delivering_since=AT),
    ),
)


def test_an_unreadable_second_save_counts_the_notifications_as_delivered(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    stored = start_run()
    stored.store.save(DELIVERING)
    stored.store.save(LATER)
    github.fail_next(Failed(404), on="zip")
    restored = start_run().store.load()
    assert restored
    outbox = restored.of("My Cluster").outbox
    assert (outbox.channels["discord"].pending, outbox.delivering_since) == ((), None)


def test_an_unreadable_history_of_a_later_run_keeps_notifications_pending(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    start_run().store.save(DELIVERING)
    github.plant(NAME, planted(b"damaged"))
    assert start_run().store.load() == DELIVERING


def test_an_unreadable_newer_history_is_an_error(github: LoopbackGitHub, start_run: StartRun) -> None:
    stored = start_run()
    stored.store.save(DELIVERING)
    github.plant(NAME, planted(b"damaged"))
    with pytest.raises(HistoryError, match="Could not read artifact"):
        stored.store.newer()


def test_an_artifact_expires_after_the_retention_time(github: LoopbackGitHub, start_run: StartRun) -> None:
    start_run().store.save(HISTORY)
    [artifact] = github.artifacts
    assert timedelta(days=29, hours=23) < artifact.expires_at - artifact.created_at <= timedelta(days=30)


@pytest.mark.parametrize("other", [{"from_fork": True}, {"branch": "a-branch"}, {"expired": True}], ids=str)
def test_an_unusable_artifact_is_skipped(
    github: LoopbackGitHub, start_run: StartRun, other: Mapping[str, Any]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER), **other)
    assert start_run().store.load() == HISTORY


def test_a_branch_restores_its_own_history(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.plant(NAME, planted(HISTORY), branch="try")
    github.plant(NAME, planted(LATER))
    assert start_run(branch="try").store.load() == HISTORY


@pytest.mark.parametrize("count", [247, 251])  # the fake lists the newest on the second page, on the third
def test_the_newest_artifact_is_found_in_an_unsorted_list(
    count: int, github: LoopbackGitHub, start_run: StartRun
) -> None:
    run = github.start_run()
    for number in range(count):
        github.plant(NAME, planted(numbered(number)), run=run)
    restored = start_run().store.load()
    assert restored
    assert restored == numbered(count - 1)


@pytest.mark.parametrize(("count", "noticed"), [(401, []), (500, []), (501, ["501"])])
def test_more_than_500_artifacts_cause_a_notice(
    count: int, noticed: list[str], github: LoopbackGitHub, start_run: StartRun
) -> None:
    archive, run = planted(HISTORY), github.start_run()
    for number in range(count):
        github.plant(NAME if number % 5 else f"{NAME}.2", archive, run=run)
    stored = start_run()
    stored.store.load()
    assert {level for level, _ in stored.annotations} <= {Level.NOTICE}
    assert [text.partition(" ")[0] for _, text in stored.annotations] == noticed


def _zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


HEADER_BYTES = 30 + len("history.json")  # of a zip archive, before the packed data


def _packed_by(method: int, *, damaged: slice = slice(0)) -> bytes:
    archive = bytearray(_zip({"history.json": codec.render(HISTORY)}, method))
    for place in range(len(archive))[damaged]:
        archive[place] = 0xFF
    return bytes(archive)


LZMA_PROPERTIES = slice(HEADER_BYTES + 4, HEADER_BYTES + 9)
LZMA_DICTIONARY = slice(HEADER_BYTES + 5, HEADER_BYTES + 9)  # how large it is: 4 GB


DAMAGED = {
    "nothing": b"",
    "half an archive": planted(HISTORY)[:-30],
    "no JSON in it": planted(b"not JSON"),
    "an empty file in it": planted(b""),
    "two files in it": _zip({"history.json": codec.render(HISTORY), "other": b""}),
    "no file in it": _zip({}),
    "a zip bomb": _zip({"history.json": bytes(200_000_000)}),
    "bzip2": _packed_by(zipfile.ZIP_BZIP2),
    "damaged bzip2": _packed_by(zipfile.ZIP_BZIP2, damaged=slice(HEADER_BYTES, HEADER_BYTES + 20)),
    "LZMA": _packed_by(zipfile.ZIP_LZMA),
    "damaged LZMA": _packed_by(zipfile.ZIP_LZMA, damaged=LZMA_PROPERTIES),
    "LZMA with a dictionary of 4 GB": _packed_by(zipfile.ZIP_LZMA, damaged=LZMA_DICTIONARY),
}


@pytest.mark.parametrize("archive", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_artifact_is_skipped_with_a_warning_that_names_it(
    github: LoopbackGitHub, start_run: StartRun, archive: bytes
) -> None:
    github.plant(NAME, planted(HISTORY))
    damaged = github.plant(NAME, archive)
    stored = start_run()
    assert stored.store.load() == HISTORY
    [(level, text)] = stored.annotations
    assert level is Level.WARNING
    assert f"artifact {damaged.id} " in text


def _zip_bomb(megabytes: int) -> bytes:
    """Pack as many megabytes of zeros by repeating a packed megabyte."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH)
    packed = bytearray(_zip({"history.json": megabyte * megabytes + deflate.flush()}, zipfile.ZIP_STORED))
    for start, method, size in ((0, 8, 22), (packed.rindex(b"PK\x01\x02"), 10, 24)):
        packed[start + method] = zipfile.ZIP_DEFLATED
        packed[start + size : start + size + 4] = (megabytes * 1_000_000).to_bytes(4, "little")
    return bytes(packed)


def test_a_zip_bomb_is_refused_without_unpacking_it() -> None:
    bomb = _zip_bomb(1_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableHistoryError, match="larger than"):
            unpack(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * max_bytes(1)


def test_the_same_history_gives_the_same_archive_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = planted(HISTORY)
    with monkeypatch.context() as another_day:
        another_day.setattr(time, "localtime", lambda *_: time.gmtime(1_000_000_000))
        assert planted(HISTORY) == before


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_is_an_error_if_all_or_the_newest_three_artifacts_are_damaged(
    github: LoopbackGitHub, start_run: StartRun, count: int
) -> None:
    if count == 3:
        github.plant(NAME, planted(HISTORY))
    for _ in range(count):
        github.plant(NAME, b"damaged")
    with pytest.raises(HistoryError, match="Could not read artifact"):
        start_run().store.load()


def test_a_newer_schema_is_an_error_and_is_not_skipped(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(json.dumps({"schema": 99}).encode()))
    with pytest.raises(HistoryError, match="schema 99"):
        start_run().store.load()


def test_a_path_in_an_archive_is_ignored(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.plant(NAME, _zip({"../../etc/history.json": codec.render(HISTORY)}))
    assert start_run().store.load() == HISTORY


def test_an_artifact_that_is_no_archive_is_read_as_the_history(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, codec.render(HISTORY), raw=True)
    assert start_run().store.load() == HISTORY


@pytest.mark.parametrize("operation", ["zip", "blob-get"])
@pytest.mark.parametrize("status", [404, 410])
def test_an_artifact_deleted_after_it_is_listed_is_skipped(
    github: LoopbackGitHub, start_run: StartRun, status: int, operation: Operation
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER))
    github.fail_next(Failed(status), on=operation)
    stored = start_run()
    assert stored.store.load() == HISTORY
    assert "was deleted" in stored.annotations[0][1]


def test_a_wrong_checksum_is_an_error_and_no_older_artifact_is_used(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER))
    github.fail_next(Odd(b"<!DOCTYPE html><title>Sign in</title>"), on="blob-get")
    stored = start_run()
    with pytest.raises(HistoryError, match="Checksum mismatch") as caught:
        stored.store.load()
    assert not isinstance(caught.value, UnreadableHistoryError)
    assert caught.value.exit_status is ExitStatus.HISTORY
    assert stored.annotations == []
    assert github.operations == ["list", "list", "zip", "blob-get"]


def test_an_artifact_without_a_digest_is_restored(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.plant(NAME, planted(HISTORY), digest=None)
    assert start_run().store.load() == HISTORY


def test_an_artifact_of_more_than_ten_megabytes_is_not_downloaded(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, bytes(10_000_001))
    stored = start_run()
    assert stored.store.load() == HISTORY
    assert "larger than 10000000 bytes" in stored.annotations[0][1]
    assert github.operations.count("blob-get") == 1


def test_a_download_larger_than_the_listed_size_is_an_error(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(*[Odd(bytes(10_000_001))] * 5, on="blob-get")
    with pytest.raises(HistoryError, match="larger than 10000000 bytes"):
        start_run().store.load()


def test_the_token_is_not_sent_to_the_blob_storage(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.plant(NAME, planted(HISTORY))
    stored = start_run()
    stored.store.load()
    stored.store.save(LATER)
    to_blobs = [request for request in github.requests if request.server == "blob"]
    assert [request.method for request in to_blobs] == ["GET", "PUT"]
    assert not [request for request in to_blobs if request.headers.get("Authorization")]


def test_all_rest_requests_conform_to_the_openapi_document(
    github: LoopbackGitHub, start_run: StartRun, github_document: CheckExchange
) -> None:
    start_run().store.save(HISTORY)
    for _ in range(101):
        github.plant(NAME, planted(LATER), branch="try")  # a list of more than one page
    assert start_run().store.load() == HISTORY
    github.rename_branch("main", "trunk")
    assert start_run(branch="trunk").store.load() is not None
    to_api = [request for request in github.requests if request.server == "api"]
    of_branches = {"repository", "branch", "get-run"}
    assert {request.operation for request in to_api} == {
        "list",
        "list-runs",
        "list-of-run",
        "zip",
        *of_branches,
    }
    for request in to_api:
        assert github_document({"method": request.method, "path": request.path, "query": request.query}) == []


def test_a_missing_permission_is_named_as_a_line_to_paste(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.plant(NAME, planted(HISTORY))
    with pytest.raises(HistoryError) as refused:
        start_run(permission="none").store.load()
    assert "permissions: {actions: read}" in refused.value.remedy


TEMPORARY: dict[str, Fault] = {
    "502": Broken(502),
    "503": Failed(503),
    "429": Failed(429, headers={"Retry-After": "7"}),
    "a 403 of an intermediary": INTERMEDIARY_REFUSED,
    "a reset": Reset(),
    "a reset after accepting": Reset(after_accepting=True),
    "an incomplete response": Truncated(),
}
RESTORING = ("list", "zip", "blob-get")
SAVING = ("create", "put", "finalize")


@pytest.mark.parametrize("operation", RESTORING)
@pytest.mark.parametrize("fault", TEMPORARY.values(), ids=TEMPORARY)
def test_temporary_failures_while_restoring_are_retried(
    github: LoopbackGitHub, start_run: StartRun, fault: Fault, operation: Any
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(fault, fault, on=operation)
    assert start_run().store.load() == HISTORY


AMBIGUOUS = (Broken(502), Reset(), Reset(after_accepting=True), Truncated())
SAVED = [
    (fault, operation)
    for fault in TEMPORARY.values()
    for operation in SAVING
    if operation != "create" or fault not in AMBIGUOUS  # nothing is created again
]
LOST = [
    (fault, operation) for fault, operation in SAVED if fault in (Truncated(), Reset(after_accepting=True))
]


@pytest.mark.parametrize(("fault", "operation"), [one for one in SAVED if one not in LOST], ids=repr)
def test_temporary_failures_while_saving_are_retried(
    github: LoopbackGitHub, start_run: StartRun, fault: Fault, operation: Any
) -> None:
    github.fail_next(fault, fault, on=operation)
    start_run().store.save(HISTORY)
    assert start_run().store.load() == HISTORY


@pytest.mark.parametrize(("fault", "operation"), LOST, ids=repr)
def test_a_response_that_is_lost_while_saving_keeps_a_history(
    github: LoopbackGitHub, start_run: StartRun, fault: Fault, operation: Any
) -> None:
    start_run().store.save(HISTORY)
    github.fail_next(fault, on=operation)
    try:
        start_run().store.save(LATER)
    except HistoryError:
        assert start_run().store.load() in (HISTORY, LATER)
    else:
        assert start_run().store.load() == LATER


@pytest.mark.parametrize("operation", RESTORING)
def test_five_failures_while_restoring_are_an_error(
    github: LoopbackGitHub, start_run: StartRun, operation: Any
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(*[Broken(500)] * 5, on=operation)
    with pytest.raises(HistoryError):
        start_run().store.load()


@pytest.mark.parametrize(
    "limit",
    [
        RateLimited(),
        SecondaryRateLimited(),
        SecondaryRateLimited(None),  # marked by its message only
        Failed(403, "Slow down", headers={"Retry-After": "60"}),
        Failed(403, "Slow down", headers={"x-ratelimit-remaining": "0"}),
    ],
    ids=str,
)
def test_an_exceeded_limit_is_not_reported_as_a_missing_permission(
    limit: Fault, github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.fail_next(limit, on="list")
    with pytest.raises(HistoryError) as limited:
        start_run().store.load()
    assert "permissions" not in limited.value.remedy


INVALID: dict[str, tuple[Operation, bytes]] = {
    "list: HTML": ("list", b"<!DOCTYPE html>"),
    "list: no UTF-8": (
        "list",
        b'{"total_count": 1, "artifacts": [{"id": 1, "expired": false, "digest": "\xff"}]}',
    ),
    "list: deeply nested": ("list", b'{"x": ' + b"[" * 100_000),
    "list: no total_count": ("list", b'{"artifacts": []}'),
    "list: strings": ("list", b'{"total_count": 1, "artifacts": ["x"]}'),
    "list: null": ("list", b'{"total_count": 1, "artifacts": [null]}'),
    "list: workflow_run is a string": (
        "list",
        b'{"total_count": 1, "artifacts": [{"id": 1, "expired": false, "workflow_run": "x"}]}',
    ),
    "list: total_count is infinite": ("list", b'{"total_count": Infinity, "artifacts": []}'),
    "list: total_count is too large": ("list", b'{"total_count": 1e999, "artifacts": []}'),
    "zip: no redirect": ("zip", b"{}"),
    "create: no URL": ("create", b'{"ok": true}'),
    "create: URL is a number": ("create", b'{"ok": true, "signed_upload_url": 1}'),
    "create: URL is invalid": ("create", b'{"ok": true, "signed_upload_url": "x"}'),
    "create: HTML": ("create", b"<!DOCTYPE html>"),
    "finalize: no id": ("finalize", b'{"ok": true}'),
    "finalize: id is a text": ("finalize", b'{"ok": true, "artifact_id": "x"}'),
    "finalize: id is infinite": ("finalize", b'{"ok": true, "artifact_id": Infinity}'),
    "finalize: id is too large": ("finalize", b'{"ok": true, "artifact_id": 1e999}'),
    "finalize: HTML": ("finalize", b"<!DOCTYPE html>"),
    "list-run: no ids": (
        "list-run",
        json.dumps({"artifacts": [{"name": NAME}, {"name": f"{NAME}.2"}]}).encode(),
    ),
    "list-run: no UTF-8": ("list-run", b'{"artifacts": [{"name": "\xff"}]}'),
    "list-run: deeply nested": ("list-run", b'{"x": ' + b"[" * 100_000),
    "list-run: strings": ("list-run", b'{"artifacts": ["x"]}'),
    "list-run: HTML": ("list-run", b"<!DOCTYPE html>"),
    "delete: HTML": ("delete", b"<!DOCTYPE html>"),
}


@pytest.mark.parametrize(("operation", "body"), INVALID.values(), ids=INVALID)
def test_an_invalid_response_is_an_error_with_a_remedy(
    operation: Operation, body: bytes, github: LoopbackGitHub, http: Http, start_run: StartRun
) -> None:
    run = github.start_run()
    for _ in range(2):  # a third save deletes the first artifact
        Stored(http, run).store.save(HISTORY)
    invalid = Odd(body)
    if operation == "create":
        github.fail_next(Failed(409), Failed(409), invalid, on="create")
    else:
        github.fail_next(invalid, on=operation)
    with pytest.raises(HistoryError) as caught:
        start_run().store.load() if operation in RESTORING else Stored(http, run).store.save(LATER)
    assert not isinstance(caught.value, UnreadableHistoryError)  # which is skipped
    assert caught.value.remedy
    assert operation != "list-run" or "delete" not in github.operations
    assert start_run().store.load() == HISTORY


def test_the_error_of_a_used_up_quota_says_how_to_free_storage(
    github: LoopbackGitHub, start_run: StartRun
) -> None:
    github.fail_next(QUOTA_HIT, on="create")
    with pytest.raises(HistoryError, match="quota") as full:
        start_run().store.save(HISTORY)
    assert "history-retention-days" in full.value.remedy


def test_a_refused_save_shows_the_message_of_the_service(github: LoopbackGitHub, start_run: StartRun) -> None:
    github.fail_next(FORBIDDEN, on="finalize")
    with pytest.raises(HistoryError, match="not accessible"):
        start_run().store.save(HISTORY)


def test_a_history_saved_by_another_run_meanwhile_is_newer(start_run: StartRun) -> None:
    stored, other = start_run(), start_run()
    stored.store.load()
    other.store.load()
    other.store.save(HISTORY)
    assert stored.store.newer() == HISTORY
    assert stored.store.newer() is None


def test_errors_contain_neither_a_token_nor_a_signed_url(github: LoopbackGitHub, http: Http) -> None:
    run = github.start_run()
    github.plant(NAME, planted(HISTORY))
    stored = Stored(http, run)
    for operation in (*RESTORING, *SAVING):
        times = 1 if operation == "create" else 5
        github.fail_next(*[Reset()] * times, on=operation)  # type: ignore[arg-type]  # one of its literals
        with pytest.raises(HistoryError) as error:
            stored.store.load() if operation in RESTORING else stored.store.save(HISTORY)
        text = f"{error.value} {error.value.remedy}"
        assert not [word for word in (run.github_token, run.runtime_token, "sig=", "http://") if word in text]
