"""Slurm's words for a node's state, sorted into buckets.

Facts from Slurm's `node_state_string()` (src/common/slurm_protocol_defs.c), versions 2.0 to 26.05: sinfo's
%T prints one base word and at most one of the suffixes below. The same state may also come as scontrol writes
it, with all its flags: ``IDLE+CLOUD+POWERED_DOWN``. Words that only filters know are left unrecognised, and
``future`` too: without being asked to, sinfo lists no node that is not there yet.
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
    "powered_dn": Bucket.POWER_SAVED,
    "powering_down": Bucket.POWER_SAVED,
    "powring_dn": Bucket.POWER_SAVED,
    "powrng_dn": Bucket.POWER_SAVED,
    "power_down": Bucket.POWER_SAVED,
    "pow_dn": Bucket.POWER_SAVED,
    "powering_up": Bucket.POWER_SAVED,
    "power_up": Bucket.POWER_SAVED,
    "pow_up": Bucket.POWER_SAVED,
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
    "invalid_reg": Bucket.UNAVAILABLE,
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

# Flags in the order in which Slurm minds them, each with the suffix that says the same. A flag that is a base
# as well, such as drain or planned, is read as one.
_SAME_AS = {
    "maintenance": _IN_MAINT_RESERVATION,
    "reboot_issued": _REBOOT_ISSUED,
    "reboot_requested": _REBOOT_PENDING,
    "not_responding": _NOT_RESPONDING,
    "powering_down": "%",
    "power_down": "!",
    "powering_up": "#",
    "powered_down": "~",
}
_OF_NO_MATTER = frozenset({"cloud", "dynamic_norm", "external", "perfctrs", "undrain", "resume"})
_GRAVEST_FIRST = (Bucket.MAINTENANCE, Bucket.UNAVAILABLE, Bucket.BUSY, Bucket.HELD)


def bucket_of(word: str) -> Bucket | None:
    """Return the bucket of a word such as ``idle``, ``down*`` or ``IDLE+DRAIN``; None if it is unheard of."""
    base, *flags = word.lower().removesuffix("+").split("+")
    bucket = _without_flags(base)
    return _with_flags(bucket, flags) if bucket and flags else bucket


def _with_flags(bucket: Bucket, flags: list[str]) -> Bucket | None:
    states = {flag: _BASES.get(flag) for flag in flags if flag not in _SAME_AS and flag not in _OF_NO_MATTER}
    if None in states.values():
        return None
    if bucket is Bucket.BUSY and "drain" in flags:
        bucket = Bucket.DRAINING
    else:
        bucket = next((one for one in _GRAVEST_FIRST if one in {bucket, *states.values()}), bucket)
    for flag, suffix in _SAME_AS.items():
        bucket = _with_suffix(bucket, suffix) if flag in flags else bucket
    return bucket


def _without_flags(word: str) -> Bucket | None:
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
