"""Artifacts with a history: their names, and the rules by which they are restored.

The store that restores a history and the pruning that protects it use the same rules.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from cluster_status.domain.slug import slug

NAME_PREFIX = "cluster-status-"
SECOND_SAVE = ".2"  # suffix of a run's second save, and of a copy with the past; no other name ends in it
RESTORE_ATTEMPTS = 3  # a poll tries this many of the newest artifacts


def artifact_name(key: str) -> str:
    """Return the name of the artifacts of the cluster with this key: lower case letters, digits, hyphens.

    If the key has other characters, a digest follows after a dot: no two clusters have the same name.
    """
    return f"{NAME_PREFIX}{slug(key)}"


class ArtifactRun(Struct, frozen=True):
    """The workflow run that uploaded an artifact."""

    id: int | None = None
    head_branch: str | None = None
    head_repository_id: int | None = None
    repository_id: int | None = None


class Artifact(Struct, frozen=True):
    """An artifact as GitHub lists it. A list with a negative or missing number is not believed at all."""

    id: Annotated[int, Meta(gt=0)]
    expired: bool
    name: str
    size_in_bytes: Annotated[int, Meta(ge=0)] = 0
    digest: str | None = None  # sha256:…; None if the upload sent none
    created_at: datetime | None = None
    workflow_run: ArtifactRun | None = None

    @property
    def run(self) -> ArtifactRun:
        return self.workflow_run or ArtifactRun()

    @property
    def is_origin_known(self) -> bool:
        """Whether GitHub names the run, the branch and the repository that the artifact comes from."""
        return None not in {
            self.run.id,
            self.run.head_branch,
            self.run.head_repository_id,
            self.run.repository_id,
        }

    @property
    def is_usable(self) -> bool:
        """False if it expired or comes from a fork: a pull request from a fork can upload any content."""
        is_ours = self.run.head_repository_id == self.run.repository_id
        return not self.expired and self.is_origin_known and is_ours

    @property
    def may_be_usable(self) -> bool:
        """True also if the origin is not known."""
        return self.is_usable or not (self.expired or self.is_origin_known)

    @property
    def is_first_save(self) -> bool:
        return not self.name.endswith(SECOND_SAVE)

    @property
    def history(self) -> tuple[str, str | None] | None:
        """The artifact name of the cluster and the branch; None if the artifact has no history."""
        if not self.name.startswith(NAME_PREFIX):
            return None
        return self.name.removesuffix(SECOND_SAVE), self.run.head_branch

    def is_from_same_run(self, other: "Artifact") -> bool:
        return self.run.id is not None and self.run.id == other.run.id
