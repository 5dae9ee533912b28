"""Validation and conversion of the texts of inputs."""

import base64
from typing import Any

import pytest

from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.settings import types
from cluster_status.settings.types import InputType

NUMBER, SECONDS, CHOICE = types.whole_number(1, 10), types.seconds(1, 60), types.choice("auto", "file")
WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/a-Token_68"

KEY = HostKey("ssh-ed25519", b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32)))
KEY_TEXT = base64.b64encode(KEY.blob).decode()


def shown(part: object) -> str:
    return (part.accepts if isinstance(part, InputType) else repr(part))[:60]


ACCEPTED: list[tuple[InputType[Any], str, object]] = [
    (types.BOOLEAN, "true", True),
    (types.BOOLEAN, "True", True),
    (types.BOOLEAN, "FALSE", False),
    (NUMBER, "1", 1),
    (NUMBER, "10", 10),
    (NUMBER, "007", 7),
    (SECONDS, "1", 1.0),
    (SECONDS, "2.5", 2.5),
    (SECONDS, "60", 60.0),
    (CHOICE, "file", "file"),
    (types.PERCENT, "0", 0),
    (types.PERCENT, "50", 50),
    (types.PERCENT, "50%", 50),
    (types.PERCENT, "50 %", 50),
    (types.PERCENT, "100%", 100),
    (types.PORT, "22", 22),
    (types.PORT, "65535", 65535),
    (types.HOST, "head.example.org", "head.example.org"),
    (types.HOST, "head.example.org.", "head.example.org."),
    (types.HOST, "login-1", "login-1"),
    (types.HOST, "xn--bcher-kva.example", "xn--bcher-kva.example"),
    (types.HOST, "192.0.2.7", "192.0.2.7"),
    (types.HOST, "2001:db8::7", "2001:db8::7"),
    (types.HOST, "[2001:db8::7]", "2001:db8::7"),
    (types.HOST, "::1", "::1"),
    (types.HOST, "a" * 253, "a" * 253),
    (types.USER, "alice", "alice"),
    (types.USER, "DOMAIN\\alice", "DOMAIN\\alice"),
    (types.USER, "a" * 64, "a" * 64),
    (types.JUMP, "alice@gw.example.org", Endpoint("alice", "gw.example.org", 22)),
    (types.JUMP, "alice@gw:2222", Endpoint("alice", "gw", 2222)),
    (types.JUMP, "alice@[2001:db8::7]:22", Endpoint("alice", "2001:db8::7", 22)),
    (types.JUMP, "alice@::1", Endpoint("alice", "::1", 22)),
    (types.CLUSTER_NAME, "MsCluster", "MsCluster"),
    (types.CLUSTER_NAME, "Größe 1 (test)", "Größe 1 (test)"),
    (types.CLUSTER_NAME, "n" * 50, "n" * 50),
    (types.WEBHOOK_NAME, "cluster watch", "cluster watch"),
    (types.WEBHOOK_NAME, "w" * 80, "w" * 80),
    (types.PATH, "state/history.json", "state/history.json"),
    (types.URL, "https://example.org/a.png?size=64", "https://example.org/a.png?size=64"),
    (types.URL, "http://localhost:8080/a.png", "http://localhost:8080/a.png"),
    (types.URL, "http://127.0.0.1/a.png", "http://127.0.0.1/a.png"),
    (types.URL, "http://[::1]:8080/a.png", "http://[::1]:8080/a.png"),
]

