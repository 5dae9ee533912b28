"""Why nodes were taken out of service, from the output of DRAIN_REASONS."""

import re
from datetime import datetime

from cluster_status.domain.slurm.cluster_state import DrainReason
from cluster_status.domain.text import clean

_COUNT = re.compile(r"[0-9]{1,9}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_NAMES_LIMIT = 100


def parse(lines: list[str], boundary: str, *, with_names: bool) -> tuple[DrainReason, ...]:
    """Return the reasons, newest first; a record of another format is left out.

    A reason is free text of an administrator and can contain bars, line ends and anything else.
    """
    records = "\n".join(["", *lines]).split(f"\n{boundary}|")[1:]
    found = [reason for record in records if (reason := _read(record, with_names=with_names))]
    return tuple(sorted(found, key=lambda one: one.since.timestamp() if one.since else 0.0, reverse=True))


def instant(written: str) -> datetime | None:
    """Read a time as Slurm prints it in UTC; None if it prints none, or in another format."""
    try:
        return datetime.fromisoformat(f"{written}+00:00") if _INSTANT.fullmatch(written) else None
    except ValueError:  # such as a 13th month
        return None


def _read(record: str, *, with_names: bool) -> DrainReason | None:
    fields = record.split("|", 4 if with_names else 2)
    if len(fields) != (5 if with_names else 3) or not _COUNT.fullmatch(fields[0]):
        return None
    set_by, names = (clean(field, limit=_NAMES_LIMIT) for field in fields[2:4]) if with_names else ("", "")
    return DrainReason(clean(fields[-1]), instant(fields[1]), int(fields[0]), names, set_by)
