from datetime import UTC, datetime
from typing import Any

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.slurm.drain_reason import instant, parse

BOUNDARY = "f4a3e"
MORNING = datetime(2026, 1, 31, 8, tzinfo=UTC)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def reasons(*records: str, **options: Any) -> tuple[DrainReason, ...]:
    lines = "\n".join(f"{BOUNDARY}|{record}" for record in records).split("\n")
    return parse(lines, BOUNDARY, PLAIN, **{"with_names": False, **options})


def test_reasons_are_sorted_newest_first_and_those_without_a_time_last() -> None:
    assert reasons(
        "1|2026-01-31T08:00:00|root|n1|fan", "2|Unknown|root|n[2-3]|old", "3|2026-01-31T12:00:00|jdoe|n4|disk"
    ) == (
        DrainReason("disk", NOON, 3),
        DrainReason("fan", MORNING, 1),
        DrainReason("old", None, 2),
    )


def test_names_of_nodes_and_of_who_set_them_are_read_if_they_were_requested() -> None:
    [found] = reasons("2|2026-01-31T12:00:00|root(0)|n[1-2]|fan | disk", with_names=True)
    assert found == DrainReason("fan | disk", NOON, 2, "n[1-2]", "root(0)")


def test_a_reason_has_the_partitions_of_its_nodes() -> None:
    nodes = {"debug": frozenset({"n1", "n2"}), "gpu": frozenset({"n2"})}
    found = reasons(
        "1|Unknown|root|n1|a", "2|Unknown|root|n[1-2]|b", "1|Unknown|root|n[|c", partition_nodes=nodes
    )
    assert [one.partitions for one in found] == [{"debug"}, {"debug", "gpu"}, set()]
    assert {one.node_names for one in found} == {""}


def test_a_reason_is_one_cleaned_line() -> None:
    [found] = reasons(
        f"1|2026-01-31T12:00:00|root|n1|a|b\nbatch*|up|infinite|99|idle\n{BOUNDARY}\n\x1b[31m{'x' * 999}"
    )
    assert found.reason.startswith(f"a|b batch*|up|infinite|99|idle {BOUNDARY} xxx")
    assert len(found.reason) == 300


@pytest.mark.parametrize(
    "record", ["", "1", "1|2026-01-31T12:00:00|root|n1", "one|2026-01-31T12:00:00|root|n1|fan"]
)
def test_a_record_of_another_format_is_left_out(record: str) -> None:
    assert reasons(record, "1|Unknown|root|n1|fan") == (DrainReason("fan", None, 1),)


def test_text_before_the_first_record_is_ignored() -> None:
    assert parse(["1|Unknown|root|n1|fan"], BOUNDARY, PLAIN, with_names=False) == ()


@pytest.mark.parametrize("written", ["", "Unknown", "2026-13-01T00:00:00", "20 Jan 08:00", "01/31-12:00:00"])
def test_a_time_in_another_format_is_unknown(written: str) -> None:
    assert instant(written) is None
