"""The artifacts that histories are kept in: how they are called, and which of them may be used.

The store that restores a history and the pruning that spares it go by the same rules.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

PREFIX = "cluster-status-"
SECOND = ".2"  # of one run's saves: no cluster's name in letters and digits has a dot
TRIED_AT_MOST = 3  # of the newest, where the newer ones are damaged


class ArtifactRun(Struct, frozen=True):
    """The run that an artifact is of."""

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
    digest: str | None = None  # sha256:…; artifacts uploaded without one have none
    created_at: datetime | None = None
    workflow_run: ArtifactRun | None = None

    @property
    def run(self) -> ArtifactRun:
        return self.workflow_run or ArtifactRun()

    @property
    def is_usable(self) -> bool:
        """Neither expired nor from a fork: a pull request of a stranger can upload what it likes."""
        return not self.expired and self.run.head_repository_id == self.run.repository_id

    @property
    def history(self) -> tuple[str, str | None] | None:
        """Which history it is a copy of: the cluster's artifact name, and the branch."""
        if not self.name.startswith(PREFIX):
            return None
        return self.name.removesuffix(SECOND), self.run.head_branch

    def is_of_the_run_of(self, other: "Artifact") -> bool:
        return self.run.id is not None and self.run.id == other.run.id


def is_in_order(page: Sequence[Artifact]) -> bool:
    """Tell whether the newest come first, as GitHub lists them and does not promise."""
    return all(one.id > other.id for one, other in pairwise(page))
