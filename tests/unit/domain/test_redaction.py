import pytest

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.target import Credentials, SshTarget

KEY = "-----BEGIN X-----\nb3BlbnNzaC1rZXk\nAAAAB3NzaC1yc2E\n-----END X-----\n"
TARGET = SshTarget(
    (Endpoint("jumper", "gw.example.org", 22), Endpoint("UNI\\jdoe", "login.example.org", 22)),
    Credentials(Secret("p&ss  wörd!"), Secret(KEY), Secret("sésame")),
)
REDACTION = TARGET.redaction([Secret("tOkEn-of-the-webhook"), Secret("")])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the password p&ss  wörd! is wrong", "the password *** is wrong"),
        ("p&ss\n wörd! x", "***! x"),
        ("xp&ss  wörd!x", "x***x"),
        ("key b3BlbnNzaC1rZXk; AAAAB3NzaC1yc2E", "key ***"),
        (KEY, "-----BEGIN X----- *** -----END X-----"),
        ("sésame, Se-Sames", "***, ***s"),
        ("https://x/tOkEn-of-the-webhook", "https://x/***"),
        ("UNI\\jdoe is JDOE, not jdoes", "*** is ***, not jdoes"),
        ("jumper at GW.example.org.", "*** at ***."),
        ("from 192.0.2.7 port 22", "from *** port 22"),
        ("from 192.0.2.7: no", "from ***: no"),
        ("[2001:db8::7]:22, fe80::1%eth0", "[***]:22, ***"),
        ("go ::error::away at 17:00:05", "go ::error::away at 17:00:05"),
        ("a \x1b[31mred\r\nline", "a red line"),
        ("at \x1b[1mgw.example.org\x1b[0m of ji\x1b[32mm", "at *** of jim"),
        ("192.0.2.7port 22, ip192.0.2.7_1, 1.2.3.4.5", "***port 22, ip***_1, 1.2.3.4.5"),
        ("&#000000116;&#x00004f;kEn-of-the-webhook", "***"),
    ],
)
def test_text_from_outside_is_cleaned_without_secrets_names_and_addresses(text: str, shown: str) -> None:
    assert REDACTION.clean(text) == shown
    assert REDACTION.clean(text.encode()) == shown


def test_a_password_with_five_hyphens_is_a_secret() -> None:
    redaction = Redaction(secrets=(Secret("Secret-----Password99"),))
    assert redaction.clean("wrong Secret-----Password99") == "wrong ***"


def test_the_account_of_a_realm_is_replaced_with_and_without_it() -> None:
    redaction = SshTarget((Endpoint("jdoe@uni.example.org", "login", 22),)).redaction()
    assert redaction.clean("jdoe@uni.example.org is jdoe") == "*** is ***"


def test_a_secret_is_replaced_before_the_text_is_cut() -> None:
    redaction = Redaction((Secret("0123456789"),))
    shown = redaction.clean(f"{'x' * 295}0123456789")
    assert shown == f"{'x' * 295}***"
    assert len(redaction.clean("y" * 10_000)) == 300


def test_without_anything_to_replace_text_is_cleaned() -> None:
    assert Redaction().clean("plain\ttext") == "plain text"


def test_a_name_of_the_cluster_may_be_equal_to_a_host_or_a_user() -> None:
    assert REDACTION.clean_name("jumper") == "jumper"
    assert REDACTION.clean_name("token_of_the-partition") == "***-partition"


def test_text_of_any_length_loses_secrets_only() -> None:
    assert REDACTION.without_secrets("jdoe\n p&ss  wörd! \t192.0.2.7") == "jdoe\n *** \t192.0.2.7"


def test_a_decision_is_made_without_names_and_addresses() -> None:
    assert REDACTION.without_names("jumper: p&ss  wörd!\n192.0.2.7") == "***: p&ss  wörd!\n***"


@pytest.mark.parametrize(
    "secret", ["x", "-!-", "a1", "https://hc-ping.com/0d5a4b2c", "-----BEGIN X-----\nYWJj\n-----END X-----"]
)
def test_a_secret_of_any_form_is_replaced(secret: str) -> None:
    assert Redaction((Secret(secret),)).clean(f"({secret})").count("***") == 1


def test_a_very_short_secret_is_replaced_only_as_a_word_of_its_own() -> None:
    assert Redaction((Secret("x1"),)).clean("x1, x12, ax1") == "***, x12, ax1"


def test_the_rest_of_a_url_and_of_a_key_is_no_secret() -> None:
    redaction = Redaction((Secret("https://discord.com/api/webhooks/1/t"), Secret(KEY)))
    text = "https://example.org: BEGIN OPENSSH PRIVATE KEY"
    assert redaction.clean(text) == text


def test_what_is_left_of_a_replaced_part_does_not_join_to_another_one() -> None:
    redaction = Redaction((Secret("abcdefghij"),))
    assert redaction.clean("abcd cdefghij efgh") == "***"
    assert redaction.clean("abcd" * 50 + "abcdefgh" + "efgh" * 50) == "***"
