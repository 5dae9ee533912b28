"""How large a stored document may be: the limits grow with the number of clusters that a run checks.

They also leave room for clusters that were removed, and bound the memory to read a document of any content.
"""

from cluster_status.errors import UnreadableHistoryError

MOST_ENTRIES = 5_000  # of clusters; a run checks at most 1,000

_REMEDY = (
    "If you removed many clusters at once, remove them in steps: each is kept for 30 days. Otherwise, "
    "restore an older copy, or delete it to start a new history. No message was sent and nothing was "
    "overwritten."
)


def max_bytes(clusters: int) -> int:
    return 5_000_000 + 250_000 * clusters  # a year takes 80,000, and 2,000 partitions 300,000


def max_values(clusters: int) -> int:
    """Return a number of list items and fields; a hostile document spends 500 bytes of memory on one."""
    return 60_000 + 20_000 * clusters  # a year takes 5,000, and 2,000 partitions 8,000


def require_readable(content: bytes, clusters: int) -> None:
    """Raise UnreadableHistoryError for a document that is too large to be read."""
    if excess := excess_of(content, clusters):
        raise UnreadableHistoryError(f"The history {excess}.", remedy=_REMEDY)


def excess_of(content: bytes, clusters: int) -> str:
    """Return why a document is too large to be read; empty if it is not."""
    if len(content) > max_bytes(clusters):
        return f"is larger than {max_bytes(clusters)} bytes"
    if content.count(b",") > max_values(clusters):
        return f"has more than {max_values(clusters)} values"
    return ""
