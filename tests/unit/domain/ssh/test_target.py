import pytest
from msgspec.structs import replace

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.target import Credentials, SshTarget
from tests.unit.domain.build import host_key

OUTER, INNER = Endpoint("me", "outer.example", 22), Endpoint("me", "inner.example", 22)
HEAD = Endpoint("me", "login.example", 2222)
TARGET = SshTarget((OUTER, INNER, HEAD), Credentials(Secret("password"), Secret("key"), Secret("passphrase")))


def test_the_last_server_of_the_route_is_the_head_node_and_the_others_are_jump_hosts() -> None:
    assert TARGET.head_node == HEAD
    assert TARGET.jump_hosts == (OUTER, INNER)
    assert replace(TARGET, route=(HEAD,)).jump_hosts == ()


def test_each_server_of_the_route_has_its_own_pins() -> None:
    keys = [host_key(secret=secret * 36) for secret in (b"O", b"I", b"H")]
    lines = [key.line(server.host, server.port) for key, server in zip(keys, TARGET.route, strict=True)]
    target = replace(TARGET, pins=Pins.parse("\n".join(lines)))
    assert [target.pins_for(server).keys for server in target.route] == [(key,) for key in keys]


def test_pins_for_another_name_are_not_for_the_head_node() -> None:
    target = SshTarget((HEAD,), pins=Pins.parse(host_key().line("another.name.example", 22)))
    assert not target.pins_for(HEAD)
    assert target.head_node_is_pinned


@pytest.mark.parametrize(
    ("route", "is_another_server", "is_another_login"),
    [
        ((OUTER, INNER, replace(HEAD, host="other.example")), True, False),
        ((OUTER, INNER, replace(HEAD, host=f"{HEAD.host.upper()}.")), False, False),
        ((OUTER, INNER, replace(HEAD, port=22)), True, False),
        ((OUTER, INNER, replace(HEAD, user="you")), False, True),
        ((replace(OUTER, host="other.example"), INNER, HEAD), True, True),
        ((INNER, OUTER, HEAD), True, True),
        ((OUTER, HEAD), True, True),
    ],
)
def test_a_server_is_identified_by_its_address_and_route_and_a_login_by_accounts(
    route: tuple[Endpoint, ...], *, is_another_server: bool, is_another_login: bool
) -> None:
    other = replace(TARGET, route=route)
    assert (other.server_identity != TARGET.server_identity) is is_another_server
    assert (other.login_identity.reveal() != TARGET.login_identity.reveal()) is is_another_login


@pytest.mark.parametrize(
    ("changes", "is_another"),
    [
        ({"password": Secret("another")}, True),
        ({"password": Secret("")}, True),
        ({"key": Secret("another")}, True),
        ({"key": Secret("")}, True),
        ({"password": Secret("key"), "key": Secret("password")}, True),
        ({"key_passphrase": Secret("another")}, False),
    ],
    ids=str,
)
def test_a_login_is_identified_by_password_and_key(changes: dict[str, Secret], *, is_another: bool) -> None:
    other = replace(TARGET, credentials=replace(TARGET.credentials, **changes))
    assert (other.login_identity.reveal() != TARGET.login_identity.reveal()) is is_another
    assert other.server_identity == TARGET.server_identity


def test_no_credential_shows_in_a_target() -> None:
    assert "pass" not in f"{TARGET.login_identity} {TARGET.credentials.password}"
    assert "Secret(***)" in repr(TARGET)
