"""Builds the channels of a run."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec.structs import replace

from cluster_status.adapters.clock import SystemClock
from cluster_status.adapters.console import Console
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github.rest import GITHUB_API
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http
from cluster_status.app.cluster import Channel
from cluster_status.deadline import RunDeadlines
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.ports import ConnectivityCheck, Runner
from cluster_status.settings.channels import Channel as ChannelSettings
from cluster_status.settings.keys import ChannelKind
from cluster_status.settings.load import Settings

_CONNECTIVITY_CHECK_SECONDS = 5.0


def open_channels(
    settings: Settings, http: Http, deadlines: RunDeadlines, runner: Runner
) -> Sequence[Channel]:
    http, clock = http.until(deadlines.deliver), SystemClock(deadlines.deliver)
    return [_channel(one, settings, http, clock, runner) for one in settings.channels]


def _channel(
    given: ChannelSettings, settings: Settings, http: Http, clock: SystemClock, runner: Runner
) -> Channel:
    policy, address = given.policy, given.address
    match given.kind:
        case ChannelKind.ISSUES:
            return _issues(policy, settings, RetryingHttp(http, clock))
        case ChannelKind.SERVICE:
            from cluster_status.adapters.apprise.notifier import AppriseNotifier

            return Channel(policy, AppriseNotifier(address))
        case ChannelKind.WEBHOOK:
            from cluster_status.adapters.webhook.notifier import WebhookNotifier

            return Channel(policy, WebhookNotifier(address, http, clock))
        case ChannelKind.DISCORD:
            if not address and isinstance(runner, Console):
                return Channel(replace(policy, id="console", live=False, overview=False), runner)
            webhook = DiscordWebhook(
                address.reveal(), http, clock, username=given.user, avatar_url=given.image
            )
            return Channel(policy, webhook, webhook if policy.live else None)


def _issues(policy: ChannelPolicy, settings: Settings, http: RetryingHttp) -> Channel:
    from cluster_status.adapters.github.issues import GitHubIssues

    context, storage = settings.runner_context, settings.storage
    scope = f"{context.branch}\0{storage.name}\0{policy.id}"  # each branch has its own history
    issues = GitHubIssues(http, context.api_url or GITHUB_API, context.repository, storage.token, scope)
    return Channel(policy, issues, issues=issues)


def connectivity_check(settings: Settings, http: Http) -> ConnectivityCheck:
    """Return a check that GitHub answers, or outside GitHub Actions the server of a Discord webhook."""
    of_discord = (one.address.reveal() for one in settings.channels if one.kind is ChannelKind.DISCORD)
    webhook = urlsplit(next(filter(None, of_discord), ""))
    url = settings.runner_context.api_url or (webhook.netloc and f"{webhook.scheme}://{webhook.netloc}/")
    return lambda: not url or http.answers(url, timeout_seconds=_CONNECTIVITY_CHECK_SECONDS)
