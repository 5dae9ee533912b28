"""How the inputs of a cluster become its site checks."""

from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.settings import inputs
from cluster_status.settings.given import Given


def read_site_checks(given: Given) -> SiteChecks:
    paths = [SiteCheck(path) for path in given.value(inputs.CHECK_PATHS)]
    commands = [SiteCheck(name, command) for name, command in given.value(inputs.CHECKS)]
    return SiteChecks(
        checks=(*paths, *commands),
        timeout_seconds=given.value(inputs.CHECK_TIMEOUT),
        full_at=given.value(inputs.CHECK_SPACE),
    )
