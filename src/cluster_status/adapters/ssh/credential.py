"""The credentials of a login, ready to use: the private key is read and decrypted."""

import io
import warnings
from functools import cache

import paramiko
from cryptography.exceptions import InternalError, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import Struct

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.target import Credentials
from cluster_status.errors import InputError

_OPENSSH = "-----BEGIN OPENSSH "
_NOT_SUPPORTED = (
    "cluster-key is incomplete, or its type or encryption is not supported: use an ed25519, ECDSA or RSA "
    "key, such as one from ssh-keygen -t ed25519"
)
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_DAMAGED = (ValueError, InvalidTag, InternalError, NotImplementedError)  # of cryptography


class LoadedCredentials(Struct, frozen=True):
    """What is offered at a login; either part may be empty."""

    key: paramiko.PKey | None = None
    password: Secret = Secret()


def load_credentials(given: Credentials) -> LoadedCredentials:
    """Return the credentials with the private key read; raise InputError, which quotes nothing of it."""
    key = read_key(given.key, given.key_passphrase) if given.key else None
    return LoadedCredentials(key, given.password)


@cache  # clusters of a run can share a key, and to decrypt one takes up to a second
def read_key(text: Secret, passphrase: Secret) -> paramiko.PKey:
    """Return the key in the text of its file; raise InputError, which quotes nothing of it.

    It is read with cryptography, because paramiko does not support PKCS8. A passphrase that is not needed
    is ignored.
    """
    try:
        return _read(text, None)
    except TypeError:  # raised for an encrypted key
        if not passphrase:
            raise InputError(["cluster-key is encrypted: set cluster-key-passphrase"]) from None
    except _DAMAGED:
        raise InputError(
            ["cluster-key is damaged: paste the complete file, from -----BEGIN to -----END"]
        ) from None
    try:
        return _read(text, passphrase.reveal().encode())
    except (TypeError, *_DAMAGED):
        raise InputError(["cluster-key-passphrase does not decrypt cluster-key"]) from None


def public_line(key: paramiko.PKey) -> str:
    """Return the public key as in its .pub file, without a comment."""
    return f"{key.get_name()} {key.get_base64()}"


def _read(text: Secret, passphrase: bytes | None) -> paramiko.PKey:
    plain = text.reveal()
    openssh = plain.startswith(_OPENSSH)
    load = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about outdated algorithms, which are refused below
            return _for_paramiko(load(plain.encode(), passphrase))
    except UnsupportedAlgorithm:
        raise InputError([_NOT_SUPPORTED]) from None


def _for_paramiko(key: object) -> paramiko.PKey:
    if isinstance(key, RSAPrivateKey):
        return paramiko.RSAKey(key=key)
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return paramiko.ECDSAKey(vals=(key, key.public_key()))
    if isinstance(key, Ed25519PrivateKey):
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH
        plain = key.private_bytes(encoding, form, serialization.NoEncryption())
        return paramiko.Ed25519Key(file_obj=io.StringIO(plain.decode()))
    raise UnsupportedAlgorithm("unsupported key type")
