"""Parameters of the tests that a run selects, for a fixture that works on all of them in parallel."""

from collections.abc import Iterator
from typing import TypeVar

import pytest

_Parameter = TypeVar("_Parameter")


def selected(request: pytest.FixtureRequest, name: str, of_type: type[_Parameter]) -> Iterator[_Parameter]:
    """Return the values of a parameter in the module that requests the fixture."""
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.path == request.path and hasattr(item, "callspec"):
            value = item.callspec.params.get(name)
            if isinstance(value, of_type):
                yield value
