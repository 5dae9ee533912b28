"""A history in which each part has something in it, and ways to spoil it."""

import json

from cluster_status.domain.history.codec import render
from cluster_status.domain.history.history import Histories, History
from tests.unit.domain.build import EVENTFUL, NOON, delivery_failed, polled

NAME = "deep thought"
EMPTY = History()
"""A history in which nothing has happened."""
RICH = delivery_failed(polled(EMPTY, *EVENTFUL), "webhook-gone", NOON, gone="digest")
"""One in which each part has something in it."""


def stored(history: History) -> Histories:
    """Return the document that holds this history alone."""
    return Histories(clusters={NAME: history})


def changed(*path: str | int, to: object) -> bytes:
    """Render a rich history with another value in one place of its entry."""
    content = json.loads(render(stored(RICH)))
    *way, last = path
    place = content["clusters"][NAME]
    for name in way:
        place = place[name]
    place[last] = to
    return json.dumps(content).encode()