REFUSED: list[tuple[InputType[Any], str]] = [
    *[(types.BOOLEAN, text) for text in ("ture", "yes", "no", "on", "1", "0", "truefalse")],
    *[(NUMBER, text) for text in ("0", "11", "-1", "+1", "1.0", "1e0", "one", "٣", "1 000", "9" * 40)],
    *[(SECONDS, text) for text in ("0", "0.9", "60.1", "61", "-1", "1e1", "nan", "inf", "1,5", "10s", ".5")],
    *[(CHOICE, text) for text in ("File", "artefact", "auto,file")],
    *[(types.PERCENT, text) for text in ("101", "-1", "0.5", "50%%", "%", "%50", "half")],
    *[(types.PORT, text) for text in ("0", "65536", "22,2222", "ssh")],
    *[
        (types.HOST, text)
        for text in (
            "alice@head.example.org",
            "ssh://head.example.org",
            "ssh:head.example.org",
            "head.example.org:22",
            "192.0.2.7:22",
            "[2001:db8::7]:22",
            "head.example.org/path",
            "head one",
            "-oProxyCommand=sh",
            "-head",
            "head-",
            "bücher.example",
            "a" * 254,
            "*",
        )
    ],
    *[(types.JUMP, text) for text in ("gw", "@gw", "a@", "a@gw:", "a@gw:0", "a@b@c", "ssh://a@gw", "a:b@gw")],
    *[(types.USER, text) for text in ("alice@head", "al ice", "alice:pw", "a/b", "a" * 65, "a\tb")],
    *[(types.CLUSTER_NAME, text) for text in ("n" * 51, "a\nb", "a\x1b[31m", "---", "\u202eabc")],
    *[(types.WEBHOOK_NAME, text) for text in ("w" * 81, "Discord bot", "my dIsCoRd", "Clydesdale")],
    *[(types.WEBHOOK_NAME, text) for text in ("everyone", "Here")],
    *[(types.PATH, text) for text in ("state/", "a\nb", "/", "a\0b")],
    *[
        (types.URL, text)
        for text in (
            "http://example.org/a.png",
            "http://127.0.0.1.example.org/a.png",
            "http://127.example.org/a.png",
            "http://localhost.example.org/a.png",
            "http://localhost@example.org/a.png",
            "ftp://example.org/a.png",
            "ftp://localhost/a.png",
            "file:///a.png",
            "//example.org/a.png",
            "example.org/a.png",
            "https://",
            "https:///a.png",
            "https://example.org:99999/",
            "https://example.org:0/",
            "https://example.org:port/",
            "https://example.org/a b.png",
            "https://bücher.example/a.png",
            "https://[::1",
            "https://example.org/".ljust(2049, "a"),  # more than Discord takes
        )
    ],
]

HINTS = [
    (types.HOST, "alice@head.example.org", "cluster-user"),
    (types.HOST, "ssh://head.example.org", "cluster-port"),
    (types.HOST, "head.example.org:22", "cluster-port"),
    (types.HOST, "[2001:db8::7]:22", "cluster-port"),
    (types.JUMP, "alice@gw1,alice@gw2", "one jump host"),
    (types.HOST_KEYS, f"# head\nhead {KEY.type} {KEY_TEXT[:-10]}", "line 2"),
]


