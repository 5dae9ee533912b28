"""The inputs of the action, from the variables that GitHub's runner sets, or those of a shell."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.private_key import is_key, secret_lines
from cluster_status.settings import inputs
from cluster_status.settings.given import Found, Given
from cluster_status.settings.inputs import INPUTS, Input
from cluster_status.settings.references import variables_in

_SHORT = 4  # to mask a shorter value, such as a port, would make the log unreadable


def of_action(environ: Mapping[str, str]) -> Given:
    on_runner = environ.get("GITHUB_ACTIONS") == "true"

    def find(spec: Input[Any]) -> Found:
        return Found(text_of(environ, spec) if spec in INPUTS else "", spec.name)

    def why_missing(spec: Input[Any]) -> str:
        other = inputs.CLUSTER_KEY if spec is inputs.CLUSTER_PASSWORD else None
        if not on_runner:
            instead = f" or {other.environment_variable}" if other else ""
            if spec is inputs.CLUSTER_HOST:
                instead = ", or use --clusters with a clusters file"
            return f"is required: set {spec.environment_variable or spec.variable}{instead}"
        if spec.secret:
            instead = f" or {other.name}" if other else ""
            return f"is empty: set the secret{instead}. Workflows of pull requests from forks get no secrets"
        return "is required"

    # a secret may be a part of another input
    values = (Secret(text_of(environ, spec)) for spec in INPUTS if spec.secret)
    return Given(find, {}, why_missing, Redaction(tuple(values)))


def text_of(environ: Mapping[str, str], spec: Input[Any]) -> str:
    """Return the text of an input or else of its environment variable; empty if neither is given."""
    text = environ.get(spec.variable, "")
    if not text.strip() and spec.environment_variable:
        text = environ.get(spec.environment_variable, "")
    return text if text.strip() else ""


def secrets(environ: Mapping[str, str], workspace: Path) -> Iterator[str]:
    """Yield every given secret, valid or not; they are masked before anything is printed."""
    for spec in INPUTS:
        if spec.secret:
            yield from _parts(text_of(environ, spec), is_private_key=spec is inputs.CLUSTER_KEY)
    for name in variables_in(text_of(environ, inputs.CLUSTERS), workspace):
        text = environ.get(name, "")
        if len(text.strip()) >= _SHORT:
            yield from _parts(text)


def _parts(text: str, *, is_private_key: bool = False) -> Iterator[str]:
    if text.strip():
        yield text
        yield text.strip()
        yield from re.findall(r"#(whsec_\S+)", text)  # the signing key of a URL
        yield from re.findall(r"/webhooks/[0-9]+/([A-Za-z0-9_-]+)", text)  # the secret part of the URL
        if is_private_key or is_key(text):
            yield from secret_lines(text)
