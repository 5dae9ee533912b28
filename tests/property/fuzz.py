"""The readers of untrusted text, each with a check that holds for any bytes.

To add a reader, add a row with seeds and a check. Its findings are in a folder below tests/data/fuzz.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cluster_status.adapters.ssh.credential import read_key
from cluster_status.domain.execution import CommandResult
from cluster_status.domain.history import codec
from cluster_status.domain.history.histories import Histories
from cluster_status.domain.history.history import History
from cluster_status.domain.redaction import PLAIN
from cluster_status.domain.secret import Secret
from cluster_status.domain.slurm import drain_reason, gpu, node_set, out_of_service, reservation, sinfo
from cluster_status.domain.slurm.cluster_state import NodeCounts
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.private_key import secret_lines, unwrap
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.diagnosis import diagnose
from cluster_status.domain.text import clean
from cluster_status.errors import HistoryError, InputError, UnparsableError

FINDINGS = Path(__file__).parents[1] / "data" / "fuzz"
RECORDINGS = Path(__file__).parents[1] / "data" / "sinfo"
BOUNDARY = "f4a3e"
MESSAGE_LIMIT = 500  # characters of an error, with the text that it quotes

_ROWS = b"debug*|up|1-00:00:00|6|idle\ndebug*|up|1-00:00:00|2|drained*\nempty|down|infinite|0|n/a\n"
_ED25519 = b"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
_POLLS = (
    b'{"schema":1,"clusters":{"c":{"record":{"polls":[{"at":"2026-11-24T10:00:00Z","status":"offline",'
    b'"cause":"dns"}]}}}}'
)
_PENDING = (
    b'{"schema":1,"clusters":{"c":{"outbox":{"channels":{"discord":{"pending":[{"id":"p.0","event":"outage",'
    b'"at":"2026-11-24T10:00:00Z","period":{"status":"offline","since":"2026-11-24T10:00:00Z",'
    b'"causes":["refused"]}}]}}}}}}'
)
_RESERVATION = (
    b"ReservationName=r1 StartTime=2026-11-24T10:00:00 EndTime=2026-11-25T10:00:00 Duration=1-00:00:00 "
    b"Nodes=n1 NodeCnt=1 PartitionName=(null) Flags=MAINT,SPEC_NODES TRES=cpu=4\n"
)
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))  # a key that no server has
_DIAGNOSABLE = {
    Cause.LOGIN_REFUSED,
    Cause.SHELL_FAILS,
    Cause.NO_SCHEDULER,
    Cause.SCHEDULER_DOWN,
    Cause.SINFO_FAILED,
}


@dataclass(frozen=True)
class Reader:
    """`probe` fails an assertion or raises another exception if the reader has a fault."""

    name: str
    probe: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    tokens: tuple[bytes, ...]  # parts of its input language


def _output(by_partition: bytes, in_total: bytes) -> bytes:
    return b"%b\n%b%b\n%b%b\n" % (
        BOUNDARY.encode(),
        by_partition,
        BOUNDARY.encode(),
        in_total,
        BOUNDARY.encode(),
    )


def _is_shown(text: str, limit: int) -> bool:
    return len(text) <= limit and (not text or text.isprintable())


def _check_error(error: Exception) -> None:
    assert _is_shown(str(error), MESSAGE_LIMIT), str(error)[:1_000]


def _counts_add_up(nodes: NodeCounts) -> bool:
    return nodes.total == nodes.in_service + nodes.maintenance + nodes.down + nodes.unknown + nodes.other


def probe_sinfo(content: bytes) -> None:
    try:
        cluster_state = sinfo.parse(content, BOUNDARY, PLAIN)
    except UnparsableError as error:
        _check_error(error)
        return
    for partition in cluster_state.partitions:
        assert _is_shown(partition.name, 100)
        assert _is_shown(partition.availability, 300)
        assert _is_shown(partition.time_limit, 300)
        assert _counts_add_up(partition.nodes)
    assert _counts_add_up(cluster_state.nodes)
    assert all(_is_shown(state, 300) for state in cluster_state.unknown_states)
    rows = [line.split("|") for line in content.decode("utf-8", "replace").split("\n")]
    nodes = sum(int(row[3]) for row in rows if len(row) == 5 and row[3].isdecimal())
    # there may be more rows outside the boundaries
    assert sum(partition.nodes.total for partition in cluster_state.partitions) <= nodes


def probe_diagnosis(content: bytes) -> None:
    exit_status, (output, _, stderr) = content[:1], content[1:].partition(b"\0")
    result = CommandResult(exit_status[0] if exit_status else 1, output, stderr)
    failure = diagnose(result, BOUNDARY, PLAIN)
    assert failure.cause in _DIAGNOSABLE
    assert failure.detail
    assert _is_shown(failure.detail, 300)


def probe_details(content: bytes) -> None:
    """Check the details, which are never an error: invalid ones are left out."""
    lines = content.decode("utf-8", "replace").split("\n")
    gpus, unreadable = gpu.parse(lines, PLAIN)
    assert all(_is_shown(name, 100) for name in unreadable)
    assert all(_is_shown(one.type, 40) for types in gpus.values() for one in types)
    for with_names in (True, False):
        for reason in drain_reason.parse(lines, BOUNDARY, PLAIN, with_names=with_names):
            assert _is_shown(reason.reason, 300)
            assert _is_shown(reason.node_names + reason.set_by, 200)
    listing = reservation.parse(lines, PLAIN)
    assert _is_shown(listing.error, 350)
    for one in (listed.reservation for listed in listing.listed):
        assert _is_shown(one.name, 300)
        assert one.begin < reservation.last_instant(one)
    assert node_set.parse(lines, ["batch"], PLAIN).keys() <= {"batch"}
    assert all(nodes >= 0 for _, nodes in out_of_service.parse(lines))


def probe_text(content: bytes) -> None:
    for text in (clean(content), clean(content.decode("utf-8", "surrogateescape")), clean(content, limit=7)):
        assert _is_shown(text, 300)
        assert text == text.strip()
        assert clean(text) == text
        text.encode()


def probe_history(content: bytes) -> None:
    try:
        histories = codec.parse(content)
    except HistoryError as error:
        _check_error(error)
        return
    written = codec.render(histories)
    assert codec.parse(written) == histories
    assert codec.render(codec.parse(written)) == written


def probe_known_hosts(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    try:
        pins = Pins.parse(text)
    except ValueError as error:
        _check_error(error)
        return
    assert pins
    assert all(pins.accept(key) for key in pins.keys)
    for key in pins.keys:
        assert Pins.parse(key.line("login.cluster.example", 22)).keys == (key,)
    for fingerprint in pins.fingerprints:
        assert Pins.parse(fingerprint).fingerprints == (fingerprint,)


def _pem(form: PrivateFormat) -> bytes:
    return _KEY.private_bytes(Encoding.PEM, form, NoEncryption())


def probe_private_key(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    hidden = secret_lines(text)
    try:
        key = read_key(Secret(unwrap(text)), Secret())
    except (ValueError, InputError) as error:
        _check_error(error)
        return
    assert key.can_sign()
    assert hidden


READERS = (
    Reader(
        "sinfo",
        probe_sinfo,
        (
            _output(_ROWS, b"6|idle\n2|drained*\n"),
            _output(b"", b""),
            b"Welcome\r\n" + _output(b"p|up|30:00|1|mixed#\r\n", b"1|mixed#\r\n"),
            *(file.read_bytes() for file in sorted(RECORDINGS.glob("*.txt"))),
        ),
        (
            BOUNDARY.encode(),
            b"|",
            b"\n",
            b"\r\n",
            b"*",
            b"n/a",
            b"idle",
            b"down*",
            b"up",
            b"0",
            b"999999999",
            b"\xff",
        ),
    ),
    Reader(
        "diagnosis",
        probe_diagnosis,
        (
            b"\x01f4a3e\n\0slurm_load_partitions: Unable to contact slurm controller (connect failure)\n",
            b"\x7ff4a3e\n\0env: 'sinfo': No such file or directory\n",
            b"\x01\0WARNING: Your password has expired.\nPassword change required but no TTY available.\n",
            b"\x89f4a3e\n\0bash: line 1: 1234 Killed  sinfo\n",
        ),
        (
            BOUNDARY.encode(),
            b"\0",
            b"\n",
            b"sinfo: ",
            b"slurm_load: ",
            b"env: ",
            b"Munge encode failed",
            b"\x1b[31m",
        ),
    ),
    Reader(
        "details",
        probe_details,
        (
            b"batch* 4 mixed gpu:a100:4(S:0-1) gpu:a100:2(IDX:0-1)\nbatch* 1 idle gpu:2 gpu:0\n",
            b"f4a3e|2|2026-11-24T10:00:00|root|n[1-2]|bad | disk\nand more\nf4a3e|1|Unknown|a|b|c\n",
            _RESERVATION,
        ),
        (
            BOUNDARY.encode(),
            b"|",
            b"\n",
            b"gpu:",
            b"(IDX:",
            b" EndTime=",
            b" Flags=MAINT",
            b"9999-12-31T23:59:59",
            b"\x1b",
        ),
    ),
    Reader(
        "text",
        probe_text,
        (
            "a reason\twith \x1b[31mcolour\x1b[0m, \u202edirection and \ue000private\n".encode(),
            b"\xff\xfe plain",
        ),
        (
            "\u2028".encode(),
            "\u202e".encode(),
            b"\x1b[0m",
            b"\xed\xa0\x80",
            b" ",
            b"\n",
            "é".encode(),
            "…".encode(),
        ),
    ),
    Reader(
        "private_key",
        probe_private_key,
        (
            _pem(PrivateFormat.OpenSSH),
            _pem(PrivateFormat.PKCS8).replace(b"\n", b"\r\n"),
            base64.b64encode(_pem(PrivateFormat.PKCS8)),
        ),
        (
            b"-----BEGIN PRIVATE KEY-----",
            b"-----END PRIVATE KEY-----\n",
            b"-----BEGIN OPENSSH PRIVATE KEY-----\n",
            b"PuTTY-User-Key-File-2",
            b"ssh-rsa AAAA",
            b"\\n",
            b"\r\n",
            b"=",
            b" ",
        ),
    ),
    Reader(
        "history",
        probe_history,
        (
            codec.render(Histories().with_entry("mscluster", History())),
            _POLLS,
            _PENDING,
        ),
        (
            b'"schema":',
            b"1",
            b"2",
            b'"status":"online"',
            b'"unknown"',
            b'"of-a-later-version"',
            b"null",
            b"[",
            b"{",
            b"}",
            b"1e999",
            b"\xff",
        ),
    ),
    Reader(
        "known_hosts",
        probe_known_hosts,
        (
            b"github.com ssh-ed25519 " + _ED25519 + b"\n",
            b"# a comment\r\n|1|c2FsdA==|aGFzaA== ssh-ed25519 " + _ED25519 + b" root@login\r\n",
            b"SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU\n",
            b"@cert-authority * ssh-ed25519 " + _ED25519,
            b"ssh-ed25519 ",
        ),
        (
            b"SHA256:",
            b"ssh-ed25519 ",
            b"ssh-rsa ",
            _ED25519,
            b"@revoked ",
            b"#",
            b"=",
            b"\n",
            b" ",
            b"AAAA",
            "é".encode(),
        ),
    ),
)
