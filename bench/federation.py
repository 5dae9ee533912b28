"""A year of thirty clusters in one run, with two channels and issues; runs are killed at each step.

Nothing may be lost, sent again beyond the documented window, or wrong, and an outage of all clusters is one
message and one issue. Usage: python -m bench.federation [DAYS] [SEED]
"""

import sys
import time

from tests.property.federation.federation import Federation
from tests.property.federation.world import YEAR

DAYS, SEED = 365, 2026


def main() -> int:
    """Simulate and print; return 1 if there is a problem."""
    given = [int(one) for one in sys.argv[1:]]
    days, seed = (*given, *(DAYS, SEED)[len(given) :])
    begin = time.process_time()
    report = Federation(seed, days, YEAR).run()
    seconds = time.process_time() - begin
    print(
        f"{days} days, {report.runs:,} runs of 30 clusters, {seconds / report.runs * 1e3:.0f} ms of CPU each"
    )
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


if __name__ == "__main__":
    sys.exit(main())
