"""A cluster moves into a file with several clusters, and back, with the artifacts of GitHub."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cluster_status import wiring
from cluster_status.adapters.history_artifact.archive import pack, unpack, unpack_past
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.past import PastRef
from cluster_status.domain.uptime.roll_up import DAY
from cluster_status.errors import ExitStatus
from cluster_status.ports import Level
from cluster_status.settings import load
from tests.fakes.github import LoopbackGitHub
from tests.fakes.runner import RecordingRunner
from tests.fakes.ssh import HOST, PASSWORD, USER, LoopbackServer, SshServer
from tests.fakes.webhook_receiver import WebhookReceiver
from tests.unit.domain.history.test_past import year_until


class Place:
    """A repository with a workflow that polls one SSH server."""

    def __init__(
        self, github: LoopbackGitHub, server: LoopbackServer, receiver: WebhookReceiver, workspace: Path
    ) -> None:
        self.github = github
        self.receiver = receiver
        self._server = server
        self._workspace = workspace

    def plant_a_year(self) -> None:
        year = Histories().with_entry("alpha", year_until(datetime.now(UTC)))
        self.github.plant("cluster-status-alpha", pack(codec.render(year)))

    def poll_one(self) -> list[str]:
        inputs = {
            "INPUT_CLUSTER-NAME": "alpha",
            "INPUT_CLUSTER-HOST": HOST,
            "INPUT_CLUSTER-PORT": str(self._server.port),
            "INPUT_CLUSTER-USER": USER,
            "INPUT_CLUSTER-PASSWORD": PASSWORD,
            "INPUT_WEBHOOK-URL": self.receiver.url,
        }
        return self._poll(**inputs)

    def poll_several(self) -> list[str]:
        clusters = (
            "channels: {program: {webhook: $HOOK}}\n"
            f"defaults: {{host: {HOST}, port: {self._server.port}, user: {USER}, password: $HPC}}\n"
            "clusters: [{name: alpha}, {name: beta}]\n"
        )
        return self._poll(INPUT_CLUSTERS=clusters, HOOK=self.receiver.url, HPC=PASSWORD)

    def _poll(self, **inputs: str) -> list[str]:
        """Poll once, and return the notices."""
        run = self.github.start_run(permission="write")
        fixed = {"INPUT_GITHUB-TOKEN": run.github_token, "GITHUB_WORKSPACE": str(self._workspace)}
        runner = RecordingRunner()
        assert wiring.run(load.read({**run.environment, **fixed, **inputs}), runner) is ExitStatus.OK
        run.finish()
        return [text for text in runner.of(Level.NOTICE) if "continues" in text]

    def saved(self, name: str) -> Histories:
        copies = [one for one in self.github.artifacts if one.name.removesuffix(".2") == name]
        return codec.parse(unpack(copies[-1].content))

    def forget(self, name: str) -> None:
        for one in {
            one.run.id: one.run for one in self.github.artifacts if one.name.startswith(name)
        }.values():
            self.github.delete_run(one)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with (
        LoopbackGitHub() as github,
        LoopbackServer(SshServer()) as server,
        WebhookReceiver(time.time) as receiver,
    ):
        yield Place(github, server, receiver, tmp_path)


def test_a_cluster_keeps_its_history_in_a_file_with_several_and_back(place: Place) -> None:
    assert place.poll_one() == []
    place.poll_one()
    alpha = place.saved("cluster-status-alpha").of("alpha")
    [continued] = place.poll_several()
    assert "'alpha'" in continued
    several = place.saved("cluster-status-cluster-status")
    assert several.of("alpha").record.polls[:2] == alpha.record.polls
    assert several.of("alpha").ssh.host_key == alpha.ssh.host_key is not None
    assert len(several.of("beta").record.polls) == 1
    assert place.poll_several() == []

    place.forget("cluster-status-alpha")
    [continued] = place.poll_one()
    assert "'cluster-status'" in continued
    assert len(place.saved("cluster-status-alpha").of("alpha").record.polls) == 5


def test_a_moved_cluster_keeps_its_uptime(place: Place) -> None:
    place.plant_a_year()
    place.poll_one()
    place.poll_several()
    *_, whole = place.github.artifacts
    assert whole.name == "cluster-status-cluster-status.2"
    past = codec.parse_past(unpack_past(whole.content))
    assert len(past.clusters["alpha"].days) >= DAY.kept - 3
    place.poll_several()
    *_, small = place.github.artifacts
    assert list(small.files) == ["history.json"]
    assert codec.parse_copy(small.files["history.json"])[1] == PastRef(past.before, whole.id, whole.digest)


def test_a_name_without_a_history_costs_two_lists_at_the_first_poll(place: Place) -> None:
    place.poll_one()
    # to restore, twice for newer histories, and for the other name: two each
    assert place.github.operations.count("list") == 8
