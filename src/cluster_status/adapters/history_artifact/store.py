"""The history as a workflow artifact: restored from an earlier run, saved in this run."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cluster_status.adapters.github.results import Reservation, ResultsService
from cluster_status.adapters.history_artifact.archive import pack, unpack
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.adapters.history_artifact.past_reader import PastReader, digest_of
from cluster_status.domain.actions.artifact import RESTORE_ATTEMPTS, SECOND_SAVE, Artifact, artifact_name
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import (
    Histories,
    assume_all_delivered,
    key_of,
    of_another_branch,
)
from cluster_status.domain.history.past import (
    Copy,
    PastRef,
    StoredPast,
    copy_to_save,
    is_past_due,
    with_past,
)
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.errors import GitHubError, HistoryError, HistoryUnreachableError, UnreadableHistoryError
from cluster_status.ports import Clock, Level
from cluster_status.threads import Begin, run_in_thread

if TYPE_CHECKING:
    from concurrent.futures import Future

_MANY_ARTIFACTS = 500
_DELETE_DAMAGED = (
    "Delete the damaged artifacts on the pages of their runs. "
    "The next run restores an older history, or starts a new one."
)


class HistoryArtifact:
    """Implements ports.HistoryStore. It writes no file: `path` is empty.

    A run that notifies saves twice, under two names: the first artifact stays until the second one exists.
    A copy with the past of the records has the second name, and no artifact of its run has the first one.
    So pruning recognizes it.
    """

    path = ""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument a collaborator
        self,
        cluster_name: str,
        catalog: Catalog,
        downloader: Downloader,
        results: ResultsService,
        clock: Clock,
        annotate: Callable[[Level, str], None],
        *,
        retention: timedelta,
        past_retention: timedelta,
        clusters: int = 1,
        run_id: int | None = None,
        redaction: Redaction = PLAIN,
        begin: Begin = run_in_thread,
    ) -> None:
        name = artifact_name(key_of(cluster_name))
        self._names = (name, f"{name}{SECOND_SAVE}")
        self._catalog = catalog
        self._downloader = downloader
        self._results = results
        self._clock = clock
        self._annotate = annotate
        self._redaction = redaction
        self._retention = retention
        self._past_retention = past_retention
        self._run_id = run_id
        self._clusters = clusters  # that this run checks
        self._begin = begin
        self._ahead: Future[Reservation] | None = None
        self._newest_id = 0  # of the artifacts that were read or saved
        self._past = PastReader(downloader, annotate, redaction, clusters=clusters)
        self._past_is_of_this_run = False
        self._past_is_of_this_branch = True  # pruning protects no artifact for another branch
        self._saved_as = ""  # the name of the last save
        self._latest = Histories()  # that were read or saved

    def load(self) -> Histories | None:
        """Return the newest readable copy; None only if it is certain that there is no artifact.

        Up to two artifacts that are damaged or deleted meanwhile are skipped, with a warning.
        """
        with _unreachable():
            return self._newest_readable(self._catalog.restorable(self._names))

    def completed(self, loaded: Histories) -> Histories:
        return self._past.completed(loaded)

    def newer(self) -> Histories | None:
        """See ports.HistoryStore. It does not see what another run saves after this call."""
        newest_id = self._newest_id
        self._reserve_ahead()
        with _unreachable():
            listed = self._catalog.newest(self._names)
            newer = self._newest_readable(one for one in listed if one.id > newest_id)
        return newer and self._past.completed(newer)

    def save(self, histories: Histories) -> None:
        now = self._clock.now()
        copy = self._copy(histories, now)
        past = codec.render_past(copy.past) if copy.past else None
        archive = pack(codec.render(copy.recent, copy.ref), past)
        names = self._names[1:] if past else self._free_first
        expires_at = now + (self._past_retention if past else self._retention)
        ahead, self._ahead = self._ahead, None
        reservation = ahead.result() if ahead and not past else self._results.reserve(names, expires_at)
        uploaded_id = self._results.upload(reservation, archive)
        self._newest_id = max(self._newest_id, uploaded_id)
        self._saved_as = reservation.name
        self._latest = histories
        if copy.past:
            ref = PastRef(copy.past.before, uploaded_id, digest_of(archive))
            self._past.stored = StoredPast(ref, copy.past)
            self._past_is_of_this_run = self._past_is_of_this_branch = True
        elif copy.ref is None:
            self._past.stored = None

    def _reserve_ahead(self) -> None:
        """Reserve an artifact for the next save meanwhile, unless that may have the past and another name."""
        now = self._clock.now()
        may_have_past = self._past_is_of_this_run or is_past_due(self._latest, self._stored, now)
        if self._ahead is None and not may_have_past:
            expires_at = now + self._retention
            self._ahead = self._begin(lambda: self._results.reserve(self._free_first, expires_at))

    @property
    def _free_first(self) -> Sequence[str]:
        return sorted(self._names, key=lambda name: name == self._saved_as)

    @property
    def _stored(self) -> StoredPast | None:
        stored = self._past.stored
        return None if stored and stored.past and not self._past_is_of_this_branch else stored

    def _copy(self, histories: Histories, now: datetime) -> Copy:
        stored = self._stored
        if stored and stored.past and self._past_is_of_this_run:
            return with_past(histories, now)  # the artifact that has it now may be the one to be replaced
        is_delivering = any(one.outbox.delivering_since for one in histories.clusters.values())
        return copy_to_save(histories, stored, now, may_wait=is_delivering or bool(self._saved_as))

    def _newest_readable(self, artifacts: Iterator[Artifact]) -> Histories | None:
        skipped: list[Artifact] = []
        problems: list[str] = []
        for artifact in artifacts:
            self._newest_id = max(self._newest_id, artifact.id)
            try:
                histories = self._read(artifact)
            except UnreadableHistoryError as error:
                skipped.append(artifact)
                problems.append(f"Could not read artifact {artifact.id} ('{self._names[0]}'): {error}")
                if len(skipped) == RESTORE_ATTEMPTS:
                    break
                continue
            self._warn(problems)
            # the run's second save recorded which notifications were delivered
            second_save_skipped = any(artifact.is_from_same_run(other) for other in skipped)
            histories = assume_all_delivered(histories) if second_save_skipped else histories
            return self._taken_over(histories, artifact.run.head_branch or "")
        if skipped:
            raise HistoryError(" ".join(problems), remedy=_DELETE_DAMAGED)
        return None

    def _taken_over(self, histories: Histories, branch: str) -> Histories:
        if branch == self._catalog.branch:
            return histories
        shown = self._redaction.clean_name(branch)
        self._annotate(
            Level.NOTICE,
            f"This branch has no history yet. It continues the one of the branch '{shown}', without its "
            "pending messages.",
        )
        return of_another_branch(histories)

    def _read(self, artifact: Artifact) -> Histories:
        uploaded = self._downloader.download(artifact)
        if uploaded is None:
            raise UnreadableHistoryError("It was deleted or has expired.")
        histories, past = codec.parse_copy(
            unpack(uploaded, clusters=self._clusters), self._redaction, clusters=self._clusters
        )
        self._latest = histories
        self._past.read(past, artifact, uploaded)
        is_in_copy = past is not None and past.artifact is None
        self._past_is_of_this_run = is_in_copy and artifact.run.id == self._run_id
        self._past_is_of_this_branch = artifact.run.head_branch == self._catalog.branch
        return histories

    def _warn(self, problems: list[str]) -> None:
        for problem in problems:
            self._annotate(Level.WARNING, f"{problem} An older artifact is used.")
        total = self._catalog.total
        if total > _MANY_ARTIFACTS:
            self._annotate(
                Level.NOTICE,
                f"{total} history artifacts count against the storage quota. Delete old runs, or shorten "
                "history-retention-days.",
            )


@contextmanager
def _unreachable() -> Iterator[None]:
    """Turn errors of GitHub into those of a history store."""
    try:
        yield
    except GitHubError as error:
        raise HistoryUnreachableError(str(error), remedy=error.remedy) from None
