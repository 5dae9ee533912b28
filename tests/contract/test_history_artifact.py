"""The artifact store against GitHub on loopback, which the official client has proven."""

import hashlib
import io
import json
import time
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cluster_status.adapters.history_artifact.archive import pack, unpack
from cluster_status.adapters.history_artifact.catalog import Catalog, Origin
from cluster_status.adapters.history_artifact.results import Job, ResultsService
from cluster_status.adapters.history_artifact.store import HistoryArtifact, artifact_name
from cluster_status.adapters.http import Http
from cluster_status.adapters.retry import RetryingHttp
from cluster_status.domain.history import codec
from cluster_status.domain.history.history import History
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.transitions import Event
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Status
from cluster_status.domain.status.tracker import StatusPeriod
from cluster_status.domain.uptime.polls import Poll
from cluster_status.errors import ExitStatus, HistoryError, UnreadableHistoryError
from cluster_status.ports import Level
from tests.fakes.clock import VirtualClock
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

NAME = artifact_name("My Cluster")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HISTORY = History(cluster="My Cluster", polls=(Poll(AT, Status.ONLINE),))
LATER = replace(HISTORY, polls=(*HISTORY.polls, Poll(AT + timedelta(minutes=5), Status.ONLINE)))


class Shelf:
    """A store in a workflow run, and what it said."""

    def __init__(self, http: Http, run: Run) -> None:
        here = run.environment
        self.clock = VirtualClock(datetime.now(UTC))
        self.annotations: list[tuple[Level, str]] = []
        patient = RetryingHttp(http, self.clock)
        branch = here["GITHUB_HEAD_REF"] or here["GITHUB_REF_NAME"]
        self.store = HistoryArtifact(
            "My Cluster",
            Catalog(
                patient,
                Origin(here["GITHUB_API_URL"], here["GITHUB_REPOSITORY"], branch, Secret(run.github_token)),
            ),
            ResultsService(
                patient, Job.of(here["ACTIONS_RESULTS_URL"], Secret(here["ACTIONS_RUNTIME_TOKEN"]))
            ),
            self.clock,
            lambda level, text: self.annotations.append((level, text)),
            kept_for=timedelta(days=30),
        )


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
def shelf(github: LoopbackGitHub, http: Http) -> Callable[..., Shelf]:
    """Begin a run, and its store."""
    return lambda **run: Shelf(http, github.start_run(**run))


def planted(history: History | bytes) -> bytes:
    return pack(codec.render(history) if isinstance(history, History) else history)


def test_what_one_run_saves_the_next_one_restores(shelf: Callable[..., Shelf]) -> None:
    first = shelf()
    assert first.store.load() is None
    first.store.save(HISTORY)
    assert shelf().store.load() == HISTORY


