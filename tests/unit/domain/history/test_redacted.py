"""A restored history shows no secret that was set after it was saved."""

import json

import pytest

from cluster_status.domain.history.codec import parse, render
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.secret import Secret
from tests.unit.domain.rich import GPU_TYPE, NAME, RICH, document

STORED = render(document(RICH))


def test_a_history_without_secrets_is_restored_as_it_is() -> None:
    redaction = Redaction((Secret("Hunter2-Secret"), Secret("s3same")), ("batch", NAME))
    assert parse(STORED, redaction).of(NAME) == parse(STORED, PLAIN).of(NAME) == RICH


@pytest.mark.parametrize("name", ["batch", GPU_TYPE])
def test_a_name_in_each_part_is_replaced_where_it_shows_a_secret(name: str) -> None:
    renamed = STORED.replace(f'"{name}"'.encode(), b'"hunter2secret"')
    assert renamed.count(b"hunter2secret") >= 2
    redaction = Redaction((Secret("Hunter2-Secret"),))
    restored = render(parse(renamed, redaction))
    assert b"hunter2" not in restored
    assert json.loads(restored) == json.loads(renamed.replace(b"hunter2secret", b"***"))


def test_neither_the_key_of_a_cluster_nor_a_field_is_replaced() -> None:
    redaction = Redaction((Secret(NAME), Secret("partitions"), Secret("discord-webhook"), Secret("online")))
    restored = parse(STORED, redaction)
    assert restored.clusters.keys() == {NAME}
    assert restored.of(NAME).tracker == RICH.tracker
    assert restored.of(NAME).outbox.channels.keys() == RICH.outbox.channels.keys()
