"""Names of clusters in the names of files and artifacts."""

import hashlib
import re

_DIGEST_LENGTH = 8


def slug(key: str) -> str:
    """Return the key in lower case letters, digits and single hyphens.

    If the key has other characters, a digest follows after a dot: no two keys have the same slug.
    """
    text = re.sub(r"[^a-z0-9]+", "-", key).strip("-")
    return text if text == key else f"{text}.{hashlib.sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH]}"
