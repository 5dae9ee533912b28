"""The cipher chacha20-poly1305@openssh.com, as in PROTOCOL.chacha20poly1305 of OpenSSH.

paramiko has two hooks that suit it: an AEAD engine such as AES-GCM has, and overridable methods of the
packetizer. Unlike AES-GCM, it encrypts the length of a packet, and its nonce is the sequence number.
"""

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

KEY_BYTES = 64
_HALF = 32
_TAG_BYTES = 16
_SEQUENCE_NUMBERS = 2**32


class ChaCha20Poly1305:
    """One direction of a connection. `sequence_number` is that of the current packet."""

    def __init__(self, key: bytes) -> None:
        self.sequence_number = 0
        self._payload_key, self._length_key = key[:_HALF], key[_HALF:]

    def xor_length(self, length: bytes) -> bytes:
        """Encrypt or decrypt the four bytes of a packet's length."""
        return self._keystream(self._length_key, 0, length)

    def encrypt(self, iv: bytes, payload: bytes, encrypted_length: bytes) -> bytes:
        """Return the encrypted payload and its tag. `iv` is that of other engines, and is not used."""
        del iv
        encrypted = self._keystream(self._payload_key, 1, payload)
        return encrypted + self._authenticator(encrypted_length + encrypted).finalize()

    def decrypt(self, iv: bytes, payload: bytes, length: bytes) -> bytes:
        """Return the payload; raise InvalidTag for a packet that was changed in transit."""
        del iv
        if len(payload) < _TAG_BYTES:
            raise InvalidTag
        encrypted, tag = payload[:-_TAG_BYTES], payload[-_TAG_BYTES:]
        try:
            self._authenticator(self.xor_length(length) + encrypted).verify(tag)
        except InvalidSignature:
            raise InvalidTag from None
        return self._keystream(self._payload_key, 1, encrypted)

    def _authenticator(self, text: bytes) -> Poly1305:
        authenticator = Poly1305(self._keystream(self._payload_key, 0, bytes(_HALF)))
        authenticator.update(text)
        return authenticator

    def _keystream(self, key: bytes, counter: int, text: bytes) -> bytes:
        """XOR `text` with the key stream from this block on."""
        sequence_number = self.sequence_number % _SEQUENCE_NUMBERS
        nonce = counter.to_bytes(8, "little") + sequence_number.to_bytes(8, "big")
        return Cipher(ChaCha20(key, nonce), mode=None).encryptor().update(text)
