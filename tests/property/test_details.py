"""Any output of the commands for details is read without an error."""

from hypothesis import given
from hypothesis import strategies as st

from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.slurm import drain_reason, gpu, node_set, reservation
from cluster_status.domain.slurm.cluster_state import ClusterState, Details, MaintenanceListing
from cluster_status.domain.slurm.commands import split_outputs
from cluster_status.domain.slurm.reservation import last_instant
from cluster_status.render.section import sections
from tests.property.steady import steady

BOUNDARY = "F"

TOKENS = st.sampled_from(
    ["gpu", "gpu:a100:4", "gpu:a100:2(IDX:0-1)", "(null)", "mixed", "idle", "1", "999999999", "batch*"]
)
COLUMNS = st.lists(TOKENS, max_size=7).map(" ".join)
TIMES = st.sampled_from(
    ["2026-01-31T12:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00", "2026-02-30T00:00:00"]
)
NODES = st.sampled_from(["n1", "n[1-4]", "n[1-999999999]", "n[", "(null)", ""])
RECORDS = st.builds(
    "F|{}|{}|{}|{}|{}".format,
    st.integers(-1, 10**12),
    TIMES,
    st.text(max_size=9),
    NODES,
    st.text(max_size=20),
)
RESERVATIONS = st.builds(
    "ReservationName={} StartTime={} EndTime={} Nodes={} NodeCnt={} Flags=MAINT,{}".format,
    st.text(max_size=5),
    TIMES,
    TIMES,
    NODES,
    st.integers(-1, 10**12),
    st.text(max_size=5),
)
NODES_OF = st.builds("batch|{}".format, NODES)
LINES = st.lists(COLUMNS | RECORDS | RESERVATIONS | NODES_OF | st.text(max_size=30), max_size=8)


def read(lines: list[str]) -> list[ClusterState]:
    gpus, unreadable_gpus = gpu.parse(lines, PLAIN)
    nodes = node_set.parse(lines, ["batch"], PLAIN)
    listing = reservation.parse(lines, PLAIN)
    reservations = reservation.in_partitions(listing.listed, nodes, chosen=["batch"], total=4)
    maintenance = MaintenanceListing(reservations, listing.error)
    return [
        ClusterState(
            details=Details(
                gpus, drain_reason.parse(lines, BOUNDARY, PLAIN, with_names=with_names), unreadable_gpus
            ),
            maintenance=maintenance,
        )
        for with_names in (True, False)
    ]


def is_valid(state: ClusterState) -> bool:
    assert state.details
    assert state.maintenance
    lines = [line for section in sections(state) for line in section.lines]
    gpus = [one for types in state.details.gpus.values() for one in types]
    return (
        all(line.isprintable() and len(line) < 1_000 for line in lines)
        and all(one.idle is None or 0 <= one.idle <= one.total for one in gpus)
        and all(one.begin < last_instant(one) for one in state.maintenance.reservations)
    )


@steady
@given(LINES)
def test_details_of_any_lines_are_valid(lines: list[str]) -> None:
    assert all(map(is_valid, read(lines)))


@steady
@given(st.binary())
def test_details_of_any_bytes_are_valid(output: bytes) -> None:
    [lines] = split_outputs(b"\nF\n" + output.replace(b"F", b"f") + b"\nF\n", BOUNDARY, 1, PLAIN)
    assert all(map(is_valid, read(lines)))


@steady
@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 8), st.booleans()), max_size=20))
def test_every_gpu_is_counted(nodes: list[tuple[int, int, bool]]) -> None:
    lines = [
        f"batch {number} {'idle' if idle else 'allocated'} gpu:a100:{each} gpu:a100:0(IDX:N/A)"
        for number, each, idle in nodes
    ]
    for one in gpu.parse(lines, PLAIN)[0].get("batch", ()):
        assert one.total == sum(number * each for number, each, _ in nodes)
        assert one.idle == sum(number * each for number, each, idle in nodes if idle)
