"""The action.yml of a release: it names the image by its digest, so that a runner does not build it."""

import re
from typing import Any

import yaml

from release.error import ReleaseError

_BUILT = "\n  image: Dockerfile\n"


def pin(action: str, image: str, digest: str) -> str:
    """Return action.yml with the image instead of the Dockerfile, and no other change."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ReleaseError(f"'{digest}' is not a digest. Use sha256: and 64 hexadecimal digits.")
    if action.count(_BUILT) != 1:
        raise ReleaseError("action.yml must have exactly one line 'image: Dockerfile'.")
    pinned = action.replace(_BUILT, f"\n  image: docker://{image}@{digest}\n")
    _require_same_document(yaml.safe_load(action), yaml.safe_load(pinned), f"docker://{image}@{digest}")
    return pinned


def _require_same_document(built: dict[str, Any], pinned: dict[str, Any], reference: str) -> None:
    """Compare the parsed documents: they must differ in the image only."""
    if pinned != {**built, "runs": {"using": "docker", "image": reference}}:
        raise ReleaseError("The pinned action.yml differs in more than the image. Check the key `runs`.")
