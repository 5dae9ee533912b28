"""A channel that accepts a connection and answers nothing, beside two channels that work."""

import contextlib
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from cluster_status.adapters.apprise.notifier import AppriseNotifier
from cluster_status.adapters.discord.client import DiscordWebhook
from cluster_status.adapters.github.issues import GitHubIssues
from cluster_status.adapters.github.retry import RetryingHttp
from cluster_status.adapters.http import Http
from cluster_status.adapters.webhook.notifier import WebhookNotifier
from cluster_status.app.cluster import Channel
from cluster_status.domain.history.digests import digest_of
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.secret import Secret
from cluster_status.errors import ExitStatus
from cluster_status.ports import Notifier
from cluster_status.threads import run_in_thread
from tests.fakes.clock import VirtualClock
from tests.fakes.loopback import Aborted, Held, Holds, HttpResponse, LoopbackServer, Request
from tests.fakes.probe import listed, partition
from tests.fakes.webhook_receiver import KEY
from tests.unit.app.monitor import Monitor

DEGRADED = listed(partition(draining=8))
SECONDS = 5.0


class SlowService:
    """Answers nothing until the release, and then that it is not available."""

    def __init__(self) -> None:
        self.is_asked = Event()
        self._holds = Holds()
        self._is_released = Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Yield the address."""
        with LoopbackServer("slow", self, self._holds) as server:
            yield server.url

    def release(self) -> bool:
        """Answer; return False if there was no request."""
        self._is_released.set()
        return self._holds.release(SECONDS)

    def receive(self, request: Request) -> HttpResponse | Held | Aborted:
        self.is_asked.set()
        return self.decide(request) if self._is_released.is_set() else Held()

    def decide(self, request: Request) -> HttpResponse:
        del request
        return HttpResponse(500, b"{}")


@pytest.fixture
def http() -> Iterator[Http]:
    with contextlib.closing(Http()) as http:
        yield http


def discord(url: str, http: Http) -> Notifier:
    return DiscordWebhook(f"{url}/api/webhooks/1/t", http, VirtualClock(), username="", avatar_url="")


def apprise(url: str, _: Http) -> Notifier:
    return AppriseNotifier(Secret(url.replace("http://", "json://")))


def issues(url: str, http: Http) -> Notifier:
    return GitHubIssues(RetryingHttp(http, VirtualClock()), url, "octo-org/cluster", Secret("t"), "scope")


def webhook(url: str, http: Http) -> Notifier:
    return WebhookNotifier(Secret(f"{url}/hook#{KEY}"), http, VirtualClock())


@pytest.mark.parametrize("make", [discord, apprise, issues, webhook])
def test_a_channel_that_hangs_delays_and_loses_nothing_of_the_others(
    make: Callable[[str, Http], Notifier], http: Http
) -> None:
    monitor, service, arrived = Monitor(), SlowService(), (Event(), Event())
    with service.running() as url:
        repository = digest_of("octo-org/cluster") if make is issues else None
        slow = Channel(ChannelPolicy("slow", digest="1", issues=repository), make(url, http))
        monitor.other_channels = [slow]
        second = monitor.add_channel("second")
        for notifier, event in zip((monitor.notifier, second), arrived, strict=True):
            notifier.during_next(event.set)
        polling = run_in_thread(lambda: monitor.poll(DEGRADED))
        assert all(event.wait(SECONDS) for event in (*arrived, service.is_asked))
        assert not polling.done()
        assert service.release()
        assert polling.result(SECONDS).exit_status is ExitStatus.UNDELIVERED
        monitor.poll(DEGRADED)
    assert monitor.notifier.headlines == second.headlines == ["mscluster is degraded"]
    outbox = monitor.store.history.outbox
    pending = {id_: len(outbox.channel(id_).pending) for id_ in outbox.channels}
    assert pending == {"discord": 0, "slow": 1, "second": 0}
