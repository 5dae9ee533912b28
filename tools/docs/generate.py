"""Generates action.yml, tables in docs/, the reviewed cards, and aws/handler.py in its template.

python -m tools.docs.generate           writes the files
python -m tools.docs.generate --check   changes nothing; exit status 1 if a file is out of date
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

from cluster_status.app.report import OUTPUTS
from cluster_status.domain.status.cause import CAUSES, Cause, CauseInfo, Status
from cluster_status.domain.status.site_checks.report import CAUSES_OF_CHECKS
from cluster_status.domain.status.tracker import UNKNOWN_POLLS_BEFORE_NOTIFICATION
from cluster_status.settings.inputs import GITHUB_TOKEN, INPUT_GROUPS, Input
from tools.docs import clusters, courses, message_image, messages, performance, status, webhook

ROOT = Path(__file__).parents[2]
INPUTS_AND_OUTPUTS = ROOT / "docs" / "inputs.md"
CLUSTERS_PAGE = ROOT / "docs" / "clusters.md"
CAUSES_PAGE = ROOT / "docs" / "causes.md"
PERFORMANCE_PAGE = ROOT / "docs" / "performance.md"
CARDS = ROOT / "tests" / "data" / "cards"


def action_yml() -> str:
    """Return the blocks `inputs:` and `outputs:`; without defaults, because the code has them."""
    return "\n".join(_action_lines())


def _action_lines() -> Iterator[str]:
    yield "inputs:"
    for title, group in INPUT_GROUPS.items():
        yield f"  # {title}"
        for spec in group:
            yield f"  {spec.name}:"
            yield f"    description: {_quoted(_described(spec))}"
            if spec is GITHUB_TOKEN:
                yield f"    default: {spec.shown_default}"
    yield "outputs:"
    for name, description in OUTPUTS.items():
        yield f"  {name}:"
        yield f"    description: {_quoted(description)}"


def _described(spec: Input[Any]) -> str:
    default = f" Default: {spec.shown_default}." if spec.shown_default and spec is not GITHUB_TOKEN else ""
    return f"{spec.description}{default}".replace("`", "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a YAML string


def inputs_tables() -> str:
    """Return one table per group of inputs."""
    return "\n\n".join(f"### {title}\n\n{_table(group)}" for title, group in INPUT_GROUPS.items())


def _table(group: Sequence[Input[Any]]) -> str:
    rows = (
        f"| `{spec.name}` | {f'`{spec.shown_default}`' if spec.shown_default else ''} | {spec.description} |"
        for spec in group
    )
    return "\n".join(["| input | default | description |", "| --- | --- | --- |", *rows])


def outputs_table() -> str:
    rows = (f"| `{name}` | {description} |" for name, description in OUTPUTS.items())
    return "\n".join(["| output | description |", "| --- | --- |", *rows])


def inline_handler() -> str:
    """Return the function's code as inline code of the template, so that it can be deployed as one file."""
    code = (ROOT / "aws" / "handler.py").read_text(encoding="utf-8")
    return "        ZipFile: |\n" + indent(code, " " * 10).rstrip()


def causes_table() -> str:
    rows = (f"| {' | '.join(_cells(cause, info))} |" for cause, info in CAUSES.items())
    head = "| cause | status | meaning | retried | notified | what to do |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


def _cells(cause: Cause, info: CauseInfo) -> Iterator[str]:
    yield f"`{cause}`"
    yield f"`{info.status}`" + (" or `unknown`" if info.network else "")
    yield info.clause
    yield "within the poll" if info.retried else "at the next poll"
    yield _notified(cause, info)
    yield info.remedy or "-"


def _notified(cause: Cause, info: CauseInfo) -> str:
    if info.status is Status.UNKNOWN:
        return f"after {UNKNOWN_POLLS_BEFORE_NOTIFICATION} polls, as *status unknown*"
    if cause in CAUSES_OF_CHECKS:
        return "at the second poll in a row"
    if cause is Cause.PARTITION_DOWN:
        return "after `confirm-after` polls, or at once: see [Partitions](notifications.md#partitions)"
    return "after `confirm-after` polls" if info.needs_confirmation or info.by_share else "at once"


def documents() -> dict[Path, str]:
    """Return the expected text of each file."""
    return {
        ROOT / "action.yml": _between(ROOT / "action.yml", "# {}", {"inputs and outputs": action_yml()}),
        INPUTS_AND_OUTPUTS: _between(
            INPUTS_AND_OUTPUTS, "<!-- {} -->", {"inputs": inputs_tables(), "outputs": outputs_table()}
        ),
        ROOT / "aws" / "template.yaml": _between(
            ROOT / "aws" / "template.yaml", "        # {}", {"handler.py": inline_handler()}
        ),
        CLUSTERS_PAGE: _between(
            CLUSTERS_PAGE,
            "<!-- {} -->",
            {
                "keys of a cluster": clusters.cluster_keys(),
                "keys of a channel": clusters.channel_keys(),
            },
        ),
        ROOT / "docs" / "clusters.schema.json": clusters.schema(),
        ROOT / "docs" / "status.schema.json": status.schema(),
        ROOT / "docs" / "webhook.schema.json": webhook.schema(),
        PERFORMANCE_PAGE: _between(PERFORMANCE_PAGE, "<!-- {} -->", {"figures": performance.table()}),
        CAUSES_PAGE: _between(CAUSES_PAGE, "<!-- {} -->", {"causes": causes_table()}),
        ROOT / "docs" / "messages.md": messages.document(),
        ROOT / "docs" / "courses.md": courses.document(),
        ROOT / "docs" / "images" / "message.svg": message_image.image(),
        **messages.reviewed(CARDS),
    }


def _between(path: Path, comment: str, blocks: dict[str, str]) -> str:
    text = path.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin, end = comment.format(f"{name}: written by scripts/generate"), comment.format(f"end of {name}")
        pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(text):
            raise SystemExit(f"{path.name} lacks the line '{begin}' or '{end}'")
        text = pattern.sub(lambda _, new=f"{begin}\n{block}\n{end}": new, text)  # type: ignore[misc]
    return text


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: Sequence[str]) -> int:
    outdated = {path: text for path, text in documents().items() if _content(path) != text}
    if "--check" in arguments:
        for path in outdated:
            print(f"{path.name} is out of date: run scripts/generate")
        return 1 if outdated else 0
    for path, text in outdated.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
