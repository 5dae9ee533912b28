"""How the inputs of a cluster become its site checks."""

from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.settings import inputs
from cluster_status.settings.given import Given

_MOST_CHARACTERS = 10_000  # in base64; a line of authorized_keys can have 16,384, and 3,800 are for Slurm


def read_site_checks(given: Given) -> SiteChecks:
    paths = [SiteCheck(path) for path in given.value(inputs.CHECK_PATHS)]
    commands = [SiteCheck(name, command) for name, command in given.value(inputs.CHECKS)]
    checks = SiteChecks(
        checks=(*paths, *commands),
        timeout_seconds=given.value(inputs.CHECK_TIMEOUT),
        full_at=given.value(inputs.CHECK_SPACE),
    )
    if checks.checks and _length(checks) > _MOST_CHARACTERS:
        given.add_problem(inputs.CHECKS, "are too long together: put commands into scripts on the head node")
    return checks


def _length(checks: SiteChecks) -> int:
    from cluster_status.domain.site_checks.script import part  # noqa: PLC0415 - few clusters have checks

    return len(part(checks, ""))
