"""A pasted private key is accepted in any form, or is an error with a remedy."""

import base64

import pytest

from cluster_status.domain.ssh.private_key import is_key, secret_lines, unwrap

BODY = base64.b64encode(b"openssh-key-v1\0" + bytes(range(120))).decode()
LINES = [BODY[begin : begin + 70] for begin in range(0, len(BODY), 70)]
BEGIN, END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
KEY = "\n".join([BEGIN, *LINES, END, ""])
ENCRYPTED = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n"
    f"{BODY}\n-----END RSA PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    "text",
    [
        KEY.rstrip(),
        KEY.replace("\n", "\r\n"),
        KEY.replace("\n", "\r"),
        KEY.replace("\n", " "),
        KEY.replace("\n", "\\n"),
        KEY.replace("\n", "\n\n"),
        "".join(f"      {line}  \n" for line in KEY.splitlines()),
        f"\ufeff{KEY}",
        f'"{KEY}"',
        f"# my key\n{KEY}\nssh-ed25519 AAAAC3Nza me@laptop\n",
        base64.b64encode(KEY.encode()).decode(),
        base64.encodebytes(KEY.replace("\n", "\r\n").encode()).decode(),
    ],
    ids=[
        "without its last line end",
        "CRLF",
        "CR",
        "blanks for line ends",
        "backslash n for line ends",
        "empty lines",
        "indented",
        "a byte order mark",
        "in quotes",
        "among others",
        "base64 around it",
        "base64 in lines around it",
    ],
)
def test_a_key_is_restored_from_any_form_of_pasting(text: str) -> None:
    assert unwrap(text) == unwrap(KEY)
    assert "".join(unwrap(text).splitlines()[1:-1]) == BODY


@pytest.mark.parametrize("text", [ENCRYPTED, ENCRYPTED.replace("\n", " "), ENCRYPTED.replace("\n", "\r\n")])
def test_the_headers_of_an_encrypted_key_are_kept(text: str) -> None:
    assert unwrap(text).startswith(ENCRYPTED.partition(BODY)[0])


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@laptop", "without .pub"),
        (base64.b64encode(b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me@laptop\n").decode(), "without .pub"),
        ("-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----", "without .pub"),
        ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "without .pub"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "Export OpenSSH key"),
        ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56\n", "ssh-keygen -i"),
        (KEY.replace(END, ""), "its last line is missing"),
        (KEY.replace(BEGIN, ""), "its first line is missing"),
        (KEY.replace(LINES[0][:3], "..."), "damaged"),
        (KEY.replace(LINES[-1], LINES[-1][:-1]), "damaged"),
        (f"{BEGIN}\n{END}", "damaged"),
        (KEY.replace("OPENSSH", "DSA"), "DSA"),
        ("~/.ssh/id_ed25519", "it is a file path"),
        ("C:\\Users\\me\\id_ed25519", "it is a file path"),
        (BODY, "-----BEGIN"),
        ("hunter2", "-----BEGIN"),
    ],
)
def test_an_invalid_key_is_an_error_with_a_remedy_that_does_not_show_it(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy) as caught:
        unwrap(text)
    assert not [word for word in ("AAAA", BODY[:20], BODY[-20:], "hunter2") if word in str(caught.value)]


PUTTY = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nAAAA\n"
DER = base64.b64encode(b"\x30\x82\x04\xa4" + bytes(range(1, 200))).decode()


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.replace("\n", " "),
        BODY,
        LINES[0],
        END,
        ENCRYPTED,
        PUTTY,
        DER,
        "ssh-ed25519 AAAAC3Nza me@laptop",
    ],
)
def test_a_key_or_a_part_of_one_is_recognized(text: str) -> None:
    assert is_key(text)
    assert is_key(base64.b64encode(text.encode()).decode())


@pytest.mark.parametrize(
    "text",
    ["open sesame", "MIIabc", "-----BEGIN", "p&ss wörd", "x" * 300, base64.b64encode(b"a" * 90).decode()],
)
def test_a_password_is_no_key(text: str) -> None:
    assert not is_key(text)


def test_secret_lines_are_the_long_lines_of_the_key() -> None:
    assert secret_lines("hunter2hunter2\nshort\n") == ["hunter2hunter2"]
    hidden = secret_lines(base64.b64encode(KEY.encode()).decode())
    assert BODY[:64] in hidden
    assert not [line for line in hidden if "-----" in line]
