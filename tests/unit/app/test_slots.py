"""A run of several clusters: which of them wait for each other, and what the log shows when."""

from collections.abc import Callable
from contextlib import nullcontext
from threading import Barrier, Event

import pytest
from msgspec.structs import replace

from cluster_status.app.cluster import MonitoredCluster, RetryPolicy
from cluster_status.app.gate import check
from cluster_status.deadline import Deadline, RunDeadlines
from cluster_status.domain.status.cause import RUNNER_OFFLINE, Cause
from cluster_status.domain.status.probe_result import ProbeResult, RememberedLogin
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from cluster_status.slots import Place, Slots
from tests.fakes.clock import VirtualClock
from tests.fakes.probe import ONLINE, failed
from tests.fakes.runner import RecordingRunner
from tests.unit.app.monitor import Monitor
from tests.unit.app.overlap import parallel_run

LONG = 10.0  # seconds, only reached by a test that fails
REFUSED = replace(failed(Cause.REFUSED), reached=True)
TIMEOUT = failed(Cause.TIMEOUT)


class Site:
    """Clusters with scripted probes that take places of one run as the real ones do."""

    def __init__(self, slots: Slots, monitor: Monitor) -> None:
        self.slots = slots
        self.monitor = monitor
        self.clusters: list[MonitoredCluster] = []

    def add(
        self,
        name: str,
        *script: ProbeResult,
        address: str = "",
        answers: Callable[[], object] = lambda: None,
        works: Callable[[], object] = lambda: None,
    ) -> None:
        """Add a cluster: `answers` returns when the banner of its server arrives, `works` after the login."""
        place = Place(self.slots)
        probe = PlacedProbe(place, address or name, answers, works, list(script or [ONLINE]))
        retries = RetryPolicy(attempts=len(script) or 1)
        self.clusters.append(MonitoredCluster(name, probe, retries=retries, place=place))

    def check(self) -> ExitStatus:
        return check(lambda: nullcontext((self.clusters, self.monitor.tools())), self.monitor.clock)

    @property
    def runner(self) -> RecordingRunner:
        return self.monitor.runner


