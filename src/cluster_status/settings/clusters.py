"""The clusters of a run, with its channels: from the inputs, or from the clusters file."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.app.cluster import RetryPolicy, Thresholds
from cluster_status.domain.conditions.condition import OF_PARTITIONS, Condition
from cluster_status.domain.history.histories import key_of
from cluster_status.domain.maintenance.plan import Plan
from cluster_status.domain.secret import Secret
from cluster_status.domain.site_checks.site_check import SiteChecks
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.text import clean
from cluster_status.settings import inputs
from cluster_status.settings.channels import Channel, channels_of_action, channels_of_file
from cluster_status.settings.given import Given
from cluster_status.settings.inputs import Input
from cluster_status.settings.keys import GROUP
from cluster_status.settings.references import read_source
from cluster_status.settings.section import CHANNELS, ClustersFile, Section
from cluster_status.settings.sections import Sections
from cluster_status.settings.site_checks import read_site_checks
from cluster_status.settings.target import Target, is_local, read_local_target, read_ssh_target


class Cluster(Struct, frozen=True):
    """`channels` are the ids of those that it notifies; None: all."""

    name: str
    target: Target
    query: SlurmQuery
    site_checks: SiteChecks
    conditions: tuple[Condition, ...]
    mute_until: datetime | None
    thresholds: Thresholds
    retries: RetryPolicy
    heartbeat: Secret
    channels: Sequence[str] | None
    plan: Plan
    group: str = ""


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
        return Configured([replace(cluster, heartbeat=Secret())], channels_of_action(given, context.environ))
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
        channels = channels_of_action(given, context.environ)
    else:
        channels = list(channels_of_file(file.channels, given, context.environ))
    ids = [channel.policy.id for channel in channels] if file.channels is None else list(file.channels)
    clusters = []
    for section in file.clusters:
        own = Sections((section, file.defaults), context.environ, given)
        name = own.given.required(inputs.CLUSTER_NAME)
        of_channels = _ids(section, file.defaults, ids, given)
        clusters.append(_cluster(own.given, own.sets, context, name, of_channels))
    given.problems.update({problem: problem for problem in _repeated_names(file.clusters, clusters)})
    if file.channels and not given.problems:  # a wrong id would be reported twice
        given.problems.update({problem: problem for problem in _unused(file.channels, clusters)})
    channels = [_with_overview(channel, clusters) for channel in channels]
    return Configured(clusters, channels, has_own_channels=file.channels is not None)


def _with_overview(channel: Channel, clusters: Sequence[Cluster]) -> Channel:
    """Return the channel with one live message for all clusters that notify it, if they are several."""
    policy = channel.policy
    number = sum(one.channels is None or policy.id in one.channels for one in clusters)
    return replace(channel, policy=replace(policy, overview=policy.live and number > 1))


def _unused(channels: Mapping[str, Section], clusters: Sequence[Cluster]) -> Iterator[str]:
    """Yield a problem for each channel that no cluster notifies."""
    for id_, section in channels.items():
        if not any(one.channels is None or id_ in one.channels for one in clusters):
            fix = "add its id to the channels of a cluster, or remove it"
            yield f"{section.where} no cluster notifies the channel '{clean(id_)}': {fix}"


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
        site_checks=read_site_checks(given),
        conditions=_conditions(given),
        mute_until=given.value(inputs.MUTE_UNTIL),
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
        plan=Plan(given.value(inputs.MAINTENANCE), given.value(inputs.NOTICE)),
        group=given.value(GROUP),
    )


def _conditions(given: Given) -> tuple[Condition, ...]:
    found = given.value(inputs.NOTIFY_WHEN)
    without = [one for one in found if one.quantity in OF_PARTITIONS]
    if without and given.value(inputs.DETAILS) != "full":
        given.add_problem(inputs.NOTIFY_WHEN, f"'{clean(str(without[0]))}' needs details: full")
    return found
