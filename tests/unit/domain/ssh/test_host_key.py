import base64
import hmac

import pytest

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey, Pins
from cluster_status.domain.ssh.target import SshTarget
from tests.unit.domain.build import host_key

# GitHub's own, as it publishes both
GITHUB_TEXT = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
GITHUB_FINGERPRINT = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
GITHUB = HostKey("ssh-ed25519", base64.b64decode(GITHUB_TEXT))

KEY = host_key()
TEXT = base64.b64encode(KEY.blob).decode()
LINE = f"login.hpc.example {KEY.type} {TEXT}"
UNTRUSTED = host_key(secret=b"S" * 36)
RSA = host_key("ssh-rsa", b"R" * 300)


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints() -> None:
    assert GITHUB.fingerprint == GITHUB_FINGERPRINT


def test_the_history_holds_the_type_and_fingerprint_of_a_key() -> None:
    assert GITHUB.type_and_fingerprint == f"ssh-ed25519 {GITHUB_FINGERPRINT}"


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [("github.com", 22, "github.com"), ("github.com", 443, "[github.com]:443"), ("::1", 2222, "[::1]:2222")],
)
def test_the_line_to_paste_names_the_server_as_known_hosts_does(host: str, port: int, name: str) -> None:
    assert GITHUB.line(host, port) == f"{name} ssh-ed25519 {GITHUB_TEXT}"


def test_the_line_to_paste_pins_the_key() -> None:
    assert Pins.parse(KEY.line("login.hpc.example", 2222)).keys == (KEY,)


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"{KEY.type} {TEXT}",
        f"{KEY.type} {TEXT} root@login",
        f"{LINE} a comment of several words",
        f"|1|c2FsdA==|aGFzaA== {KEY.type} {TEXT}",
        f"[login.hpc.example]:2222,10.0.0.1 {KEY.type} {TEXT}",
        f"  {LINE}\t",
        f"# login.hpc.example:22 SSH-2.0-OpenSSH_9.2\n\n{LINE}\r\n",
        KEY.fingerprint,
        f"{KEY.fingerprint}=",
        f"256 {KEY.fingerprint} root@login (ED25519)",
    ],
)
def test_a_key_can_be_pinned_in_each_common_form(text: str) -> None:
    pins = Pins.parse(text)
    assert pins.accept(KEY)
    assert not pins.accept(UNTRUSTED)


def test_any_of_several_pins_is_accepted() -> None:
    pins = Pins.parse(f"{LINE}\n{RSA.fingerprint}")
    assert [pins.accept(key) for key in (KEY, RSA, UNTRUSTED)] == [True, True, False]


@pytest.mark.parametrize("text", ["", "\n \n", "# only a comment"])
def test_a_text_without_a_key_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        Pins.parse(text)


def test_without_pins_no_key_is_accepted() -> None:
    assert not Pins()
    assert not Pins().accept(KEY)


@pytest.mark.parametrize("text", [LINE, KEY.fingerprint])
def test_pins_are_true(text: str) -> None:
    assert Pins.parse(text)


@pytest.mark.parametrize(
    "line",
    [
        "login.hpc.example",
        "login.hpc.example ssh-ed25519",
        f"login.hpc.example {KEY.type} {TEXT[:-8]}",
        f"login.hpc.example {KEY.type} {TEXT[:-1]}",
        f"login.hpc.example ssh-rsa {TEXT}",
        f"login.hpc.example {KEY.type} {base64.b64encode(bytes(60)).decode()}",
        f"@cert-authority *.hpc.example {KEY.type} {TEXT}",
        f"@revoked * {KEY.type} {TEXT}",
        "SHA256:",
        KEY.fingerprint[:-1],
        f"{KEY.fingerprint}A",
        f"{KEY.fingerprint[:-1]}!",
        "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        "ein Schlüssel für später",
        "SHA256:Schlüssel",
    ],
)
def test_a_line_without_a_complete_key_is_reported_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 2 "):
        Pins.parse(f"{LINE}\n{line}\n{LINE}")


@pytest.mark.parametrize("marker", ["@cert-authority", "@Cert-Authority"])
def test_a_line_for_a_certificate_authority_is_an_error_that_names_what_to_pin(marker: str) -> None:
    expected = (
        r"^line 1 is for a certificate authority \(@cert-authority\), which is not supported: .*key of the"
    )
    with pytest.raises(ValueError, match=expected):
        Pins.parse(f"{marker} *.hpc.example {KEY.type} {TEXT}")


def test_a_line_with_another_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="@revoked"):
        Pins.parse(f"@revoked *.hpc.example {KEY.type} {TEXT}")


def test_a_marker_is_shown_cleaned_and_shortened() -> None:
    with pytest.raises(ValueError, match=r"^line 1 has the marker @x+…, but only"):
        Pins.parse(f"@\x1b[31m{'x' * 1_000} * {KEY.type} {TEXT}")


