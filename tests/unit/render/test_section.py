from cluster_status.domain.slurm.cluster_state import Details, DrainReason, Gpus
from cluster_status.render.section import Section, sections
from tests.unit.domain.build import NOON, reserved

SINCE = "since 2026-01-31 12:00:00 UTC"


def test_nothing_is_told_where_nothing_was_asked_or_is_known() -> None:
    assert [*sections(None), *sections(Details())] == []


def test_all_that_is_known_is_told_with_what_calls_for_attention_first() -> None:
    details = Details(
        {"gpu": (Gpus("a100", 8, 3), Gpus("", 2, None))},
        (DrainReason("fan", NOON, 1), DrainReason("disk", None, 2, "n[1-2]", "root")),
        (reserved(NOON),),
    )
    until = "2026-01-31 14:00:00 UTC"
    assert list(sections(details)) == [
        Section("Maintenance", (f"4 nodes from 2026-01-31 12:00:00 UTC until {until}: cooling",)),
        Section("Why nodes are out of service", (f"1 node, {SINCE}: fan", "2 nodes (n[1-2]), by root: disk")),
        Section("GPUs", ("gpu: 8 a100 in all, 3 free", "gpu: 2 in all, not known how many are free")),
    ]


def test_what_is_too_much_is_counted() -> None:
    [section] = sections(Details(drain_reasons=(DrainReason("fan", None, 1),) * 60))
    assert len(section.lines) == 51
    assert section.lines[-1] == "… 10 more"
