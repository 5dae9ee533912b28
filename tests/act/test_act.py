"""Workflows with the action under act, which keeps the history in its artifact server.

act has no REST API: the loopback GitHub lists what the server stored, and redirects downloads to it.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster_status.adapters.history_artifact.archive import unpack
from cluster_status.domain.history import codec
from demo.cluster import DemoCluster
from tests.act.act import WORKFLOW_FILE, Act
from tests.act.storage import ActStorage
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.image.checkout import check_out
from tests.image.docker import Image

WORKFLOW = """\
on: push
jobs:
  poll:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: poll
        uses: ./
        with:
          cluster-host: {cluster.host}
          cluster-port: {cluster.port}
          cluster-user: {cluster.user}
          cluster-password: ${{{{ secrets.CLUSTER_PASSWORD }}}}
          cluster-host-key: {cluster.host_key}
          cluster-name: mscluster
          discord-webhook: ${{{{ secrets.DISCORD_WEBHOOK }}}}
      - run: echo "statuses=${{{{ steps.poll.outputs.previous-status }}}},$STATUS;"
        env:
          STATUS: ${{{{ steps.poll.outputs.status }}}}
"""
CREATE_REPOSITORY = (
    "init --quiet --initial-branch main",
    "remote add origin https://github.com/octo-org/cluster.git",
    "-c user.name=octocat -c user.email=octocat@example.org commit --quiet --allow-empty --message first",
)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with Image() as built:
        yield built


@pytest.fixture
def checkout(image: Image, tmp_path: Path) -> Path:
    """Return a checkout whose action.yml names the image, as in a release."""
    directory = check_out(tmp_path / "checkout")
    action = directory / "action.yml"
    released, count = re.subn("image: Dockerfile", f"image: docker://{image.name}", action.read_text("utf-8"))
    assert count == 1
    action.write_text(released, "utf-8")
    for command in CREATE_REPOSITORY:
        subprocess.run(["git", *command.split(" ")], cwd=directory, check=True)
    return directory


@pytest.mark.timeout(600)  # it may have to build the image
def test_two_polls_under_act_restore_and_save_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    with Act(checkout, tmp_path / "act") as act, DemoCluster() as cluster, LoopbackDiscord() as discord:
        storage = ActStorage(act.artifacts, act.results_url)
        with LoopbackGitHub(storage=storage) as github:
            logs = []
            for _ in range(2):
                run = github.start_run(event="push", workflow=WORKFLOW_FILE)
                log = act.run(
                    WORKFLOW.format(cluster=cluster),
                    variables={"GITHUB_API_URL": github.api_url, "GITHUB_RUN_ID": str(run.id)},
                    secret={
                        "GITHUB_TOKEN": run.github_token,
                        "CLUSTER_PASSWORD": cluster.password,
                        "DISCORD_WEBHOOK": discord.webhook_url,
                    },
                )
                logs.append(log)
                storage.publish(github, run)
                run.finish()
            archives = [artifact.content for artifact in github.artifacts]
            assert github.operations.count("zip") == 1  # the second poll restored the history of the first
    assert re.findall(r"\| statuses=(.*);", "".join(logs)) == [",online", "online,online"]
    assert not re.findall("::(?:error|warning)::.*", "".join(logs))
    assert len(discord.messages) == 1
    histories = [codec.parse(unpack(archive)) for archive in archives]
    assert [len(history.of("mscluster").record.polls) for history in histories] == [1, 1, 2]
    # the same history gives the same bytes
    assert [codec.render(history) for history in histories] == [unpack(archive) for archive in archives]