def test_the_types_to_negotiate_are_those_of_the_pinned_keys_each_once() -> None:
    another = host_key(secret=b"2" * 36)
    lines = "\n".join(key.line("login", 22) for key in (KEY, RSA, another))
    assert Pins.parse(lines).types == ("ssh-ed25519", "ssh-rsa")


@pytest.mark.parametrize(
    "pins", [Pins(), Pins.parse(KEY.fingerprint), Pins.parse(f"{LINE}\n{RSA.fingerprint}")]
)
def test_a_fingerprint_leaves_the_type_open(pins: Pins) -> None:
    assert pins.types == ()


# Which server a line is for

JUMP, HEAD = Endpoint("me", "gw.hpc.example", 22), Endpoint("me", "login.hpc.example", 2222)


def hashed(name: str) -> str:
    """Hash a name as `ssh-keygen -H` does."""
    salt = b"twenty bytes of salt"
    parts = (salt, hmac.digest(salt, name.encode(), "sha1"))
    return "|1|" + "|".join(base64.b64encode(part).decode() for part in parts)


def pins_named(names: str) -> Pins:
    return Pins.parse(f"{names} {KEY.type} {TEXT}".strip())


def test_a_name_hashed_by_ssh_keygen_is_recognised() -> None:
    # ssh-keygen -H, of OpenSSH 9.2
    pins = pins_named("|1|nVhNKxW4ttY87brmrmdsHIZ1/Es=|DBpLijlFSsTPOEusa8BF3Nb68no=")
    assert pins.for_server(JUMP)
    assert not pins.for_server(HEAD)


@pytest.mark.parametrize(
    ("names", "for_jump", "for_head"),
    [
        ("gw.hpc.example", True, False),
        ("GW.hpc.example,10.0.0.1", True, False),
        ("GW.hpc.example, 10.0.0.1", True, False),
        ("10.0.0.1,GW.hpc.example", True, False),
        ("[login.hpc.example]:2222", False, True),
        ("[login.hpc.example]:22", False, False),
        ("[gw.hpc.example]:2222", False, False),
        ("login.hpc.example", False, True),
        ("*.hpc.example", True, True),
        ("[*.hpc.example]:2222", False, True),
        ("*", True, True),
        ("*.hpc.example,!gw.hpc.example", False, True),
        ("!login.hpc.example,*", True, False),
        ("![login.hpc.example]:2222,*", True, False),
        ("![gw.hpc.example]:2222,*", True, True),
        ("!gw.hpc.example", False, False),
        ("gw.hpc.exampl?", True, False),
        ("gw", False, False),
        ("login2.hpc.example", False, False),
        ("gw.hpc.example,[login.hpc.example]:2222", True, True),
        ("", True, True),
        (hashed("gw.hpc.example"), True, False),
        (hashed("[login.hpc.example]:2222"), False, True),
        (hashed("login.hpc.example"), False, True),
        (hashed("elsewhere"), False, False),
        ("|1|c2FsdA==", False, False),
        ("|1|c2FsdA==|!", False, False),
    ],
)
def test_a_line_applies_to_the_servers_that_it_names_and_does_not_exclude(
    names: str, *, for_jump: bool, for_head: bool
) -> None:
    pins = pins_named(names)
    assert pins.for_server(JUMP).accept(KEY) is for_jump
    assert pins.for_server(HEAD).accept(KEY) is for_head
    assert bool(pins.for_none_of([JUMP, HEAD])) is not (for_jump or for_head)


def test_a_line_with_the_name_alone_does_not_apply_where_another_line_has_the_port() -> None:
    pins = Pins.parse(f"{KEY.line('login.hpc.example', 2222)}\n{RSA.line('login.hpc.example', 22)}")
    assert pins.for_server(HEAD).keys == (KEY,)


def test_a_fingerprint_applies_to_all_servers() -> None:
    pins = Pins.parse(KEY.fingerprint)
    assert pins.for_server(HEAD) == pins.for_server(JUMP) == pins


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], False),
        ([KEY.line("gw.hpc.example", 22)], False),
        ([KEY.line("login.hpc.example", 2222)], True),
        ([KEY.line("login2.hpc.example", 22)], True),  # meant for it, with another name
        ([KEY.line("gw.hpc.example", 22), KEY.line("login2.hpc.example", 22)], True),
        ([KEY.fingerprint], True),
    ],
)
def test_the_head_node_is_pinned_unless_each_line_is_for_a_jump_host(
    lines: list[str], *, expected: bool
) -> None:
    pins = Pins.parse("\n".join(lines)) if lines else Pins()
    assert SshTarget((JUMP, HEAD), pins=pins).head_node_is_pinned is expected
