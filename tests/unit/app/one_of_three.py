"""A monitor whose only cluster is polled as one of three, and shows what it shows if it is alone.

The two others are healthy and notify no channel. They stand before and after it in the order of the run and
in that of their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import json

from cluster_status.app.cluster import MonitoredCluster
from cluster_status.domain.history.digests import keyed_digests
from cluster_status.ports import Level, Probe
from cluster_status.render.summary import Summary
from tests.fakes.probe import ONLINE, ScriptedProbe
from tests.fakes.runner import RecordingRunner
from tests.unit.app.monitor import Monitor

_OTHERS = ("a quiet one", "zzz quiet")


class OneOfThree(Monitor):
    def new_runner(self, names: Sequence[str]) -> RecordingRunner:
        return _RunnerOfOne(self.name) if list(names) == [self.name] else RecordingRunner()

    def clusters(self, probes: Mapping[str, Probe]) -> list[MonitoredCluster]:
        given = super().clusters(probes)
        if list(probes) != [self.name]:
            return given
        first, last = (self._quiet(name) for name in _OTHERS)
        return [first, *given, last]

    def _quiet(self, name: str) -> MonitoredCluster:
        digests = keyed_digests(key="a webhook", server=name, login="a login")
        return MonitoredCluster(
            name, ScriptedProbe(self.clock, ONLINE), digests, retries=self.retries, channels=frozenset()
        )


class _RunnerOfOne(RecordingRunner):
    """Shows the outputs, the annotations and the summary of one of the clusters."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def annotate(self, level: Level, text: str) -> None:
        super().annotate(level, text.removeprefix(f"{self._name}: ").replace(" of 3 clusters", ""))

    def publish(self, outputs: Mapping[str, str], summaries: Sequence[Summary]) -> bool:
        clusters: dict[str, dict[str, Any]] = json.decode(outputs["clusters"])
        own = {key.replace("_", "-"): value for key, value in clusters[self._name].items()}
        own["changed"] = "true" if own["changed"] else "false"
        own["clusters"] = json.encode({self._name: clusters[self._name]}).decode()
        del own["nodes"]
        _, *details = summaries
        return super().publish({**outputs, **own}, details)