def test_the_official_client_downloads_what_was_saved_with_an_equal_digest(
    github: LoopbackGitHub, http: Http, official_client: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    run = github.start_run()
    Shelf(http, run).store.save(HISTORY)
    said = official_client(run, "download", NAME, tmp_path)
    assert said["digestMismatch"] is False
    assert said["expectedHash"] == github.artifacts[0].digest
    assert (tmp_path / "history.json").read_bytes() == codec.render(HISTORY)


def test_github_is_told_the_digest_and_the_type_of_what_is_uploaded(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    shelf().store.save(HISTORY)
    create, put, _ = github.requests
    assert github.artifacts[0].digest == f"sha256:{hashlib.sha256(put.body).hexdigest()}"
    assert json.loads(create.body)["mime_type"] == "application/zip"
    assert put.headers["x-ms-blob-content-type"] == "application/zip"


def test_what_the_official_client_uploaded_is_restored(
    github: LoopbackGitHub,
    shelf: Callable[..., Shelf],
    official_client: Callable[..., dict[str, Any]],
    tmp_path: Path,
) -> None:
    file = tmp_path / "history.json"
    file.write_bytes(codec.render(HISTORY))
    assert "error" not in official_client(github.start_run(), "upload", NAME, file)
    assert shelf().store.load() == HISTORY


def test_a_second_save_of_a_run_leaves_the_first_and_is_what_is_restored(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    one = shelf()
    one.store.save(HISTORY)
    one.store.save(LATER)
    assert [artifact.name for artifact in github.artifacts] == [NAME, f"{NAME}.2"]
    assert shelf().store.load() == LATER


def test_each_further_save_takes_the_place_of_the_oldest_in_whatever_attempt(
    github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    for number in range(7):
        saved = replace(LATER, host_key=str(number))
        if number == 3:
            run.finish("failure")
            run = run.rerun()
        Shelf(http, run).store.save(saved)
        assert shelf().store.load() == saved
        assert len(github.artifacts) == min(2, number + 1)


@pytest.mark.parametrize(
    ("faults", "operation"),
    [
        ([Failed(404, after_accepting=True)], "delete"),  # the answer to a first try was lost
        ([Failed(409)] * 3, "create"),  # two names are taken, and the one that was made free for a moment
    ],
    ids=["gone already", "not free at once"],
)
def test_a_name_is_made_free_even_if_that_does_not_go_smoothly(
    faults: list[Fault], operation: Operation, github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    for _ in range(2):
        Shelf(http, run).store.save(HISTORY)
    github.fail_next(*faults, on=operation)
    Shelf(http, run).store.save(LATER)
    assert shelf().store.load() == LATER
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
def test_a_save_that_fails_leaves_what_was_saved_before(
    fault: tuple[Fault, Operation], saves: int, attempts: int, github: LoopbackGitHub, http: Http
) -> None:
    run = github.start_run()
    for number in range(saves):
        Shelf(http, run).store.save(replace(HISTORY, host_key=str(number)))
    if attempts > 1:
        run.finish("failure")
        run = run.rerun()
    github.fail_next(fault[0], on=fault[1])
    if fault[1] == "put":
        github.fail_next(fault[0], on="put-block")
    before = replace(HISTORY, host_key=str(saves - 1))
    try:
        Shelf(http, run).store.save(LATER)
    except HistoryError:
        assert Shelf(http, github.start_run()).store.load() == before
    else:  # what was to fail was not asked for
        assert Shelf(http, github.start_run()).store.load() == LATER
        assert fault[1] not in github.operations


def test_a_run_that_lost_a_name_to_an_upload_that_never_ended_saves_under_the_other(
    github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    Shelf(http, run).store.save(HISTORY)
    github.fail_next(Failed(403), on="finalize")
    with pytest.raises(HistoryError, match="refused"):
        Shelf(http, run).store.save(LATER)
    assert shelf().store.load() == HISTORY
    Shelf(http, run).store.save(LATER)
    assert shelf().store.load() == LATER


def test_a_run_whose_names_are_all_taken_so_says_to_start_a_new_one(
    github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    github.fail_next(Failed(403), Failed(403), on="finalize")
    for _ in range(2):
        with pytest.raises(HistoryError, match="refused"):
            Shelf(http, run).store.save(LATER)
    with pytest.raises(HistoryError, match="taken by uploads that never ended") as caught:
        Shelf(http, run).store.save(LATER)
    assert "Start a new run" in caught.value.remedy
    assert shelf().store.load() is None


@pytest.mark.parametrize("lost", [Broken(502, after_accepting=True), Reset(after_accepting=True)])
def test_a_lost_answer_costs_a_name_and_no_save(
    lost: Fault, github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    one = Shelf(http, github.start_run())
    github.fail_next(lost, on="create")
    one.store.save(HISTORY)
    one.store.save(LATER)
    assert shelf().store.load() == LATER


TELLING = replace(
    HISTORY,
    pending=(Notification(Event.OUTAGE, AT, StatusPeriod(Status.OFFLINE, AT)),),
    delivering_since=AT,
)


def test_what_a_run_told_is_not_told_again_where_its_note_of_that_is_damaged(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    one = shelf()
    one.store.save(TELLING)
    one.store.save(LATER)
    github.fail_next(Failed(404), on="zip")
    restored = shelf().store.load()
    assert restored
    assert (restored.pending, restored.delivering_since) == ((), None)


def test_what_a_killed_run_has_not_told_stays_pending_though_a_later_run_s_history_is_damaged(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    shelf().store.save(TELLING)
    github.plant(NAME, planted(b"damaged"))
    assert shelf().store.load() == TELLING


def test_a_damaged_history_of_another_run_does_not_make_an_old_one_newer(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    one = shelf()
    one.store.save(TELLING)
    github.plant(NAME, planted(b"damaged"))
    with pytest.raises(HistoryError, match="cannot be used"):
        one.store.newer()


def test_it_is_kept_as_long_as_was_asked_for(github: LoopbackGitHub, shelf: Callable[..., Shelf]) -> None:
    shelf().store.save(HISTORY)
    [artifact] = github.artifacts
    assert timedelta(days=29, hours=23) < artifact.expires_at - artifact.created_at <= timedelta(days=30)


def test_where_a_whole_file_is_refused_it_is_sent_as_a_block(http: Http) -> None:
    with LoopbackGitHub(refuse_put_blob=True) as github:
        Shelf(http, github.start_run()).store.save(HISTORY)
        assert github.requests[-2].headers["x-ms-blob-content-type"] == "application/zip"
        assert Shelf(http, github.start_run()).store.load() == HISTORY


@pytest.mark.parametrize("other", [{"from_fork": True}, {"branch": "a-branch"}, {"expired": True}], ids=str)
def test_an_artifact_that_may_not_be_used_is_passed_over(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], other: Mapping[str, Any]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER), **other)
    assert shelf().store.load() == HISTORY


def test_a_branch_goes_on_from_its_own_history(github: LoopbackGitHub, shelf: Callable[..., Shelf]) -> None:
    github.plant(NAME, planted(HISTORY), branch="try")
    github.plant(NAME, planted(LATER))
    assert shelf(branch="try").store.load() == HISTORY


@pytest.mark.parametrize("count", [247, 251])  # the fake lists the newest on the second page, on the third
def test_the_newest_of_many_is_found_in_whatever_order_they_are_listed(
    count: int, github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    for number in range(count):
        github.plant(NAME, planted(replace(HISTORY, host_key=str(number))), run=run)
    restored = shelf().store.load()
    assert restored
    assert restored.host_key == str(count - 1)


@pytest.mark.parametrize(("newer_ones", "pages"), [(0, 1), (99, 1), (100, 2), (199, 2)])
def test_a_list_with_the_newest_first_is_read_no_further_than_to_the_first_that_may_be_used(
    newer_ones: int, pages: int, http: Http
) -> None:
    with LoopbackGitHub(newest_first=True) as github:
        run, other = github.start_run(), github.start_run(branch="try")
        for number in range(250):
            mine = number < 250 - newer_ones
            github.plant(NAME, planted(HISTORY if mine else LATER), run=run if mine else other)
        assert Shelf(http, run).store.load() == HISTORY
        assert github.operations == ["list"] * (pages + 1) + ["zip", "blob-get"]  # one for the other name


def test_beyond_a_thousand_artifacts_nothing_is_looked_for_and_newer_ones_only_among_a_hundred(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run(branch="try")
    names = (NAME, f"{NAME}.2")
    for number in range(2_500):
        github.plant(names[number % 2], b"", run=run)
    one = shelf()
    assert one.store.load() is None
    assert Counter(request.query["name"] for request in github.requests) == dict.fromkeys(names, 10)
    assert one.store.newer() is None
    assert Counter(request.query["name"] for request in github.requests) == dict.fromkeys(names, 11)


@pytest.mark.parametrize(("count", "noticed"), [(401, []), (500, []), (501, ["501"])])
def test_more_than_500_of_them_are_worth_a_notice(
    count: int, noticed: list[str], github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    archive, run = planted(HISTORY), github.start_run()
    for number in range(count):
        github.plant(NAME if number % 5 else f"{NAME}.2", archive, run=run)
    one = shelf()
    one.store.load()
    assert {level for level, _ in one.annotations} <= {Level.NOTICE}
    assert [text.partition(" ")[0] for _, text in one.annotations] == noticed


def _zip(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return archive.getvalue()


HEADER_BYTES = 30 + len("history.json")  # of a zip archive, before what is packed


def _packed_by(method: int, *, spoilt: slice = slice(0)) -> bytes:
    archive = bytearray(_zip({"history.json": codec.render(HISTORY)}, method))
    for place in range(len(archive))[spoilt]:
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
    "a bomb": _zip({"history.json": bytes(200_000_000)}),
    "bzip2": _packed_by(zipfile.ZIP_BZIP2),
    "bzip2 that is spoilt": _packed_by(zipfile.ZIP_BZIP2, spoilt=slice(HEADER_BYTES, HEADER_BYTES + 20)),
    "LZMA": _packed_by(zipfile.ZIP_LZMA),
    "LZMA that is spoilt": _packed_by(zipfile.ZIP_LZMA, spoilt=LZMA_PROPERTIES),
    "LZMA with a dictionary of 4 GB": _packed_by(zipfile.ZIP_LZMA, spoilt=LZMA_DICTIONARY),
}


@pytest.mark.parametrize("archive", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_artifact_is_passed_over_with_a_warning_that_names_it(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], archive: bytes
) -> None:
    github.plant(NAME, planted(HISTORY))
    damaged = github.plant(NAME, archive)
    one = shelf()
    assert one.store.load() == HISTORY
    [(level, text)] = one.annotations
    assert level is Level.WARNING
    assert f"Artifact {damaged.id} " in text


def _bomb(megabytes: int) -> bytes:
    """Pack as many zeros: the same megabyte again and again, without unpacking so much here."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH)
    packed = bytearray(_zip({"history.json": megabyte * megabytes + deflate.flush()}, zipfile.ZIP_STORED))
    for start, method, size in ((0, 8, 22), (packed.rindex(b"PK\x01\x02"), 10, 24)):
        packed[start + method] = zipfile.ZIP_DEFLATED
        packed[start + size : start + size + 4] = (megabytes * 1_000_000).to_bytes(4, "little")
    return bytes(packed)


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = _bomb(1_000)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableHistoryError, match="larger than"):
            unpack(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


def test_the_same_history_is_packed_the_same_at_any_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    before = planted(HISTORY)
    with monkeypatch.context() as another_day:
        another_day.setattr(time, "localtime", lambda *_: time.gmtime(1_000_000_000))
        assert planted(HISTORY) == before


@pytest.mark.parametrize("count", [1, 2, 3])
def test_if_all_that_is_there_or_the_newest_three_are_damaged_it_is_an_error(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], count: int
) -> None:
    if count == 3:
        github.plant(NAME, planted(HISTORY))
    for _ in range(count):
        github.plant(NAME, b"damaged")
    with pytest.raises(HistoryError, match="cannot be used"):
        shelf().store.load()


def test_a_newer_schema_is_an_error_and_never_passed_over(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(json.dumps({"schema": 99, "cluster": "My Cluster"}).encode()))
    with pytest.raises(HistoryError, match="schema 99"):
        shelf().store.load()


def test_a_path_in_an_archive_leads_nowhere(github: LoopbackGitHub, shelf: Callable[..., Shelf]) -> None:
    github.plant(NAME, _zip({"../../etc/history.json": codec.render(HISTORY)}))
    assert shelf().store.load() == HISTORY


def test_an_artifact_without_an_archive_is_the_history_itself(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, codec.render(HISTORY), raw=True)
    assert shelf().store.load() == HISTORY


@pytest.mark.parametrize("operation", ["zip", "blob-get"])
@pytest.mark.parametrize("status", [404, 410])
def test_an_artifact_that_is_gone_by_the_time_it_is_asked_for_is_passed_over(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], status: int, operation: Operation
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER))
    github.fail_next(Failed(status), on=operation)
    one = shelf()
    assert one.store.load() == HISTORY
    assert "is gone" in one.annotations[0][1]


def test_a_page_in_place_of_an_artifact_is_an_error_and_no_older_one_is_used(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, planted(LATER))
    github.fail_next(Odd(b"<!DOCTYPE html><title>Sign in</title>"), on="blob-get")
    one = shelf()
    with pytest.raises(HistoryError, match="does not arrive as it was uploaded") as caught:
        one.store.load()
    assert not isinstance(caught.value, UnreadableHistoryError)
    assert caught.value.exit_status is ExitStatus.HISTORY
    assert one.annotations == []
    assert github.operations == ["list", "list", "zip", "blob-get"]


def test_an_artifact_that_is_listed_without_a_digest_is_used(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY), digest=None)
    assert shelf().store.load() == HISTORY


def test_an_artifact_of_more_than_ten_megabytes_is_passed_over_unread(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.plant(NAME, bytes(10_000_001))
    one = shelf()
    assert one.store.load() == HISTORY
    assert "larger than 10000000 bytes" in one.annotations[0][1]
    assert github.operations.count("blob-get") == 1


def test_of_what_is_larger_than_it_was_listed_no_more_is_read(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(*[Odd(bytes(10_000_001))] * 5, on="blob-get")
    with pytest.raises(HistoryError, match="larger than 10000000 bytes"):
        shelf().store.load()


def test_the_blob_store_never_sees_the_token(github: LoopbackGitHub, shelf: Callable[..., Shelf]) -> None:
    github.plant(NAME, planted(HISTORY))
    one = shelf()
    one.store.load()
    one.store.save(LATER)
    to_blobs = [request for request in github.requests if request.server == "blob"]
    assert [request.method for request in to_blobs] == ["GET", "PUT"]
    assert not [request for request in to_blobs if request.headers.get("Authorization")]


def test_what_is_asked_by_rest_is_what_the_published_document_has(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], github_document: CheckExchange
) -> None:
    shelf().store.save(HISTORY)
    for _ in range(101):
        github.plant(NAME, planted(LATER), branch="try")  # a list of more than one page
    assert shelf().store.load() == HISTORY
    asked = [request for request in github.requests if request.server == "api"]
    assert [request.operation for request in asked] == ["list", "list", "list", "zip"]
    for request in asked:
        assert github_document({"method": request.method, "path": request.path, "query": request.query}) == []


def test_a_token_without_the_permission_names_the_line_to_paste(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.plant(NAME, planted(HISTORY))
    with pytest.raises(HistoryError) as refused:
        shelf(permission="none").store.load()
    assert "permissions: {actions: read}" in refused.value.remedy


PASSING: dict[str, Fault] = {
    "502": Broken(502),
    "503": Failed(503),
    "429": Failed(429, headers={"Retry-After": "7"}),
    "a 403 of something in between": INTERMEDIARY_REFUSED,
    "a reset": Reset(),
    "a reset after accepting": Reset(after_accepting=True),
    "an answer that breaks off": Truncated(),
}
RESTORING = ("list", "zip", "blob-get")
SAVING = ("create", "put", "finalize")


@pytest.mark.parametrize("operation", RESTORING)
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_while_restoring_does_no_harm(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], fault: Fault, operation: Any
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(fault, fault, on=operation)
    assert shelf().store.load() == HISTORY


SAVED = [(fault, operation) for fault in PASSING.values() for operation in SAVING]
LOST = [
    (fault, operation) for fault, operation in SAVED if fault in (Truncated(), Reset(after_accepting=True))
]


@pytest.mark.parametrize(("fault", "operation"), [one for one in SAVED if one not in LOST], ids=repr)
def test_what_passes_while_saving_does_no_harm(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], fault: Fault, operation: Any
) -> None:
    github.fail_next(fault, fault, on=operation)
    shelf().store.save(HISTORY)
    assert shelf().store.load() == HISTORY


@pytest.mark.parametrize(("fault", "operation"), LOST, ids=repr)
def test_an_answer_that_is_lost_while_saving_is_an_error_at_the_worst(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], fault: Fault, operation: Any
) -> None:
    shelf().store.save(HISTORY)
    github.fail_next(fault, on=operation)
    try:
        shelf().store.save(LATER)
    except HistoryError:
        assert shelf().store.load() in (HISTORY, LATER)
    else:
        assert shelf().store.load() == LATER


@pytest.mark.parametrize("operation", RESTORING)
def test_what_does_not_pass_is_an_error_and_no_empty_history(
    github: LoopbackGitHub, shelf: Callable[..., Shelf], operation: Any
) -> None:
    github.plant(NAME, planted(HISTORY))
    github.fail_next(*[Broken(500)] * 5, on=operation)
    with pytest.raises(HistoryError):
        shelf().store.load()


@pytest.mark.parametrize(
    "limit",
    [
        RateLimited(),
        SecondaryRateLimited(),
        SecondaryRateLimited(None),  # words alone
        Failed(403, "Slow down", headers={"Retry-After": "60"}),
        Failed(403, "Slow down", headers={"x-ratelimit-remaining": "0"}),
    ],
    ids=str,
)
def test_a_used_up_rate_limit_is_an_error_that_does_not_blame_the_permissions(
    limit: Fault, github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.fail_next(limit, on="list")
    with pytest.raises(HistoryError) as limited:
        shelf().store.load()
    assert "permissions" not in limited.value.remedy


ODD: dict[str, tuple[Operation, bytes]] = {
    "a list that is no JSON": ("list", b"<!DOCTYPE html>"),
    "a list that is no text": (
        "list",
        b'{"total_count": 1, "artifacts": [{"id": 1, "expired": false, "digest": "\xff"}]}',
    ),
    "a list with something very deep in it": ("list", b'{"x": ' + b"[" * 100_000),
    "a list without a number of artifacts": ("list", b'{"artifacts": []}'),
    "a list of texts": ("list", b'{"total_count": 1, "artifacts": ["x"]}'),
    "a list of nothing": ("list", b'{"total_count": 1, "artifacts": [null]}'),
    "a run that is a text": (
        "list",
        b'{"total_count": 1, "artifacts": [{"id": 1, "expired": false, "workflow_run": "x"}]}',
    ),
    "infinitely many artifacts": ("list", b'{"total_count": Infinity, "artifacts": []}'),
    "more artifacts than a float can count": ("list", b'{"total_count": 1e999, "artifacts": []}'),
    "an answer in place of a redirect": ("zip", b"{}"),
    "no address to upload to": ("create", b'{"ok": true}'),
    "a number as the address": ("create", b'{"ok": true, "signed_upload_url": 1}'),
    "an address that is none": ("create", b'{"ok": true, "signed_upload_url": "x"}'),
    "a creation without JSON": ("create", b"<!DOCTYPE html>"),
    "an end without an id": ("finalize", b'{"ok": true}'),
    "an id that is a text": ("finalize", b'{"ok": true, "artifact_id": "x"}'),
    "an infinite id": ("finalize", b'{"ok": true, "artifact_id": Infinity}'),
    "an id beyond a float": ("finalize", b'{"ok": true, "artifact_id": 1e999}'),
    "an end without JSON": ("finalize", b"<!DOCTYPE html>"),
    "a run's artifacts without ids": (
        "list-run",
        json.dumps({"artifacts": [{"name": NAME}, {"name": f"{NAME}.2"}]}).encode(),
    ),
    "a run's artifacts that are no text": ("list-run", b'{"artifacts": [{"name": "\xff"}]}'),
    "a run's artifacts with something very deep": ("list-run", b'{"x": ' + b"[" * 100_000),
    "a run's artifacts that are texts": ("list-run", b'{"artifacts": ["x"]}'),
    "a run's artifacts without JSON": ("list-run", b"<!DOCTYPE html>"),
    "a deletion without JSON": ("delete", b"<!DOCTYPE html>"),
}


@pytest.mark.parametrize(("operation", "body"), ODD.values(), ids=ODD)
def test_an_answer_that_makes_no_sense_is_an_error_with_a_remedy(
    operation: Operation, body: bytes, github: LoopbackGitHub, http: Http, shelf: Callable[..., Shelf]
) -> None:
    run = github.start_run()
    for _ in range(2):  # so that a third one has to make room
        Shelf(http, run).store.save(HISTORY)
    odd = Odd(body)
    if operation == "create":
        github.fail_next(Failed(409), Failed(409), odd, on="create")
    else:
        github.fail_next(odd, on=operation)
    with pytest.raises(HistoryError) as caught:
        shelf().store.load() if operation in RESTORING else Shelf(http, run).store.save(LATER)
    assert not isinstance(caught.value, UnreadableHistoryError)  # which would be passed over
    assert caught.value.remedy
    assert operation != "list-run" or "delete" not in github.operations
    assert shelf().store.load() == HISTORY


def test_a_used_up_quota_says_what_frees_storage(github: LoopbackGitHub, shelf: Callable[..., Shelf]) -> None:
    github.fail_next(QUOTA_HIT, on="create")
    with pytest.raises(HistoryError, match="quota") as full:
        shelf().store.save(HISTORY)
    assert "history-retention-days" in full.value.remedy


def test_a_refusal_to_save_shows_the_store_s_own_words(
    github: LoopbackGitHub, shelf: Callable[..., Shelf]
) -> None:
    github.fail_next(FORBIDDEN, on="finalize")
    with pytest.raises(HistoryError, match="not accessible"):
        shelf().store.save(HISTORY)


def test_what_another_run_has_saved_meanwhile_is_newer(shelf: Callable[..., Shelf]) -> None:
    one, other = shelf(), shelf()
    one.store.load()
    other.store.load()
    other.store.save(HISTORY)
    assert one.store.newer() == HISTORY
    assert one.store.newer() is None


def test_no_error_holds_a_token_or_a_signed_address(github: LoopbackGitHub, http: Http) -> None:
    run = github.start_run()
    github.plant(NAME, planted(HISTORY))
    shelf = Shelf(http, run)
    for operation in (*RESTORING, *SAVING):
        github.fail_next(*[Reset()] * 5, on=operation)  # type: ignore[arg-type]  # one of its literals
        with pytest.raises(HistoryError) as error:
            shelf.store.load() if operation in RESTORING else shelf.store.save(HISTORY)
        text = f"{error.value} {error.value.remedy}"
        assert not [word for word in (run.github_token, run.runtime_token, "sig=", "http://") if word in text]
