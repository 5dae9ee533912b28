"""Checks, conditions and mutes, over several polls: each course shows one truth, which is its title."""

import pytest

from tests.courses.catalog import COURSES_OF_THE_USER
from tests.courses.compare import problems
from tests.courses.course import Course


@pytest.mark.parametrize("course", COURSES_OF_THE_USER, ids=lambda course: course.name)
def test_the_channel_gets_what_the_course_says(course: Course) -> None:
    assert problems(course) == [], course.truth
