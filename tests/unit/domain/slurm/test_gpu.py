import re

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import Gpus
from cluster_status.domain.slurm.commands import GPUS
from cluster_status.domain.slurm.gpu import parse

A100 = "gpu:a100:4(S:0-1)"
WIDTHS = [int(width) for width in re.findall(":([0-9]+)", GPUS.arguments[-1])]


def gpus(*rows: str) -> tuple[Gpus, ...]:
    """Return the GPUs of one partition, from rows without its name."""
    return parse([f"gpu*   {row}" for row in rows], PLAIN)[0].get("gpu", ())


@pytest.mark.parametrize(
    ("state", "idle"),
    [
        ("idle", 8),
        ("idle~", 8),
        ("mixed", 4),
        ("allocated", 0),
        ("reserved", 0),
        ("draining", 0),
        ("down*", 0),
        ("quantum", 0),
    ],
)
def test_a_gpu_is_idle_if_a_new_job_could_use_it(state: str, idle: int) -> None:
    assert gpus(f"2 {state} {A100} gpu:a100:2(IDX:0,3)") == (Gpus("a100", 8, idle),)


def test_rows_are_added_up_by_type() -> None:
    assert gpus(
        "1 mixed gpu:a100:2,gpu:v100:4(S:1),mps:400 gpu:a100:1(IDX:0),gpu:v100:0(IDX:N/A),mps:0",
        "3 idle gpu:v100:1 gpu:v100:0(IDX:N/A)",
        "5 idle (null) (null)",
    ) == (Gpus("a100", 2, 1), Gpus("v100", 7, 7))


@pytest.mark.parametrize("used", ["gpu:(null):3(IDX:0-2)", "gpu:3"])
def test_gpus_may_have_no_type(used: str) -> None:
    assert gpus(f"1 mixed gpu:4 {used}") == (Gpus("", 4, 1),)


@pytest.mark.parametrize("used", ["", "(null)", "gpu:h100:1(IDX:0)"])
def test_without_the_use_the_number_of_idle_gpus_is_unknown(used: str) -> None:
    assert gpus(f"1 mixed {A100} {used}", f"1 idle {A100} {used}") == (Gpus("a100", 8, None),)


@pytest.mark.parametrize("state", ["idle", "down", "allocated"])
def test_where_the_state_determines_it_the_use_is_not_needed(state: str) -> None:
    [found] = gpus(f"1 {state} {A100}")
    assert found.idle is not None


def test_a_node_without_gpus_has_none() -> None:
    assert parse(["batch 8 idle (null) (null)", "gpu 1 idle shard:8 shard:0"], PLAIN) == ({}, {})


def printed(*columns: str) -> str:
    """Return a row as sinfo fills it up and cuts it off."""
    return "".join(column[:width].ljust(width) for column, width in zip(columns, WIDTHS, strict=False))


GOOD = printed("gpu*", "3", "mixed", "gpu:a100:4(S:0-1)", "gpu:a100:1(IDX:0)")
MIG = ",".join(f"gpu:nvidia_a100_80gb_pcie_{size}:7(S:0-1)" for size in ("1g.10gb", "2g.20gb", "3g.40gb")) * 2


@pytest.mark.parametrize(
    "row",
    [
        printed("gpu*", "1", "mixed", MIG, "gpu:a100:1"),
        printed("gpu*", "1", "mixed", MIG),
        printed("gpu*", "1", "mixed", "", "gpu:a100:1"),
        printed("gpu*", "1", "idle"),
        "gpu 1 idle",
        f"gpu 1 idle {'gpu:a100:4,' * 20} gpu:a100:0",
    ],
    ids=["long", "long and without the use", "blank", "blank alone", "not filled up", "long, not filled up"],
)
def test_a_missing_or_long_list_costs_only_the_gpus_of_its_nodes(row: str) -> None:
    assert parse([GOOD, row], PLAIN) == ({"gpu": (Gpus("a100", 12, 9),)}, {"gpu": 1})
    assert parse([row, GOOD], PLAIN) == parse([GOOD, row], PLAIN)


@pytest.mark.parametrize("row", ["", "gpu", f"gpu one idle {A100}", f"gpu 1 idle {A100} {A100} more", "\xff"])
def test_a_row_of_another_format_is_left_out(row: str) -> None:
    assert parse([GOOD, row], PLAIN) == ({"gpu": (Gpus("a100", 12, 9),)}, {})


def test_a_long_list_of_used_gpus_costs_only_their_use() -> None:
    used = f"gpu:a100:4(IDX:{'0,' * 150})"
    row = printed("gpu*", "1", "mixed", "gpu:a100:4", used)
    assert parse([GOOD, row], PLAIN) == ({"gpu": (Gpus("a100", 16, None),)}, {})


def test_a_cluster_without_gpus_has_no_missing_ones() -> None:
    assert parse([printed("batch", "8", "idle")], PLAIN) == ({}, {})
