"""Where to log in, by which route, with which credentials."""

from collections.abc import Iterable

from msgspec import Struct

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins


class Credentials(Struct, frozen=True):
    """What every server of a route is offered; either part may be empty.

    `key` is the text of a private key's file, and is offered first.
    """

    password: Secret = Secret()
    key: Secret = Secret()
    key_passphrase: Secret = Secret()


class SshTarget(Struct, frozen=True):
    """A head node and the route to it: the jump hosts in order, then the head node itself."""

    route: tuple[Endpoint, ...]
    credentials: Credentials = Credentials()
    pins: Pins = Pins()  # of all servers of the route
    connect_timeout_seconds: float = 10.0  # for each of connecting, handshake and login, at each server

    @property
    def head_node(self) -> Endpoint:
        return self.route[-1]

    @property
    def jump_hosts(self) -> tuple[Endpoint, ...]:
        return self.route[:-1]

    def pins_for(self, endpoint: Endpoint) -> Pins:
        """Return the pins that apply to one server of the route."""
        return self.pins.for_server(endpoint)

    @property
    def head_node_is_pinned(self) -> bool:
        """Whether the head node has to show a pinned key.

        A line for another host name pins as well, because the user meant to pin a key. Only lines for jump
        hosts do not.
        """
        return bool(self.pins_for(self.head_node) or self.pins.for_none_of(self.jump_hosts))

    def redaction(self, other_secrets: Iterable[Secret] = ()) -> Redaction:
        """Return what no text of a server may show: credentials, route, and other secrets of the run."""
        credentials = self.credentials
        users = {endpoint.user for endpoint in self.route}
        accounts = {user.partition("@")[0].rpartition("\\")[2] for user in users}  # jdoe@REALM, DOMAIN\jdoe
        names = {*(endpoint.host for endpoint in self.route), *users, *accounts}
        return Redaction(
            (credentials.password, credentials.key, credentials.key_passphrase, *other_secrets),
            tuple(sorted(names - {""})),
        )

    @property
    def server_identity(self) -> str:
        """What distinguishes servers and routes. It holds host names, so it is only for digests."""
        return "\0".join((_host(self.head_node), str(self.head_node.port), *self._jump_identities))

    @property
    def login_identity(self) -> Secret:
        """What distinguishes logins: accounts, credentials and jump hosts. It is only for digests."""
        password, key = self.credentials.password.reveal(), self.credentials.key.reveal()
        return Secret("\0".join((self.head_node.user, password, key, *self._jump_identities)))

    @property
    def _jump_identities(self) -> tuple[str, ...]:
        return tuple(f"{jump.user}\0{_host(jump)}\0{jump.port}" for jump in self.jump_hosts)


def _host(endpoint: Endpoint) -> str:
    """Return the host in the one form of its spellings."""
    return endpoint.host.casefold().rstrip(".")
