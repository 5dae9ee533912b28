"""The pages: what they say, that a time stands with it, and that no value is markup."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from msgspec.structs import replace

from cluster_status.adapters.site.pages import Pages
from cluster_status.adapters.site.site import files
from cluster_status.domain.report.report import Finding, Report, ReportedIncident, ReportedMaintenance
from cluster_status.domain.slurm.cluster_state import Gpus
from cluster_status.domain.status.cause import Cause, Status
from tests.fakes.reports import NOW, fleet, report

HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}"\'&</title><script>'
PAGES = Pages()


def page(one: Report) -> str:
    return PAGES.cluster(one, root="../", several=True)


def text(html: str) -> str:
    """Return what a reader sees, with single blanks."""
    body = re.sub(r"<(script|title|svg|details)\b.*?</\1>", " ", html.partition("<body")[2], flags=re.DOTALL)
    return (
        unescape(" ".join(re.sub("<[^>]*>", " ", f"<body{body}").split()))
        .replace(" .", ".")
        .replace(" ,", ",")
    )


def title(html: str) -> str:
    return unescape(re.findall("<title>(.*?)</title>", html)[0])


def test_a_page_says_whether_the_cluster_is_up_why_not_since_when_and_what_is_free() -> None:
    shown = Finding(Status.OFFLINE, Cause.TIMEOUT, "SSH connection timed out", NOW - timedelta(hours=1))
    seen = text(page(report("Levante", shown=shown)))

    assert "Offline at 14:05 UTC on 28 Nov 2026" in seen
    assert "SSH connection timed out. This status began at 13:05 UTC on 28 Nov 2026." in seen
    assert "Idle nodes 37 of 212" in seen
    assert "Next maintenance Wed 2 Dec, 08:05 UTC all nodes" in seen


@pytest.mark.parametrize("status", list(Status))
def test_no_status_stands_without_its_time(status: Status) -> None:
    one = report("Levante", shown=Finding(status), incidents=())
    html = page(one)

    assert title(html).endswith(" at 14:05 UTC on 28 Nov 2026")
    assert re.search(r'property="og:title" content="[^"]* at 14:05 UTC on 28 Nov 2026"', html)
    assert re.search(r'property="og:description" content="[^"]* at 14:05 UTC on 28 Nov 2026', html)
    seen = re.sub(r"(Online|Offline|Degraded|Unknown|In maintenance) at \d\d:\d\d UTC on ", "", text(html))
    seen = seen.replace("Online Degraded Maintenance Offline Not monitored", "")  # the legend
    assert not re.search("online|offline|unknown", seen, re.IGNORECASE)


def test_a_notice_and_the_note_of_a_planned_maintenance_are_shown() -> None:
    window = ReportedMaintenance(NOW, NOW + timedelta(hours=1), 0, all_nodes=True, note="New file system")
    one = report(notice="Scratch is read-only", maintenance=(window,))

    assert "Levante Scratch is read-only Online at" in text(page(one))
    assert "All nodes 28 Nov 2026, 14:05 UTC to 28 Nov 2026, 15:05 UTC (1 h) New file system" in text(
        page(one)
    )
    assert "Scratch is read-only" in text(PAGES.index([one, report("other")]))


def test_a_status_that_is_not_confirmed_is_named_beside_the_confirmed_one() -> None:
    found = Finding(Status.OFFLINE, Cause.TIMEOUT, "SSH connection timed out")
    seen = text(page(report(shown_at=NOW - timedelta(minutes=5), unconfirmed=found)))

    assert "Online at 14:00 UTC on 28 Nov 2026" in seen
    assert (
        "The check at 14:05 UTC on 28 Nov 2026 found: offline (SSH connection timed out). "
        "It is not confirmed yet." in seen
    )


@pytest.mark.parametrize(
    ("until", "end"), [(NOW + timedelta(days=2), "Mon 30 Nov, 14:05 UTC"), (None, "this incident is over")]
)
def test_a_page_says_how_long_a_cluster_is_muted(until: datetime | None, end: str) -> None:
    seen = text(page(report(muted=True, muted_until=until)))
    assert f"No messages are sent until {end}." in seen
    assert "No messages are sent" not in text(page(report()))


def test_an_unknown_status_has_the_last_known_one_beside_it() -> None:
    [*_, unknown] = fleet()

    seen = text(page(unknown))
    assert "The last known status was online. It began at 20:05 UTC on 24 Nov 2026." in seen


def test_what_is_not_known_is_never_shown_as_zero() -> None:
    seen = text(page(report(nodes=None, partitions=(), gpus=(Gpus("a100", 8, None),), maintenance=())))

    assert "Nodes not known" in seen
    assert "Idle GPUs not known of 8" in seen
    assert "Next maintenance none listed" in seen


def test_an_open_maintenance_that_runs_has_no_end() -> None:
    window = ReportedMaintenance(NOW - timedelta(hours=1), None, 8, all_nodes=True)

    assert "Maintenance open end all nodes" in text(page(report(maintenance=(window,))))


def test_the_index_groups_the_clusters_and_counts_their_statuses() -> None:
    html = PAGES.index(fleet())
    seen = text(html)

    assert title(html) == (
        "5 clusters: 1 offline, 1 degraded, 1 unknown, 1 in maintenance, 1 online at 14:05 UTC on 28 Nov 2026"
    )
    assert re.findall("<h2[^>]*>(.*?)</h2>", html) == ["Production", "Teaching and tests"]
    assert (
        seen.index("Production")
        < seen.index("Helix")
        < seen.index("Teaching and tests")
        < seen.index("Binac")
    )


def test_a_single_cluster_has_its_page_as_the_index() -> None:
    written = dict(files([report("Levante")]))

    assert b"<h1>Levante</h1>" in written["index.html"]
    assert b'href="style.css"' in written["index.html"]
    assert b'href="../style.css"' in written["clusters/levante.html"]


def test_hostile_names_are_text_in_every_file() -> None:
    one = report(HOSTILE, group=HOSTILE)
    parts = tuple(replace(part, name=HOSTILE, time_limit=HOSTILE) for part in one.partitions)
    window = ReportedMaintenance(NOW, None, 8, all_nodes=False, partitions=(HOSTILE,), note=HOSTILE)
    incident = ReportedIncident("x-1", Status.DEGRADED, (Cause.PARTITION_DOWN,), NOW, None, (HOSTILE,))
    shown = Finding(Status.DEGRADED, Cause.PARTITION_DOWN, f"no node of {HOSTILE} is in service", NOW)
    one = replace(
        one,
        notice=HOSTILE,
        shown=shown,
        partitions=parts,
        gpus=(Gpus(HOSTILE, 8, 2),),
        maintenance=(window,),
        incidents=(incident,),
    )
    for name, content in files([one, report("other")]):
        if name.endswith((".html", ".svg", ".atom")):
            assert b"<img" not in content, name
            assert b"49" not in re.findall(rb"\{\{ ?7.{5}", content), name
            assert content.count(b"<script") == (1 if name.endswith(".html") else 0), name


def test_no_page_needs_an_inline_style_or_script_or_another_origin() -> None:
    for name, content in files(fleet()):
        if name.endswith(".html"):
            html = content.decode()
            assert not re.findall(r'\sstyle="|<style|\son\w+="|javascript:', html), name
            assert not re.findall(r'(?:src|href)="(?:https?:)?//', html), name
            assert re.findall(r"<script[^>]*>", html) == re.findall(
                r'<script src="[^"]*" defer blocking="render">', html
            ), name


def test_the_same_reports_give_the_same_files() -> None:
    assert dict(files(fleet())) == dict(files(fleet()))


def test_status_json_is_the_last_file() -> None:
    assert [name for name, _ in files(fleet())][-1] == "status.json"
