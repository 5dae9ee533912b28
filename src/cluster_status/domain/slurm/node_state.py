"""Slurm's words for the state of a node, mapped to node groups.

Facts from Slurm's `node_state_string()` (src/common/slurm_protocol_defs.c), versions 2.0 to 26.05: %T of
sinfo prints one base word and at most one of the suffixes below. scontrol prints the same state with all its
flags, such as ``IDLE+CLOUD+POWERED_DOWN``. A state that is only a flag does not describe the node. Nodes in
state ``future`` do not exist yet; sinfo lists them only on request.
"""

from cluster_status.domain.slurm.cluster_state import NodeGroup

_BASES = {
    "idle": NodeGroup.IDLE,
    "perfctrs": NodeGroup.IDLE,
    "npc": NodeGroup.IDLE,
    "mixed": NodeGroup.ALLOCATED,
    "mix": NodeGroup.ALLOCATED,
    "allocated": NodeGroup.ALLOCATED,
    "alloc": NodeGroup.ALLOCATED,
    "completing": NodeGroup.ALLOCATED,
    "comp": NodeGroup.ALLOCATED,
    "planned": NodeGroup.RESERVED,
    "plnd": NodeGroup.RESERVED,
    "reserved": NodeGroup.RESERVED,
    "resv": NodeGroup.RESERVED,
    "blocked": NodeGroup.RESERVED,
    "block": NodeGroup.RESERVED,
    "powered_down": NodeGroup.POWERED_DOWN,
    "powered_dn": NodeGroup.POWERED_DOWN,
    "powering_down": NodeGroup.POWERED_DOWN,
    "powring_dn": NodeGroup.POWERED_DOWN,
    "powrng_dn": NodeGroup.POWERED_DOWN,
    "power_down": NodeGroup.POWERED_DOWN,
    "pow_dn": NodeGroup.POWERED_DOWN,
    "powering_up": NodeGroup.POWERED_DOWN,
    "power_up": NodeGroup.POWERED_DOWN,
    "pow_up": NodeGroup.POWERED_DOWN,
    "draining": NodeGroup.DRAINING,
    "drng": NodeGroup.DRAINING,
    "maint": NodeGroup.MAINTENANCE,
    "reboot": NodeGroup.MAINTENANCE,
    "boot": NodeGroup.MAINTENANCE,
    "reboot_issued": NodeGroup.MAINTENANCE,
    "reboot_requested": NodeGroup.MAINTENANCE,
    "drained": NodeGroup.DOWN,
    "drain": NodeGroup.DOWN,
    "down": NodeGroup.DOWN,
    "fail": NodeGroup.DOWN,
    "failing": NodeGroup.DOWN,
    "failg": NodeGroup.DOWN,
    "inval": NodeGroup.DOWN,
    "invalid_reg": NodeGroup.DOWN,
    "error": NodeGroup.DOWN,
    "err": NodeGroup.DOWN,
    "unknown": NodeGroup.UNKNOWN,
    "unk": NodeGroup.UNKNOWN,
    **dict.fromkeys(
        (
            "future",
            "futr",
            "cancel_reboot",
            "reboot_canceled",
            "canc_r",
            "cloud",
            "dynamic_future",
            "dynamic_norm",
            "external",
            "ext",
            "undrain",
            "undr",
            "resume",
            "resm",
            "res",
            "no_resp",
            "not_responding",
            "?",
        ),
        NodeGroup.OTHER,
    ),
}

_NOT_RESPONDING = "*"
_POWER = frozenset("~#!%")  # powered down, powering up, power down pending, powering down
_IN_MAINT_RESERVATION = "$"
_REBOOT_PENDING = "@"
_REBOOT_ISSUED = "^"
_IGNORED = frozenset("+-")  # some jobs completing, planned by backfill
_SUFFIXES = {_NOT_RESPONDING, _IN_MAINT_RESERVATION, _REBOOT_PENDING, _REBOOT_ISSUED} | _POWER | _IGNORED
_POWERED_DOWN_WITH_JOBS = frozenset({"mixed~", "mix~"})  # powered down, but jobs are placed on it

# Flags in Slurm's order of precedence, each with the equivalent suffix. A flag that is a base word as well,
# such as drain or planned, is read as one.
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
_IGNORED_FLAGS = frozenset({"cloud", "dynamic_norm", "external", "perfctrs", "undrain", "resume"})
_MOST_SEVERE_FIRST = (NodeGroup.MAINTENANCE, NodeGroup.DOWN, NodeGroup.ALLOCATED, NodeGroup.RESERVED)


def group_of(word: str) -> NodeGroup | None:
    """Return the group of a state such as ``idle``, ``down*`` or ``IDLE+DRAIN``; None if it is unknown."""
    base, *flags = word.lower().removesuffix("+").split("+")
    group = _without_flags(base)
    return _with_flags(group, flags) if group and flags else group


def _with_flags(group: NodeGroup, flags: list[str]) -> NodeGroup | None:
    states = {flag: _BASES.get(flag) for flag in flags if flag not in _SAME_AS and flag not in _IGNORED_FLAGS}
    if None in states.values():
        return None
    if group is NodeGroup.ALLOCATED and "drain" in flags:
        group = NodeGroup.DRAINING
    else:
        group = next((one for one in _MOST_SEVERE_FIRST if one in {group, *states.values()}), group)
    for flag, suffix in _SAME_AS.items():
        group = _with_suffix(group, suffix) if flag in flags else group
    return group


def _without_flags(word: str) -> NodeGroup | None:
    if word in _POWERED_DOWN_WITH_JOBS:
        return NodeGroup.POWERED_DOWN
    suffix = word[-1:] if word[-1:] in _SUFFIXES else ""
    base = _BASES.get(word.removesuffix(suffix))
    return base and _with_suffix(base, suffix)


def _with_suffix(base: NodeGroup, suffix: str) -> NodeGroup:
    if base in {NodeGroup.UNKNOWN, NodeGroup.OTHER}:  # unknown*: it has not registered yet
        return base
    if suffix in {_IN_MAINT_RESERVATION, _REBOOT_ISSUED}:
        return NodeGroup.MAINTENANCE
    if suffix == _NOT_RESPONDING and base is not NodeGroup.MAINTENANCE:
        return NodeGroup.DOWN
    if suffix == _REBOOT_PENDING and base not in {NodeGroup.ALLOCATED, NodeGroup.DRAINING}:
        return NodeGroup.MAINTENANCE
    if suffix in _POWER and base in {NodeGroup.IDLE, NodeGroup.RESERVED}:
        return NodeGroup.POWERED_DOWN
    return base
