"""The SSH target of a cluster, for tests that do not use a local one."""

from cluster_status.domain.ssh.target import SshTarget
from cluster_status.settings.clusters import Cluster


def ssh_target(cluster: Cluster) -> SshTarget:
    assert isinstance(cluster.target, SshTarget)
    return cluster.target
