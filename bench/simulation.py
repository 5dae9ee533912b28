"""A million polls of a cluster with outages, blips and flaps, by runs with troubles of their own.

No alarm may be false, no outage of two polls untold, none told twice. The same seed gives the same course.
"""

import sys
import time

from tests.property.simulation import Fault, Simulation

POLLS = 1_000_000
SEED = 2026


def main() -> int:
    """Simulate and print; return 1 if something was told wrongly."""
    begin = time.process_time()
    simulation = Simulation(SEED).run(POLLS)
    seconds = time.process_time() - begin
    print(f"{POLLS:>9,} polls, {seconds / POLLS * 1e6:.0f} µs of CPU each")
    for fault in Fault:
        print(f"{simulation.faults[fault]:>9,} {fault}")
    print(f"{simulation.outages_due:>9,} outages to be told: two polls saw them, or one what needs no second")
    print(f"{simulation.outages_passed_over:>9,} outages that a single poll saw, and the next one did not")
    print(f"{sum(simulation.messages.values()):>9,} messages:")
    for event, number in simulation.messages.most_common():
        print(f"{number:>17,} {event}")
    for problem in simulation.problems[:20]:
        print(f"WRONG {problem}")
    print("met    nothing told wrongly" if not simulation.problems else f"MISSED {len(simulation.problems)}")
    return 1 if simulation.problems else 0


if __name__ == "__main__":
    sys.exit(main())
