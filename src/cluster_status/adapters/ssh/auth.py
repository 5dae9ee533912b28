"""What client and server say to each other until the server lets somebody in (RFC 4252, RFC 4256)."""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue

import paramiko
from msgspec import Struct
from paramiko.auth_handler import AuthHandler
from paramiko.common import (
    MSG_SERVICE_ACCEPT,
    MSG_USERAUTH_BANNER,
    MSG_USERAUTH_FAILURE,
    MSG_USERAUTH_INFO_REQUEST,
    MSG_USERAUTH_SUCCESS,
    cMSG_SERVICE_REQUEST,
    cMSG_USERAUTH_INFO_RESPONSE,
    cMSG_USERAUTH_REQUEST,
)

from cluster_status.adapters.ssh.deadline import Deadline
from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean

_SERVICE, _WHAT_FOR = "ssh-userauth", "ssh-connection"
_PROMPTS_READ = 4  # of which one is answered
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class AuthReply(Struct, frozen=True):
    """What becomes of a request: `methods` are those that may go on where it is not the end."""

    accepted: bool = False
    methods: tuple[str, ...] = ()
    in_part: bool = False  # what was offered is right, and not enough


class Prompts(Struct, frozen=True):
    """What a server asks by keyboard-interactive; with no prompt it only has something to say."""

    prompts: int
    text: str = ""  # the prompts, cleaned
    is_secret: bool = False  # what is typed is not to be shown


class AuthClient(AuthHandler):
    """Asks, and waits for the answer: raises TimeoutError at the deadline, EOFError if the server has gone.

    paramiko's own asks for the service again with each credential, which some servers take for a fault, and
    does not tell what a server takes before something was offered.
    """

    def __init__(self, transport: paramiko.Transport, user: str, deadline: Deadline) -> None:
        super().__init__(transport)
        self.offered = ""  # the credential that has left, or is just leaving: the last one
        self._user = user
        self._deadline = deadline
        self._expected = False
        self._answers: SimpleQueue[AuthReply | Prompts | None] = SimpleQueue()
        transport.auth_handler = self

    def begin(self) -> AuthReply | Prompts:
        """Ask what the server takes.

        Both requests at once would gain nothing: the second answer waits until the first is acknowledged.
        """
        message = paramiko.Message()
        message.add_byte(cMSG_SERVICE_REQUEST)
        message.add_string(_SERVICE)
        self._ask(message)
        return self._ask(self._request("none"))

    def offer_password(self, password: Secret) -> AuthReply | Prompts:
        message = self._request("password")
        message.add_boolean(False)  # noqa: FBT003 - no change of it
        message.add_string(password.reveal())
        self.offered = "password"
        return self._ask(message)

    def offer_key(self, key: paramiko.PKey, algorithm: str) -> AuthReply | Prompts:
        message = self._request("publickey")
        message.add_boolean(True)  # noqa: FBT003 - signed at once: one that is not known costs no more
        message.add_string(algorithm)
        message.add_string(key.asbytes())
        signed = paramiko.Message()
        signed.add_string(self.transport.session_id or b"")
        signed.add_bytes(message.asbytes())
        message.add_string(key.sign_ssh_data(signed.asbytes(), algorithm).asbytes())
        self.offered = "key"
        return self._ask(message)

    def keyboard_interactive(self) -> AuthReply | Prompts:
        """Have the server ask its questions; nothing is offered by that."""
        message = self._request("keyboard-interactive")
        message.add_string("")  # the language
        message.add_string("")  # the kinds of question
        return self._ask(message)

    def reply(self, password: Secret | None = None) -> AuthReply | Prompts:
        """Answer a question; one without a prompt by nothing."""
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_INFO_RESPONSE)
        message.add_int(1 if password else 0)
        if password:
            message.add_string(password.reveal())
            self.offered = "password"
        return self._ask(message)

    def algorithm_for(self, key: paramiko.PKey) -> str:
        """Return how to sign with a key; empty where the server wants RSA with SHA-1, which is out of use."""
        if key.get_name() != "ssh-rsa":
            return key.get_name()
        extensions: Mapping[str, bytes] = self.transport.server_extensions  # type: ignore[attr-defined]
        listed = extensions.get("server-sig-algs", b"").decode("ascii", "replace")
        known = listed.split(",") if listed else _RSA  # not every server says
        return next((name for name in _RSA if name in known), "")

    def abort(self) -> None:
        """Take note that the connection has ended; paramiko calls it where it reads."""
        self._answers.put(None)

    def _request(self, method: str) -> paramiko.Message:
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for text in (self._user, _WHAT_FOR, method):
            message.add_string(text)
        return message

    def _ask(self, message: paramiko.Message) -> AuthReply | Prompts:
        self._expected = True
        self.transport.packetizer.send_message(message)
        try:
            answer = self._answers.get(timeout=self._deadline.left)
        except Empty:
            raise TimeoutError from None
        if answer is None:
            raise EOFError
        return answer

    # what comes in, in paramiko's own thread

    @property
    def _handler_table(self) -> Mapping[int, Callable[[paramiko.Message], None]]:
        return {
            MSG_SERVICE_ACCEPT: lambda _: self._take(AuthReply()),
            MSG_USERAUTH_BANNER: lambda _: None,
            MSG_USERAUTH_SUCCESS: self._on_success,
            MSG_USERAUTH_FAILURE: self._on_failure,
            MSG_USERAUTH_INFO_REQUEST: self._on_question,
        }

    def _on_success(self, message: paramiko.Message) -> None:
        self._parse_userauth_success(message)  # type: ignore[attr-defined]  # paramiko's own note of it
        self._take(AuthReply(accepted=True))

    def _on_failure(self, message: paramiko.Message) -> None:
        methods = message.get_binary().decode("utf-8", "replace").split(",")
        self._take(AuthReply(methods=tuple(filter(None, methods)), in_part=message.get_boolean()))

    def _on_question(self, message: paramiko.Message) -> None:
        _, instruction, _ = (message.get_binary() for _ in ("name", "instruction", "language"))
        count = message.get_int()
        prompts = [(message.get_binary(), message.get_boolean()) for _ in range(min(count, _PROMPTS_READ))]
        text = clean(b"/ ".join(prompt for prompt, _ in prompts) if prompts else instruction)
        self._take(Prompts(count, text, is_secret=not any(shown for _, shown in prompts)))

    def _take(self, answer: AuthReply | Prompts) -> None:
        if not self._expected:
            raise paramiko.SSHException("an answer that nobody asked for")
        self._expected = False
        self._answers.put(answer)
