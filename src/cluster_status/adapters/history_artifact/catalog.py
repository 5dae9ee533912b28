"""Finds the history artifacts of earlier runs. What GitHub does not prove to be absent is out of reach."""

from collections.abc import Iterator, Sequence
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.adapters.github.artifacts import artifacts_of_run
from cluster_status.adapters.github.branches import default_branch, is_gone, is_of_workflow, workflow_runs
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.history_artifact.name_lists import NameLists
from cluster_status.domain.actions.artifact import Artifact, ArtifactRun
from cluster_status.errors import GitHubError
from cluster_status.threads import Begin, run_in_thread

_RUNS_ASKED = 10  # the newest ones: each costs a request
_ASKED_FOR_BRANCHES = 30  # branches, and runs on them
_ALL_BRANCHES = ""
_OUT_OF_REACH = (
    "The next run tries again. If this error persists, delete the artifacts with this name that come from "
    "forks or other branches, or start a new history with another history-name."
)


class _Runs(Struct):
    """What the runs of the workflow on one branch prove."""

    agree: bool = True  # the lists agree, and those runs that were asked have no history
    are_all: bool = False  # and no other run was listed


class Catalog:
    """The artifacts that a run of this workflow on this branch may restore. All methods raise GitHubError.

    Without a name of the workflow, the runs are not asked.
    """

    def __init__(self, rest: Rest, *, branch: str, workflow: str, begin: Begin = run_in_thread) -> None:
        self.branch = branch
        self.total = 0  # number of artifacts with the names of the last search, usable or not
        self._rest = rest
        self._workflow = workflow
        self._begin = begin

    def newest(self, names: Sequence[str]) -> list[Artifact]:
        """Return the usable artifacts of this branch on the first pages, the newest first."""
        lists = NameLists(self._rest, names, self._begin)
        lists.read_page()
        return [one for one in lists.artifacts if one.is_usable and one.run.head_branch == self.branch]

    def restorable(self, names: Sequence[str]) -> Iterator[Artifact]:
        """Yield the artifacts to restore from, the best first; raise GitHubError if it is not known.

        They are those of this branch, else those of the default branch. On the default branch they are also
        those of a branch that is gone.
        """
        lists = NameLists(self._rest, names, self._begin)
        runs = _Runs()
        of_this_branch = _if_any(self._of_branch(lists, names, self.branch, runs))
        if of_this_branch:
            yield from of_this_branch
            return
        if not (runs.are_all or (lists.is_conclusive and runs.agree)):
            raise _out_of_reach(names)
        default = default_branch(self._rest)
        of_another_branch = _if_any(
            self._of_gone_branches(lists, names, runs)
            if default == self.branch
            else self._of_branch(lists, names, default, runs)
        )
        if of_another_branch:
            yield from of_another_branch
        elif not (lists.is_conclusive and runs.agree):
            raise _out_of_reach(names)

    def _of_branch(
        self, lists: NameLists, names: Sequence[str], branch: str, runs: _Runs
    ) -> Iterator[Artifact]:
        """Yield the artifacts of a branch: from the first pages, from the newest runs, from further pages."""
        yielded: set[int] = set()
        lists.read_page()
        self.total = lists.total
        yield from _new(lists.of_branch(branch), yielded)
        yield from _new(self._of_runs(names, branch, runs), yielded)
        while lists.read_page():
            yield from _new(lists.of_branch(branch), yielded)
        unsorted = (one for one in lists.artifacts if one.is_usable and one.run.head_branch == branch)
        yield from _new(unsorted, yielded)

    def _of_runs(self, names: Sequence[str], branch: str, runs: _Runs) -> Iterator[Artifact]:
        """Yield the artifacts of the newest runs of the workflow, on this branch or on all others."""
        if not self._workflow:
            return
        listed = workflow_runs(self._rest, self._workflow, branch=branch)
        asked = [run for run in listed.runs if branch or run.branch != self.branch]
        lacks_this_run = listed.is_empty and branch in {self.branch, _ALL_BRANCHES}
        runs.agree &= listed.is_believed and not lacks_this_run
        runs.are_all = listed.is_complete and not lacks_this_run and len(asked) <= _RUNS_ASKED
        for run in asked[:_RUNS_ASKED]:
            artifacts = artifacts_of_run(self._rest, run.id)
            ours = [one for one in artifacts or () if one.name in names and not one.expired]
            if artifacts is None or (ours and run.branch is None):
                runs.agree = runs.are_all = False
                continue
            origin = ArtifactRun(run.id, run.branch, head_repository_id=0, repository_id=0)
            yield from (replace(one, workflow_run=origin) for one in ours)

    def _of_gone_branches(self, lists: NameLists, names: Sequence[str], runs: _Runs) -> Iterator[Artifact]:
        """Yield the artifacts of this workflow whose branch was renamed or deleted, the newest first."""
        if not self._workflow:
            return
        found = {one.id: one for one in lists.artifacts if one.is_usable}
        found |= {one.id: one for one in self._of_runs(names, _ALL_BRANCHES, runs)}
        gone: dict[str, bool] = {}
        of_workflow: dict[int, bool] = {}
        for _, artifact in sorted(found.items(), reverse=True):
            branch, run_id = artifact.run.head_branch or "", artifact.run.id or 0
            if max(len(gone), len(of_workflow)) > _ASKED_FOR_BRANCHES:
                if runs.are_all:
                    return  # the others are of other workflows
                raise _out_of_reach(names)
            if branch not in gone:
                gone[branch] = is_gone(self._rest, branch)
            if gone[branch] and run_id not in of_workflow:
                of_workflow[run_id] = is_of_workflow(self._rest, run_id, self._workflow)
            if gone[branch] and of_workflow[run_id]:
                yield artifact


def _if_any(artifacts: Iterator[Artifact]) -> Iterator[Artifact] | None:
    """Return the iterator with all its items; None if it has none."""
    first = next(artifacts, None)
    return None if first is None else chain([first], artifacts)


def _new(artifacts: Iterator[Artifact], yielded: set[int]) -> Iterator[Artifact]:
    for artifact in artifacts:
        if artifact.id not in yielded:
            yielded.add(artifact.id)
            yield artifact


def _out_of_reach(names: Sequence[str]) -> GitHubError:
    return GitHubError(
        f"GitHub's lists do not show whether there is a history '{names[0]}': they are incomplete, too long "
        "or contradictory.",
        remedy=_OUT_OF_REACH,
    )
