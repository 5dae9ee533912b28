"""The keys of the clusters file, and the input that each of them stands for."""

from enum import StrEnum
from typing import Any

from cluster_status.domain.secret import Secret
from cluster_status.settings import inputs, types
from cluster_status.settings.inputs import INPUT_GROUPS, Input

_OF_THE_RUN = frozenset({inputs.CLUSTERS, inputs.COMMAND})
_GROUPS_OF_A_CLUSTER = ("Reach the cluster", "Select what to check")

GROUP = Input("group", "Heading of the cluster on the status page.", types.GROUP, "")

CLUSTER_KEYS: dict[str, Input[Any]] = {
    spec.name.removeprefix("cluster-"): spec
    for spec in (
        inputs.CLUSTER_NAME,
        *(spec for title in _GROUPS_OF_A_CLUSTER for spec in INPUT_GROUPS[title] if spec not in _OF_THE_RUN),
        inputs.NOTIFY_WHEN,
        inputs.MUTE_UNTIL,
        inputs.NOTICE,
        inputs.CONFIRM_AFTER,
        inputs.HEARTBEAT_URL,
        GROUP,
    )
}
LISTED = frozenset(
    {"partitions", "host-key", "events", "maintenance", "check-paths", "checks", "notify-when"}
)  # may be a list; as an input, one per line
MAPPED = frozenset({"checks"})  # may be a mapping; as an input, one per line with a colon
WINDOWS = "maintenance"  # may be a list of mappings
WINDOW_KEYS = ("from", "to", "note")
EVENTS = Input("events", "Kinds of notifications. Without it, all.", types.KINDS, frozenset())
ISSUES = Input(
    "issues",
    "Open an issue for each outage or degradation: `true`. See docs/channels.md.",
    types.TRUE,
    default=False,
)
WEBHOOK = Input(
    "webhook",
    "URL of another program, with a signing key: see `webhook-url`.",
    types.SIGNED_URL,
    Secret(),
    secret=True,
)
URL = Input("url", "URL of a service that Apprise knows.", types.SERVICE_URL, Secret(), secret=True)


class ChannelKind(StrEnum):
    """A kind of channels, as the key of the clusters file that has its address."""

    DISCORD = "discord-webhook"
    SERVICE = "url"
    ISSUES = "issues"
    WEBHOOK = "webhook"


CHANNEL_KEYS: dict[str, Input[Any]] = {
    ChannelKind.DISCORD: inputs.DISCORD_WEBHOOK,
    ChannelKind.SERVICE: URL,
    ChannelKind.ISSUES: ISSUES,
    ChannelKind.WEBHOOK: WEBHOOK,
    "events": EVENTS,
    "mode": inputs.DISCORD_MODE,
    "always": inputs.DISCORD_MSG_ALWAYS,
    "ping": inputs.DISCORD_PING,
    "table": inputs.DISCORD_MSG_INFO,
    "quote": inputs.DISCORD_MSG_QUOTE,
}
KINDS_OF_KEY: dict[str, frozenset[ChannelKind]] = {
    "mode": frozenset({ChannelKind.DISCORD}),
    "always": frozenset(ChannelKind) - {ChannelKind.ISSUES},
    "ping": frozenset({ChannelKind.DISCORD}),
    "quote": frozenset(ChannelKind) - {ChannelKind.WEBHOOK},
}
"""The keys that only some kinds of channels accept."""


def keys_of(kind: ChannelKind) -> dict[str, Input[Any]]:
    """Return the keys that a channel of this kind accepts."""
    return {
        key: spec
        for key, spec in CHANNEL_KEYS.items()
        if key == kind or (key not in list(ChannelKind) and kind in KINDS_OF_KEY.get(key, {kind}))
    }
