"""Where to log in, and as whom."""

from msgspec import Struct


class Endpoint(Struct, frozen=True):
    """An account on an SSH server."""

    user: str
    host: str
    port: int
