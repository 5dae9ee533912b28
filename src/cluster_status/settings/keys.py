"""The keys of the clusters file, and the input that each of them stands for."""

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
        inputs.CONFIRM_AFTER,
        inputs.HEARTBEAT_URL,
        GROUP,
    )
}
LISTED = frozenset({"partitions", "host-key", "events"})  # may be a list; as an input, one per line
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

CHANNEL_KEYS: dict[str, Input[Any]] = {
    "discord-webhook": inputs.DISCORD_WEBHOOK,
    "url": URL,
    "issues": ISSUES,
    "webhook": WEBHOOK,
    "events": EVENTS,
    "mode": inputs.DISCORD_MODE,
    "always": inputs.DISCORD_MSG_ALWAYS,
    "ping": inputs.DISCORD_PING,
    "table": inputs.DISCORD_MSG_INFO,
    "quote": inputs.DISCORD_MSG_QUOTE,
}
