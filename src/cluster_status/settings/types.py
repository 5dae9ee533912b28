"""Types of inputs: they validate and convert texts. Readers raise ValueError, with or without a hint."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from cluster_status.domain.notification.selection import Kind
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.domain.ssh.private_key import is_key, unwrap

T = TypeVar("T")


class InputType(Struct, Generic[T], frozen=True):
    """`read` converts a text. `accepts` completes the sentence "cluster-port 'x' is not ..."."""

    read: Callable[[str], T]
    accepts: str
    verbatim: bool = False  # keep leading and trailing blanks


def text(accepts: str, pattern: str) -> InputType[str]:
    def read(given: str) -> str:
        if not re.fullmatch(pattern, given):
            raise ValueError
        return given

    return InputType(read, accepts)


def whole_number(least: int, most: int) -> InputType[int]:
    def read(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
            raise ValueError
        return int(given)

    return InputType(read, f"a whole number from {least} to {most}")


def seconds(least: int, most: int) -> InputType[float]:
    def read(given: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", given) or not least <= float(given) <= most:
            raise ValueError
        return float(given)

    return InputType(read, f"a number of seconds from {least} to {most}")


def choice(*options: str) -> InputType[str]:
    def read(given: str) -> str:
        if given not in options:
            raise ValueError
        return given

    return InputType(read, f"one of {', '.join(options)}")


def _boolean(given: str) -> bool:
    if given.lower() not in {"true", "false"}:
        raise ValueError
    return given.lower() == "true"


def _true(given: str) -> bool:
    if given.lower() != "true":
        raise ValueError("without issues, remove the channel")
    return True


def _percent(given: str) -> int:
    return whole_number(0, 100).read(given.removesuffix("%").rstrip())


def _host(given: str) -> str:
    if "://" in given or "@" in given or "/" in given:
        raise ValueError("set only the host name, with the user in cluster-user and the port in cluster-port")
    try:
        return str(ip_address(given.strip("[]")))
    except ValueError:
        pass
    if ":" in given:
        raise ValueError("set the port in cluster-port")
    if len(given) > _NAME_LIMIT or not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?", given):
        raise ValueError
    return given


def _jump(given: str) -> Endpoint:
    if "," in given:
        raise ValueError("only one jump host is supported")
    user, _, server = given.rpartition("@")
    with_port = re.fullmatch(r"(\[[^\]]*\]|[^:]*):([0-9]*)", server)
    host, port = with_port.groups() if with_port else (server, "22")
    try:
        return Endpoint(USER.read(user), HOST.read(host), PORT.read(port))
    except ValueError:
        raise ValueError from None


def _url(given: str) -> str:
    try:
        parts = urlsplit(given)
        usable = parts.hostname and parts.port != 0 and re.fullmatch(_VISIBLE_ASCII, given)
    except ValueError:
        raise ValueError from None  # its text quotes the URL, which may be a secret
    if not usable:
        raise ValueError
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(str(parts.hostname))):
        raise ValueError
    return given


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _webhook(given: str) -> Secret:
    if not _is_webhook(given):
        raise ValueError(next((hint for hint, fixed in _fixes_of_url(given) if _is_webhook(fixed)), ""))
    return Secret(given)


def _is_webhook(given: str) -> bool:
    try:
        path = urlsplit(_url(given)).path
    except ValueError:
        return False
    return re.fullmatch(r"/api(/v[0-9]+)?/webhooks/[0-9]+/[A-Za-z0-9_-]+", path) is not None


def _fixes_of_url(given: str) -> Iterator[tuple[str, str]]:
    """Yield what may be wrong with a URL, and the URL without that."""
    yield "remove the quotation marks", given.strip(_QUOTATION_MARKS)
    yield "remove the name before the URL", re.sub(r"^\w+\s*[=:]\s*(?=\S*://)", "", given)
    yield "add https:// at its beginning", f"https://{given}"
    yield "remove the slash at its end", given.rstrip("/")


def _ping(given: str) -> str:
    mention = re.fullmatch(r"<@(&?)!?([0-9]{15,20})>", given)
    if mention:
        return f"<@{mention[1]}{mention[2]}>"
    if re.fullmatch("[0-9]{15,20}", given):
        raise ValueError(f"write <@&{given}> for a role, <@{given}> for a user")
    raise ValueError("with developer mode on, Discord shows Copy ID in the menu of a role or user")


def _secret_url(given: str) -> Secret:
    if not _is_url(given):
        raise ValueError(next((hint for hint, fixed in _fixes_of_url(given) if _is_url(fixed)), ""))
    return Secret(given)


def _signed_url(given: str) -> Secret:
    address, _, key = given.partition("#")
    if not _is_url(address):
        raise ValueError(next((hint for hint, fixed in _fixes_of_url(address) if _is_url(fixed)), ""))
    try:
        decoded = b64decode(key.removeprefix(_SIGNING_KEY), validate=True)
    except ValueError:
        decoded = b""
    if not key.startswith(_SIGNING_KEY) or len(decoded) not in _SIGNING_KEY_BYTES:
        raise ValueError("add # and the output of: echo whsec_$(openssl rand -base64 32)")
    return Secret(given)


def _service_url(given: str) -> Secret:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+$", given)
    if not scheme or not given.isprintable():
        raise ValueError
    if scheme[1].lower() in _LOCAL_SCHEMES:
        raise ValueError(f"{scheme[1]}:// is for a desktop, a device or a log on this machine")
    return Secret(given)


def _service_urls(given: str) -> tuple[Secret, ...]:
    return tuple(_service_url(line.strip()) for line in given.splitlines() if line.strip())


def _is_url(given: str) -> bool:
    try:
        return bool(_url(given))
    except ValueError:
        return False


def _webhook_name(given: str) -> str:
    reserved = given.lower() in {"everyone", "here"} or re.search("discord|clyde", given, re.IGNORECASE)
    if len(given) > _WEBHOOK_NAME_LIMIT or reserved:
        raise ValueError
    return given


def _password(given: str) -> Secret:
    if is_key(given):  # it must not be sent
        raise ValueError("it is an SSH key: put the private key into cluster-key")
    return Secret(given.rstrip("\r\n"))  # pasted with its line end


def _private_key(given: str) -> Secret:
    return Secret(unwrap(given))


def _token(given: str) -> Secret:
    if not re.fullmatch(_VISIBLE_ASCII, given):
        raise ValueError
    return Secret(given)


def _cluster_name(given: str) -> str:
    if len(given) > _CLUSTER_NAME_LIMIT or not given.isprintable() or not re.search(r"[A-Za-z0-9]", given):
        raise ValueError
    return given


def _patterns(given: str) -> tuple[str, ...]:
    patterns = [pattern.strip() for pattern in re.split(r"[,\n]", given)]
    found = tuple(dict.fromkeys(pattern for pattern in patterns if pattern))
    if not all(
        re.fullmatch(rf"\S{{1,{_PATTERN_LIMIT}}}", pattern) and pattern.isprintable() for pattern in found
    ):
        raise ValueError
    return found


def _kinds(given: str) -> frozenset[Kind]:
    names = [name.strip() for name in re.split(r"[,\n]", given) if name.strip()]
    known = {kind.value for kind in Kind}
    wrong = [name for name in names if name not in known]
    if wrong:
        nearest = get_close_matches(wrong[0], known, n=1)
        raise ValueError(f"the nearest kind is {nearest[0]}" if nearest else "")
    return frozenset(map(Kind, names))


def _line(given: str) -> str:
    if len(given) > _LINE_LIMIT or not given.isprintable():
        raise ValueError
    return given


def _path(given: str) -> str:
    if not given.isprintable() or given.endswith("/"):
        raise ValueError
    return given


def _folder(given: str) -> str:
    path = PurePosixPath(given)
    if not given.isprintable() or path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError
    return str(path)


def _workflow_files(given: str) -> tuple[str, ...]:
    names = [name.strip().removeprefix(WORKFLOW_FOLDER) for name in re.split("[,\n]", given)]
    if not all(re.fullmatch(_WORKFLOW_FILE, name) for name in names if name):
        raise ValueError
    return tuple(dict.fromkeys(filter(None, names)))


WORKFLOW_FOLDER = ".github/workflows/"
_WORKFLOW_FILE = r"[A-Za-z0-9_][A-Za-z0-9_.+ -]{0,200}\.ya?ml"
_VISIBLE_ASCII = r"[!-~]{1,2048}"  # Discord accepts no longer URL
_SIGNING_KEY = "whsec_"
_SIGNING_KEY_BYTES = range(24, 65)  # as in Standard Webhooks
_QUOTATION_MARKS = "\"'`<>"
_LOCAL_SCHEMES = frozenset(
    {"blink1", "dbus", "file", "glib", "gnome", "kde", "macosx", "qt", "rsyslog", "syslog", "windows"}
)
_NAME_LIMIT = 253
_USER_LIMIT = 256  # with a realm or a domain
_WEBHOOK_NAME_LIMIT = 80
_CLUSTER_NAME_LIMIT = 50
_LINE_LIMIT = 200
_PATTERN_LIMIT = 100

BOOLEAN = InputType(_boolean, "true or false")
CLUSTER_NAME = InputType(
    _cluster_name, f"a name of at most {_CLUSTER_NAME_LIMIT} characters with a letter or a digit"
)
FOLDER = InputType(_folder, "a folder inside the workspace, such as site")
GROUP = text("a heading of at most 50 printable characters", r"(?=.{1,50}$)[^\x00-\x1f\x7f]+")
HOST = InputType(_host, "a host name, an IP address, or local")
HOST_KEYS = InputType(Pins.parse, "a list of known_hosts lines or SHA256:... fingerprints, one per line")
JUMP: InputType[Endpoint | None] = InputType(_jump, "a jump host as user@host or user@host:port")
KINDS = InputType(_kinds, f"a list of these: {', '.join(kind.value for kind in Kind)}")
LINE = InputType(_line, f"one line of at most {_LINE_LIMIT} characters")
PASSPHRASE = InputType(_password, "a passphrase", verbatim=True)
PASSWORD = InputType(_password, "a password", verbatim=True)
PATH = InputType(_path, "a file path")
PATTERNS = InputType(_patterns, "a list of partition names or patterns, separated by commas or new lines")
PERCENT = InputType(_percent, "a percentage from 0 to 100, such as 50 or 50%")
PING = InputType(_ping, "a mention, <@&ID> for a role or <@ID> for a user")
PORT = whole_number(1, 65535)
PRIVATE_KEY = InputType(_private_key, "an SSH private key")
SOURCE = InputType(str, "YAML or a file path", verbatim=True)
SLURM_CLUSTER = text(
    "the name of one cluster (letters, digits, dots, hyphens and underscores)",
    r"(?!(?i:all)$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
)
TRUE = InputType(_true, "true")
TOKEN = InputType(_token, "a token of visible ASCII characters")
SERVICE_URL = InputType(_service_url, "a URL of a service that Apprise knows, such as mailto:// or slack://")
SERVICE_URLS = InputType(
    _service_urls,
    "a list of URLs of services that Apprise knows, such as mailto://…, one per line",
)
SECRET_URL = InputType(_secret_url, "a URL that begins with https://")
SIGNED_URL = InputType(_signed_url, "a URL that begins with https:// and ends with # and a signing key")
URL = InputType(_url, "a URL that begins with https://")
USER = text(
    "a user name such as jdoe, jdoe@uni.example.org or UNI\\jdoe (without :, / and blanks)",
    rf"(?=.{{1,{_USER_LIMIT}}}$)[^\s:@/\x00-\x1f]+(@[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?)?",
)
WEBHOOK = InputType(
    _webhook,
    "the URL of a Discord webhook (in the channel's settings under Integrations, Webhooks, Copy Webhook URL)",
)
WORKFLOW_FILES = InputType(
    _workflow_files, "a list of workflow files such as poll.yml, separated by commas or new lines"
)
WEBHOOK_NAME = InputType(
    _webhook_name,
    f"a name that Discord allows, with 1 to {_WEBHOOK_NAME_LIMIT} characters, without 'discord' and 'clyde', "
    "and not 'everyone' or 'here'",
)
