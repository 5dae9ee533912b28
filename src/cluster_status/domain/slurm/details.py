"""What else is asked where the user wants all details: each question with its reader, in one table."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from cluster_status.domain.slurm import drain_reason, gpu, reservation
from cluster_status.domain.slurm.cluster_state import Details
from cluster_status.domain.slurm.commands import (
    DRAIN_REASONS,
    DRAIN_REASONS_WITH_NAMES,
    GPUS,
    RESERVATIONS,
    Command,
)
from cluster_status.domain.slurm.partition_filter import PartitionFilter

Reader: TypeAlias = Callable[[Details, list[str]], Details]
"""Adds to details what the lines of an answer say; whatever they are, it raises nothing."""


def detail_commands(
    partition_filter: PartitionFilter, partitions: list[str], boundary: str
) -> Iterator[tuple[Command, Reader]]:
    """Yield what is to be asked, of these partitions if the user chose some, what matters most first."""
    chosen = partitions if partition_filter.patterns else []
    names = partition_filter.node_names

    def reservations(details: Details, lines: list[str]) -> Details:
        return replace(details, reservations=reservation.parse(lines, partitions))

    def reasons(details: Details, lines: list[str]) -> Details:
        return replace(details, drain_reasons=drain_reason.parse(lines, boundary, with_names=names))

    def gpus(details: Details, lines: list[str]) -> Details:
        return replace(details, gpus=gpu.parse(lines))

    yield RESERVATIONS, reservations
    yield (DRAIN_REASONS_WITH_NAMES if names else DRAIN_REASONS).of(chosen), reasons
    yield GPUS.of(chosen), gpus
