from cluster_status.domain.slurm.partition_filter import PartitionFilter

LISTED = ["batch", "gpu-a", "gpu-b", "GPU"]


def test_names_and_patterns_choose_in_the_order_of_the_listing() -> None:
    assert PartitionFilter(("gpu-?", "batch")).choose(LISTED) == ["batch", "gpu-a", "gpu-b"]


def test_a_pattern_without_wildcards_is_a_name() -> None:
    assert PartitionFilter(("batch", "gpu*", "gpu-?", "[a-c]*")).named == ("batch",)


def test_patterns_without_a_match_are_listed() -> None:
    assert PartitionFilter(("gpu*", "fat", "f?t", "batch")).unmatched_patterns(LISTED) == ("fat", "f?t")
