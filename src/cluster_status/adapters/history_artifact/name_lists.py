"""The lists of the artifacts with the names of one history, as far as they are read."""

from collections.abc import Iterator, Sequence
from functools import partial

from cluster_status.adapters.github.artifacts import artifact_page
from cluster_status.adapters.github.rest import Rest
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.artifact_list import ArtifactList
from cluster_status.threads import Begin

_MAX_PAGES = 10  # of each name, a thousand artifacts: more requests would use up the hourly limit


class NameLists:
    """GitHub filters by name, and not by branch. Methods that send requests raise GitHubError."""

    def __init__(self, rest: Rest, names: Sequence[str], begin: Begin) -> None:
        self._rest = rest
        self._names = names
        self._begin = begin
        self._lists = {name: ArtifactList() for name in names}
        self._pages = 0

    def read_page(self) -> bool:
        """Read the next page of each list; return whether there was one."""
        unread = [name for name, one in self._lists.items() if not one.has_ended]
        if not unread or self._pages == _MAX_PAGES:
            return False
        self._pages += 1
        read = partial(artifact_page, self._rest, self._pages)
        pages = {name: self._begin(partial(read, name=name)) for name in unread}
        for name, page in pages.items():
            self._lists[name].add(page.result().artifacts, page.result().total)
        return True

    @property
    def total(self) -> int:
        return sum(one.total for one in self._lists.values())

    @property
    def artifacts(self) -> list[Artifact]:
        """The artifacts that may have the history, the newest first."""
        found = (artifact for one in self._lists.values() for artifact in one.artifacts)
        named = (artifact for artifact in found if artifact.name in self._names and artifact.may_be_usable)
        return sorted({artifact.id: artifact for artifact in named}.values(), key=lambda one: -one.id)

    @property
    def is_conclusive(self) -> bool:
        """Whether a history that is not among the artifacts does not exist."""
        return all(one.is_complete for one in self._lists.values()) and all(
            one.is_usable for one in self.artifacts
        )

    def of_branch(self, branch: str) -> Iterator[Artifact]:
        """Yield the artifacts of a branch, the newest first, as far as no newer one can be missing."""
        for artifact in self.artifacts:
            if not all(_reaches(one, artifact) for one in self._lists.values()):
                return
            if artifact.is_usable and artifact.run.head_branch == branch:
                yield artifact


def _reaches(listed: ArtifactList, artifact: Artifact) -> bool:
    """Return whether the list has every artifact that is newer than this one."""
    return listed.is_complete or (listed.oldest is not None and listed.oldest.id <= artifact.id)
