"""The JSON Schema of `status.json`."""

import json

import msgspec

from cluster_status.render.site.document import StatusDocument


def schema() -> str:
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "status.json of cluster-status-action",
        **msgspec.json.schema(StatusDocument),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
