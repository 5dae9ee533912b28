from cluster_status.domain.slurm.partition_filter import PartitionFilter

LISTED = ["batch", "gpu-a", "gpu-b", "GPU"]


def test_names_and_globs_choose_in_the_order_of_the_listing() -> None:
    assert PartitionFilter(("gpu-?", "batch")).choose(LISTED) == ["batch", "gpu-a", "gpu-b"]


def test_only_what_is_no_glob_names_a_partition() -> None:
    assert PartitionFilter(("batch", "gpu*", "gpu-?", "[a-c]*")).named == ("batch",)


def test_what_chooses_nothing_is_known() -> None:
    assert PartitionFilter(("gpu*", "fat", "f?t", "batch")).unmatched_patterns(LISTED) == ("fat", "f?t")
