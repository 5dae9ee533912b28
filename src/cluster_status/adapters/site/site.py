"""The files of the status page."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from cluster_status.adapters.site.folder import SiteFolder
from cluster_status.adapters.site.pages import Pages
from cluster_status.domain.report.report import Report
from cluster_status.render.site import badge, calendar, document, feed

_STATIC = Path(__file__).parent / "static"


class StatusSite:
    """Implements ports.Site. `url` is the address of the page, empty if it is not known."""

    def __init__(self, folder: SiteFolder, url: str, publishing_interval: timedelta) -> None:
        self.publishing_interval = publishing_interval
        self._folder = folder
        self._url = url

    def write(self, reports: Sequence[Report]) -> None:
        self._folder.write(dict(files(reports, self._url)))


def files(reports: Sequence[Report], url: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each file, `status.json` last."""
    pages, several = Pages(), len(reports) > 1
    for name in ("style.css", "app.js"):
        yield name, (_STATIC / name).read_bytes()
    for report in reports:
        page = pages.cluster(report, root="../", several=several)
        yield f"clusters/{report.slug}.html", page.encode()
        yield f"badge-{report.slug}.svg", badge.svg(report).encode()
        yield f"badge-{report.slug}.json", badge.shields(report)
    index = pages.index(reports) if several else pages.cluster(reports[0], root="", several=False)
    yield "index.html", index.encode()
    yield "feed.atom", feed.feed(reports, url).encode()
    yield "maintenance.ics", calendar.calendar(reports)
    yield document.FILE, document.document(reports)
