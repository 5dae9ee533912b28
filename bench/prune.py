"""Pruning 200 runs in real time, through PyGithub over HTTP: over the time that GitHub's limit takes."""

import sys
import time

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.github_runs.api import Api
from cluster_status.adapters.github_runs.catalog import GithubRuns
from cluster_status.adapters.github_runs.rate_limiter import RateLimiter
from cluster_status.app.prune import Pruning, prune
from cluster_status.domain.secret import Secret
from tests.fakes.github import LoopbackGitHub
from tests.fakes.runner import RecordingRunner

RUNS, KEPT = 200, 10
DELETIONS_A_SECOND = 900 / 5 / 60  # what GitHub lets anybody
MOST_OVER_THE_LIMIT = 1.2


def main() -> int:
    """Measure and print; return 1 if the goal is missed."""
    clock, runner = SystemClock(), RecordingRunner()
    with LoopbackGitHub(newest_first=True) as github:
        for _ in range(RUNS):
            github.plant("cluster-status-a", b"a history")
        api = Api(github.api_url, Secret(github.new_token("write")))
        begin, cpu = time.perf_counter(), time.process_time()
        catalog = GithubRuns(
            api, github.repository, RateLimiter(clock, budget_seconds=300, spare_requests=300), clock
        )
        prune(catalog, runner, Pruning(("poll.yml",), KEPT, dry_run=False, current_run=None))
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        api.close()
        left, requests = len(github.runs), len(github.requests)
    least = (RUNS - KEPT) / DELETIONS_A_SECOND
    print(f"{RUNS} runs: {RUNS - left} deleted in {seconds:.1f} s with {requests} requests")
    print(f"CPU, with that of the loopback GitHub: {cpu:.2f} s")
    print(f"over GitHub's limit, {least:.1f} s: {seconds / least:.2f} (goal: at most {MOST_OVER_THE_LIMIT})")
    return 0 if left == KEPT and seconds <= MOST_OVER_THE_LIMIT * least else 1


if __name__ == "__main__":
    sys.exit(main())
