"""The site checks of a simulated site: they find what the site has failing."""

from cluster_status.deadline import Deadline
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.status.site_checks.result import CheckResult, CheckResults
from tests.fakes.site import Site


class SimulatedChecks:
    """Implements ports.SiteCheckRunner."""

    def __init__(self, site: Site, checks: SiteChecks) -> None:
        self._site = site
        self._checks = checks

    def run(self, deadline: Deadline, *, login_shell: bool) -> CheckResults:
        del deadline, login_shell
        failing = self._site.failures.checks
        results = (CheckResult(one.name, one.is_path, failing.get(one.name)) for one in self._checks.checks)
        return CheckResults(tuple(results), key_is_restricted=True)
