"""Each algorithm alone, with real servers: what the action offers works, and errors name it."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from cluster_status.adapters.ssh import algorithms
from cluster_status.adapters.ssh.algorithms import ClientTransport
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import TimedResult, new_probe, run_probe
from tests.real.algorithm_table import ROWS, Row
from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.dropbear import Dropbear
from tests.servers.openssh import OpenSSH

KEY_EXCHANGE, HOST_KEY, CIPHER, MAC = "key exchange", "host key", "cipher", "MAC"
OFFERED = {
    KEY_EXCHANGE: algorithms.KEY_EXCHANGES,
    HOST_KEY: algorithms.HOST_KEYS,
    CIPHER: algorithms.CIPHERS,
    MAC: algorithms.MACS,
}
OPTIONS = {KEY_EXCHANGE: "KexAlgorithms", HOST_KEY: "HostKeyAlgorithms", CIPHER: "Ciphers", MAC: "MACs"}
TYPES_OF_KEYS: Mapping[str, str] = MappingProxyType(
    {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa", "rsa-sha2-256": "rsa", "rsa-sha2-512": "rsa"}
    | {f"ecdsa-sha2-nistp{bits}": f"ecdsa -b {bits}" for bits in (256, 384, 521)}
)
# OpenSSH has them, and paramiko or cryptography has not: the only ones of a current client.
NOT_SUPPORTED = {
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
}
DROPBEAR = {
    KEY_EXCHANGE: {"curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group14-sha256"},
    CIPHER: {"chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"},
    MAC: {"hmac-sha2-256", "hmac-sha1"},
}


def known_to_openssh() -> Iterator[tuple[str, str]]:
    """Yield each algorithm of this OpenSSH, by kind; those for certificates and FIDO keys are left out."""
    for kind, query in ((KEY_EXCHANGE, "kex"), (CIPHER, "cipher"), (MAC, "mac")):
        listed = subprocess.run(
            [program.find("ssh"), "-Q", query], capture_output=True, text=True, check=True
        )
        yield from ((kind, name) for name in listed.stdout.split())
    yield from ((HOST_KEY, name) for name in TYPES_OF_KEYS)


@pytest.fixture
def record(request: pytest.FixtureRequest) -> list[Row]:
    return request.config.stash.setdefault(ROWS, [])


def running_openssh(directory: Path, account: Account, kind: str, name: str) -> OpenSSH:
    configuration = [f"{OPTIONS[kind]} {name}"]
    if kind == MAC:
        configuration.append("Ciphers aes256-ctr")  # the others need no MAC
    host_key = TYPES_OF_KEYS[name] if kind == HOST_KEY else "ed25519"
    return OpenSSH(directory, account, extra_configuration=configuration, host_key_types=[host_key])


def logged_in(probed: TimedResult) -> bool:
    """Return whether the login worked, and then a command: without Slurm, sinfo fails."""
    return probed.result.logged_in and probed.cause in {Cause.NO_SCHEDULER, Cause.SCHEDULER_DOWN}


def probe_openssh(openssh: OpenSSH) -> TimedResult:
    with new_probe(
        openssh.port, user=openssh.user, password=openssh.password, pins=Pins.parse(openssh.known_hosts_line)
    ) as probe:
        return run_probe(probe)


@pytest.mark.parametrize(("kind", "name"), sorted(known_to_openssh()))
def test_an_algorithm_alone_in_sshd_works_if_it_is_offered_else_the_error_names_it(
    account: Account, record: list[Row], kind: str, name: str
) -> None:
    with public_directory() as directory, running_openssh(directory, account, kind, name) as openssh:
        probed = probe_openssh(openssh)
    works = logged_in(probed)
    text = "" if works else f"{probed.failure.detail}. {probed.failure.remedy}"
    record.append(Row("OpenSSH", kind, name, works, text))
    assert works == (name in OFFERED[kind]), probed
    if not works:
        assert probed.cause is Cause.INCOMPATIBLE_SSH
        assert re.search(rf"The server offers only these [\w ]+: {re.escape(name)}\.", text)
        assert all(offered in text for offered in OFFERED[kind])


def test_what_a_current_openssh_client_offers_is_offered_as_far_as_it_is_supported() -> None:
    configuration = subprocess.run(
        [program.find("ssh"), "-F", "none", "-G", "localhost"], capture_output=True, text=True, check=True
    ).stdout
    for kind, option in OPTIONS.items():
        [listed] = re.findall(rf"^{option.lower()} (.*)$", configuration, re.MULTILINE)
        plain = {name for name in listed.split(",") if "-cert-" not in name and "sk-" not in name}
        assert plain - NOT_SUPPORTED <= set(OFFERED[kind])


def test_an_sshd_with_macs_that_are_not_offered_works_with_a_cipher_that_needs_none(
    account: Account, record: list[Row]
) -> None:
    configuration = ["MACs umac-128-etm@openssh.com", "Ciphers aes256-ctr,aes256-gcm@openssh.com"]
    with (
        public_directory() as directory,
        OpenSSH(directory, account, extra_configuration=configuration) as openssh,
    ):
        probed = probe_openssh(openssh)
    record.append(Row("OpenSSH", MAC, "umac-128-etm with aes256-gcm", logged_in(probed)))
    assert logged_in(probed)


@pytest.mark.parametrize("kind", [KEY_EXCHANGE, HOST_KEY, CIPHER, MAC])
def test_after_an_administrator_enables_any_algorithm_of_the_remedy_the_login_works(
    account: Account, kind: str
) -> None:
    bad = {KEY_EXCHANGE: "diffie-hellman-group1-sha1", HOST_KEY: "ssh-rsa", CIPHER: "aes256-cbc"}
    known = {name for _, name in known_to_openssh()}
    with (
        public_directory() as directory,
        running_openssh(directory, account, kind, bad.get(kind, "hmac-md5")) as openssh,
    ):
        remedy = probe_openssh(openssh).failure.remedy
    named = remedy.partition("which the action offers: ")[2].partition(". ")[0].split(", ")
    assert len(named) > 1
    for name in set(named) & known:
        with public_directory() as directory, running_openssh(directory, account, kind, name) as openssh:
            assert logged_in(probe_openssh(openssh)), name


@pytest.mark.parametrize("cipher", algorithms.CIPHERS)
def test_a_server_may_exchange_keys_again_within_a_session(account: Account, cipher: str) -> None:
    configuration = [f"Ciphers {cipher}", "RekeyLimit 16"]
    with (
        public_directory() as directory,
        OpenSSH(
            directory,
            account,
            extra_configuration=[*configuration, "LogLevel DEBUG1"],
            set_env={"PATH": str(directory)},
        ) as openssh,
    ):
        (directory / "env").symlink_to(program.find("env"))
        sinfo = directory / "sinfo"
        sinfo.write_text(
            "#!/bin/sh\ncase $* in *%P*) n=0; while [ $n -lt 2000 ]; do n=$((n + 1)); "
            "echo \"p$n|up|1-00:00:00|8|idle\"; done;; *) echo '8|idle';; esac\n",
            encoding="utf-8",
        )
        sinfo.chmod(0o755)
        probed = probe_openssh(openssh)
        assert probed.lists_nodes, probed
        assert openssh.log.count("rekey") > 1


@pytest.fixture(scope="module")
def dropbear(server_directory: Path, account: Account) -> Iterator[Dropbear]:
    with Dropbear(server_directory, account) as running:
        yield running


def probe_dropbear(dropbear: Dropbear) -> TimedResult:
    account = dropbear.account
    with new_probe(dropbear.port, user=account.name, password=account.password, pins=Pins()) as probe:
        return run_probe(probe)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in (KEY_EXCHANGE, CIPHER, MAC) for name in OFFERED[kind]],
)
def test_an_algorithm_alone_works_with_dropbear_if_that_has_it(
    dropbear: Dropbear, record: list[Row], monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    attribute = {KEY_EXCHANGE: "_preferred_kex", CIPHER: "_preferred_ciphers", MAC: "_preferred_macs"}[kind]
    monkeypatch.setattr(ClientTransport, attribute, (name,))
    if kind == MAC:
        monkeypatch.setattr(ClientTransport, "_preferred_ciphers", ("aes256-ctr",))
    probed = probe_dropbear(dropbear)
    works = logged_in(probed)
    text = "" if works else f"{probed.failure.detail}. {probed.failure.remedy}"
    record.append(Row("Dropbear", kind, name, works, text))
    assert works or name not in DROPBEAR[kind], probed
    assert works or probed.cause is Cause.INCOMPATIBLE_SSH


@pytest.mark.parametrize("host_key_type", ["ed25519", "ecdsa", "rsa"])
def test_dropbear_works_with_each_type_of_host_key(
    account: Account, record: list[Row], host_key_type: str
) -> None:
    with public_directory() as directory, Dropbear(directory, account, host_key_type) as running:
        works = logged_in(probe_dropbear(running))
    record.append(Row("Dropbear", HOST_KEY, host_key_type, works))
    assert works
