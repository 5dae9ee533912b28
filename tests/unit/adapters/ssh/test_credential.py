"""Private keys of all kinds, generated for each run: none is stored in this repository."""

from collections.abc import Callable
from functools import cache

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from cluster_status.adapters.ssh.credential import public_line, read_key
from cluster_status.domain.secret import Secret
from cluster_status.errors import InputError

PASSPHRASE = "pässphrase"
OPENSSH, PEM, PKCS8 = PrivateFormat.OpenSSH, PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8
MAKERS: dict[str, Callable[[], object]] = {
    "ssh-ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa-sha2-nistp256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa-sha2-nistp384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa-sha2-nistp521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ssh-rsa": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - small, for the sake of time
}


@cache
def make(name: str) -> object:
    return MAKERS[name]()


def text(key: object, form: PrivateFormat, passphrase: str = "") -> Secret:
    encryption: KeySerializationEncryption
    if not passphrase:
        encryption = NoEncryption()
    elif form is OPENSSH:  # one round, for the sake of time
        encryption = OPENSSH.encryption_builder().kdf_rounds(1).build(passphrase.encode())
    else:
        encryption = BestAvailableEncryption(passphrase.encode())
    return Secret(key.private_bytes(Encoding.PEM, form, encryption).decode())  # type: ignore[attr-defined]


def problem(key: Secret, passphrase: str = "") -> str:
    with pytest.raises(InputError) as caught:
        read_key(key, Secret(passphrase))
    [only] = caught.value.problems
    assert not [line for line in key.reveal().splitlines() if line in only]
    assert not passphrase or passphrase not in only
    return str(only)


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE], ids=["plain", "encrypted"])
@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in MAKERS for form in (OPENSSH, PEM, PKCS8)[:: 2 if "ed25519" in name else 1]],
)
def test_a_key_of_any_supported_type_and_format_is_read(
    name: str, form: PrivateFormat, passphrase: str
) -> None:
    key = read_key(text(make(name), form, passphrase), Secret(passphrase))
    assert key.get_name() == name
    signature = paramiko.Message(key.sign_ssh_data(b"x").asbytes())
    assert paramiko.PKey.from_type_string(name, key.asbytes()).verify_ssh_sig(b"x", signature)
    assert public_line(key) == f"{name} {key.get_base64()}"


def test_a_passphrase_that_is_not_needed_is_ignored() -> None:
    assert read_key(text(make("ssh-ed25519"), OPENSSH), Secret(PASSPHRASE)).can_sign()


def test_a_key_that_clusters_share_is_decrypted_once() -> None:
    key = text(make("ssh-ed25519"), OPENSSH, PASSPHRASE).reveal()
    first, second = (read_key(Secret(key), Secret(PASSPHRASE)) for _ in range(2))
    assert first is second


@pytest.mark.parametrize("form", [OPENSSH, PKCS8])
def test_an_encrypted_key_needs_its_passphrase(form: PrivateFormat) -> None:
    key = text(make("ssh-ed25519"), form, PASSPHRASE)
    assert problem(key) == "cluster-key is encrypted: set cluster-key-passphrase"
    assert problem(key, "another") == "cluster-key-passphrase does not decrypt cluster-key"


@pytest.mark.parametrize(
    "make_other",
    [
        ed448.Ed448PrivateKey.generate,
        lambda: ec.generate_private_key(ec.SECP256K1()),
    ],
    ids=["Ed448", "another curve"],
)
def test_a_key_of_an_unsupported_type_is_an_error_with_the_supported_ones(
    make_other: Callable[[], object],
) -> None:
    found = problem(text(make_other(), PKCS8))
    assert "not supported" in found
    assert "ed25519, ECDSA or RSA" in found


@pytest.mark.parametrize(
    ("line", "message"), [(2, "is incomplete"), (4, "is damaged: paste the complete file")]
)
def test_a_key_without_one_of_its_lines_is_an_error(line: int, message: str) -> None:
    lines = text(make("ssh-ed25519"), OPENSSH).reveal().splitlines(keepends=True)
    assert message in problem(Secret("".join(lines[:line] + lines[line + 1 :])))
