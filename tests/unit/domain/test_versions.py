"""The recorded output of three versions of Slurm for the same cluster gives the same values."""

from datetime import timedelta
from pathlib import Path

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm import drain_reason, gpu, reservation, sinfo
from cluster_status.domain.slurm.cluster_state import Gpus
from cluster_status.domain.slurm.commands import split_outputs
from tests.unit.domain.build import counts

RECORDINGS = Path(__file__).parents[2] / "data" / "versions"
VERSIONS = sorted(directory for directory in RECORDINGS.iterdir() if directory.is_dir())
NODES = counts(idle=2, allocated=1, down=2)
ODD = "disk | full forged|1 red"

each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda directory: directory.name)


def recorded(version: Path, name: str) -> list[str]:
    return split_outputs((version / f"{name}.txt").read_bytes(), "recorded", 1, PLAIN)[0]


@each_version
def test_the_partitions_are_the_same_in_each_version(version: Path) -> None:
    cluster_state = sinfo.parse((version / "partitions.txt").read_bytes(), "recorded", PLAIN)
    assert [(one.name, one.nodes) for one in cluster_state.partitions] == [
        ("debug", NODES),
        ("fat", counts(idle=2)),
    ]
    assert (cluster_state.nodes, cluster_state.unknown_states) == (NODES, ())


@each_version
def test_chosen_partitions_are_the_same_in_each_version(version: Path) -> None:
    partitions = sinfo.parse_partitions(recorded(version, "hidden"), PLAIN)
    assert sinfo.add_total(partitions, recorded(version, "chosen"), PLAIN).nodes == NODES


@each_version
def test_the_gpus_are_the_same_in_each_version(version: Path) -> None:
    gpus, unreadable = gpu.parse(recorded(version, "gpus"), PLAIN)
    assert gpus == {
        "debug": (Gpus("a100", total=10, idle=5),),
        "fat": (Gpus("a100", total=4, idle=4),),
    }
    assert unreadable == {}


@each_version
def test_the_reasons_are_the_same_in_each_version(version: Path) -> None:
    plain, named = (
        {
            one.reason: one
            for one in drain_reason.parse(
                recorded(version, "reasons"), "recorded", PLAIN, with_names=with_names
            )
        }
        for with_names in (False, True)
    )
    assert plain.keys() == named.keys() == {ODD, "fan"}
    assert all(one.since and one.nodes == 1 and not one.set_by + one.node_names for one in plain.values())
    assert [(named[reason].node_names, named[reason].set_by) for reason in (ODD, "fan")] == [
        ("n2", "root"),
        ("n3", "root"),
    ]


@each_version
def test_the_reservations_are_the_same_in_each_version(version: Path) -> None:
    [found] = [one.reservation for one in reservation.parse(recorded(version, "reservations"), PLAIN).listed]
    assert (found.name, found.nodes, found.end) == ("cooling", 2, found.begin + timedelta(hours=1))