class PlacedProbe:
    """Implements ports.Probe."""

    def __init__(
        self,
        place: Place,
        address: str,
        answers: Callable[[], object],
        works: Callable[[], object],
        script: list[ProbeResult],
    ) -> None:
        self._place = place
        self._address = address
        self._answers = answers
        self._works = works
        self._script = script

    def probe(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> ProbeResult:
        self._place.connect_to(self._address, deadline)
        self._answers()
        self._place.take_slot(deadline)
        load_remembered()
        self._place.end_login()
        self._works()
        return self._script.pop(0)

    def close(self) -> None: ...


def wait_for(event: Event) -> Callable[[], object]:
    def wait() -> None:
        assert event.wait(LONG)

    return wait


@pytest.fixture
def site(alone: Monitor) -> Site:
    """Return a site with one slot."""
    return Site(Slots(Deadline(LONG), 1, seconds=LONG), alone)


def order(site: Site) -> list[str]:
    """Return the names in the log, in order."""
    return [line.partition(" is ")[0].split()[-1] for line in site.runner.lines if " is online" in line]


def test_hosts_that_never_answer_delay_no_other_cluster(site: Site) -> None:
    is_online = Event()
    for number in range(10):
        site.add(f"mute{number}", TIMEOUT, answers=wait_for(is_online))
    site.add("alpha", works=is_online.set)
    assert site.check() is ExitStatus.OK
    assert order(site) == ["alpha"]


def test_a_cluster_waits_until_a_slot_is_free(site: Site) -> None:
    alpha_works, beta_answers, working = Event(), Event(), list[str]()

    def work_in_alpha() -> None:
        alpha_works.set()
        beta_answers.wait(LONG)
        working.append("alpha")

    def answer_in_beta() -> None:
        alpha_works.wait(LONG)
        beta_answers.set()

    site.add("alpha", works=work_in_alpha)
    site.add("beta", answers=answer_in_beta, works=lambda: working.append("beta"))
    site.check()
    assert working == ["alpha", "beta"]


def test_a_cluster_that_hangs_after_its_banner_delays_others_only_for_a_time(alone: Monitor) -> None:
    site, hangs, is_checked = Site(Slots(Deadline(LONG), 1, seconds=0.01), alone), Event(), Event()

    def hang() -> None:
        hangs.set()
        assert is_checked.wait(LONG)

    site.add("alpha", works=hang)
    site.add("beta", answers=wait_for(hangs), works=is_checked.set)
    site.check()
    assert sorted(order(site)) == ["alpha", "beta"]


def test_eight_clusters_at_one_address_log_in_at_the_same_time(alone: Monitor) -> None:
    site, together = Site(Slots(Deadline(LONG)), alone), Barrier(8, timeout=LONG)
    for number in range(16):
        site.add(f"c{number}", address="192.0.2.1", answers=together.wait)
    assert site.check() is ExitStatus.OK


def test_a_retry_waits_without_a_slot(alone: Monitor) -> None:
    beta_is_checked = Event()

    class Clock(VirtualClock):
        def sleep(self, seconds: float) -> None:
            assert beta_is_checked.wait(LONG)
            super().sleep(seconds)

    alone.clock = Clock()
    site, alpha_is_refused = Site(Slots(Deadline(LONG), 1, seconds=LONG), alone), Event()
    site.add("alpha", REFUSED, ONLINE, works=alpha_is_refused.set)
    site.add("beta", answers=wait_for(alpha_is_refused), works=beta_is_checked.set)
    assert site.check() is ExitStatus.OK
    assert sorted(order(site)) == ["alpha", "beta"]


def test_a_cluster_that_gets_no_slot_in_time_is_unknown_and_not_offline(alone: Monitor) -> None:
    def without_time_to_check() -> RunDeadlines:
        deadlines = RunDeadlines()
        deadlines.check = Deadline(0)
        return deadlines

    alone.new_deadlines = without_time_to_check
    site = Site(Slots(Deadline(0), 1, seconds=LONG), alone)
    alpha_works, beta_is_over = Event(), Event()

    def work() -> None:
        alpha_works.set()
        beta_is_over.wait(LONG)

    site.add("alpha", works=work)
    site.add("beta", answers=wait_for(alpha_works))
    alone.on_connectivity_check = beta_is_over.set
    site.check()
    [error] = site.runner.of(Level.ERROR)
    assert error.startswith("Status of beta is unknown: SSH connection timed out (not checked: ")


# the log


def test_each_cluster_is_shown_when_its_check_ends(alone: Monitor) -> None:
    site = Site(Slots(Deadline(LONG)), alone)
    is_shown = {name: Event() for name in ("alpha", "beta", "gamma")}

    class Runner(RecordingRunner):
        def log(self, line: str) -> None:
            super().log(line)
            is_shown[line.split()[1]].set()

    alone.runner = Runner()
    site.add("alpha", works=wait_for(is_shown["beta"]))
    site.add("beta", works=wait_for(is_shown["gamma"]))
    site.add("gamma")
    site.check()
    assert order(site) == ["gamma", "beta", "alpha"]
    assert site.runner.lines[0] == "🟢 gamma is online (8 of 8 nodes in service)"


def test_the_lines_of_a_cluster_are_together_and_have_its_name(site: Site) -> None:
    for name in ("alpha", "beta"):
        site.add(name, replace(ONLINE, warnings=("a warning", "another"), notices=("a notice",)))
    shown: list[str] = []

    class Runner(RecordingRunner):
        def log(self, line: str) -> None:
            shown.append(line)

        def annotate(self, level: Level, text: str) -> None:
            del level
            shown.append(text)

    site.monitor.runner = Runner()
    site.check()
    names = [next(name for name in ("alpha", "beta") if name in line) for line in shown]
    assert sorted(names[:4]) == [names[0]] * 4
    assert sorted(names[4:]) == [names[4]] * 4
    assert len(names) == 8


def test_an_only_cluster_is_shown_without_a_line_of_its_own(site: Site) -> None:
    site.add("alpha")
    site.check()
    assert site.runner.lines == []


def test_only_a_cluster_that_is_shown_otherwise_by_the_history_of_another_run_is_shown_again(
    alone: Monitor,
) -> None:
    other = parallel_run(alone)
    alone.on_connectivity_check = lambda: other.poll_all({"alpha": [ONLINE], "beta": [ONLINE]})
    alone.set_retries(attempts=1)
    after_the_load = replace(failed(Cause.REFUSED), credential_offered=True)
    run = alone.poll_all({"alpha": [after_the_load], "beta": [ONLINE]})
    [error] = run.errors
    assert error.startswith("Status of alpha is unknown: SSH connections refused (no run has reached ")
    assert "alpha is offline: SSH connections refused." in run.warnings
    assert len([line for line in run.runner.lines if line.startswith("🟢 beta is online")]) == 1


# a runner without a network


def test_a_runner_that_reaches_nothing_is_reported_once(alone: Monitor) -> None:
    alone.network = False
    alone.set_retries(attempts=1)
    run = alone.check_all({f"c{number}": [REFUSED] for number in range(30)})
    what = "The runner could not reach any cluster, and could not reach any other host either."
    assert run.errors == [f"{what} {RUNNER_OFFLINE}"]
    assert run.warnings == run.notices == []
    assert len(run.runner.summaries) == 1
    assert run.runner.summaries[0].facts == tuple(run.errors)


def test_only_the_clusters_that_such_a_runner_does_not_reach_are_listed(alone: Monitor) -> None:
    alone.network = False
    alone.set_retries(attempts=1)
    run = alone.check_all({"alpha": [REFUSED], "beta": [ONLINE], "gamma": [TIMEOUT]})
    what = "The runner could not reach alpha, gamma, and could not reach any other host either."
    assert run.errors == [f"{what} {RUNNER_OFFLINE}"]
