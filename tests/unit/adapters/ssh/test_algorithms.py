"""What paramiko lacks of the algorithms of OpenSSH. `tests/real` tries each one with real servers."""

import os

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from paramiko.kex_group14 import KexGroup14SHA256
from paramiko.kex_group16 import KexGroup16SHA512

from cluster_status.adapters.ssh.algorithms import is_supported, modp_prime
from cluster_status.adapters.ssh.chacha20_poly1305 import KEY_BYTES, ChaCha20Poly1305

KEY = bytes(range(KEY_BYTES))
PAYLOAD = b"a payload of some bytes"
LENGTH = len(PAYLOAD).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("bits", "addend", "prime"),
    [(2048, 124_476, KexGroup14SHA256.P), (4096, 240_904, KexGroup16SHA512.P)],
)
def test_the_formula_of_rfc_3526_gives_the_primes_that_paramiko_has(
    bits: int, addend: int, prime: int
) -> None:
    assert modp_prime(bits, addend) == prime


@pytest.mark.parametrize(
    ("key_type", "expected"),
    [
        ("ssh-ed25519", True),
        ("ssh-rsa", True),
        ("ecdsa-sha2-nistp521", True),
        ("ssh-dss", False),
        ("sk-ssh-ed25519@openssh.com", False),
        ("ssh-ed25519-cert-v01@openssh.com", False),
    ],
)
def test_host_keys_of_current_types_are_supported(key_type: str, *, expected: bool) -> None:
    assert is_supported(key_type) is expected


def cipher(sequence_number: int = 7) -> ChaCha20Poly1305:
    made = ChaCha20Poly1305(KEY)
    made.sequence_number = sequence_number
    return made


def encrypted(sequence_number: int = 7) -> bytes:
    sender = cipher(sequence_number)
    return sender.encrypt(b"", PAYLOAD, sender.xor_length(LENGTH))


def test_a_packet_is_decrypted_with_its_sequence_number() -> None:
    for sequence_number in (0, 7, 2**32 - 1):
        receiver = cipher(sequence_number)
        assert receiver.xor_length(cipher(sequence_number).xor_length(LENGTH)) == LENGTH
        assert receiver.decrypt(b"", encrypted(sequence_number), LENGTH) == PAYLOAD


def test_the_sequence_number_begins_again_after_32_bits() -> None:
    assert encrypted(2**32 + 7) == encrypted(7)


def test_the_length_and_the_payload_have_keys_of_their_own() -> None:
    nonce = bytes(8) + (7).to_bytes(8, "big")  # PROTOCOL.chacha20poly1305: the length with the second half
    expected = Cipher(ChaCha20(KEY[32:], nonce), mode=None).encryptor().update(LENGTH)
    assert cipher().xor_length(LENGTH) == expected


@pytest.mark.parametrize("position", range(len(PAYLOAD) + 16))
def test_a_changed_byte_is_detected(position: int) -> None:
    changed = bytearray(encrypted())
    changed[position] ^= 1
    with pytest.raises(InvalidTag):
        cipher().decrypt(b"", bytes(changed), LENGTH)


@pytest.mark.parametrize(
    ("sequence_number", "length"), [(8, LENGTH), (7, b"\0\0\0\1")], ids=["another number", "another length"]
)
def test_a_packet_at_another_place_or_with_another_length_is_detected(
    sequence_number: int, length: bytes
) -> None:
    with pytest.raises(InvalidTag):
        cipher(sequence_number).decrypt(b"", encrypted(), length)


@pytest.mark.parametrize("size", [0, 15])
def test_a_packet_without_a_complete_tag_is_detected(size: int) -> None:
    with pytest.raises(InvalidTag):
        cipher().decrypt(b"", os.urandom(size), LENGTH)
