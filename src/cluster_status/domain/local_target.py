"""This machine, where commands run without a login."""

from msgspec import Struct

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret

_IDENTITY = "local"  # not the name of the machine: the history follows the account to another login node


class LocalTarget(Struct, frozen=True):
    """`home` is the home directory of the account; empty: that of the directory of accounts."""

    home: str = ""

    def redaction(self) -> Redaction:
        """Return what no text of a command may show: nothing besides the secrets of the run."""
        return Redaction()

    @property
    def server_identity(self) -> str:
        """What distinguishes this machine from every SSH server. It is only for digests."""
        return _IDENTITY

    @property
    def login_identity(self) -> Secret:
        """What distinguishes this account from every login over SSH. It is only for digests."""
        return Secret(_IDENTITY)
