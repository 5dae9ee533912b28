"""One SSH server of a route."""

from msgspec import Struct


class Endpoint(Struct, frozen=True):
    """An account on an SSH server."""

    user: str
    host: str
    port: int
