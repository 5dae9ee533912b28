"""Reads the past of the restored copy, beside the check of the clusters."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cluster_status.adapters.history_artifact.archive import unpack_past
from cluster_status.adapters.history_artifact.download import Downloader
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.past import Past, PastRef, StoredPast, joined
from cluster_status.domain.redaction import Redaction
from cluster_status.errors import GitHubError, UnreadableHistoryError
from cluster_status.ports import Level
from cluster_status.threads import run_in_thread

if TYPE_CHECKING:
    from concurrent.futures import Future

_SECONDS = 20.0  # to wait for it after the check


class PastReader:
    """Knows the past of the copy that was read or saved last. It never raises: no poll fails for its past."""

    def __init__(
        self,
        downloader: Downloader,
        annotate: Callable[[Level, str], None],
        redaction: Redaction,
        *,
        clusters: int,
    ) -> None:
        self._downloader = downloader
        self._annotate = annotate
        self._redaction = redaction
        self._clusters = clusters
        self._stored: StoredPast | None = None
        self._reading: Future[Past] | None = None

    def read(self, ref: PastRef | None, artifact: Artifact, uploaded: bytes) -> None:
        """Begin to read what a restored copy names; `uploaded` is the artifact of the copy."""
        self._stored = self._reading = None
        if ref is None:
            return
        work: Callable[[], Past] = partial(self._download, ref)
        if ref.artifact is None:
            ref = PastRef(ref.before, artifact.id, digest_of(uploaded))
            work = partial(self._unpacked, uploaded)
        self._stored, self._reading = StoredPast(ref), run_in_thread(work)

    def completed(self, recent: Histories) -> Histories:
        """Return the restored copy with its past, as far as it can be read."""
        stored = self.stored
        return joined(recent, stored.past) if stored and stored.past else recent

    @property
    def stored(self) -> StoredPast | None:
        """The past of the last copy, once it is read. What cannot be read is tried again by the next run."""
        reading, self._reading = self._reading, None
        if reading and self._stored:
            try:
                self._stored = StoredPast(self._stored.ref, reading.result(_SECONDS))
            except TimeoutError:
                self._warn(f"no response within {_SECONDS:.0f} s")
            except (GitHubError, UnreadableHistoryError) as error:
                self._warn(str(error).rstrip("."))
        return self._stored

    @stored.setter
    def stored(self, stored: StoredPast | None) -> None:
        self._stored, self._reading = stored, None

    def _download(self, ref: PastRef) -> Past:
        artifact = Artifact(ref.artifact or 0, expired=False, name="", digest=ref.digest)
        uploaded = self._downloader.download(artifact)
        if uploaded is None:
            raise UnreadableHistoryError("its artifact was deleted or has expired")
        return self._unpacked(uploaded)

    def _unpacked(self, uploaded: bytes) -> Past:
        content = unpack_past(uploaded, clusters=self._clusters)
        return codec.parse_past(content, self._redaction, clusters=self._clusters)

    def _warn(self, reason: str) -> None:
        self._annotate(
            Level.WARNING,
            f"The older part of the history could not be read: {reason}. Status and messages do not depend "
            "on it, but uptime and incidents of earlier days are missing in this run. The next runs try "
            "again for three days.",
        )


def digest_of(uploaded: bytes) -> str:
    """Return the digest as GitHub lists it."""
    return f"sha256:{hashlib.sha256(uploaded).hexdigest()}"
