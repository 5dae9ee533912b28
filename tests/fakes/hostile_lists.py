"""A transport that falsifies the lists in GitHub's answers, in an order that the test draws."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cluster_status.adapters.http import HttpResponse
from tests.fakes.github_wire import Wire

Json = dict[str, Any]
Change = Callable[["HostileLists", Json, str], Json]

_LISTS = ("artifacts", "workflow_runs")


def honest(_: "HostileLists", body: Json, __: str) -> Json:
    return body


def _emptied(_: "HostileLists", body: Json, name: str) -> Json:
    return body | {name: []}


def _halved(_: "HostileLists", body: Json, name: str) -> Json:
    return body | {name: body[name][::2]}


def _without_the_first(_: "HostileLists", body: Json, name: str) -> Json:
    return body | {name: body[name][1:]}


def _repeated(lists: "HostileLists", body: Json, name: str) -> Json:
    return lists.first_pages.get(name, body)


def _reversed(_: "HostileLists", body: Json, name: str) -> Json:
    return body | {name: body[name][::-1]}


def _counted(total: object) -> Change:
    def change(_: "HostileLists", body: Json, __: str) -> Json:
        return body | {"total_count": total}

    return change


def _counted_more(_: "HostileLists", body: Json, __: str) -> Json:
    return body | {"total_count": body["total_count"] + 1}


def _with_field(field: str, value: object) -> Change:
    def change(_: "HostileLists", body: Json, name: str) -> Json:
        return body | {name: [row | {field: value} for row in body[name]]}

    return change


def _without_field(field: str) -> Change:
    def change(_: "HostileLists", body: Json, name: str) -> Json:
        return body | {name: [{key: row[key] for key in row if key != field} for row in body[name]]}

    return change


def _of_unknown_origin(_: "HostileLists", body: Json, name: str) -> Json:
    unknown = {"workflow_run": {"id": None, "head_branch": None}, "repository": None, "head_repository": None}
    return body | {name: [row | {key: unknown[key] for key in unknown if key in row} for row in body[name]]}


def _flooded(_: "HostileLists", body: Json, name: str) -> Json:
    """Put newer artifacts of a fork before the others, by the thousand."""
    if name != "artifacts" or not body[name]:
        return body
    template = body[name][0]
    run = template["workflow_run"] | {"head_repository_id": 1}
    rows = [template | {"id": 9_000_000_000 - number, "workflow_run": run} for number in range(100)]
    return {"total_count": body["total_count"] + 5_000, name: rows}


CONTRADICTIONS: Mapping[str, Change] = {
    "honest": honest,
    "empty, and the count is right": _emptied,
    "half of the rows": _halved,
    "the newest row is missing": _without_the_first,
    "the first page again": _repeated,
    "reversed": _reversed,
    "the count is too large": _counted_more,
    "the count is huge": _counted(10**12),
    "the count is null": _counted(None),
    "the count is negative": _counted(-1),
    "null": _with_field("id", None),
    "negative": _with_field("id", -7),
    "no name": _without_field("name"),
    "unknown origin": _of_unknown_origin,
    "foreign artifacts by the thousand": _flooded,
}
"""Answers whose parts contradict each other, or that say less than everything."""


def _nothing(_: "HostileLists", __: Json, name: str) -> Json:
    return {"total_count": 0, name: []}


def _counted_less(_: "HostileLists", body: Json, name: str) -> Json:
    rows = body[name][1:]
    return {"total_count": len(rows), name: rows}


def _only_the_oldest(_: "HostileLists", body: Json, name: str) -> Json:
    rows = body[name][-1:]
    return {"total_count": len(rows), name: rows}


LIES: Mapping[str, Change] = {
    **CONTRADICTIONS,
    "nothing": _nothing,
    "the newest row is missing, also in the count": _counted_less,
    "only the oldest row": _only_the_oldest,
}
"""Also answers that are consistent and wrong."""

NO_LIST = "the repository, a branch or a run"
FAILURES = ("HTML", "HTTP 404", "HTTP 500")


class HostileLists:
    """Implements rest.Transport. `changes` yields the changes and failures of an operation, by name."""

    def __init__(self, wire: Wire, changes: Callable[[str], Iterator[str]]) -> None:
        self.first_pages: dict[str, Json] = {}
        self._wire = wire
        self._changes = {
            operation: changes(operation)
            for operation in ("artifacts", "artifacts of a run", "runs", NO_LIST)
        }

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        response = self._wire.request(method, path, query)
        operation = _operation(path)
        if method != "GET" or operation is None or not response.ok:
            return response
        change = next(self._changes[operation])
        if change == "HTML":
            return HttpResponse(200, {}, b"<!DOCTYPE html>")
        if change.startswith("HTTP"):
            return HttpResponse(int(change.split(" ")[1]), {}, b"{}")
        body = json.loads(response.body)
        if operation == NO_LIST:
            return response
        name = next(one for one in _LISTS if one in body)
        self.first_pages.setdefault(name, body)
        return HttpResponse(200, response.headers, json.dumps(LIES[change](self, body, name)).encode())


def _operation(path: str) -> str | None:
    match path.split("/")[5:]:
        case ["artifacts"]:
            return "artifacts"
        case ["runs", _, "artifacts"]:
            return "artifacts of a run"
        case ["workflows", _, "runs"]:
            return "runs"
        case [] | ["runs", _]:
            return NO_LIST
        case _:
            return NO_LIST if "/branches/" in path else None
