"""The algorithms that the action offers: those of a current OpenSSH client, if they are available.

paramiko and cryptography lack sntrup761x25519-sha512 and umac.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import paramiko
from msgspec import Struct
from paramiko.kex_curve25519 import KexCurve25519
from paramiko.kex_group16 import KexGroup16SHA512

from cluster_status.adapters.ssh.chacha20_poly1305 import KEY_BYTES, ChaCha20Poly1305
from cluster_status.adapters.ssh.packetizer import BoundedPacketizer
from cluster_status.domain.redaction import Redaction

CHACHA20_POLY1305 = "chacha20-poly1305@openssh.com"
# In the order of OpenSSH 10.
KEY_EXCHANGES: tuple[str, ...] = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
HOST_KEYS: tuple[str, ...] = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
# AES-GCM first: paramiko encrypts a packet with one call, and ChaCha20-Poly1305 takes Python.
CIPHERS: tuple[str, ...] = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    CHACHA20_POLY1305,
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
MACS: tuple[str, ...] = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
)
HOST_KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
)
_HOST_KEYS = "host key algorithms"
_WITHOUT_MAC = {name for name in CIPHERS if not name.endswith("-ctr")}
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # the algorithms for a key of type ssh-rsa, without SHA-1
_NO_ALGORITHMS = ("ext-info-", "kex-strict-")  # in a list of key exchanges
_LISTED = 400  # characters of a list that a server sent


def is_supported(key_type: str) -> bool:
    """Return whether host keys of this type can be verified."""
    return not set(_algorithms_of(key_type)).isdisjoint(HOST_KEYS)


def _algorithms_of(key_type: str) -> tuple[str, ...]:
    return _RSA if key_type == "ssh-rsa" else (key_type,)


class Mismatch(Struct, frozen=True):
    """A kind of algorithm without one that both the server and the action support."""

    kind: str  # as a plural
    server: Sequence[str]
    offered: Sequence[str]

    def remedy(self, redaction: Redaction) -> str:
        named = [name for name in self.server if name and not name.startswith(_NO_ALGORITHMS)]
        listed = redaction.clean(", ".join(named), limit=_LISTED) or "none"
        return (
            f"Ask the administrators to enable one of these {self.kind}, which the action offers: "
            f"{', '.join(self.offered)}. The server offers only these {self.kind}: {listed}."
        )


class KexGroup18SHA512(KexGroup16SHA512):
    """diffie-hellman-group18-sha512 (RFC 8268), with the 8192-bit group of RFC 3526."""

    name = "diffie-hellman-group18-sha512"

    @cached_property
    def P(self) -> int:  # type: ignore[override]  # noqa: N802 - paramiko's name
        return modp_prime(8192, 4_743_158)


def modp_prime(bits: int, addend: int) -> int:
    """Return the prime of a group of RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + addend)."""
    unit = 1 << (bits - 130 + 64)  # 64 bits more than needed, because rounding loses some
    pi = 4 * (4 * _arctan_of_inverse(5, unit) - _arctan_of_inverse(239, unit))  # Machin's formula
    return (1 << bits) - (1 << (bits - 64)) - 1 + (((pi >> 64) + addend) << 64)


def _arctan_of_inverse(number: int, unit: int) -> int:
    total, power, divisor = 0, unit // number, 1
    while power:
        total += power // divisor if divisor % 4 == 1 else -(power // divisor)
        power //= number * number
        divisor += 2
    return total


class ClientTransport(paramiko.Transport):
    """A client's transport that keeps the offers of the server."""

    packetizer: BoundedPacketizer
    _preferred_kex = KEY_EXCHANGES
    _preferred_keys = HOST_KEYS
    _preferred_ciphers = CIPHERS
    _preferred_macs = MACS
    _preferred_compression = ("none",)
    _kex_info = paramiko.Transport._kex_info | {  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        "curve25519-sha256": KexCurve25519,  # the name in RFC 8731 of curve25519-sha256@libssh.org
        "diffie-hellman-group18-sha512": KexGroup18SHA512,
    }
    _cipher_info = paramiko.Transport._cipher_info | {  # type: ignore[attr-defined]  # noqa: SLF001
        CHACHA20_POLY1305: {
            "class": ChaCha20Poly1305,
            "block-size": 8,
            "iv-size": 12,  # not used
            "key-size": KEY_BYTES,
            "is_aead": True,
        }
    }
    _mac_info = paramiko.Transport._mac_info | {  # type: ignore[attr-defined]  # noqa: SLF001
        "hmac-sha1-etm@openssh.com": {"class": hashlib.sha1, "size": 20}
    }

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, packetizer_class=BoundedPacketizer)
        self._offered: dict[str, list[str]] = {}  # by the server, by paramiko's names

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """The types to negotiate, without those of certificates, which cannot be pinned."""
        return tuple(self._preferred_keys)

    def negotiate_only(self, key_types: Iterable[str]) -> None:
        """Accept only host keys of these types, at least one of which is supported."""
        wanted = {name for kind in key_types for name in _algorithms_of(kind)}
        self._preferred_keys = tuple(name for name in HOST_KEYS if name in wanted)

    def server_has(self, key_type: str) -> bool:
        """Return whether the server offered to show a key of this type."""
        return not set(_algorithms_of(key_type)).isdisjoint(self._offered.get("server_key_algo_list", ()))

    @property
    def lacks_host_key(self) -> bool:
        """Whether the server offered no host key of the types that were to be negotiated."""
        return any(mismatch.kind == _HOST_KEYS for mismatch in self.mismatches())

    def mismatches(self) -> tuple[Mismatch, ...]:
        """Return the kinds without a common algorithm; empty if the server has offered nothing yet."""
        if not self._offered:
            return ()
        kinds = (
            ("key exchanges", "kex_algo_list", self.preferred_kex),
            (_HOST_KEYS, "server_key_algo_list", self.preferred_keys),
            ("ciphers", "client_encrypt_algo_list", self.preferred_ciphers),
            ("ciphers", "server_encrypt_algo_list", self.preferred_ciphers),
            ("MACs", "client_mac_algo_list", self.preferred_macs),
            ("MACs", "server_mac_algo_list", self.preferred_macs),
        )
        found = {
            kind: Mismatch(kind, self._offered[name], ours)
            for kind, name, ours in kinds
            if not set(ours) & set(self._offered[name])
        }
        return tuple(found.values())

    def _really_parse_kex_init(self, message: paramiko.Message, ignore_first_byte: bool = False) -> Any:  # noqa: FBT001, FBT002 - paramiko's signature
        offered = super()._really_parse_kex_init(message, ignore_first_byte)  # type: ignore[misc]
        if ignore_first_byte:  # what this side offered
            return offered
        for side in ("client", "server"):
            ciphers = offered[f"{side}_encrypt_algo_list"]
            if next(filter(ciphers.__contains__, self.preferred_ciphers), None) in _WITHOUT_MAC:
                # not used, but paramiko requires one in common
                offered[f"{side}_mac_algo_list"] = list(self.preferred_macs)
        self._offered = {name: list(value) for name, value in offered.items() if isinstance(value, list)}
        return offered
