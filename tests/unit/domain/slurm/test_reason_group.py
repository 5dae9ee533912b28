from datetime import UTC, datetime, timedelta

from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.slurm.reason_group import ReasonGroup, grouped

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)


def reasons(*drained: DrainReason) -> list[str]:
    return [group.reason for group in grouped(drained)]


def test_without_reasons_there_are_no_groups() -> None:
    assert grouped([]) == ()


def test_nodes_with_one_reason_are_one_group_with_their_newest_and_oldest_time() -> None:
    drained = [
        DrainReason("fan", NOON, 1, "n2", "root", frozenset({"a"})),
        DrainReason("fan", None, 4, "n[4-7]", "root", frozenset({"b"})),
        DrainReason("fan", EARLIER, 1, "n1", "root"),
    ]
    assert grouped(drained) == (
        ReasonGroup("fan", 6, NOON, EARLIER, "n1, n2, n[4-7]", "root", frozenset({"a", "b"})),
    )


def test_reasons_of_two_users_are_two_groups() -> None:
    drained = [DrainReason("fan", NOON, 1, set_by="root"), DrainReason("fan", NOON, 2, set_by="jdoe")]
    assert [(group.set_by, group.nodes) for group in grouped(drained)] == [("jdoe", 2), ("root", 1)]


def test_groups_with_the_most_nodes_are_first() -> None:
    drained = [DrainReason("fan", NOON, 1), DrainReason("disk", NOON, 2), DrainReason("fan", EARLIER, 2)]
    assert reasons(*drained) == ["fan", "disk"]


def test_groups_of_chosen_partitions_are_before_larger_ones() -> None:
    gpu = frozenset({"gpu", "all"})
    drained = [DrainReason("fan", None, 9), DrainReason("disk", None, 1, partitions=gpu)]
    assert [group.reason for group in grouped(drained, first={"gpu"})] == ["disk", "fan"]
    assert [group.reason for group in grouped(drained, first={"cpu"})] == ["fan", "disk"]


def test_the_names_of_many_nodes_are_cut() -> None:
    drained = [DrainReason("fan", NOON, 1, f"node{number:03}") for number in range(300)]
    [group] = grouped(drained)
    assert (group.nodes, len(group.node_names)) == (300, 100)
    assert group.node_names.startswith("node000, node001, ")
    assert group.node_names.endswith("…")


def test_the_order_of_the_rows_does_not_matter() -> None:
    drained = [DrainReason(reason, NOON, 1, name) for reason, name in (("a", "1"), ("b", "2"), ("a", "3"))]
    assert grouped(drained) == grouped(drained[::-1])
