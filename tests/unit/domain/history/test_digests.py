import pytest

from cluster_status.domain.history.digests import Digests, keyed_digests

WEBHOOK = "https://discord.com/api/webhooks/123/token-of-sixty-eight-characters"
SERVER = "login.hpc.example:22"
LOGIN = "alice:hunter2"
DIGESTS = ("server", "login", "webhook")

GIVEN = keyed_digests(webhook=WEBHOOK, server=SERVER, login=LOGIN)


def test_the_same_is_recognised_by_a_later_run() -> None:
    assert keyed_digests(webhook=WEBHOOK, server=SERVER, login=LOGIN) == GIVEN


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        (keyed_digests(webhook=WEBHOOK, server="other.hpc.example:22", login=LOGIN), {"server"}),
        (keyed_digests(webhook=WEBHOOK, server=SERVER, login="alice:hunter3"), {"login"}),
        (keyed_digests(webhook=WEBHOOK + "2", server=SERVER, login=LOGIN), {"server", "login", "webhook"}),
    ],
)
def test_a_digest_changes_with_what_it_stands_for_and_with_its_key(other: Digests, changed: set[str]) -> None:
    assert {name for name in DIGESTS if getattr(other, name) != getattr(GIVEN, name)} == changed


def test_the_same_text_in_two_places_cannot_be_told_to_be_the_same() -> None:
    twins = keyed_digests(webhook=WEBHOOK, server="same", login="same")
    assert twins.server != twins.login


def test_a_digest_holds_nothing_of_what_was_given() -> None:
    words = [WEBHOOK, *WEBHOOK.split("/")[-2:], SERVER, *SERVER.split(":")[:1], LOGIN, *LOGIN.split(":")]
    assert not [word for word in words if word in repr(GIVEN)]


@pytest.mark.parametrize("name", DIGESTS)
def test_a_digest_is_too_long_to_be_hit_by_chance(name: str) -> None:
    assert len(bytes.fromhex(getattr(GIVEN, name))) >= 16


IN_A_SHELL = keyed_digests(webhook="", server=SERVER, login=LOGIN)


def test_without_a_webhook_server_and_login_have_digests_of_their_own_all_the_same() -> None:
    assert IN_A_SHELL.webhook is None
    other = keyed_digests(webhook="", server=LOGIN, login=SERVER)
    assert len({IN_A_SHELL.server, IN_A_SHELL.login, other.server, other.login, None}) == 5


def test_a_later_version_recognises_what_an_earlier_one_has_written() -> None:
    assert GIVEN.login == "37dc0611edda18ced02d8a1a94c020a4"
    assert IN_A_SHELL.login == "333200d95f6ce938d8e11e92062276b7"
