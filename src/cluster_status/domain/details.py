"""What else is asked where the user wants all details: each question with its reader, in one table."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from cluster_status.domain import drain_reason, gpu, reservation
from cluster_status.domain.cluster import Details
from cluster_status.domain.interest import Interest
from cluster_status.domain.question import (
    DRAIN_REASONS,
    DRAIN_REASONS_WITH_NAMES,
    GPUS,
    RESERVATIONS,
    Question,
)

Reader: TypeAlias = Callable[[Details, list[str]], Details]
"""Adds to details what the lines of an answer say; whatever they are, it raises nothing."""


def enquiries(interest: Interest, partitions: list[str], frame: str) -> Iterator[tuple[Question, Reader]]:
    """Yield what is to be asked, of these partitions if the user chose some, what matters most first."""
    chosen = partitions if interest.patterns else []
    names = interest.node_names

    def reservations(details: Details, lines: list[str]) -> Details:
        return replace(details, reservations=reservation.parse(lines, partitions))

    def reasons(details: Details, lines: list[str]) -> Details:
        return replace(details, drain_reasons=drain_reason.parse(lines, frame, with_names=names))

    def gpus(details: Details, lines: list[str]) -> Details:
        return replace(details, gpus=gpu.parse(lines))

    yield RESERVATIONS, reservations
    yield (DRAIN_REASONS_WITH_NAMES if names else DRAIN_REASONS).of(chosen), reasons
    yield GPUS.of(chosen), gpus
