from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.render.phrases import duration
from tests.property.steady import steady


@steady
@given(st.timedeltas(min_value=timedelta(0)))
def test_a_duration_has_one_or_two_numbers_and_no_zero(length: timedelta) -> None:
    numbers = [int(word) for word in duration(length).split()[::2]]
    assert 1 <= len(numbers) <= 2
    assert all(numbers) or duration(length) == "0 s"
