"""Site checks in a run: when they run, and what the run shows of them."""

from msgspec import Struct

from cluster_status.deadline import Deadline
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults
from cluster_status.errors import ExitStatus
from tests.fakes.probe import ONLINE, failed
from tests.unit.app.monitor import Monitor

WELL = CheckResult("quota", is_path=False, output="80 % used")
FAILS = CheckResult("quota", is_path=False, cause=Cause.CHECK_FAILED, output="99 % used")
NOT_RUN = CheckResult("quota", is_path=False, not_run="exit status 127: not found")


class ScriptedChecks(Struct):
    """Implements ports.SiteCheckRunner."""

    results: CheckResults
    runs: int = 0

    def run(self, deadline: Deadline, *, login_shell: bool) -> CheckResults:
        del deadline, login_shell
        self.runs += 1
        return self.results


def checks(monitor: Monitor, *results: CheckResult, restricted: bool | None = True) -> ScriptedChecks:
    monitor.site_checks = scripted = ScriptedChecks(CheckResults(results, restricted))
    return scripted


def test_checks_run_once_after_the_last_attempt(monitor: Monitor) -> None:
    scripted = checks(monitor, WELL)
    monitor.poll(ONLINE)
    run = monitor.poll(failed(Cause.SCHEDULER_DOWN))
    assert (run.probe.calls, scripted.runs) == (3, 2)


def test_checks_do_not_run_where_the_shell_runs_no_command(monitor: Monitor) -> None:
    scripted = checks(monitor, WELL)
    for cause in (Cause.REFUSED, Cause.LOGIN_REFUSED, Cause.SHELL_HANGS, Cause.SHELL_FAILS, Cause.DROPPED):
        monitor.poll(failed(cause))
    assert scripted.runs == 0


def test_the_first_line_is_in_the_message_and_the_summary_and_not_in_the_history(monitor: Monitor) -> None:
    checks(monitor, FAILS)
    monitor.poll(ONLINE)
    run = monitor.poll(ONLINE)
    assert (run.outputs["status"], run.outputs["cause"]) == ("degraded", "check-failed")
    [message] = run.messages
    assert [(fact.label, fact.value) for fact in message.facts if "Output" in fact.label] == [
        ("Output of quota", "99 % used")
    ]
    [section] = [one for one in run.runner.summary.sections if one.title == "Site checks"]
    assert section.lines == ("quota: fails: 99 % used",)
    assert monitor.store.content
    assert b"99 %" not in monitor.store.content


def test_a_check_that_could_not_run_is_a_warning_and_changes_no_status(monitor: Monitor) -> None:
    checks(monitor, NOT_RUN)
    run = monitor.poll(ONLINE)
    assert (run.exit_status, run.outputs["status"]) == (ExitStatus.OK, "online")
    assert run.warnings == [
        "Site checks that could not run, which changes no status: quota (exit status 127: not found)"
    ]


def test_a_key_that_is_not_restricted_is_a_notice(monitor: Monitor) -> None:
    checks(monitor, WELL, restricted=False)
    assert any("A restricted key allows only them" in notice for notice in monitor.poll(ONLINE).notices)
    checks(monitor, WELL, restricted=True)
    assert monitor.poll(ONLINE).notices == []
    checks(monitor, CheckResult("/scratch", is_path=True), restricted=False)
    assert monitor.poll(ONLINE).notices == []
