"""Artifacts with a history: their names, and the rules by which they are restored.

The store that restores a history and the pruning that protects it use the same rules.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

NAME_PREFIX = "cluster-status-"
SECOND_SAVE = ".2"  # suffix of a run's second save; the slug of a cluster name has no dot
RESTORE_ATTEMPTS = 3  # a poll tries this many of the newest artifacts


class ArtifactRun(Struct, frozen=True):
    """The workflow run that uploaded an artifact."""

    id: int | None = None
    head_branch: str | None = None
    head_repository_id: int | None = None
    repository_id: int | None = None


class Artifact(Struct, frozen=True):
    """An artifact as GitHub lists it."""

    id: int
    expired: bool
    name: str = ""
    size_in_bytes: int = 0
    digest: str | None = None  # sha256:…; None if the upload sent none
    created_at: datetime | None = None
    workflow_run: ArtifactRun | None = None

    @property
    def run(self) -> ArtifactRun:
        return self.workflow_run or ArtifactRun()

    @property
    def is_usable(self) -> bool:
        """False if it expired or comes from a fork: a pull request from a fork can upload any content."""
        return not self.expired and self.run.head_repository_id == self.run.repository_id

    @property
    def history(self) -> tuple[str, str | None] | None:
        """The artifact name of the cluster and the branch; None if the artifact has no history."""
        if not self.name.startswith(NAME_PREFIX):
            return None
        return self.name.removesuffix(SECOND_SAVE), self.run.head_branch

    def is_from_same_run(self, other: "Artifact") -> bool:
        return self.run.id is not None and self.run.id == other.run.id


def is_newest_first(page: Sequence[Artifact]) -> bool:
    """Return whether the page is sorted: GitHub lists the newest first, but does not document it."""
    return all(one.id > other.id for one, other in pairwise(page))
