import pytest
from msgspec import to_builtins
from msgspec.structs import asdict

from cluster_status.domain.cluster import IN_SERVICE, Bucket, NodeCounts
from tests.unit.domain.build import counts, partition


def test_every_bucket_but_three_is_in_service() -> None:
    assert set(Bucket) - IN_SERVICE == {Bucket.MAINTENANCE, Bucket.UNAVAILABLE, Bucket.UNKNOWN}


@pytest.mark.parametrize("bucket", Bucket)
def test_a_node_counts_in_its_bucket_and_in_the_total_and_nowhere_else(bucket: Bucket) -> None:
    counted = {name: number for name, number in asdict(NodeCounts().plus(bucket, 3)).items() if number}
    assert counted == {"total": 3, bucket.value: 3}


@pytest.mark.parametrize("bucket", Bucket)
def test_a_node_is_either_in_service_or_missing(bucket: Bucket) -> None:
    nodes = NodeCounts().plus(bucket, 3)
    assert (nodes.in_service, nodes.missing) == ((3, 0) if bucket in IN_SERVICE else (0, 3))


def test_a_cluster_that_is_fully_allocated_misses_nothing() -> None:
    nodes = counts(busy=500)
    assert (nodes.in_service, nodes.missing) == (500, 0)


def test_counting_on_leaves_what_was_counted_before() -> None:
    before = counts(free=1)
    before.plus(Bucket.FREE, 1)
    assert before == counts(free=1)


def test_a_partition_counts_its_own_nodes() -> None:
    assert partition(free=1).plus(Bucket.BUSY, 2) == partition(free=1, busy=2)


def test_a_partition_has_the_shape_that_the_output_promises() -> None:
    assert to_builtins(partition("gpu", default=True, free=2, power_saved=1)) == {
        "name": "gpu",
        "default": True,
        "availability": "up",
        "time_limit": "1-00:00:00",
        "nodes": {
            "total": 3,
            "free": 2,
            "busy": 0,
            "held": 0,
            "power_saved": 1,
            "draining": 0,
            "maintenance": 0,
            "unavailable": 0,
            "unknown": 0,
        },
    }
