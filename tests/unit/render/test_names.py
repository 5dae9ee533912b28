import pytest

from cluster_status.render.names import shortened


def shown(width: int, *names: str) -> list[str]:
    cut = shortened((name, width) for name in names)
    return [cut[name] for name in names]


def test_a_long_name_loses_its_end() -> None:
    assert shown(9, "batch", "long-running") == ["batch", "long-run…"]


@pytest.mark.parametrize(
    ("names", "cut"),
    [
        (("cascadelake-short", "cascadelake-long"), ["casc…hort", "casc…long"]),
        (("standard-h100-40", "standard-h100-80"), ["stan…0-40", "stan…0-80"]),
        (("interactive-cpu", "interactive-gpu"), ["inte…-cpu", "inte…-gpu"]),
    ],
)
def test_long_names_that_begin_alike_lose_their_middle(names: tuple[str, str], cut: list[str]) -> None:
    assert shown(9, *names) == cut


def test_long_names_that_begin_and_end_alike_lose_their_common_prefix() -> None:
    assert shown(9, "project-alpha-nodes", "project-gamma-nodes") == ["…alpha-n…", "…gamma-n…"]


def test_gpu_types_of_one_model_show_their_slice() -> None:
    slices = "nvidia_a100_1g.5gb", "nvidia_a100_1g.10gb", "nvidia_a100_2g.10gb", "nvidia_a100_1g.10gb+me"
    assert shown(14, *slices) == ["nvidia…_1g.5gb", "nvidia…1g.10gb", "nvidia…2g.10gb", "nvidia…10gb+me"]


def test_names_that_cannot_be_shown_differently_are_numbered() -> None:
    assert shown(4, *("n" * length for length in (3, 9, 10, 11))) == ["nnn", "nn…1", "nn…2", "nn…3"]


def test_a_cut_name_differs_from_a_name_that_has_an_ellipsis() -> None:
    assert shown(5, "abcd…", "abcdefgh") == ["abcd…", "ab…gh"]


def test_a_repeated_name_gets_its_smallest_width() -> None:
    assert shortened([("abcdef", 9), ("abcdef", 4), ("abcdef", 6)]) == {"abcdef": "abc…"}
