from cluster_status.domain.interest import Interest

LISTED = ["batch", "gpu-a", "gpu-b", "GPU"]


def test_names_and_globs_choose_in_the_order_of_the_listing() -> None:
    assert Interest(("gpu-?", "batch")).choose(LISTED) == ["batch", "gpu-a", "gpu-b"]


def test_only_what_is_no_glob_names_a_partition() -> None:
    assert Interest(("batch", "gpu*", "gpu-?", "[a-c]*")).named == ("batch",)


def test_what_chooses_nothing_is_known() -> None:
    assert Interest(("gpu*", "fat", "f?t", "batch")).unmatched(LISTED) == ("fat", "f?t")
