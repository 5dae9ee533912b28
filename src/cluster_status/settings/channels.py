"""The channels of a run: from the inputs, or from the clusters file."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean
from cluster_status.settings import inputs
from cluster_status.settings.given import Given
from cluster_status.settings.inputs import Input
from cluster_status.settings.keys import CHANNEL_KEYS, EVENTS, ISSUES, KINDS_OF_KEY, ChannelKind
from cluster_status.settings.section import Section
from cluster_status.settings.sections import Sections
from cluster_status.settings.source import text_of

_INCIDENTS = frozenset({Kind.OUTAGE, Kind.DEGRADED})


class Channel(Struct, frozen=True):
    """Issues have no address. That of a webhook has its signing key."""

    policy: ChannelPolicy
    kind: ChannelKind
    address: Secret = Secret()
    user: str = ""  # the sender in Discord
    image: str = ""

    @property
    def is_usable(self) -> bool:
        return bool(self.address) or self.kind is ChannelKind.ISSUES


def channels_of_action(given: Given, environ: Mapping[str, str]) -> Sequence[Channel]:
    """Read the channels of the inputs; without any, return the one of Discord without an address."""
    urls = given.value(inputs.NOTIFY_URLS)
    others = [
        _channel_with(given, f"notify-{number}", ChannelKind.SERVICE, url)
        for number, url in enumerate(urls, 1)
    ]
    if given.value(inputs.INCIDENT_ISSUES):
        others.append(_issues(given, "issues", inputs.INCIDENT_ISSUES, environ))
    webhook = given.value(inputs.WEBHOOK_URL)
    if webhook:
        others.append(_channel_with(given, "webhook", ChannelKind.WEBHOOK, webhook))
    has_discord = given.has(inputs.DISCORD_WEBHOOK) or not others
    return [_discord(given, "discord"), *others] if has_discord else others


def channels_of_file(
    sections: Mapping[str, Section], given: Given, environ: Mapping[str, str]
) -> Iterator[Channel]:
    """Yield the channels of the clusters file; `sections` are by id."""
    for id_, section in sections.items():
        kinds = [kind for kind in ChannelKind if section.has(kind)]
        if len(kinds) == 1:
            given.problems.update(_keys_without_effect(section, kinds[0]))
            own = Sections((section,), environ, given, keys=CHANNEL_KEYS).given
            own.required(CHANNEL_KEYS[kinds[0]])
            yield _channel(id_, kinds[0], own, environ)
        else:
            given.problems[section.where] = (
                f"{section.where} channel '{clean(id_)}' needs exactly one of {', '.join(ChannelKind)}"
            )


def _keys_without_effect(section: Section, kind: ChannelKind) -> Iterator[tuple[str, str]]:
    """Yield the place of each key that a channel of this kind ignores, and the problem."""
    for key, kinds in KINDS_OF_KEY.items():
        if section.has(key) and kind not in kinds:
            where = section.where_of(key)
            *others, last = (one for one in ChannelKind if one in kinds)
            accepted = f"{', '.join(others)} or {last}" if others else last
            problem = f"has no effect on a channel with {kind}, only on one with {accepted}: remove it"
            yield where, f"{where} {problem}"


def _channel(id_: str, kind: ChannelKind, given: Given, environ: Mapping[str, str]) -> Channel:
    if kind is ChannelKind.DISCORD:
        return _discord(given, id_)
    if kind is ChannelKind.ISSUES:
        given.value(ISSUES)
        return _issues(given, id_, ISSUES, environ)
    return _channel_with(given, id_, kind, given.value(CHANNEL_KEYS[kind]))


def _channel_with(given: Given, id_: str, kind: ChannelKind, address: Secret) -> Channel:
    return Channel(_policy(given, id_, address), kind, address)


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
    user, image = given.value(inputs.DISCORD_USER), given.value(inputs.DISCORD_IMG)
    return Channel(policy, ChannelKind.DISCORD, webhook, user, image)


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
    return Channel(policy, ChannelKind.ISSUES)


def _policy(given: Given, id_: str, address: Secret) -> ChannelPolicy:
    return ChannelPolicy(
        id=id_,
        digest=digest_of(address.reveal()) if address else None,
        always=given.value(inputs.DISCORD_MSG_ALWAYS),
        kinds=given.value(EVENTS),
        with_partitions=given.value(inputs.DISCORD_MSG_INFO),
        with_quotation=given.value(inputs.DISCORD_MSG_QUOTE),
    )
