"""Packs the history into a zip archive and unpacks it, in memory."""

import io
import zipfile
import zlib

from cluster_status.domain.history.codec import MAX_BYTES
from cluster_status.errors import UnreadableHistoryError

FILE_NAME = "history.json"
_BOUNDED_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack more at once than is read
_SIGNATURE = b"PK\x03\x04"
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # constant: the same content gives the same archive


def pack(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        entry = zipfile.ZipInfo(FILE_NAME, _TIMESTAMP)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        file.writestr(entry, content)
    return archive.getvalue()


def unpack(archive: bytes) -> bytes:
    """Return the history in an artifact; an artifact that is no zip archive is the history itself.

    Limits are checked while reading: the sizes in the archive are not trusted. Raises UnreadableHistoryError.
    """
    if not archive.startswith(_SIGNATURE):
        return archive
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            names = [name for name in file.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise UnreadableHistoryError(f"The archive holds {len(names)} files instead of one.")
            if file.getinfo(names[0]).compress_type not in _BOUNDED_METHODS:
                raise UnreadableHistoryError("The archive uses an unsupported compression method.")
            with file.open(names[0]) as entry:
                content = entry.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise UnreadableHistoryError("The zip archive is damaged.") from None
    if len(content) > MAX_BYTES:
        raise UnreadableHistoryError(f"The history is larger than {MAX_BYTES} bytes.")
    return content
