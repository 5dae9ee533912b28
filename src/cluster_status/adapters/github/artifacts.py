"""Lists artifacts by GitHub's REST API."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from cluster_status.adapters.github.rest import Rest
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.domain.actions.artifact_list import PER_PAGE, ArtifactList
from cluster_status.ports import ArtifactPage

_MAX_PAGES_OF_RUN = 5  # a job uploads at most 500 artifacts
_NOT_FOUND = 404


class _List(Struct):
    total_count: Annotated[int, Meta(ge=0)]
    artifacts: Annotated[list[Artifact], Meta(max_length=100)]  # a longer page is no answer of GitHub


def artifact_page(rest: Rest, number: int, **filters: str) -> ArtifactPage:
    """Return a page of the repository's artifacts; `number` starts at 1."""
    response = rest.send("GET", "artifacts", **filters, per_page=PER_PAGE, page=number)
    listed = rest.decode(response, _List)
    return ArtifactPage(listed.total_count, listed.artifacts)


def artifacts_of_run(rest: Rest, run_id: int) -> Sequence[Artifact] | None:
    """Return all artifacts of a run; None if the run does not exist, or the list is not to be believed."""
    listed = ArtifactList()
    for number in range(1, _MAX_PAGES_OF_RUN + 1):
        path = f"runs/{run_id}/artifacts"
        response = rest.send("GET", path, per_page=PER_PAGE, page=number)
        if response.status == _NOT_FOUND:
            return None
        page = rest.decode(response, _List)
        listed.add(page.artifacts, page.total_count)
        if listed.has_ended:
            break
    is_of_run = all(one.run.id in {None, run_id} for one in listed.artifacts)
    return listed.artifacts if listed.is_complete and is_of_run else None
