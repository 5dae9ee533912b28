"""The tables of docs/clusters.md, and the JSON Schema of the clusters file for editors."""

import json
from collections.abc import Mapping
from typing import Any

from cluster_status.domain.notification.selection import Kind
from cluster_status.settings.inputs import Input
from cluster_status.settings.keys import CHANNEL_KEYS, CLUSTER_KEYS, LISTED, MAPPED

_TEXT = {"type": ["string", "number", "boolean"]}
_REFERENCE = {"type": "string", "pattern": r"^\$([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})$"}


def keys_table(keys: Mapping[str, Input[Any]]) -> str:
    rows = (
        f"| `{key}` | `{spec.name}` |" if spec.name != key else f"| `{key}` | |" for key, spec in keys.items()
    )
    return "\n".join(["| key | input, if it has another name |", "| --- | --- |", *rows])


def schema() -> str:
    cluster = {**{key: _of(key, spec) for key, spec in CLUSTER_KEYS.items()}, "channels": _IDS}
    defaults = {key: value for key, value in cluster.items() if key != "name"}
    channel = {key: _of(key, spec) for key, spec in CHANNEL_KEYS.items()}
    channel["issues"] = {"description": channel["issues"]["description"], "const": True}
    channel["events"] = {"type": "array", "items": {"enum": [kind.value for kind in Kind]}}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Clusters of cluster-status-action",
        "type": "object",
        "required": ["clusters"],
        "additionalProperties": False,
        "properties": {
            "defaults": _table(defaults),
            "channels": {"type": "object", "additionalProperties": _table(channel)},
            "clusters": {"type": "array", "minItems": 1, "items": {**_table(cluster), "required": ["name"]}},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_IDS = {
    "description": "Ids of the channels that the cluster notifies. Without it, all.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def _table(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _of(key: str, spec: Input[Any]) -> dict[str, Any]:
    described = {"description": spec.description.replace("`", "")}
    if spec.secret:
        return described | _REFERENCE
    if key in LISTED:
        mapping = [{"type": "object", "additionalProperties": _TEXT}] if key in MAPPED else []
        return described | {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, *mapping]}
    return described | _TEXT
