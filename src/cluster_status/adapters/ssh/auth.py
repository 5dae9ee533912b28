"""The client's side of the authentication protocol (RFC 4252, RFC 4256)."""

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

from cluster_status.deadline import Deadline
from cluster_status.domain.secret import Secret

_AUTHENTICATION, _SERVICE = "ssh-userauth", "ssh-connection"
_PROMPTS_READ = 4  # a round with more prompts gets no answer
_TEXTS_KEPT = 8
_TEXT_LIMIT = 4_000  # bytes
_RSA = ("rsa-sha2-512", "rsa-sha2-256")


class AuthReply(Struct, frozen=True):
    """The server's reply to a request. If it is not accepted, one of `methods` may be tried next."""

    accepted: bool = False
    methods: tuple[str, ...] = ()
    partial: bool = False  # the credential is right, but the server requires more


class Prompts(Struct, frozen=True):
    """One round of keyboard-interactive, with the texts as the server sent them.

    A round without prompts only has an instruction.
    """

    count: int
    prompts: tuple[str, ...] = ()  # empty if there are too many or too long ones
    context: str = ""  # name and instruction


class ServerText(Struct, frozen=True):
    """A text that the server sends at the login, not cleaned."""

    text: str
    after_offer: bool  # of a credential
    is_instruction: bool = False  # of a round without prompts; otherwise a banner


class AuthClient(AuthHandler):
    """Sends requests and waits for replies: raises TimeoutError at the deadline, EOFError at the end.

    paramiko's own handler requests the service again for each credential, which some servers reject. It
    also does not show which methods a server accepts before a credential is offered.
    """

    def __init__(self, transport: paramiko.Transport, user: str, deadline: Deadline) -> None:
        super().__init__(transport)
        self.deadline = deadline
        self.offered = ""  # the last credential that was sent, or is just being sent
        self.was_interactive = False  # prompts were requested
        self.texts: list[ServerText] = []
        self._user = user
        self._expects_reply = False
        self._replies: SimpleQueue[AuthReply | Prompts | None] = SimpleQueue()
        self._methods: AuthReply | Prompts | Exception | None = None
        transport.auth_handler = self

    def request_methods(self) -> AuthReply | Prompts:
        """Request the service, then ask which methods the server accepts; once, also if that failed.

        Sending both requests at once saves nothing: the second reply waits for the acknowledgement of the
        first.
        """
        if self._methods is None:
            message = paramiko.Message()
            message.add_byte(cMSG_SERVICE_REQUEST)
            message.add_string(_AUTHENTICATION)
            try:
                self._send(message)
                self._methods = self._send(self._request("none"))
            except Exception as error:  # noqa: BLE001 - it is raised
                self._methods = error
        if isinstance(self._methods, Exception):
            raise self._methods
        return self._methods

    def offer_password(self, password: Secret) -> AuthReply | Prompts:
        message = self._request("password")
        message.add_boolean(False)  # noqa: FBT003 - not a change of the password
        message.add_string(password.reveal())
        self.offered = "password"
        return self._send(message)

    def offer_key(self, key: paramiko.PKey, algorithm: str) -> AuthReply | Prompts:
        message = self._request("publickey")
        message.add_boolean(True)  # noqa: FBT003 - with a signature: no extra round trip for a known key
        message.add_string(algorithm)
        message.add_string(key.asbytes())
        signed = paramiko.Message()
        signed.add_string(self.transport.session_id or b"")
        signed.add_bytes(message.asbytes())
        message.add_string(key.sign_ssh_data(signed.asbytes(), algorithm).asbytes())
        self.offered = "key"
        return self._send(message)

    def request_prompts(self) -> AuthReply | Prompts:
        """Begin keyboard-interactive. This offers no credential."""
        self.was_interactive = True
        message = self._request("keyboard-interactive")
        message.add_string("")  # the language
        message.add_string("")  # the submethods
        return self._send(message)

    def respond(self, *answers: Secret) -> AuthReply | Prompts:
        """Answer the prompts of a round; an answer may be empty."""
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_INFO_RESPONSE)
        message.add_int(len(answers))
        for answer in answers:
            message.add_string(answer.reveal())
        if any(answers):
            self.offered = "password"
        return self._send(message)

    def algorithm_for(self, key: paramiko.PKey) -> str:
        """Return the signature algorithm for a key; empty if the server accepts RSA with SHA-1 only."""
        if key.get_name() != "ssh-rsa":
            return key.get_name()
        extensions: Mapping[str, bytes] = self.transport.server_extensions  # type: ignore[attr-defined]
        listed = extensions.get("server-sig-algs", b"").decode("ascii", "replace")
        known = listed.split(",") if listed else _RSA  # some servers do not list them
        return next((name for name in _RSA if name in known), "")

    def abort(self) -> None:
        """Note the end of the connection. paramiko calls this in its own thread."""
        self._replies.put(None)

    def _request(self, method: str) -> paramiko.Message:
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_REQUEST)
        for text in (self._user, _SERVICE, method):
            message.add_string(text)
        return message

    def _send(self, message: paramiko.Message) -> AuthReply | Prompts:
        self._expects_reply = True
        self.transport.packetizer.send_message(message)
        try:
            reply = self._replies.get(timeout=self.deadline.left)
        except Empty:
            raise TimeoutError from None
        if reply is None:
            raise EOFError
        return reply

    # Incoming messages, in paramiko's own thread

    @property
    def _handler_table(self) -> Mapping[int, Callable[[paramiko.Message], None]]:
        return {
            MSG_SERVICE_ACCEPT: lambda _: self._receive(AuthReply()),
            MSG_USERAUTH_BANNER: lambda message: self._note(message.get_binary()),
            MSG_USERAUTH_SUCCESS: self._on_success,
            MSG_USERAUTH_FAILURE: self._on_failure,
            MSG_USERAUTH_INFO_REQUEST: self._on_prompts,
        }

    def _on_success(self, message: paramiko.Message) -> None:
        self._parse_userauth_success(message)  # type: ignore[attr-defined]  # paramiko's own state
        self._receive(AuthReply(accepted=True))

    def _on_failure(self, message: paramiko.Message) -> None:
        methods = message.get_binary().decode("utf-8", "replace").split(",")
        self._receive(AuthReply(methods=tuple(filter(None, methods)), partial=message.get_boolean()))

    def _on_prompts(self, message: paramiko.Message) -> None:
        name, instruction, _ = (message.get_binary() for _ in ("name", "instruction", "language"))
        count = message.get_int()
        texts = [(message.get_binary(), message.get_boolean())[0] for _ in range(min(count, _PROMPTS_READ))]
        if count == 0:
            self._note(instruction or name, is_instruction=True)
        is_read = count <= _PROMPTS_READ and all(
            len(text) < _TEXT_LIMIT for text in (*texts, name, instruction)
        )
        prompts = tuple(map(_text, texts)) if is_read else ()
        self._receive(Prompts(count, prompts, f"{_text(name)}\n{_text(instruction)}"))

    def _note(self, text: bytes, *, is_instruction: bool = False) -> None:
        if text.strip() and len(self.texts) < _TEXTS_KEPT:
            self.texts.append(ServerText(_text(text), bool(self.offered), is_instruction))

    def _receive(self, reply: AuthReply | Prompts) -> None:
        if not self._expects_reply:
            raise paramiko.SSHException("a reply without a request")
        self._expects_reply = False
        self._replies.put(reply)


def _text(sent: bytes) -> str:
    return sent[:_TEXT_LIMIT].decode("utf-8", "replace")
