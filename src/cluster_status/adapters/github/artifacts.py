"""Lists artifacts by GitHub's REST API."""

from msgspec import Struct

from cluster_status.adapters.github.rest import Rest
from cluster_status.domain.actions.artifact import Artifact
from cluster_status.ports import ArtifactPage

PER_PAGE = 100
_NOT_FOUND = 404


class _List(Struct):
    total_count: int
    artifacts: list[Artifact]


def artifact_page(rest: Rest, number: int, **filters: str) -> ArtifactPage:
    """Return a page of the repository's artifacts; `number` starts at 1."""
    response = rest.send("GET", "artifacts", **filters, per_page=PER_PAGE, page=number)
    listed = rest.decode(response, _List)
    is_last = not listed.artifacts or number * PER_PAGE >= listed.total_count
    return ArtifactPage(listed.total_count, is_last, listed.artifacts)


def artifacts_of_run(rest: Rest, run_id: int) -> list[Artifact]:
    """Return the artifacts of a run; none if the run does not exist."""
    response = rest.send("GET", f"runs/{run_id}/artifacts", per_page=PER_PAGE)
    return [] if response.status == _NOT_FOUND else rest.decode(response, _List).artifacts
