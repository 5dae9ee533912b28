"""A cluster that is one of three in a clusters file is polled and reported as one that is alone."""

import json
from collections.abc import Mapping

import pytest

from cluster_status.domain.notification.event import Event
from cluster_status.domain.status.cause import Status
from cluster_status.render.text import text
from cluster_status.settings.keys import CLUSTER_KEYS
from cluster_status.settings.load import Settings, read
from tests.courses import maintenance_away, maintenance_planned, partitions_lost
from tests.courses.course import Course
from tests.courses.play import Result, play
from tests.courses.site_monitor import SiteMonitor
from tests.unit.app.one_of_three import OneOfThree

COURSES = (
    *maintenance_planned.COURSES,
    *maintenance_away.COURSES,
    *partitions_lost.COURSES,
)
_OTHER = {"host": "other.example.org", "user": "bob", "password": "$CLUSTER_PASSWORD", "channels": []}


class SiteInAFile(OneOfThree, SiteMonitor):
    """Reads the settings from a clusters file, in which the cluster is the middle one of three."""

    def read_settings(self, inputs: Mapping[str, str]) -> Settings:
        keys = {spec.name: key for key, spec in CLUSTER_KEYS.items()}
        own, others, secrets = {}, {}, {}
        for name, value in inputs.items():
            if name not in keys:
                others[f"INPUT_{name.upper()}"] = value
            elif CLUSTER_KEYS[keys[name]].secret:
                secrets[name.upper().replace("-", "_")] = value
                own[keys[name]] = f"${name.upper().replace('-', '_')}"
            else:
                own[keys[name]] = value
        clusters = [{"name": "first", **_OTHER}, own, {"name": "last", **_OTHER}]
        return read({"INPUT_CLUSTERS": json.dumps({"clusters": clusters}, indent=1), **others, **secrets})


def reported(result: Result) -> list[tuple[Status, list[tuple[Event, str]], tuple[str, ...], object]]:
    """Return of each poll the status, the messages, the annotations, and what the history has of it."""
    return [
        (
            poll.status,
            [(one.event, text(one.message)) for one in poll.sent],
            poll.annotations,
            (poll.history.tracker, poll.history.record, poll.history.partitions),
        )
        for played in result.steps
        for poll in played.polls
    ]


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course.name)
def test_a_cluster_in_a_file_is_reported_as_one_that_is_alone(course: Course) -> None:
    assert reported(play(course, SiteInAFile)) == reported(play(course))
