import pytest

from cluster_status.domain.slurm.hostlist import MOST_NAMES, HostLists, expand


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ""),
        ("login1", "login1"),
        ("n[1,3]", "n1 n3"),
        ("n[01-03,15]", "n01 n02 n03 n15"),
        ("n[08-11]", "n08 n09 n10 n11"),
        ("n[99-101]", "n99 n100 n101"),
        ("n[001-2]", "n001 n002"),
        ("a1,gpu[1-2]n[3-4],b.example", "a1 gpu1n3 gpu1n4 gpu2n3 gpu2n4 b.example"),
        ("n[1-2][3-4]", "n13 n14 n23 n24"),
        ("n[1-2]-ib,n1-ib", "n1-ib n2-ib"),
    ],
)
def test_a_list_stands_for_these_names(text: str, names: str) -> None:
    assert expand(text) == frozenset(names.split())


@pytest.mark.parametrize(
    "text",
    [
        "n[1",
        "n1]",
        "n[]",
        "n[3-1]",
        "n[1-2,a]",
        "n[1-]",
        "n[-1]",
        "n[[1]]",
        "a,,b",
        ",a",
        "a,",
        "a b",
        "(null)",
    ],
)
def test_a_malformed_list_has_no_names(text: str) -> None:
    assert expand(text) is None


@pytest.mark.parametrize(
    "text", ["n[1-100001]", "n[1-999999999999999999]", "n[0-9]" * 6, "n[1-60000],m[1-60000]", "a[1]" * 200]
)
def test_a_list_with_too_many_or_too_long_names_is_not_expanded(text: str) -> None:
    assert expand(text) is None


def test_equal_lists_share_one_set_and_all_together_are_bounded() -> None:
    lists = HostLists()
    assert lists.expand("n[1-9]") is lists.expand("n[1-9]")
    sizes = [len(lists.expand(f"{name}[1-{MOST_NAMES}]") or ()) for name in "abcdef"]
    assert sizes[:2] == [MOST_NAMES, MOST_NAMES]
    assert sizes[-1] == 0
    assert lists.expand("n[1-9]") is not None
