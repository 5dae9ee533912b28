"""What is asked of Slurm."""

from msgspec import Struct

from cluster_status.domain.slurm.partition_filter import PartitionFilter


class SlurmQuery(Struct, frozen=True):
    partitions: PartitionFilter = PartitionFilter()
    details: bool = False  # also GPUs and drain reasons
    maintenance: bool = True  # also maintenance reservations
    node_names: bool = False  # drain reasons with the names of nodes and of who set them
    timeout_seconds: float = 30.0  # for the state of the cluster
    cluster: str = ""  # name of the cluster at a site with several; empty: that of the head node
    login_only: bool = False  # query nothing
    degraded_below: int = 50  # percent of the nodes in service; below it, also since when nodes are down
