"""The history as a workflow artifact: restored from an earlier run, saved as this run's."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import takewhile

from cluster_status.adapters.history_artifact.archive import pack, unpack
from cluster_status.adapters.history_artifact.catalog import Catalog
from cluster_status.adapters.history_artifact.results import ResultsService
from cluster_status.domain.actions.artifact import PREFIX, SECOND, TRIED_AT_MOST, Artifact
from cluster_status.domain.history import codec
from cluster_status.domain.history.history import Histories, assume_all_delivered
from cluster_status.errors import HistoryError, UnreadableHistoryError
from cluster_status.ports import Clock, Level

_MANY = 500
_UNUSABLE = (
    "What is gone will not be listed at the next run; what is damaged has to be deleted, on the page of its "
    "run, to go on from an older one or to start anew. Nothing was announced and nothing overwritten."
)


def artifact_name(cluster_name: str) -> str:
    """Return the name that this cluster's artifacts have, in letters that every system takes."""
    return PREFIX + re.sub(r"[^a-z0-9]+", "-", cluster_name.lower()).strip("-")


class HistoryArtifact:
    """Keeps the history in artifacts. It leaves no file: `path` is empty.

    A run saves twice when it has something to tell, under two names: what was saved stays until what takes
    its place is there.
    """

    path = ""

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        cluster_name: str,
        catalog: Catalog,
        results: ResultsService,
        clock: Clock,
        annotate: Callable[[Level, str], None],
        *,
        kept_for: timedelta,
    ) -> None:
        name = artifact_name(cluster_name)
        self._names = (name, f"{name}{SECOND}")
        self._catalog = catalog
        self._results = results
        self._clock = clock
        self._annotate = annotate
        self._kept_for = kept_for
        self._seen = 0  # id of the newest artifact that was looked at, or saved

    def load(self) -> Histories | None:
        """Return the newest readable history, None only if none is listed.

        Up to two damaged ones are passed over, with a warning; so is what is gone since it was listed.
        """
        return self._newest_readable(self._catalog.newest(self._names))

    def newer(self) -> Histories | None:
        """See ports.HistoryStore. What another run saves after this was asked is not seen."""
        seen = self._seen
        listed = self._catalog.newest(self._names, pages=1)
        return self._newest_readable(takewhile(lambda artifact: artifact.id > seen, listed))

    def _newest_readable(self, artifacts: Iterator[Artifact]) -> Histories | None:
        passed_over: list[Artifact] = []
        reasons: list[str] = []
        for artifact in artifacts:
            self._seen = max(self._seen, artifact.id)
            try:
                history = self._read(artifact)
            except UnreadableHistoryError as error:
                passed_over.append(artifact)
                reasons.append(f"Artifact {artifact.id} ('{self._names[0]}') cannot be used: {error}")
                if len(passed_over) == TRIED_AT_MOST:
                    break
                continue
            self._mention(reasons)
            # the note of what it told is what was passed over
            told = any(artifact.is_of_the_run_of(other) for other in passed_over)
            return assume_all_delivered(history) if told else history
        if passed_over:
            raise HistoryError(" ".join(reasons), remedy=_UNUSABLE)
        return None

    def save(self, histories: Histories) -> None:
        expires_at = self._clock.now() + self._kept_for
        archive = pack(codec.render(histories))
        self._seen = max(self._seen, self._results.upload(self._names, archive, expires_at=expires_at))

    def _read(self, artifact: Artifact) -> Histories:
        uploaded = self._catalog.download(artifact)
        if uploaded is None:
            raise UnreadableHistoryError("It was listed, and is gone.")
        return codec.parse(unpack(uploaded))

    def _mention(self, passed_over: list[str]) -> None:
        for line in passed_over:
            self._annotate(Level.WARNING, f"{line} An older one was used.")
        total = sum(self._catalog.totals.values())
        if total > _MANY:
            self._annotate(
                Level.NOTICE,
                f"{total} history artifacts have piled up. Delete old runs, or shorten "
                "history-retention-days: they count against the storage quota.",
            )
