"""Any text as a key or a pin is read, or refused with a printable error."""

import base64
import string

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from cluster_status.adapters.ssh.credential import read_key
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pin
from cluster_status.domain.ssh.private_key import secret_lines, unwrap
from cluster_status.errors import InputError


def _texts() -> list[str]:
    keys = (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1()))
    forms = (PrivateFormat.OpenSSH, PrivateFormat.PKCS8)
    return [key.private_bytes(Encoding.PEM, form, NoEncryption()).decode() for key in keys for form in forms]


TEXTS = _texts()
# pieces of texts that look like keys
PIECES = st.sampled_from(
    [
        *TEXTS,
        "-----BEGIN ",
        "-----END ",
        "OPENSSH ",
        "PRIVATE KEY-----",
        "\n",
        "\\n",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
        "ssh-ed25519 AAAA",
        "PuTTY-User-Key-File-2",
        "|1|",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=40)), max_size=8).map("".join))
def test_any_text_is_a_key_or_a_printable_error(text: str) -> None:
    assert text not in secret_lines(text) or "-----" not in text
    try:
        key, remedy = unwrap(text), ""
    except ValueError as error:
        key, remedy = "", str(error)
    assert remedy.isprintable()
    assert remedy or unwrap(key) == key


@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=6), st.integers(0, 6)), max_size=4),
)
def test_a_key_with_some_bytes_changed_is_read_or_refused(
    text: str, changes: list[tuple[int, bytes, int]]
) -> None:
    first, *lines, last = text.splitlines()
    content = base64.b64decode("".join(lines))
    for begin, new, dropped in changes:
        content = content[:begin] + new + content[begin + dropped :]
    if b"bcrypt" in content:
        return  # its number of rounds has no limit, and each round takes time
    changed = Secret("\n".join([first, base64.b64encode(content).decode(), last]))
    try:
        problem = "" if read_key(changed, Secret("a passphrase")).can_sign() else "the key cannot sign"
    except InputError as error:
        [problem] = error.problems
    assert not problem or problem.startswith("cluster-key")


@given(st.text(alphabet=string.printable, max_size=60), st.sampled_from(["", "|1|", "!", "*,", "[*]:22,!"]))
def test_any_names_before_a_pin_are_accepted_or_refused(names: str, begin: str) -> None:
    server = Endpoint("me", "gw.example.org", 22)
    assert Pin(names=begin + names).is_for(server.host, server.port) in {True, False}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_seeds_are_valid_keys(text: str) -> None:
    assert read_key(Secret(unwrap(text)), Secret()).can_sign()
