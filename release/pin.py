"""action.yml as a release has it: it names an image by its digest, so that a use pulls, and never builds."""

import re
from typing import Any

import yaml

from release.refusal import Refusal

_BUILT = "\n  image: Dockerfile\n"


def pin(action: str, image: str, digest: str) -> str:
    """Return action.yml with the image in the place of the Dockerfile, and nothing else changed."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise Refusal(f"'{digest}' is no digest of an image: sha256: and 64 hexadecimal digits are wanted")
    if action.count(_BUILT) != 1:
        raise Refusal("action.yml has not one line 'image: Dockerfile', whose place the image could take")
    pinned = action.replace(_BUILT, f"\n  image: docker://{image}@{digest}\n")
    _demand_agreement(yaml.safe_load(action), yaml.safe_load(pinned), f"docker://{image}@{digest}")
    return pinned


def _demand_agreement(built: dict[str, Any], pinned: dict[str, Any], reference: str) -> None:
    """Read both as GitHub does: the same inputs and outputs, and the image where it is looked for."""
    if pinned != {**built, "runs": {"using": "docker", "image": reference}}:
        raise Refusal("action.yml with the image in it does not say what it said before")
