import pytest

from cluster_status.domain.history.digests import Digests, digest_of, keyed_digests

WEBHOOK = "https://discord.com/api/webhooks/123/token-of-sixty-eight-characters"
SERVER = "login.hpc.example:22"
LOGIN = "alice:hunter2"

KEYED = keyed_digests(key=WEBHOOK, server=SERVER, login=LOGIN)
UNKEYED = keyed_digests(key="", server=SERVER, login=LOGIN)


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        (keyed_digests(key=WEBHOOK, server=SERVER, login=LOGIN), set()),
        (keyed_digests(key=WEBHOOK, server="other.hpc.example:22", login=LOGIN), {"server", "hint"}),
        (keyed_digests(key=WEBHOOK, server=SERVER, login="alice:hunter3"), {"login"}),
        (keyed_digests(key=WEBHOOK + "2", server=SERVER, login=LOGIN), {"server", "login", "key"}),
    ],
)
def test_a_digest_changes_only_with_its_text_and_its_key(other: Digests, changed: set[str]) -> None:
    assert {
        name for name in Digests.__struct_fields__ if getattr(other, name) != getattr(KEYED, name)
    } == changed


def test_digests_do_not_show_that_server_and_login_are_the_same_text() -> None:
    same = keyed_digests(key=WEBHOOK, server="same", login="same")
    assert same.server != same.login


@pytest.mark.parametrize("digests", [KEYED, UNKEYED])
def test_a_digest_contains_no_part_of_the_secrets(digests: Digests) -> None:
    parts = [WEBHOOK, *WEBHOOK.split("/")[-2:], SERVER, *SERVER.split(":")[:1], LOGIN, *LOGIN.split(":")]
    assert [part for part in parts if part in repr(digests)] == []


@pytest.mark.parametrize("digest", [KEYED.server, KEYED.login, KEYED.key, UNKEYED.server])
def test_a_digest_is_too_long_to_match_by_chance(digest: str) -> None:
    assert len(bytes.fromhex(digest)) >= 16


def test_without_a_key_there_is_a_digest_of_the_server_and_none_of_the_login() -> None:
    assert UNKEYED.server is not None
    assert (UNKEYED.login, UNKEYED.key) == (None, None)


def test_without_a_key_the_login_does_not_change_the_digests() -> None:
    assert keyed_digests(key="", server=SERVER, login="alice:hunter3") == UNKEYED


def test_only_the_key_has_a_plain_digest() -> None:
    assert KEYED.key == digest_of(WEBHOOK)
    texts = [text for name in (SERVER, LOGIN) for text in (name, f"server\0{name}", f"login\0{name}")]
    plain = {digest_of(text) for text in texts}
    assert plain.isdisjoint({KEYED.server, KEYED.login, UNKEYED.server})


def test_a_later_version_recognizes_digests_of_this_one() -> None:
    assert KEYED.login == "37dc0611edda18ced02d8a1a94c020a4"
    assert KEYED.key == "e60e61c52c22b07b913d0070373e0766"
    assert UNKEYED.server == "4ae7b55ad50f744377d8cd3aae14be3d"
