"""Settings of Hypothesis for fast tests with the same examples in each run."""

from hypothesis import settings

steady = settings(max_examples=30, derandomize=True, database=None, deadline=None)
"""For values that are fast to draw."""

steady_courses = settings(steady, max_examples=20)
"""For sequences of polls."""
