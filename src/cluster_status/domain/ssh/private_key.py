"""The text of a private key as a user pastes it. Decryption is in `adapters.ssh.credential`.

No error quotes any of the text.
"""

import base64
import re
from contextlib import suppress

_BLOCK = re.compile(r"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)
# the two headers of an encrypted key in the traditional PEM format
_HEADERS = re.compile(r"\s*Proc-Type:\s*4,ENCRYPTED\s+DEK-Info:\s*([A-Z0-9-]+,[0-9A-Fa-f]+)\s")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SUPPORTED = ("OPENSSH ", "RSA ", "EC ", "ENCRYPTED ", "")

# Marks of the formats of a key, plain or in base64. They match a key without its first line as well.
_MARKS = (
    r"--(BEGIN|END) [A-Z0-9 ]*(PRIVATE|PUBLIC) KEY|---- BEGIN SSH2|PuTTY-User-Key-File|Private-Lines:"
    r"|b3BlbnNzaC1rZXktdj|LS0tLS1CRUdJTi|^\s*MII[A-Za-z0-9+/\s]{200}|(ssh-[a-z0-9]+|ecdsa-\S+) AAAA"
)
_LIMIT = 40_000  # characters; RSA of 16,384 bits has 13,000, and base64 around the whole makes a third more
_WHOLE = "Paste the whole file, from -----BEGIN to -----END"
_LINE = 64
_SHORTEST_SECRET = 8  # characters; masking shorter lines would mask unrelated text
_CONVERT = "Create a new key with ssh-keygen -t ed25519"
_LOOKS_LIKE = (
    (
        r"PuTTY-User-Key-File-",
        "it is in PuTTY format. Convert it in PuTTYgen with Conversions, Export OpenSSH key",
    ),
    (
        r"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY",
        "it is in ssh.com format. Convert it with ssh-keygen -i -f FILE",
    ),
    (
        r"(ssh-\w+|(ecdsa|sk)-\S+) AAAA|---- BEGIN SSH2 PUBLIC KEY|--BEGIN [A-Z ]*(PUBLIC KEY|CERTIFICATE)",
        "it is a public key. Paste the private key, the file without .pub",
    ),
    (r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", f"its last line is missing. {_WHOLE}"),
    (r"-----END [A-Z0-9 ]*PRIVATE KEY-----", f"its first line is missing. {_WHOLE}"),
    (r"^\s*([~./]|[A-Za-z]:\\)[^\n]*$", "it is a file path. Paste the contents of the file"),
    ("", f"it has no line '-----BEGIN ... PRIVATE KEY-----'. {_WHOLE}"),
)


def unwrap(text: str) -> str:
    r"""Return the key as in its file, or raise ValueError with the remedy.

    After a browser, a shell or a JSON document, a pasted key can have other line ends, blanks or `\n` in
    place of line ends, an indentation, or base64 around the complete file.
    """
    if len(text) > _LIMIT:
        raise ValueError(f"it is too long for a key. {_WHOLE}, and nothing else")
    plain = _decoded(text).replace("\\r", "").replace("\\n", "\n")
    block = _BLOCK.search(plain)
    if not block:
        raise ValueError(next(remedy for form, remedy in _LOOKS_LIKE if re.search(form, plain)))
    label, content = block.groups()
    if label.removesuffix("PRIVATE KEY") not in _SUPPORTED:
        raise ValueError(f"it is a {label.split()[0]} key, which SSH servers no longer accept. {_CONVERT}")
    headers = _HEADERS.match(content)
    body = "".join(content[headers.end() if headers else 0 :].split())
    if not _BASE64.fullmatch(body) or len(body) % 4:
        raise ValueError(f"it is damaged between its first and its last line. {_WHOLE}")
    encryption = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: {headers[1]}\n\n" if headers else ""
    lines = "\n".join(body[begin : begin + _LINE] for begin in range(0, len(body), _LINE))
    return f"-----BEGIN {label}-----\n{encryption}{lines}\n-----END {label}-----\n"


def is_key(text: str) -> bool:
    """Return whether a text is a key or a part of one, in any format, however it was pasted."""
    return re.search(_MARKS, _decoded(text)) is not None


def secret_lines(text: str) -> list[str]:
    """Return the lines of a key, as given and unwrapped: each one has to be masked on its own."""
    with suppress(ValueError):  # if it is not a key, only the given text is masked
        text = f"{text}\n{unwrap(text)}"
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if len(line) >= _SHORTEST_SECRET and "-----" not in line]


def _decoded(text: str) -> str:
    """Decode a text that is base64 around a key; return any other text unchanged."""
    compact = "".join(text.split())
    if not _BASE64.fullmatch(compact):
        return text
    try:
        inner = base64.b64decode(compact, validate=True).decode()
    except ValueError:
        return text
    return inner if "".join(inner.split()).isprintable() else text