@pytest.mark.parametrize(("input_type", "text", "value"), ACCEPTED, ids=shown)
def test_a_valid_text_is_converted(input_type: InputType[Any], text: str, value: object) -> None:
    read = input_type.read(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(("input_type", "text"), REFUSED, ids=shown)
def test_an_invalid_text_is_an_error(input_type: InputType[Any], text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text, if any, is a hint
        input_type.read(text)


@pytest.mark.parametrize(("input_type", "text", "hint"), HINTS, ids=shown)
def test_a_likely_mistake_has_a_hint(input_type: InputType[Any], text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        input_type.read(text)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("<@&123456789012345678>", "<@&123456789012345678>"),
        ("<@!123456789012345678>", "<@123456789012345678>"),
    ],
)
def test_a_mention_has_the_form_that_discord_writes(given: str, read: str) -> None:
    assert types.PING.read(given) == read


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        (
            "123456789012345678",
            "write <@&123456789012345678> for a role, <@123456789012345678> for a user",
        ),
        ("@everyone", "Copy ID"),
        ("<@&1>", "Copy ID"),
        ("<@123456789012345678> <@123456789012345679>", "Copy ID"),
    ],
)
def test_an_invalid_mention_has_a_hint(given: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        types.PING.read(given)


@pytest.mark.parametrize(
    "url",
    [
        WEBHOOK,
        f"{WEBHOOK}?thread_id=123",
        "https://discordapp.com/api/webhooks/1/t",
        "https://canary.discord.com/api/webhooks/1/t",
        "https://discord.com/api/v9/webhooks/1/t",
        "http://127.0.0.1:8080/api/webhooks/1/t",
    ],
)
def test_a_webhook_is_a_secret_with_its_url(url: str) -> None:
    secret = types.WEBHOOK.read(url)
    assert secret.reveal() == url
    assert url not in repr(secret)


@pytest.mark.parametrize(
    "url",
    [
        "https://discord.com/api/webhooks/1",
        "https://discord.com/api/webhooks/1/t/slack",
        "https://discord.com/api/webhooks/1/t/github",
        "https://discord.com/api/webhooks/one/t",
        "https://discord.com/channels/1/2",
        "https://example.org/",
        "http://discord.com/api/webhooks/1/t",
        "http://127.0.0.1.example.org/api/webhooks/1/t",
        "discord.com/api/webhooks/1/t",
        "1/t",
    ],
)
def test_an_invalid_webhook_is_an_error(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text, if any, is a hint
        types.WEBHOOK.read(url)


@pytest.mark.parametrize(
    ("given", "password"),
    [
        ("s3cret", "s3cret"),
        ("s3cret\n", "s3cret"),
        ("s3cret\r\n", "s3cret"),
        (" s3 cret ", " s3 cret "),
        ("s3cret \n", "s3cret "),
        ("s3\ncret", "s3\ncret"),
        ("pässwörd", "pässwörd"),
    ],
    ids=repr,
)
def test_only_the_line_end_of_a_password_is_removed(given: str, password: str) -> None:
    assert types.PASSWORD.verbatim
    assert types.PASSWORD.read(given).reveal() == password


KNOWN_HOSTS = {
    "a known_hosts line": f"head.example.org {KEY.type} {KEY_TEXT}",
    "with a port": f"[head.example.org]:2222 {KEY.type} {KEY_TEXT}",
    "with several names": f"head.example.org,192.0.2.7 {KEY.type} {KEY_TEXT}",
    "with hashed names": f"|1|c2FsdHNhbHQ=|aGFzaGhhc2g= {KEY.type} {KEY_TEXT}",
    "with a comment": f"head.example.org {KEY.type} {KEY_TEXT} root@head",
    "without names": f"{KEY.type} {KEY_TEXT}",
    "among others": f"# ssh-keyscan head\n\nhead {KEY.type} {KEY_TEXT}\n",
    "a fingerprint": KEY.fingerprint,
    "as ssh-keygen prints it": f"256 {KEY.fingerprint} root@head (ED25519)",
}


@pytest.mark.parametrize("text", KNOWN_HOSTS.values(), ids=KNOWN_HOSTS)
def test_a_pasted_host_key_is_accepted(text: str) -> None:
    pins = types.HOST_KEYS.read(text)
    assert pins.accept(KEY)
    assert not pins.accept(HostKey(KEY.type, KEY.blob[:-1] + b"\0"))


NO_KEYS = {
    "a cut key": f"head {KEY.type} {KEY_TEXT[:-10]}",
    "a key of another type than it says": f"head ssh-rsa {KEY_TEXT}",
    "a cut fingerprint": KEY.fingerprint[:-3],
    "an MD5 fingerprint": "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
    "a certificate authority": f"@cert-authority *.example.org {KEY.type} {KEY_TEXT}",
    "a revoked key": f"@revoked head {KEY.type} {KEY_TEXT}",
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "one good line and a bad one": f"head {KEY.type} {KEY_TEXT}\nhead ssh-ed25519",
    "a comment alone": "# head.example.org:22 SSH-2.0-OpenSSH_9.6",
}


@pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
def test_a_text_without_a_host_key_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text, if any, is a hint
        types.HOST_KEYS.read(text)
