"""The grammar of conditions: what each line means, and what the error of a wrong one says."""

import pytest

from cluster_status.domain.conditions.grammar import ConditionError, parse

RIGHT = {
    "idle >= 10 in batch": "idle >= 10 in batch",
    "idle>=10 in batch": "idle >= 10 in batch",
    "idle>= 10": "idle >= 10",
    "  idle  >  9   in   batch  ": "idle > 9 in batch",
    "idle <= 3 in batch": "idle <= 3 in batch",
    "idle < 1 in batch": "idle < 1 in batch",
    "idle <= 0": "idle <= 0",
    "idle > 0 in batch": "idle > 0 in batch",
    "allocated < 5": "allocated < 5",
    "allocated >= 32 in batch": "allocated >= 32 in batch",
    "draining > 0": "draining > 0",
    "draining >= 2 in gpu": "draining >= 2 in gpu",
    "down > 4": "down > 4",
    "down >= 1 in gpu": "down >= 1 in gpu",
    "pending < 10 in batch": "pending < 10 in batch",
    "pending <= 0 in batch": "pending <= 0 in batch",
    "gpu >= 1 in gpu": "gpu >= 1 in gpu",
    "gpu:a100 >= 4 in gpu": "gpu:a100 >= 4 in gpu",
    "gpu:a100>=4 in gpu": "gpu:a100 >= 4 in gpu",
    "gpu:nvidia_h100_80gb > 0 in long-gpu": "gpu:nvidia_h100_80gb > 0 in long-gpu",
    "gpu:tesla-v100.32 >= 1 in g": "gpu:tesla-v100.32 >= 1 in g",
    "idle >= 1 in in": "idle >= 1 in in",
    "idle >= 1 in gpu:a100": "idle >= 1 in gpu:a100",
    "idle >= 1 in größe": "idle >= 1 in größe",
    "idle >= 1 in a.b_c-d+e@f%g/h": "idle >= 1 in a.b_c-d+e@f%g/h",
    "idle >= 007": "idle >= 7",
    "idle >= 1000000": "idle >= 1000000",
    "idle\t>=\t2": "idle >= 2",
    "idle >= 1,": "idle >= 1",
    ", idle >= 1": "idle >= 1",
}
_QUANTITIES = "one of idle, allocated, draining, down, pending, gpu"
WRONG = {
    "idel >= 10": "line 1, column 1: expected 'idle', found 'idel'",
    "Idle >= 10": "line 1, column 1: expected 'idle', found 'Idle'",
    "nodes >= 10": f"line 1, column 1: expected {_QUANTITIES}, found 'nodes'",
    ">= 10": f"line 1, column 1: expected {_QUANTITIES}, found '>='",
    "10 <= idle": f"line 1, column 1: expected {_QUANTITIES}, found '10'",
    "idle": "line 1, column 5: expected a comparison, found nothing",
    "idle 10": "line 1, column 6: expected one of >=, <=, >, <, found '10'",
    "idle => 10": "line 1, column 6: expected one of >=, <=, >, <, found '=>'",
    "idle = 10": "line 1, column 6: expected one of >=, <=, >, <, found '='",
    "idle == 10": "line 1, column 6: expected one of >=, <=, >, <, found '=='",
    "idle != 10": "line 1, column 6: expected one of >=, <=, >, <, found '!='",
    "idle ≥ 10": "line 1, column 6: expected one of >=, <=, >, <, found '≥'",
    "idle >=": "line 1, column 8: expected a number, found nothing",
    "idle >= ten": "line 1, column 9: expected a whole number up to 1000000, found 'ten'",
    "idle >= -1": "line 1, column 9: expected a whole number up to 1000000, found '-1'",
    "idle >= 1.5": "line 1, column 9: expected a whole number up to 1000000, found '1.5'",
    "idle >= 50%": "line 1, column 9: expected a whole number up to 1000000, found '50%'",
    "idle >= 1000001": "line 1, column 9: expected a whole number up to 1000000, found '1000001'",
    "idle >= >= 1": "line 1, column 9: expected a whole number up to 1000000, found '>='",
    "idle >= 0": "line 1, column 9: '>= 0' is always true",
    "idle < 0 in batch": "line 1, column 8: '< 0' is never true",
    "idle >= 10 batch": "line 1, column 12: expected 'in' and a partition, found 'batch'",
    "idle >= 10 in": "line 1, column 14: expected a partition, found nothing",
    "idle >= 10 in >": "line 1, column 15: expected the name of a partition, found '>'",
    "idle >= 10 in gpu*": "line 1, column 15: expected the name of a partition, found 'gpu*'",
    "idle >= 10 in batch and down < 2": "line 1, column 21: expected the end of the condition, found 'and'",
    "gpu >= 4": "line 1, column 9: expected 'in' and a partition, because partitions share gpu numbers, "
    "found nothing",
    "gpu: >= 4 in gpu": "line 1, column 1: expected a type after 'gpu:', found 'gpu:'",
    "idle:a100 >= 4 in gpu": "line 1, column 1: expected 'idle' without a colon, found 'idle:a100'",
    "idle >= 1\n\n  down >> 1, idle >= 2": "line 3, column 8: expected one of >=, <=, >, <, found '>>'",
    "idle >= 1, gpu:a100 >= x in gpu": "line 1, column 24: expected a whole number up to 1000000, found 'x'",
}


@pytest.mark.parametrize(("text", "meaning"), RIGHT.items(), ids=RIGHT)
def test_a_right_line_is_a_condition(text: str, meaning: str) -> None:
    assert [str(one) for one in parse(text)] == [meaning]


@pytest.mark.parametrize(("text", "error"), WRONG.items(), ids=WRONG)
def test_the_error_of_a_wrong_line_points_at_the_column(text: str, error: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert str(caught.value) == error


@pytest.mark.parametrize("text", RIGHT)
def test_a_condition_as_it_is_shown_means_the_same(text: str) -> None:
    [condition] = parse(text)
    assert parse(str(condition)) == (condition,)


def test_there_are_30_lines_of_each_kind() -> None:
    assert len(RIGHT) >= 30
    assert len(WRONG) >= 30


def test_the_same_condition_counts_once_and_there_are_at_most_20() -> None:
    assert len(parse("idle >= 1\nidle>=1, down > 2")) == 2
    with pytest.raises(ConditionError, match=r"^set at most 20 conditions$"):
        parse("\n".join(f"idle > {number}" for number in range(1, 22)))
