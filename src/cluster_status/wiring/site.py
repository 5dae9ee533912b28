"""Builds the status page."""

from datetime import timedelta

from cluster_status.ports import Site
from cluster_status.settings.load import Settings

_HOUR = timedelta(hours=1)


def open_site(settings: Settings) -> Site | None:
    """Return the status page. A workflow publishes it at least once an hour, other programs at once."""
    if not settings.site.path:
        return None
    # imported on demand: most polls write no page
    from cluster_status.adapters.site.folder import SiteFolder
    from cluster_status.adapters.site.site import StatusSite

    context = settings.runner_context
    interval = _HOUR if context.on_runner else timedelta()
    return StatusSite(SiteFolder(settings.site.path, context.workspace), settings.site.url, interval)
