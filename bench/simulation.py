"""A million polls of a cluster with outages, blips and flapping, by runs that fail themselves.

No alert may be false, and each outage of two polls is notified once. A seed always gives the same polls.
"""

import sys
import time

from tests.property.simulation import Fault, Simulation

POLLS = 1_000_000
SEED = 2026


def main() -> int:
    """Simulate and print; return 1 if a notification was wrong or missing."""
    begin = time.process_time()
    simulation = Simulation(SEED).run(POLLS)
    seconds = time.process_time() - begin
    print(f"{POLLS:>9,} polls, {seconds / POLLS * 1e6:.0f} µs of CPU each")
    for fault in Fault:
        print(f"{simulation.faults[fault]:>9,} {fault}")
    print(
        f"{simulation.outages_confirmed:>9,} confirmed outages, by two polls or a cause that needs only one"
    )
    print(f"{simulation.outages_unconfirmed:>9,} outages that only one poll found")
    print(f"{sum(simulation.messages.values()):>9,} messages:")
    for event, number in simulation.messages.most_common():
        print(f"{number:>17,} {event}")
    for problem in simulation.problems[:20]:
        print(f"WRONG  {problem}")
    print("met    no wrong message" if not simulation.problems else f"MISSED {len(simulation.problems)}")
    return 1 if simulation.problems else 0


if __name__ == "__main__":
    sys.exit(main())
