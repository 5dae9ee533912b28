"""Partitions of a cluster, over several polls: each course shows one truth, which is its title."""

import pytest

from tests.courses.catalog import PARTITION_MIXES
from tests.courses.compare import problems
from tests.courses.course import Course


@pytest.mark.parametrize("course", PARTITION_MIXES, ids=lambda course: course.name)
def test_the_channel_gets_what_the_course_says(course: Course) -> None:
    assert problems(course) == [], course.truth
