"""The Markdown of several clusters, and its links."""

import pytest

from cluster_status.domain.slurm.cluster_state import Partition
from cluster_status.domain.status.cause import Status
from cluster_status.render.markdown import markdown, together
from cluster_status.render.overview import ClusterRow
from cluster_status.render.summary import Summary, overview

MEBIBYTE = 1024 * 1024
ROWS = [ClusterRow("a|b", Status.ONLINE, "8 of 8", "99.5 %", page="https://example.org/a_(1).html")]


def offline(name: str, *, facts: int = 0) -> Summary:
    return Summary(Status.OFFLINE, f"{name} is offline", ("x" * facts,) if facts else (), ())


def test_a_cluster_links_to_its_page_and_the_run_to_the_site() -> None:
    link, table = markdown(overview(ROWS, page="https://example.org/")).split("\n\n")[1:]
    assert link == "[Status page](https://example.org/)"
    assert table == (
        "| Cluster | Status | Nodes | Up, 30 d | Since |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| [a\\|b](https://example.org/a_%281%29.html) | 🟢 online | 8 of 8 | 99.5 % | - |\n"
    )


def test_without_a_site_a_cluster_has_no_link() -> None:
    assert "](" not in markdown(overview([ClusterRow("a", Status.ONLINE)]))


def test_clusters_that_do_not_fit_are_counted_and_none_is_cut() -> None:
    clusters = [offline(f"cluster-{number}", facts=2_000) for number in range(1_000)]
    shown = together(clusters, 1_000_000)

    assert len(shown.encode()) <= 1_000_000
    assert shown.count("x" * 2_000) == shown.count("### ")
    left = 1_000 - shown.count("### ")
    assert left > 0
    assert shown.endswith(
        f"Clusters without details here: {left}, because GitHub limits the size of a summary.\n"
    )


@pytest.mark.parametrize("name", ["p", "|" * 60, "é" * 60])
def test_partitions_that_do_not_fit_are_counted_in_the_table(name: str) -> None:
    partitions = tuple(
        Partition(f"{name}{number}", default=False, availability="up", time_limit="1:00:00")
        for number in range(5_000)
    )
    shown = markdown(Summary(Status.ONLINE, "up", (), partitions))
    assert len(shown.encode()) < MEBIBYTE / 4
    table = shown.split("\n\n")[1].splitlines()
    rows = [line for line in table if line.startswith("| ")]
    assert table[-1] == f"… {5_000 - len(rows) + 2} more"
