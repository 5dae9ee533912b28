"""Three versions of Slurm list the same reservations, names of nodes and nodes out of service."""

from datetime import timedelta
from pathlib import Path

import pytest

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm import drain_reason, node_set, out_of_service, reservation
from cluster_status.domain.slurm.cluster_state import Reservation
from cluster_status.domain.slurm.commands import split_outputs

RECORDINGS = Path(__file__).parents[2] / "data" / "maintenance"
VERSIONS = sorted(directory for directory in RECORDINGS.iterdir() if directory.is_dir())
LISTED = ("debug", "gpu", "empty")
CHOSEN = ("gpu", "hid", "empty")
HOUR = timedelta(hours=1)

each_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda directory: directory.name)


def recorded(version: Path, name: str) -> list[str]:
    return split_outputs((version / f"{name}.txt").read_bytes(), "recorded", 1, PLAIN)[0]


def reservations(version: Path, *chosen: str) -> dict[str, Reservation]:
    """Return the reservations by name, in the listed or in the chosen partitions."""
    names = recorded(version, "nodes-chosen" if chosen else "nodes")
    listing = reservation.parse(recorded(version, "reservations"), PLAIN)
    assert listing.error == ""
    nodes = node_set.parse(names, chosen or LISTED, PLAIN)
    found = reservation.in_partitions(listing.listed, nodes, chosen=chosen, total=8)
    return {one.name: one for one in found}


@each_version
def test_the_reservations_for_maintenance_have_their_nodes_in_the_listed_partitions(version: Path) -> None:
    found = reservations(version)
    assert {name: one.nodes for name, one in found.items()} == {
        "cooling": 2,
        "open": 1,
        "daily": 1,
        "weekly": 3,  # n1, n3 and n5; n6 and n7 are in the hidden partition
        "everything": 5,
        "root_only": 5,
        "one_partition": 2,
    }
    assert found["weekly"].node_names == {"n1", "n3", "n5"}
    assert {name for name, one in found.items() if one.recurring} == {"daily", "weekly"}
    assert {name for name, one in found.items() if one.all_nodes} == {"everything", "root_only"}
    assert {one.end and one.end - one.begin for name, one in found.items() if name != "open"} == {HOUR}
    assert found["open"].end is None


@each_version
def test_chosen_partitions_have_the_reservations_of_their_nodes(version: Path) -> None:
    found = reservations(version, *CHOSEN)
    assert {name: one.nodes for name, one in found.items()} == {
        "cooling": 2,
        "backstage": 3,
        "weekly": 4,
        "everything": 6,
        "root_only": 6,
        "one_partition": 2,
    }


@each_version
def test_a_node_in_several_partitions_is_out_of_service_once(version: Path) -> None:
    assert sum(nodes for _, nodes in out_of_service.parse(recorded(version, "out-of-service"))) == 3
    chosen = out_of_service.parse(recorded(version, "out-of-service-chosen"))
    assert sum(nodes for _, nodes in chosen) == 4
    assert len(chosen) == 1  # they were all set down or drained in the same second


@each_version
def test_drain_reasons_have_the_partitions_of_their_nodes(version: Path) -> None:
    nodes = node_set.parse(recorded(version, "nodes"), LISTED, PLAIN)
    reasons = drain_reason.parse(
        recorded(version, "reasons"), "recorded", PLAIN, with_names=False, partition_nodes=nodes
    )
    assert {one.reason: one.partitions for one in reasons} == {"fan": {"debug", "gpu"}, "x|y": {"gpu"}}
