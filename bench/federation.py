"""A year of thirty clusters in one run, with two channels and issues; runs are killed at each step.

Nothing may be lost, sent again beyond the documented window, or wrong, and an outage of all clusters is one
message and one issue. Usage: python -m bench.federation [DAYS] [SEED]
"""

import sys
import time

from tests.property.federation.federation import INTERVAL, Federation, Report
from tests.property.federation.world import DAY, YEAR

DAYS, SEED = 365, 2026


def main() -> int:
    """Simulate and print; return 1 if there is a problem."""
    given = [int(one) for one in sys.argv[1:]]
    days, seed = (*given, *(DAYS, SEED)[len(given) :])
    begin = time.process_time()
    federation = Federation(seed, days, YEAR)
    report = federation.report
    for _ in federation.periods():
        print(_progress(report, time.process_time() - begin), flush=True)
    print(f"{report.killed.total():>7,} runs were killed, {report.storms} outages of most clusters at once")
    for step, number in report.killed.most_common():
        print(f"{number:>15,} at: {step}")
    for channel, number in report.messages.items():
        print(f"{number:>7,} messages or issues: {channel}")
    print(f"{report.sent_again:>7,} notifications sent again within the documented window")
    for problem in report.problems[:20]:
        print(f"WRONG  {problem}")
    print("met    no problem" if not report.problems else f"MISSED {len(report.problems)} problems")
    return 1 if report.problems else 0


def _progress(report: Report, seconds: float) -> str:
    days, cost = report.runs * INTERVAL / DAY, seconds / report.runs * 1e3
    done = f"{days:.0f} days, {report.runs:,} runs of 30 clusters with {cost:.0f} ms of CPU each"
    return f"{done}: {report.killed.total():,} killed, {len(report.problems)} problems"


if __name__ == "__main__":
    sys.exit(main())
