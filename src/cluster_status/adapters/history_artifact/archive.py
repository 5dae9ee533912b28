"""The history in a zip archive, and out of it. Pure: bytes in, bytes out, nothing ever touches a disk."""

import io
import zipfile
import zlib

from cluster_status.domain.history.codec import MAX_BYTES
from cluster_status.errors import UnreadableHistoryError

FILE_NAME = "history.json"
_BOUNDED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack more at once than is asked for
_MAGIC = b"PK\x03\x04"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content always gives the same archive


def pack(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        entry = zipfile.ZipInfo(FILE_NAME, _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        file.writestr(entry, content)
    return archive.getvalue()


def unpack(archive: bytes) -> bytes:
    """Return the history an artifact holds; one that was uploaded without an archive is it itself.

    Raises UnreadableHistoryError. Sizes are those found while reading, not those the archive claims.
    """
    if not archive.startswith(_MAGIC):
        return archive
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as file:
            names = [name for name in file.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise UnreadableHistoryError(f"It holds {len(names)} files, not one.")
            if file.getinfo(names[0]).compress_type not in _BOUNDED:
                raise UnreadableHistoryError("It is packed in a way that no upload uses.")
            with file.open(names[0]) as entry:
                content = entry.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise UnreadableHistoryError("It is no whole zip archive.") from None
    if len(content) > MAX_BYTES:
        raise UnreadableHistoryError(f"It is larger than {MAX_BYTES} bytes.")
    return content
