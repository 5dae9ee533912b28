"""The pages in HTML. Jinja2 escapes each value."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cluster_status.domain.report.report import Report, Use
from cluster_status.domain.slurm.cluster_state import Gpus
from cluster_status.domain.status.severity import counted
from cluster_status.render.phrases import duration, percent
from cluster_status.render.site import chart, words
from cluster_status.render.table import time_limit

_TEMPLATES = Path(__file__).parent / "templates"
_PARTITIONS = 20  # more of them are folded
_TAGS = {Use.OUT: "offline", Use.MAINTENANCE: "maintenance"}
_MISSING = {Use.MAINTENANCE: "maintenance", Use.USUALLY_OUT: "gap"}
_FORMATS: dict[str, Callable[[datetime], str]] = {
    "moment": words.moment,
    "at": words.at,
    "clock": words.clock,
    "soon": words.soon,
}


class Pages:
    """Renders the page of each cluster, and the index."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["time"] = _time
        self._templates.filters |= {
            "css": words.css_class,
            "word": words.status_word,
            "sentence": words.sentence,
            "iso": words.iso,
            "incident": words.incident_title,
            "causes": words.causes,
            "scope": words.scope,
            "duration": duration,
            "percent": percent,
            "limit": time_limit,
            "gpus": _all_types,
            "missing": lambda use: _MISSING.get(use, "down"),
            "tag": lambda use: _TAGS.get(use, "unknown"),
            "capitalize_first": lambda text: text[:1].upper() + text[1:],
        }

    def cluster(self, report: Report, *, root: str, several: bool) -> str:
        """Return the page of a cluster; `root` leads from it to the folder of the site."""
        charts = (chart.hours(report), chart.days(report), chart.week(report))
        return self._render(
            "cluster.html",
            title=f"{report.name}: {words.headline(report)}",
            description=words.summary(report),
            root=root,
            several=several,
            checked_at=report.checked_at,
            fresh_until=report.fresh_until,
            report=report,
            gpus=_all_types(report),
            running=bool(report.maintenance) and report.maintenance[0].begin <= report.checked_at,
            strip=chart.strip(report.days),
            charts=[one for one in charts if one],
            partitions=sorted(report.partitions, key=lambda one: (one.use is not Use.OUT, not one.default)),
            most=_PARTITIONS,
        )

    def index(self, reports: Sequence[Report]) -> str:
        """Return the page of all clusters, by group in the order of the first of each."""
        checked_at = min(report.checked_at for report in reports)
        headline = _headline(reports)
        return self._render(
            "index.html",
            title=f"{headline} at {words.at(checked_at)}",
            description=" ".join(f"{one.name}: {words.headline(one)}." for one in reports),
            root="",
            checked_at=checked_at,
            fresh_until=min(report.fresh_until for report in reports),
            counts=headline,
            groups=list(_groups(reports)),
            bars=chart.strip(()).legend,
        )

    def _render(self, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(**values)


def _headline(reports: Sequence[Report]) -> str:
    """Return how many clusters have each status, the worst first."""
    counts = counted(report.shown.status for report in reports)
    parts = [f"{number} {words.status_word(status).lower()}" for status, number in counts]
    if parts[1:]:
        return f"{len(reports)} clusters: {', '.join(parts)}"
    return f"All {len(reports)} clusters {words.status_word(counts[0][0]).lower()}"


def _groups(reports: Sequence[Report]) -> Iterator[tuple[str, list[tuple[Report, chart.Chart]]]]:
    order = {group: number for number, group in enumerate(dict.fromkeys(one.group for one in reports))}
    by_group = sorted(reports, key=lambda one: order[one.group])
    for group, members in groupby(by_group, lambda one: one.group):
        yield group, [(one, chart.strip(one.days)) for one in members]


def _time(at: datetime, form: str = "moment") -> Markup:
    text = _FORMATS[form](at)
    return Markup('<time datetime="{}" data-format="{}">{}</time>').format(words.iso(at), form, text)


def _all_types(report: Report) -> Gpus:
    """Return the GPUs of all types together."""
    known = all(one.idle is not None for one in report.gpus)
    idle = sum(one.idle or 0 for one in report.gpus)
    return Gpus("", sum(one.total for one in report.gpus), idle if known else None)
