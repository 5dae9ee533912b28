"""The tables of docs/clusters.md, and the JSON Schema of the clusters file for editors."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cluster_status.domain.notification.selection import Kind
from cluster_status.settings.inputs import Input
from cluster_status.settings.keys import (
    CHANNEL_KEYS,
    CLUSTER_KEYS,
    EVENTS,
    KINDS_OF_KEY,
    LISTED,
    MAPPED,
    WINDOW_KEYS,
    WINDOWS,
    ChannelKind,
    keys_of,
)

_TEXT = {"type": ["string", "number", "boolean", "null"]}  # an empty value is null
_VARIABLE = r"\$([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})"
_REFERENCE = {"type": "string", "pattern": f"^{_VARIABLE}$"}
_REFERENCE_OR_EMPTY = {"type": ["string", "null"], "pattern": f"^({_VARIABLE})?$"}


def cluster_keys() -> str:
    rows = [("key", "input, if it has another name"), ("---", "---")]
    rows += [(f"`{key}`", _other_name(key, spec)) for key, spec in CLUSTER_KEYS.items()]
    return "\n".join(map(_row, rows))


def channel_keys() -> str:
    rows = [("key", "input, if it has another name", "if not all: only with"), ("---", "---", "---")]
    rows += [
        (f"`{key}`", _other_name(key, spec), _kinds(key))
        for key, spec in CHANNEL_KEYS.items()
        if key not in list(ChannelKind)
    ]
    return "\n".join(map(_row, rows))


def _row(cells: Iterable[str]) -> str:
    return "|".join(["", *(f" {cell} " if cell else " " for cell in cells), ""])


def _other_name(key: str, spec: Input[Any]) -> str:
    return f"`{spec.name}`" if spec.name != key else ""


def _kinds(key: str) -> str:
    kinds = KINDS_OF_KEY.get(key, frozenset())
    return ", ".join(f"`{kind}`" for kind in ChannelKind if kind in kinds)


def schema() -> str:
    cluster = {**{key: _of(key, spec) for key, spec in CLUSTER_KEYS.items()}, "channels": _IDS}
    defaults = {key: value for key, value in cluster.items() if key != "name"}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Clusters of cluster-status-action",
        "type": "object",
        "required": ["clusters"],
        "additionalProperties": False,
        "properties": {
            "defaults": _table(defaults),
            "channels": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"oneOf": [_channel(kind) for kind in ChannelKind]},
            },
            "clusters": {"type": "array", "minItems": 1, "items": {**_table(cluster), "required": ["name"]}},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_IDS = {
    "description": "Ids of the channels that the cluster notifies. Without it, all.",
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}


def _channel(kind: ChannelKind) -> dict[str, Any]:
    keys = {key: _of(key, spec) for key, spec in keys_of(kind).items()}
    events = list(Kind)
    if kind is ChannelKind.ISSUES:
        keys[kind] = {"description": keys[kind]["description"], "const": True}
        events = [Kind.OUTAGE, Kind.DEGRADED, Kind.RECOVERY]
    listed = {"type": "array", "items": {"enum": [one.value for one in events]}}
    keys["events"] = {"description": EVENTS.description, "anyOf": [{"type": ["string", "null"]}, listed]}
    return {**_table(keys), "required": [kind.value]}


def _table(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _of(key: str, spec: Input[Any]) -> dict[str, Any]:
    described = {"description": spec.description.replace("`", "")}
    if spec.secret:
        return described | (_REFERENCE if key in list(ChannelKind) else _REFERENCE_OR_EMPTY)
    if key == WINDOWS:
        window = _table(dict.fromkeys(WINDOW_KEYS, _TEXT)) | {"required": list(WINDOW_KEYS[:2])}
        lists = [{"type": "array", "items": one} for one in (window, _TEXT)]
        return described | {"anyOf": [_TEXT, *lists]}
    if key in LISTED:
        mapping = [{"type": "object", "additionalProperties": _TEXT}] if key in MAPPED else []
        return described | {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, *mapping]}
    return described | _TEXT
