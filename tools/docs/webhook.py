"""The JSON Schema of the requests to a webhook."""

import json

import msgspec

from cluster_status.adapters.webhook.payload import Payload


def schema() -> str:
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages of cluster-status-action to other programs",
        **msgspec.json.schema(Payload),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
