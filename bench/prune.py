"""Prunes 200 runs through PyGithub over HTTP; compares the time with the minimum under GitHub's limit."""

import sys
import time

from bench.goals import Goal, report
from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.github.pygithub import PyGithubTransport
from cluster_status.adapters.github.rate_limiter import RateLimiter
from cluster_status.adapters.github.rest import Rest
from cluster_status.adapters.github.runs import GitHubRuns
from cluster_status.app.prune import prune
from cluster_status.domain.actions.retention import PrunePlan
from cluster_status.domain.secret import Secret
from tests.fakes.github import LoopbackGitHub
from tests.fakes.runner import RecordingRunner

RUNS, KEPT = 200, 10
DELETIONS_A_SECOND = 900 / 5 / 60  # GitHub's limit
MAX_TIMES_THE_MINIMUM = 1.2


def main() -> int:
    """Measure and print; return 1 if the goal is missed."""
    clock, runner = SystemClock(), RecordingRunner()
    with LoopbackGitHub(newest_first=True) as github:
        for _ in range(RUNS):
            github.plant("cluster-status-a", b"a history")
        transport = PyGithubTransport(github.api_url, Secret(github.new_token("write")))
        limiter = RateLimiter(transport, clock, budget_seconds=300, reserved_requests=300)
        rest = Rest(limiter, github.repository, permission="write")
        begin, cpu = time.perf_counter(), time.process_time()
        plan = PrunePlan(("poll.yml",), KEPT, dry_run=False, current_run=None)
        prune(GitHubRuns(rest, limiter), runner, plan)
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        transport.close()
        left, requests = len(github.runs), len(github.requests)
    minimum = (RUNS - KEPT) / DELETIONS_A_SECOND
    print(f"{RUNS} runs: {RUNS - left} deleted in {seconds:.1f} s with {requests} requests")
    print(f"CPU, with that of the loopback GitHub: {cpu:.2f} s")
    if left != KEPT:
        raise SystemExit(f"{left} runs are left, not {KEPT}")
    print(f"minimum under GitHub's limit: {minimum:.1f} s")
    return report([Goal("times the minimum under GitHub's limit", seconds / minimum, MAX_TIMES_THE_MINIMUM)])


if __name__ == "__main__":
    sys.exit(main())
