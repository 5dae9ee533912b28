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
        ("p&ss\n wörd! x", "p&ss wörd! x"),
        ("xp&ss  wörd!x", "x***x"),
        ("key b3BlbnNzaC1rZXk and AAAAB3NzaC1yc2E", "key *** and ***"),
        (KEY, "***"),
        ("sésame, sésames", "***, sésames"),
        ("https://x/tOkEn-of-the-webhook", "https://x/***"),
        ("UNI\\jdoe is JDOE, not jdoes", "*** is ***, not jdoes"),
        ("jumper at GW.example.org.", "*** at ***."),
        ("from 192.0.2.7 port 22", "from *** port 22"),
        ("from 192.0.2.7: no", "from ***: no"),
        ("[2001:db8::7]:22, fe80::1%eth0", "[***]:22, ***"),
        ("go ::error::away at 17:00:05", "go ::error::away at 17:00:05"),
        ("a\x1b[31mred\r\nline", "a [31mred line"),
    ],
)
def test_text_from_outside_is_cleaned_without_secrets_names_and_addresses(text: str, shown: str) -> None:
    assert REDACTION.clean(text) == shown
    assert REDACTION.clean(text.encode()) == shown


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


def test_the_output_of_a_command_loses_long_secrets_only() -> None:
    output = "UNI\\jdoe p&ss  wörd! sésame 192.0.2.7 \udcff".encode("utf-8", "surrogateescape")
    assert REDACTION.without_secrets(output) == output.replace("p&ss  wörd!".encode(), b"***")
