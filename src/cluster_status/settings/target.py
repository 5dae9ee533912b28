"""Where the commands of a cluster run: on its head node over SSH, or on this machine."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from cluster_status.domain.local_target import LocalTarget
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.target import Credentials, SshTarget
from cluster_status.settings import inputs
from cluster_status.settings.given import Given
from cluster_status.settings.inputs import Input

Target: TypeAlias = SshTarget | LocalTarget

IN_CONTAINER = (
    "cannot be local in the action's container, which has no Slurm: see docs/without-github.md for a poll "
    "without GitHub Actions"
)
_LOCAL = "local"
_OF_A_LOGIN: tuple[Input[Any], ...] = (
    inputs.CLUSTER_USER,
    inputs.CLUSTER_PASSWORD,
    inputs.CLUSTER_KEY,
    inputs.CLUSTER_KEY_PASSPHRASE,
    inputs.CLUSTER_PORT,
    inputs.CLUSTER_HOST_KEY,
    inputs.CLUSTER_JUMP,
    inputs.CLUSTER_CONNECT_TIMEOUT,
)


def is_local(given: Given) -> bool:
    return given.value(inputs.CLUSTER_HOST).lower() == _LOCAL


def read_local_target(
    given: Given, sets: Callable[[Input[Any]], bool], environ: Mapping[str, str], *, in_container: bool
) -> LocalTarget:
    """Read the target of a cluster whose host is local.

    `sets` returns whether the cluster itself has an input. One of a login is then a mistake, but not one that
    it shares with other clusters.
    """
    for spec in filter(sets, _OF_A_LOGIN):
        given.add_problem(spec, "cannot be set with the host local, which needs no login: remove it")
    has_checks = given.has(inputs.CHECK_PATHS) or given.has(inputs.CHECKS)
    if given.value(inputs.SCHEDULER) == "none" and not has_checks:
        given.add_problem(
            inputs.SCHEDULER,
            "cannot be none with the host local: there is no login to check. Set check-paths or checks",
        )
    if in_container:
        given.add_problem(inputs.CLUSTER_HOST, IN_CONTAINER)
    return LocalTarget(home=environ.get("HOME", ""))


def read_ssh_target(given: Given, *, needed: bool) -> SshTarget:
    """Read the route and the credentials; if they are not needed, both may be incomplete."""
    required = given.required if needed else given.value
    password = given.value if given.has(inputs.CLUSTER_KEY) else required
    head_node = Endpoint(
        user=required(inputs.CLUSTER_USER),
        host=required(inputs.CLUSTER_HOST),
        port=given.value(inputs.CLUSTER_PORT),
    )
    jump = given.value(inputs.CLUSTER_JUMP)
    return SshTarget(
        route=(jump, head_node) if jump else (head_node,),
        credentials=Credentials(
            password=password(inputs.CLUSTER_PASSWORD),
            key=given.value(inputs.CLUSTER_KEY),
            key_passphrase=given.value(inputs.CLUSTER_KEY_PASSPHRASE),
        ),
        pins=given.value(inputs.CLUSTER_HOST_KEY),
        connect_timeout_seconds=given.value(inputs.CLUSTER_CONNECT_TIMEOUT),
    )
