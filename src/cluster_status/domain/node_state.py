"""Slurm's words for a node's state, sorted into buckets.

Facts from Slurm's `node_state_string()` (src/common/slurm_protocol_defs.c), versions 2.0 to 26.05: sinfo's
%T prints one base word and at most one of the suffixes below.
"""

from cluster_status.domain.cluster import Bucket

_BASES = {
    "idle": Bucket.FREE,
    "mixed": Bucket.BUSY,
    "mix": Bucket.BUSY,
    "allocated": Bucket.BUSY,
    "alloc": Bucket.BUSY,
    "completing": Bucket.BUSY,
    "comp": Bucket.BUSY,
    "planned": Bucket.HELD,
    "plnd": Bucket.HELD,
    "reserved": Bucket.HELD,
    "resv": Bucket.HELD,
    "blocked": Bucket.HELD,
    "block": Bucket.HELD,
    "powered_down": Bucket.POWER_SAVED,
    "powering_down": Bucket.POWER_SAVED,
    "powering_up": Bucket.POWER_SAVED,
    "draining": Bucket.DRAINING,
    "drng": Bucket.DRAINING,
    "maint": Bucket.MAINTENANCE,
    "reboot": Bucket.MAINTENANCE,
    "boot": Bucket.MAINTENANCE,
    "drained": Bucket.UNAVAILABLE,
    "drain": Bucket.UNAVAILABLE,
    "down": Bucket.UNAVAILABLE,
    "fail": Bucket.UNAVAILABLE,
    "failing": Bucket.UNAVAILABLE,
    "failg": Bucket.UNAVAILABLE,
    "inval": Bucket.UNAVAILABLE,
    "error": Bucket.UNAVAILABLE,
    "err": Bucket.UNAVAILABLE,
    "unknown": Bucket.UNKNOWN,
    "unk": Bucket.UNKNOWN,
}

_NOT_RESPONDING = "*"
_POWER = frozenset("~#!%")  # powered down, powering up, power down pending, powering down
_IN_MAINT_RESERVATION = "$"
_REBOOT_PENDING = "@"
_REBOOT_ISSUED = "^"
_NO_MATTER = frozenset("+-")  # some jobs completing, planned by backfill
_SUFFIXES = {_NOT_RESPONDING, _IN_MAINT_RESERVATION, _REBOOT_PENDING, _REBOOT_ISSUED} | _POWER | _NO_MATTER
_ASLEEP_WITH_JOBS = frozenset({"mixed~", "mix~"})  # powered down, though jobs have been placed on it


def bucket_of(word: str) -> Bucket | None:
    """Return the bucket of a word such as ``idle``, ``down*`` or ``mixed#``; None if it is unheard of."""
    word = word.lower()
    if word in _ASLEEP_WITH_JOBS:
        return Bucket.POWER_SAVED
    suffix = word[-1:] if word[-1:] in _SUFFIXES else ""
    base = _BASES.get(word.removesuffix(suffix))
    return base and _with_suffix(base, suffix)


def _with_suffix(base: Bucket, suffix: str) -> Bucket:
    if base is Bucket.UNKNOWN:  # unknown*: the controller has not heard of the node yet
        return base
    if suffix in {_IN_MAINT_RESERVATION, _REBOOT_ISSUED}:
        return Bucket.MAINTENANCE
    if suffix == _NOT_RESPONDING and base is not Bucket.MAINTENANCE:
        return Bucket.UNAVAILABLE
    if suffix == _REBOOT_PENDING and base not in {Bucket.BUSY, Bucket.DRAINING}:
        return Bucket.MAINTENANCE
    if suffix in _POWER and base in {Bucket.FREE, Bucket.HELD}:
        return Bucket.POWER_SAVED
    return base
