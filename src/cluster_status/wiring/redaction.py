"""The secrets of a run."""

from collections.abc import Iterator

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.settings.channels import Channel
from cluster_status.settings.keys import ChannelKind
from cluster_status.settings.load import Settings


def redaction_of(settings: Settings) -> Redaction:
    """Return what no text from outside may show: the routes, and each secret of the run."""
    of_clusters = [cluster.target.redaction() for cluster in settings.clusters]
    secrets = {one for each in of_clusters for one in each.secrets}
    names = {one for each in of_clusters for one in each.names}
    of_channels = (Secret(part) for one in settings.channels for part in _parts(one))
    heartbeats = [settings.heartbeat, *(one.heartbeat for one in settings.clusters)]
    others = (settings.storage.token, settings.runner_context.runtime_token)
    return Redaction((*secrets, *of_channels, *heartbeats, *others), tuple(names))


def _parts(channel: Channel) -> Iterator[str]:
    """Yield the parts of an address that are secret by themselves: a token at its end, or a signing key."""
    address = channel.address.reveal()
    if channel.kind is ChannelKind.WEBHOOK:
        url, _, key = address.partition("#")
        yield from (url, key)
    else:
        yield address
        yield address.partition("?")[0].rpartition("/")[2]
