"""The image, built once a test run, and the servers that its containers use."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo.cluster import DemoCluster
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.image.container import ContainerAction
from tests.image.docker import DockerError, Image
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers import program


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    with ExitStack() as stack:
        try:
            built = stack.enter_context(Image())
        except DockerError as error:
            # not skipped: a test run without the image would show nothing
            pytest.fail(str(error), pytrace=False)
        yield built


@pytest.fixture
def action(image: Image, tmp_path: Path) -> ContainerAction:
    return ContainerAction(image, tmp_path)


@pytest.fixture
def github() -> Iterator[LoopbackGitHub]:
    with LoopbackGitHub() as running:
        yield running


@pytest.fixture
def discord() -> Iterator[LoopbackDiscord]:
    with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    with DemoCluster() as running:
        yield running


@pytest.fixture
def workflow(
    action: ContainerAction, github: LoopbackGitHub, discord: LoopbackDiscord, cluster: DemoCluster
) -> Workflow:
    """Return a workflow that polls the demo cluster, which is fast."""
    login = {
        "cluster-host": cluster.host,
        "cluster-port": str(cluster.port),
        "cluster-user": cluster.user,
        "cluster-password": cluster.password,
        "cluster-host-key": cluster.host_key,
    }
    return Workflow(action, github, discord, login)


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    packages = program.missing_packages()
    if packages or os.geteuid() != 0:
        pytest.fail(
            "a real OpenSSH server and a real Slurm need root and "
            f"`apt-get install --no-install-recommends {' '.join(packages) or '(nothing more)'}`",
            pytrace=False,
        )
    with Site() as running:
        yield running


@pytest.fixture
def site(running_site: Site) -> Site:
    running_site.reset()
    return running_site


@pytest.fixture
def site_workflow(
    action: ContainerAction, github: LoopbackGitHub, discord: LoopbackDiscord, site: Site
) -> Workflow:
    """Return a workflow that polls a real Slurm behind a real OpenSSH server."""
    return Workflow(action, github, discord, site.login)
