"""Messages to other programs: JSON by a published schema, with a signature that a receiver verifies."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from msgspec import json as msgspec_json
from msgspec.structs import replace

from cluster_status.adapters.http import Http
from cluster_status.adapters.webhook.notifier import WebhookNotifier, signed
from cluster_status.adapters.webhook.payload import payload
from cluster_status.domain.maintenance.plan import Plan, PlannedWindow
from cluster_status.domain.notification.combined import combined
from cluster_status.domain.notification.message import Message, compose, with_plan
from cluster_status.domain.notification.notification import Notification
from cluster_status.domain.notification.policy import ChannelPolicy
from cluster_status.domain.notification.samples import samples
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm.cluster_state import ClusterState, NodeCounts, Partition
from cluster_status.errors import ChannelRefusedError, DeliveryError
from tests.fakes.clock import VirtualClock
from tests.fakes.loopback import Reset
from tests.fakes.webhook_receiver import KEY, WebhookReceiver

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "webhook.schema.json").read_text())
POLICY = ChannelPolicy("webhook")
SAMPLES = {str(one.event): one for one in samples(NOON)}
GPU = Partition("gpu", default=True, availability="up", time_limit="infinite", nodes=NodeCounts(4, idle=4))
OUTAGE = compose(SAMPLES["outage"], "hpc", POLICY, None, "https://github.com/o/r/actions/runs/7")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def receiver(clock: VirtualClock) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(lambda: clock.now().timestamp()) as receiver:
        yield receiver


@pytest.fixture
def notifier(receiver: WebhookReceiver, clock: VirtualClock) -> Iterator[WebhookNotifier]:
    with contextlib.closing(Http()) as http:
        yield WebhookNotifier(Secret(receiver.url), http, clock)


def faults_in(document: Any) -> list[str]:
    """Return what the schema refuses in a document."""
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    return [error.message for error in checker.iter_errors(document)]


def as_json(message: Message) -> Any:
    return json.loads(msgspec_json.encode(payload(message)))


# content


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_each_message_conforms_to_the_schema(sample: Notification) -> None:
    message = compose(sample, "hpc", POLICY, ClusterState((GPU,), NodeCounts(4, idle=4)))
    assert faults_in(as_json(message)) == []


def test_the_schema_refuses_a_message_without_a_notification() -> None:
    wrongs: list[Any] = [
        {"schema": 1, "run_url": None, "notifications": []},
        {**as_json(OUTAGE), "schema": 2},
    ]
    for wrong in wrongs:
        assert faults_in(wrong)


def test_a_message_has_the_result_for_programs_and_the_text_for_people() -> None:
    sent = as_json(OUTAGE)
    assert sent["run_url"] == "https://github.com/o/r/actions/runs/7"
    [notification] = sent["notifications"]
    assert notification == {
        "event": "outage",
        "cluster": "hpc",
        "at": "2026-01-31T12:00:00Z",
        "status": "offline",
        "previous_status": "online",
        "since": "2026-01-31T10:00:00Z",
        "cause": "timeout",
        "headline": "hpc is offline",
        "text": OUTAGE.sentence,
        "remedy": "",
        "notice": "",
        "nodes": None,
        "partitions": [],
        "window": None,
    }


def test_a_message_has_the_notice_and_the_note_of_its_maintenance() -> None:
    sample = SAMPLES["maintenance-scheduled"]
    assert sample.window
    begin, end = sample.window.begin, sample.window.begin + timedelta(hours=1)
    scheduled = replace(sample, window=replace(sample.window, planned=True))
    plan = Plan((PlannedWindow(begin, end, "Cooling"),), "Read-only")
    document = as_json(with_plan(compose(scheduled, "hpc", POLICY, None), plan))
    assert faults_in(document) == []
    [notification] = document["notifications"]
    assert (notification["notice"], notification["window"]["note"]) == ("Read-only", "Cooling")


def test_an_unknown_status_has_its_own_begin_and_cause() -> None:
    [notification] = as_json(compose(SAMPLES["monitor-lost"], "hpc", POLICY, None))["notifications"]
    assert (notification["status"], notification["cause"]) == ("unknown", "host-key")
    assert notification["remedy"]


def test_a_message_about_several_clusters_has_the_notification_of_each() -> None:
    messages = [compose(SAMPLES["outage"], name, POLICY, None) for name in ("a", "b", "c", "d")]
    sent = as_json(combined(messages))
    assert faults_in(sent) == []
    assert [one["cluster"] for one in sent["notifications"]] == ["a", "b", "c", "d"]


def test_the_example_in_the_documents_conforms_to_the_schema() -> None:
    page = (DOCS / "channels.md").read_text()
    [example] = re.findall("```json\n(.*?)```", page, re.DOTALL)
    assert faults_in(json.loads(example)) == []


# delivery


def test_a_receiver_verifies_the_signature_and_gets_neither_the_key_nor_the_fragment(
    receiver: WebhookReceiver, notifier: WebhookNotifier
) -> None:
    assert notifier.send(OUTAGE) is None
    assert list(receiver.accepted.values()) == [as_json(OUTAGE)]
    [request] = receiver.requests
    assert (request.path, request.query) == ("/hook", {"site": "1"})
    assert KEY not in f"{request.headers}{request.body.decode()}"


def test_the_signature_is_that_of_the_example_of_the_specification() -> None:
    headers = signed(
        Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_that_is_sent_again_has_the_same_id(
    receiver: WebhookReceiver, notifier: WebhookNotifier
) -> None:
    receiver.fail_next(Reset(after_accepting=True))
    with pytest.raises(DeliveryError, match="cannot be reached"):
        notifier.send(OUTAGE)
    notifier.send(OUTAGE)
    notifier.send(compose(SAMPLES["outage"], "other", POLICY, None))
    assert len(receiver.requests) == 3
    assert len(receiver.accepted) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_permanent_refusal_has_a_remedy(
    status: int, receiver: WebhookReceiver, notifier: WebhookNotifier
) -> None:
    receiver.fail_next(status)
    with pytest.raises(ChannelRefusedError) as caught:
        notifier.send(OUTAGE)
    assert notifier.refusals[caught.value.cause].text == str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("status", [301, 307, 400, 429, 500, 503])
def test_another_response_leaves_the_message_pending_without_a_retry(
    status: int, receiver: WebhookReceiver, notifier: WebhookNotifier
) -> None:
    receiver.fail_next(status)
    with pytest.raises(DeliveryError, match=f"HTTP {status}") as caught:
        notifier.send(OUTAGE)
    assert not isinstance(caught.value, ChannelRefusedError)
    assert len(receiver.requests) == 1


def test_no_error_shows_the_url(clock: VirtualClock) -> None:
    with contextlib.closing(Http()) as http:
        notifier = WebhookNotifier(Secret(f"http://127.0.0.1:9/a-secret-path#{KEY}"), http, clock)
        with pytest.raises(DeliveryError) as caught:
            notifier.send(OUTAGE)
    shown = f"{caught.value} {caught.value.remedy} {caught.value.cause}"
    assert not any(part in shown for part in ("127.0.0.1", "a-secret-path", KEY))
