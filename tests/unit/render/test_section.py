from msgspec.structs import replace

from cluster_status.domain.maintenance.plan import PlannedWindow
from cluster_status.domain.slurm.cluster_state import (
    ClusterState,
    Details,
    DrainReason,
    Gpus,
    MaintenanceListing,
    Partition,
)
from cluster_status.render.section import Section, sections
from tests.unit.domain.build import NOON, noon_plus, partition, reserved
from tests.unit.domain.maintenance.site import GPU, cpus, reserves, site

SINCE = "since 2026-01-31 12:00:00 UTC"


def detailed(details: Details, *partitions: Partition) -> ClusterState:
    return ClusterState(partitions, details=details)


def test_there_are_no_sections_without_details() -> None:
    assert [*sections(None), *sections(ClusterState()), *sections(detailed(Details()))] == []


def test_sections_show_all_details_the_most_important_first() -> None:
    details = Details(
        {"gpu": (Gpus("a100", 8, 3), Gpus("", 2, None))},
        (DrainReason("fan", NOON, 1), DrainReason("disk", None, 2, "n[1-2]", "root")),
    )
    without_end = replace(reserved(NOON, nodes=1, name="power"), end=None)
    maintenance = MaintenanceListing((reserved(NOON), without_end))
    begin, until = "2026-01-31 12:00:00 UTC", "2026-01-31 14:00:00 UTC"
    assert list(sections(replace(detailed(details), maintenance=maintenance))) == [
        Section(
            "Maintenance", (f"4 nodes from {begin} until {until}: cooling", f"1 node from {begin}: power")
        ),
        Section("Why nodes are out of service", ("2 nodes (n[1-2]): disk, by root", f"1 node: fan, {SINCE}")),
        Section("GPUs", ("gpu: 3 of 8 a100 GPUs idle", "gpu: 2 GPUs, number of idle ones unknown")),
    ]


def test_planned_windows_are_shown_with_or_without_a_cluster_state() -> None:
    planned = (PlannedWindow(NOON, noon_plus(60), "Cooling"), PlannedWindow(noon_plus(90), noon_plus(120)))
    lines = (
        "planned from 2026-01-31 12:00:00 UTC until 2026-01-31 13:00:00 UTC: Cooling",
        "planned from 2026-01-31 13:30:00 UTC until 2026-01-31 14:00:00 UTC",
    )
    assert [*sections(None, planned=planned)] == [Section("Maintenance", lines)]
    state = ClusterState(maintenance=MaintenanceListing((reserved(NOON),)))
    [section] = sections(state, planned=planned)
    assert section.lines[:2] == lines
    assert len(section.lines) == 3


def test_nodes_that_are_reserved_one_after_another_are_one_line() -> None:
    rolling = [reserves(number, number + 1, cpus(number, number)) for number in range(1, 4)]
    state = site(*rolling, reserves(30, 31, GPU))
    [section] = sections(state)
    assert section.lines == (
        "3 nodes, at most 1 at a time, from 2026-01-31 13:00:00 UTC until 2026-01-31 16:00:00 UTC",
        "4 nodes from 2026-02-01 18:00:00 UTC until 2026-02-01 19:00:00 UTC: cooling",
    )


def test_lines_beyond_the_limit_are_counted() -> None:
    reasons = tuple(DrainReason(f"fan {number}", None, 1) for number in range(60))
    [section] = sections(detailed(Details(drain_reasons=reasons)))
    assert len(section.lines) == 51
    assert section.lines[-1] == "… 10 more"


def test_gpus_that_could_not_be_read_are_counted() -> None:
    details = Details({"gpu": (Gpus("a100", 8, 3),)}, unreadable_gpus={"gpu": 1})
    assert list(sections(detailed(details))) == [
        Section(
            "GPUs",
            (
                "gpu: 3 of 8 a100 GPUs idle",
                "gpu: GPUs of 1 node not shown, because their list is missing or too long",
            ),
        )
    ]


def test_idle_gpus_of_a_partition_that_is_not_up_are_not_shown() -> None:
    state = detailed(Details({"gpu": (Gpus("a100", 8, 3),)}), partition("gpu", availability="drain"))
    assert list(sections(state)) == [Section("GPUs", ("gpu: 8 a100 GPUs, partition is drain",))]


def test_nodes_with_one_reason_are_one_line_with_the_first_and_the_last_time() -> None:
    reasons = (DrainReason("fan", noon_plus(9), 1), DrainReason("disk", NOON, 1), DrainReason("fan", NOON, 2))
    [section] = sections(detailed(Details(drain_reasons=reasons)))
    assert section.lines == (
        "3 nodes: fan, set between 2026-01-31 12:00:00 UTC and 2026-01-31 12:09:00 UTC",
        f"1 node: disk, {SINCE}",
    )


def test_reasons_of_lost_partitions_come_first() -> None:
    reasons = (DrainReason("fan", None, 9), DrainReason("disk", None, 1, partitions=frozenset({"gpu"})))
    [section] = sections(detailed(Details(drain_reasons=reasons)), lost=("gpu",))
    assert section.lines == ("1 node: disk", "9 nodes: fan")
