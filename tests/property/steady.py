"""Property tests that are quick, and find the same thing every time."""

from hypothesis import settings

steady = settings(max_examples=30, derandomize=True, database=None, deadline=None)
"""For values that are quick to draw."""

steady_courses = settings(steady, max_examples=20)
"""For whole courses of polls."""
