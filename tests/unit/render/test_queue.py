"""Pending jobs as text."""

from cluster_status.domain.slurm.cluster_state import Pending
from cluster_status.render.queue import line, lines
from tests.unit.domain.build import NOON, noon_plus


def test_the_partitions_whose_jobs_ask_for_most_nodes_come_first() -> None:
    pending = {"gpu": Pending(3, 1, NOON), "batch": Pending(120, 300, noon_plus(-3000)), "fat": Pending()}
    assert list(lines(pending, noon_plus(90))) == [
        "batch: 120 for 300 nodes, the oldest for 2 d 3 h",
        "gpu: 3 for 1 node, the oldest for 1 h 30 min",
    ]


def test_one_line_names_five_partitions() -> None:
    pending = {f"p{number}": Pending(1, 10 - number, NOON) for number in range(7)}
    assert line(pending, NOON).endswith("; p4: 1 for 6 nodes, the oldest for 0 s; 2 more")


def test_no_pending_jobs_differ_from_unknown_ones() -> None:
    assert (line({"batch": Pending()}, NOON), line({}, NOON)) == ("none", "")
