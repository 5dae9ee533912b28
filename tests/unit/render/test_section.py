from cluster_status.domain.slurm.cluster_state import Details, DrainReason, Gpus
from cluster_status.render.section import Section, sections
from tests.unit.domain.build import NOON, reserved

SINCE = "since 2026-01-31 12:00:00 UTC"


def test_there_are_no_sections_without_details() -> None:
    assert [*sections(None), *sections(Details())] == []


def test_sections_show_all_details_the_most_important_first() -> None:
    details = Details(
        {"gpu": (Gpus("a100", 8, 3), Gpus("", 2, None))},
        (DrainReason("fan", NOON, 1), DrainReason("disk", None, 2, "n[1-2]", "root")),
        (reserved(NOON),),
    )
    until = "2026-01-31 14:00:00 UTC"
    assert list(sections(details)) == [
        Section("Maintenance", (f"4 nodes from 2026-01-31 12:00:00 UTC until {until}: cooling",)),
        Section("Why nodes are out of service", (f"1 node, {SINCE}: fan", "2 nodes (n[1-2]), by root: disk")),
        Section("GPUs", ("gpu: 3 of 8 a100 GPUs idle", "gpu: 2 GPUs, number of idle ones unknown")),
    ]


def test_lines_beyond_the_limit_are_counted() -> None:
    [section] = sections(Details(drain_reasons=(DrainReason("fan", None, 1),) * 60))
    assert len(section.lines) == 51
    assert section.lines[-1] == "… 10 more"


def test_gpus_that_could_not_be_read_are_counted() -> None:
    details = Details({"gpu": (Gpus("a100", 8, 3),)}, unreadable_gpus={"gpu": 1})
    assert list(sections(details)) == [
        Section(
            "GPUs",
            (
                "gpu: 3 of 8 a100 GPUs idle",
                "gpu: GPUs of 1 node not shown, because their list is missing or too long",
            ),
        )
    ]
