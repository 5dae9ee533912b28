"""The clusters and the channels of a run: one of each from the inputs, or several from the clusters file."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import RetryPolicy, Thresholds
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.history.histories import key_of
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.text import clean
from cluster_status.settings import inputs
from cluster_status.settings.given import Given
from cluster_status.settings.inputs import Input
from cluster_status.settings.keys import CHANNEL_KEYS, EVENTS, GROUP, ISSUES, URL, WEBHOOK
from cluster_status.settings.references import read_source
from cluster_status.settings.section import CHANNELS, ClustersFile, Section
from cluster_status.settings.sections import Sections
from cluster_status.settings.source import text_of
from cluster_status.settings.target import Target, is_local, read_local_target, read_ssh_target

_ADDRESSES = ("discord-webhook", "url", "issues", "webhook")  # a channel has one of these keys
_INCIDENTS = frozenset({Kind.OUTAGE, Kind.DEGRADED})


class Cluster(Struct, frozen=True):
    """`channels` are the ids of those that it notifies; None: all."""

    name: str
    target: Target
    query: SlurmQuery
    thresholds: Thresholds
    retries: RetryPolicy
    heartbeat: Secret
    channels: Sequence[str] | None
    group: str = ""


class Channel(Struct, frozen=True):
    """A Discord channel, or with `url` one of a service that Apprise knows, or one of issues or a program."""

    policy: ChannelPolicy
    webhook: Secret = Secret()
    user: str = ""  # the sender in Discord
    image: str = ""
    url: Secret = Secret()
    program: Secret = Secret()  # URL with a signing key

    @property
    def address(self) -> Secret:
        return self.url or self.program or self.webhook

    @property
    def is_usable(self) -> bool:
        return bool(self.address or self.policy.issues)


class Context(Struct, frozen=True):
    """What the settings of a cluster depend on beside its own inputs."""

    command: str
    environ: Mapping[str, str]
    workspace: Path
    in_container: bool  # of the action


class Configured(Struct, frozen=True):
    clusters: Sequence[Cluster]
    channels: Sequence[Channel]
    has_own_channels: bool = False  # from the clusters file


def read_clusters(given: Given, context: Context) -> Configured:
    """Read the clusters and channels; what is wrong with them is added to the problems of `given`."""
    source_text = given.value(inputs.CLUSTERS)
    if not source_text or context.command == "prune":
        name = given.value(inputs.CLUSTER_NAME)
        cluster = _cluster(given, given.has, context, name, None)
        # the input heartbeat-url is for the whole run
        return Configured([replace(cluster, heartbeat=Secret())], _channels_of_action(given, context.environ))
    from cluster_status.settings.clusters_file import parse  # noqa: PLC0415 - YAML takes 20 ms

    source = read_source(source_text, context.workspace)
    file, problems = (ClustersFile(), [source.problem]) if source.problem else parse(source.text, source.name)
    given.problems.update({problem: problem for problem in problems})
    if given.has(inputs.CLUSTER_NAME):
        given.add_problem(
            inputs.CLUSTER_NAME, "cannot be set together with clusters: each cluster there has its name"
        )
    return _of_file(file, given, context)


def _of_file(file: ClustersFile, given: Given, context: Context) -> Configured:
    if file.channels is None:
        channels = _channels_of_action(given, context.environ)
    else:
        read = (_channel(id_, section, given, context.environ) for id_, section in file.channels.items())
        channels = [channel for channel in read if channel]
    ids = [channel.policy.id for channel in channels] if file.channels is None else list(file.channels)
    clusters = []
    for section in file.clusters:
        own = Sections((section, file.defaults), context.environ, given)
        name = own.given.required(inputs.CLUSTER_NAME)
        of_channels = _ids(section, file.defaults, ids, given)
        clusters.append(_cluster(own.given, own.sets, context, name, of_channels))
    given.problems.update({problem: problem for problem in _repeated_names(file.clusters, clusters)})
    return Configured(clusters, channels, has_own_channels=file.channels is not None)


def _repeated_names(sections: Sequence[Section], clusters: Sequence[Cluster]) -> Iterator[str]:
    """Yield a problem for each cluster whose name, apart from upper and lower case, another one has."""
    seen = Counter[str]()
    for section, cluster in zip(sections, clusters, strict=True):
        key = key_of(cluster.name)
        seen[key] += 1
        if seen[key] > 1 and "name" in section.values:
            where = section.values["name"].where
            yield f"{where} '{clean(cluster.name)}' is the name of another cluster: give each its own name"


def _ids(section: Section, defaults: Section, known: Sequence[str], given: Given) -> Sequence[str] | None:
    """Return the ids of the channels that a cluster or defaults name; None if neither names any."""
    if not (section.has(CHANNELS) or defaults.has(CHANNELS)):
        return None
    named = section.listed(CHANNELS) if section.has(CHANNELS) else defaults.listed(CHANNELS)
    for one in named:
        if one.text not in known:
            nearest = get_close_matches(one.text, known, n=1)
            hint = f"the nearest id is {nearest[0]}" if nearest else f"use one of {', '.join(known)}"
            given.problems[one.where] = f"{one.where} '{clean(one.text)}' is not the id of a channel: {hint}"
    return [one.text for one in named if one.text in known]


def _channels_of_action(given: Given, environ: Mapping[str, str]) -> list[Channel]:
    urls = given.value(inputs.NOTIFY_URLS)
    others = [Channel(_policy(given, f"notify-{number}", url), url=url) for number, url in enumerate(urls, 1)]
    if given.value(inputs.INCIDENT_ISSUES):
        others.append(_issues(given, "issues", inputs.INCIDENT_ISSUES, environ))
    program = given.value(inputs.WEBHOOK_URL)
    if program:
        others.append(Channel(_policy(given, "webhook", program), program=program))
    has_discord = given.has(inputs.DISCORD_WEBHOOK) or not others
    return [_discord(given, "discord"), *others] if has_discord else others


def _channel(id_: str, section: Section, given: Given, environ: Mapping[str, str]) -> Channel | None:
    addresses = [key for key in _ADDRESSES if section.has(key)]
    if len(addresses) != 1:
        given.problems[section.where] = (
            f"{section.where} channel '{clean(id_)}' needs exactly one of {', '.join(_ADDRESSES)}"
        )
        return None
    own = Sections((section,), environ, given, keys=CHANNEL_KEYS).given
    if section.has("discord-webhook"):
        return _discord(own, id_)
    if section.has("issues"):
        own.value(ISSUES)
        return _issues(own, id_, ISSUES, environ)
    if section.has("webhook"):
        program = own.value(WEBHOOK)
        return Channel(_policy(own, id_, program), program=program)
    url = own.value(URL)
    return Channel(_policy(own, id_, url), url=url)


def _cluster(
    given: Given,
    sets: Callable[[Input[Any]], bool],
    context: Context,
    name: str,
    channels: Sequence[str] | None,
) -> Cluster:
    is_needed = context.command in {"poll", "check"}
    target: Target
    if is_needed and is_local(given):
        target = read_local_target(given, sets, context.environ, in_container=context.in_container)
    else:
        target = read_ssh_target(given, needed=is_needed)
    return Cluster(
        name=name,
        target=target,
        query=SlurmQuery(
            partitions=PartitionFilter(given.value(inputs.PARTITIONS)),
            details=given.value(inputs.DETAILS) == "full",
            maintenance=context.command != "check",
            node_names=given.value(inputs.SHOW_NODES),
            timeout_seconds=given.value(inputs.CLUSTER_COMMAND_TIMEOUT),
            cluster=given.value(inputs.SLURM_CLUSTER),
            login_only=given.value(inputs.SCHEDULER) == "none",
            degraded_below=given.value(inputs.DEGRADED_BELOW),
        ),
        thresholds=Thresholds(
            degraded_below=given.value(inputs.DEGRADED_BELOW),
            confirm_after=given.value(inputs.CONFIRM_AFTER),
        ),
        retries=RetryPolicy(
            attempts=given.value(inputs.ATTEMPTS),
            delay_seconds=given.value(inputs.ATTEMPT_DELAY),
        ),
        heartbeat=given.value(inputs.HEARTBEAT_URL),
        channels=channels,
        group=given.value(GROUP),
    )


def _discord(given: Given, id_: str) -> Channel:
    webhook = given.value(inputs.DISCORD_WEBHOOK)
    policy = _policy(given, id_, webhook)
    policy = replace(
        policy,
        live=given.value(inputs.DISCORD_MODE) == "live",
        mention=given.value(inputs.DISCORD_PING),
    )
    if policy.live and policy.always:
        given.add_problem(
            inputs.DISCORD_MSG_ALWAYS,
            "cannot be true with discord-mode live, which edits the message at every poll: unset one of them",
        )
    return Channel(policy, webhook, given.value(inputs.DISCORD_USER), given.value(inputs.DISCORD_IMG))


def _issues(given: Given, id_: str, spec: Input[bool], environ: Mapping[str, str]) -> Channel:
    """Return a channel of issues. Recoveries are always among its kinds, because they close an issue."""
    kinds = given.value(EVENTS)
    if not kinds <= _INCIDENTS | {Kind.RECOVERY}:
        given.add_problem(EVENTS, "of issues can only be outage, degraded and recovery")
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not (repository and text_of(environ, inputs.GITHUB_TOKEN)):
        given.add_problem(spec, "needs github-token and a repository: set GITHUB_REPOSITORY to owner/name")
    policy = replace(
        _policy(given, id_, Secret()),
        always=False,
        issues=digest_of(repository),
        kinds=(kinds & _INCIDENTS or _INCIDENTS) | {Kind.RECOVERY},
    )
    return Channel(policy)


def _policy(given: Given, id_: str, address: Secret) -> ChannelPolicy:
    return ChannelPolicy(
        id=id_,
        digest=digest_of(address.reveal()) if address else None,
        always=given.value(inputs.DISCORD_MSG_ALWAYS),
        kinds=given.value(EVENTS),
        with_partitions=given.value(inputs.DISCORD_MSG_INFO),
        with_quotation=given.value(inputs.DISCORD_MSG_QUOTE),
    )
