"""The text of a slurm.conf for a cluster on loopback with all files in one directory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers import port

_CONFIGURATION = """\
ClusterName=loopback
# the one name that Slurm accepts on any machine
SlurmctldHost=localhost({address})
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge_socket}
# Slurm listens on every address; with NoInAddrAny it uses that of the host name, which may not be loopback
MessageTimeout={message_timeout_seconds}
StateSaveLocation={directory}/state
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.%n.pid
SlurmdSpoolDir={directory}/spool.%n
# no accounting and no limits: no cgroups, no database
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
# without this the nodes would be "inval" on a machine with fewer CPUs than they claim
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=1
# with the defaults the first job waits for three seconds
SchedulerParameters=batch_sched_delay=0,bf_interval=1
"""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A line `PartitionName=`; `nodes` in Slurm's format, such as `n[1-4]`."""

    name: str
    nodes: str = "ALL"
    time_limit: str = "1-00:00:00"
    default: bool = False


def default_partitions(node_count: int) -> list[Partition]:
    """Return the default partition with every node, and a short one with half of them."""
    return [
        Partition(name="debug", default=True),
        Partition(name="short", nodes=f"n[1-{max(1, node_count // 2)}]", time_limit="30:00"),
    ]


@dataclass(frozen=True, kw_only=True)
class SlurmConfiguration:
    directory: Path
    munge_socket: Path
    controller_port: int
    node_ports: Mapping[str, int]
    partitions: Sequence[Partition]
    message_timeout_seconds: int
    extra: Sequence[str]

    def render(self) -> str:
        return "".join(
            f"{line}\n" for line in [self._head(), *self.extra, *self._nodes(), *self._partitions()]
        )

    def _head(self) -> str:
        return _CONFIGURATION.format(
            address=port.LOOPBACK,
            directory=self.directory,
            munge_socket=self.munge_socket,
            controller_port=self.controller_port,
            message_timeout_seconds=self.message_timeout_seconds,
        )

    def _nodes(self) -> list[str]:
        return [
            f"NodeName={name} NodeHostname=localhost NodeAddr={port.LOOPBACK} Port={node_port} CPUs=4"
            for name, node_port in self.node_ports.items()
        ]

    def _partitions(self) -> list[str]:
        return [
            f"PartitionName={partition.name} Nodes={partition.nodes} MaxTime={partition.time_limit}"
            f" Default={'YES' if partition.default else 'NO'} State=UP"
            for partition in self.partitions
        ]
