"""A history in which each part has something in it, and ways to spoil it."""

import json

from cluster_status.domain.history.codec import render
from cluster_status.domain.history.history import History
from tests.unit.domain.build import EVENTFUL, NOON, delivery_failed, polled

EMPTY = History(cluster="Deep Thought")
"""A history in which nothing has happened."""
RICH = delivery_failed(polled(EMPTY, *EVENTFUL), "webhook-gone", NOON, webhook_gone="digest")
"""One in which each part has something in it."""


def changed(*path: str | int, to: object) -> bytes:
    """Render a rich history with another value in one place."""
    content = json.loads(render(RICH))
    *way, last = path
    place = content
    for name in way:
        place = place[name]
    place[last] = to
    return json.dumps(content).encode()
