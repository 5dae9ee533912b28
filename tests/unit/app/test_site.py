"""The status page of a run: when it is written, when it is worth publishing, and what it never shows."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cluster_status.adapters.site.folder import LIST, SiteFolder
from cluster_status.adapters.site.site import StatusSite
from cluster_status.domain.notification.mute import MuteRequest
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    MaintenanceListing,
    Reservation,
)
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeResult
from cluster_status.errors import ExitStatus
from tests.unit.app.monitor import Monitor
from tests.unit.domain.build import failed, listed, partition

ONLINE, REFUSED, TIMEOUT = listed(idle=8), failed(Cause.REFUSED), failed(Cause.TIMEOUT)


@pytest.fixture
def site(tmp_path: Path, monitor: Monitor) -> Path:
    """Return the folder of the status page of the monitor."""
    monitor.page = StatusSite(SiteFolder("site", tmp_path), "", timedelta(hours=1))
    return tmp_path / "site"


def status(site: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((site / "status.json").read_bytes())
    return content


def of_cluster(site: Path) -> dict[str, Any]:
    [found] = [one for one in status(site)["clusters"] if one["name"] == "mscluster"]
    return dict(found)


def test_each_poll_writes_the_page(monitor: Monitor, site: Path) -> None:
    monitor.poll(ONLINE)
    assert status(site)["status"] == "online"
    monitor.poll(REFUSED)
    assert status(site)["status"] == "offline"
    assert of_cluster(site)["cause"] == "refused"


def test_a_run_without_a_status_page_has_the_output_false(monitor: Monitor) -> None:
    assert monitor.poll(ONLINE).outputs["site-changed"] == "false"


def test_a_page_is_worth_publishing_when_its_content_changes_but_not_its_numbers(
    monitor: Monitor, site: Path
) -> None:
    results = [ONLINE, ONLINE, listed(idle=3, allocated=5), REFUSED, REFUSED, REFUSED]
    changed = [monitor.poll(result).outputs["site-changed"] for result in results]

    assert changed == ["true", "true", "false", "true", "true", "false"]
    assert of_cluster(site)["cause"] == "refused"


def test_the_first_run_with_a_page_says_that_it_is_public(monitor: Monitor, site: Path) -> None:
    first, second = monitor.poll(ONLINE).notices, monitor.poll(ONLINE).notices

    assert site.exists()
    assert [text for text in first if "public" in text]
    assert not second


def test_the_page_shows_a_mute_until_its_end(monitor: Monitor, site: Path) -> None:
    until = monitor.clock.now() + timedelta(minutes=12)
    monitor.mute = MuteRequest(until)
    changed = [monitor.poll(ONLINE).outputs["site-changed"]]
    assert of_cluster(site)["muted_until"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    changed += [monitor.poll(ONLINE).outputs["site-changed"] for _ in range(3)]
    assert "muted_until" not in of_cluster(site)
    assert changed == ["true", "true", "true", "true"]


def test_the_page_shows_no_mute_whose_time_is_over(monitor: Monitor, site: Path) -> None:
    monitor.mute = MuteRequest(monitor.clock.now() + timedelta(minutes=7))
    monitor.poll(ONLINE)
    monitor.poll(failed(Cause.SINFO_FAILED))
    assert monitor.store.history.mute
    assert "muted_until" not in of_cluster(site)


def test_a_check_writes_no_page(monitor: Monitor, site: Path) -> None:
    monitor.check(ONLINE)
    assert not site.exists()


def test_without_the_history_the_page_stays_as_it_is(monitor: Monitor, site: Path) -> None:
    monitor.poll(ONLINE)
    before = (site / "status.json").read_bytes()
    monitor.store.content = b"{"
    run = monitor.poll(REFUSED)

    assert run.exit_status is ExitStatus.HISTORY
    assert run.outputs["site-changed"] == "false"
    assert (site / "status.json").read_bytes() == before


def test_a_page_that_cannot_be_written_fails_the_run_after_its_messages(monitor: Monitor, site: Path) -> None:
    site.mkdir()
    (site / "mine.txt").touch()
    run = monitor.poll(ONLINE)

    assert run.exit_status is ExitStatus.SITE
    assert run.headlines == ["mscluster is online"]
    assert run.outputs["site-changed"] == "false"
    assert any(LIST in error for error in run.errors)


def test_the_page_shows_all_clusters(monitor: Monitor, site: Path) -> None:
    monitor.poll_all({"Alpha": [ONLINE], "Beta": [REFUSED]})

    assert [one["name"] for one in status(site)["clusters"]] == ["Alpha", "Beta"]
    assert {path.name for path in (site / "clusters").iterdir()} == {"alpha.html", "beta.html"}


def test_messages_link_to_the_page_of_the_cluster(monitor: Monitor) -> None:
    monitor.page_url = "https://status.example.org/"

    assert monitor.poll(ONLINE).messages[0].page == "https://status.example.org/clusters/mscluster.html"


def test_the_site_never_shows_what_only_users_of_the_cluster_may_see(monitor: Monitor, site: Path) -> None:
    canaries = ("canary-reason", "canary-node", "canary-admin", "canary-reservation", "canary-detail")
    failure = failed(Cause.SINFO_FAILED, "canary-detail: 192.0.2.7 of alice@head.example.org")
    for result in (_secretive(), failure, _secretive()):
        monitor.poll(result)
        texts = {path: path.read_text() for path in site.rglob("*") if path.is_file()}
        assert len(texts) >= 10
        assert '"maintenance":[{"start"' in texts[site / "status.json"]
        for path, text in texts.items():
            for canary in (*canaries, "head.example.org", "192.0.2.7", "alice", "CANARY"):
                assert canary not in text, path


def _secretive() -> ProbeResult:
    """Return a listing with everything that the input show-nodes asks for."""
    names = frozenset({"canary-node1", "canary-node2"})
    begin = Monitor().clock.now() + timedelta(hours=3)
    result = listed(partition(default=True, idle=6, down=2), idle=6, down=2)
    assert isinstance(result.outcome, ClusterState)
    state = replace(
        result.outcome,
        details=Details(
            {"batch": (Gpus("a100", 8, 2),)},
            (DrainReason("canary-reason", begin, 2, "canary-node[1-2]", "canary-admin"),),
        ),
        maintenance=MaintenanceListing(
            (Reservation("canary-reservation", begin, begin + timedelta(hours=2), 8, names, all_nodes=True),)
        ),
        partition_nodes={"batch": names},
        ignored_clusters="CANARY",
    )
    return replace(result, outcome=state, warnings=("canary-detail",), notices=("canary-detail",))
