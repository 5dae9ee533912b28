"""The files of the status page are what their formats require."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]
import icalendar
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from msgspec.structs import replace

import cluster_status
from cluster_status.adapters.site.site import files
from cluster_status.domain.report.report import Finding, Report, ReportedIncident, ReportedMaintenance
from cluster_status.domain.status.cause import Cause, Status
from tests.fakes.reports import NOW, fleet, report

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "status.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
SHIELDS = Draft202012Validator(
    {  # https://shields.io/badges/endpoint-badge
        "type": "object",
        "required": ["schemaVersion", "label", "message"],
        "additionalProperties": False,
        "properties": {
            "schemaVersion": {"const": 1},
            "label": {"type": "string"},
            "message": {"type": "string", "minLength": 1},
            "color": {"type": "string", "pattern": "^[0-9a-f]{6}$"},
            "cacheSeconds": {"type": "integer", "minimum": 300},
        },
    }
)
SOURCE = str(Path(cluster_status.__file__).parents[1])
HOSTILE = "a;b,c\\d\n<b>&\"' " + "ä" * 40
SITE = "https://status.example.org/hpc/"


def written(*reports: Report) -> dict[str, bytes]:
    return dict(files(reports, SITE))


def feed(*reports: Report) -> Any:
    parsed = feedparser.parse(written(*reports)["feed.atom"])
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def test_status_json_fits_its_schema() -> None:
    document = json.loads(written(*fleet())["status.json"])

    assert [fault.message for fault in VALIDATOR.iter_errors(document)] == []
    assert [one["status"] for one in document["clusters"]] == [one.shown.status for one in fleet()]


def test_the_schema_refuses_a_document_of_another_version_or_without_its_times() -> None:
    document = json.loads(written(*fleet())["status.json"])

    assert not VALIDATOR.is_valid(document | {"version": 2})
    assert not VALIDATOR.is_valid({name: value for name, value in document.items() if name != "fresh_until"})
    assert not VALIDATOR.is_valid(document | {"status": "fine"})


def test_what_is_not_known_is_absent_in_status_json() -> None:
    [_, _, offline, _, _] = json.loads(written(*fleet())["status.json"])["clusters"]

    assert {"nodes", "partitions", "gpus"}.isdisjoint(offline)


def test_the_status_of_the_document_is_the_worst_one_and_its_times_are_the_earliest() -> None:
    late = report("late", checked_at=NOW + timedelta(minutes=1), fresh_until=NOW + timedelta(hours=5))
    document = json.loads(written(late, report("early"))["status.json"])

    assert (document["checked_at"], document["fresh_until"]) == (
        "2026-11-28T14:05:00Z",
        "2026-11-28T16:05:00Z",
    )
    assert json.loads(written(*fleet())["status.json"])["status"] == "offline"


def test_the_feed_is_atom_with_a_link_to_the_page_of_each_incident() -> None:
    parsed = feed(report("Levante"), report(HOSTILE))

    assert parsed.version == "atom10"
    assert len(parsed.entries) == 8
    assert all(one.link.startswith(f"{SITE}clusters/") for one in parsed.entries)
    assert [one.updated for one in parsed.entries] == sorted(
        (one.updated for one in parsed.entries), reverse=True
    )


def test_an_incident_keeps_its_id_in_the_feed_and_is_updated_when_it_ends() -> None:
    begin = NOW - timedelta(hours=2)
    one = ReportedIncident("levante-1", Status.OFFLINE, (Cause.TIMEOUT,), begin, None)
    [during] = feed(report(incidents=(one,))).entries
    [later] = feed(report(incidents=(one,), checked_at=NOW + timedelta(hours=1))).entries
    [over] = feed(report(incidents=(replace(one, end=NOW),))).entries

    assert during == later
    assert during.id == over.id
    assert (during.updated, over.updated) == ("2026-11-28T12:05:00Z", "2026-11-28T14:05:00Z")


def test_a_feed_without_incidents_is_valid() -> None:
    assert feed(report(incidents=())).entries == []


def test_the_calendar_has_each_maintenance_window_with_a_stable_id() -> None:
    windows = (
        ReportedMaintenance(NOW, NOW + timedelta(hours=2), 8, all_nodes=True),
        ReportedMaintenance(NOW + timedelta(days=1), None, 2, all_nodes=False, partitions=(HOSTILE,)),
    )
    content = written(report(HOSTILE, maintenance=windows))["maintenance.ics"]
    calendar = icalendar.Calendar.from_ical(content)
    first, second = calendar.walk("VEVENT")

    assert calendar.errors == first.errors == second.errors == []
    assert first.decoded("DTSTART") == datetime(2026, 11, 28, 14, 5, tzinfo=UTC)
    assert first.decoded("DTEND") == datetime(2026, 11, 28, 16, 5, tzinfo=UTC)
    assert second["DESCRIPTION"] == "The end is open."
    assert str(first["UID"]).endswith("-20261128T140500Z@cluster-status")
    assert second["SUMMARY"] == f"{HOSTILE}: maintenance of partition {HOSTILE}"


def test_no_line_of_the_calendar_is_longer_than_its_format_allows() -> None:
    window = ReportedMaintenance(NOW, NOW, 2, all_nodes=False, partitions=("ä" * 64,) * 9)
    content = written(report(HOSTILE, maintenance=(window,)))["maintenance.ics"]

    assert content.endswith(b"END:VCALENDAR\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 75


@pytest.mark.parametrize("status", list(Status))
def test_a_badge_has_the_time_in_its_text(status: Status) -> None:
    one = written(report("Levante", shown=Finding(status)))
    badge = json.loads(one["badge-levante.json"])

    assert [fault.message for fault in SHIELDS.iter_errors(badge)] == []
    assert badge["message"].endswith(" at 14:05 UTC, 28 Nov")
    assert badge["message"].encode() in one["badge-levante.svg"]


def test_a_poll_without_a_status_page_imports_nothing_that_draws_one() -> None:
    drawing = ("jinja2", "cluster_status.adapters.site", "cluster_status.render.site")
    code = f"import cluster_status.wiring, sys; sys.exit(any(n.startswith({drawing}) for n in sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": SOURCE}, check=False).returncode == 0
    )
