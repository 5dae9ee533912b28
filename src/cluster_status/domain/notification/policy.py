"""The settings of a channel."""

from msgspec import Struct

from cluster_status.domain.notification.selection import Kind


class ChannelPolicy(Struct, frozen=True):
    """`id` names the channel in the history; `digest` identifies its address, which is a secret."""

    id: str
    digest: str | None = None
    always: bool = False  # a reminder at every poll without a change
    live: bool = False  # a message is edited at every poll: the latest one
    overview: bool = False  # or, in a live channel of several clusters, one with a table of them
    issues: str | None = None  # digest of the repository, if incidents are issues there
    kinds: frozenset[Kind] = frozenset()  # of notifications; empty: all
    mention: str = ""  # role or user to mention in an outage, in the syntax of the channel
    with_partitions: bool = True
    with_quotation: bool = False
