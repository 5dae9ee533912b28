import base64
import hmac

import pytest

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey, Pins
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


def test_a_line_with_a_marker_is_an_error() -> None:
    with pytest.raises(ValueError, match="@cert-authority"):
        Pins.parse(f"@cert-authority *.hpc.example {KEY.type} {TEXT}")


def test_a_marker_is_shown_cleaned_and_shortened() -> None:
    with pytest.raises(ValueError, match=r"^line 1 has the marker @ \[31mx+…, but only"):
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


# Two servers: the jump host, and the head node behind it

JUMP, HEAD = Endpoint("me", "gw.hpc.example", 22), Endpoint("me", "login.hpc.example", 2222)


def hashed(name: str) -> str:
    """Hash a name as `ssh-keygen -H` does."""
    salt = b"twenty bytes of salt"
    parts = (salt, hmac.digest(salt, name.encode(), "sha1"))
    return "|1|" + "|".join(base64.b64encode(part).decode() for part in parts)


def test_a_name_hashed_by_ssh_keygen_is_recognised() -> None:
    # ssh-keygen -H, of OpenSSH 9.2
    names = "|1|nVhNKxW4ttY87brmrmdsHIZ1/Es=|DBpLijlFSsTPOEusa8BF3Nb68no="
    pins = Pins.parse(f"{names} {KEY.type} {TEXT}")
    assert pins.for_server(JUMP, [HEAD])
    assert not pins.for_server(HEAD, [JUMP])


@pytest.mark.parametrize(
    ("names", "for_jump", "for_head"),
    [
        ("gw.hpc.example", True, False),
        ("GW.hpc.example,10.0.0.1", True, False),
        ("[login.hpc.example]:2222", False, True),
        ("login.hpc.example", True, True),  # with another port, so neither of them
        ("*.hpc.example", True, False),
        ("[*.hpc.example]:2222", False, True),
        ("*.hpc.example,!gw.hpc.example", True, True),
        ("gw.hpc.exampl?", True, False),
        ("gw", True, True),
        ("gw.hpc.example,[login.hpc.example]:2222", True, True),
        ("", True, True),
        (hashed("gw.hpc.example"), True, False),
        (hashed("[login.hpc.example]:2222"), False, True),
        (hashed("elsewhere"), True, True),
        ("|1|c2FsdA==", True, True),
        ("|1|c2FsdA==|!", True, True),
    ],
)
def test_a_line_that_names_one_of_two_servers_applies_to_that_one_alone(
    names: str, *, for_jump: bool, for_head: bool
) -> None:
    pins = Pins.parse(f"{names} {KEY.type} {TEXT}".strip())
    assert pins.for_server(JUMP, [HEAD]).accept(KEY) is for_jump
    assert pins.for_server(HEAD, [JUMP]).accept(KEY) is for_head


def test_a_fingerprint_applies_to_all_servers() -> None:
    pins = Pins.parse(KEY.fingerprint)
    assert pins.for_server(HEAD, [JUMP]) == pins.for_server(JUMP, [HEAD]) == pins
