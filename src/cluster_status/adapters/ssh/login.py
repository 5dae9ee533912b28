"""Which credential is offered when: the key first, and each credential once.

Of all prompts, only the one for the password is answered.
"""

import re

import paramiko

from cluster_status.adapters.ssh.auth import AuthClient, AuthReply, Prompts
from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean

# As the modules of PAM word it. Strings, because they are compiled only if there is a prompt.
_PASSWORD = r"(?i)password|passwort|mot de passe|contraseña"  # noqa: S105 - a pattern for prompts
_ACCOUNT = r"\S*@\S*"  # whose password it is: not part of the question
_CHANGE = r"(?i)\b(new|current|old|change|retype|again|neues|aktuelles|nouveau|nueva)\b"
_SECOND_FACTOR = r"(?i)\b(one.?time|otp|oath|token|\w*code|factor|pin|einmal\w*|unique|único)\b"


class LoginRefused(Exception):  # noqa: N818 - a refused login is a result, not an error
    """The server refused the login. The cleaned text says what was offered and what it requires."""


class Login:
    """One login. The password counts as one credential, whichever method asks for it."""

    def __init__(self, auth: AuthClient, credentials: LoadedCredentials) -> None:
        self._auth = auth
        self._key = credentials.key
        self._password = credentials.password
        self._was_interactive = False
        self._outcomes: list[str] = []

    def run(self) -> None:
        """Return when the login is accepted; raise LoginRefused, or what the client raises."""
        reply = self._auth.request_methods()
        while not (isinstance(reply, AuthReply) and reply.accepted):
            if isinstance(reply, Prompts):  # without keyboard-interactive, such as for a new password
                raise self._refused(_unanswerable(reply))
            reply = self._offer(reply)

    def _offer(self, reply: AuthReply) -> AuthReply | Prompts:
        if self._key and "publickey" in reply.methods:
            return self._offer_key(self._key, reply)
        if self._password and "password" in reply.methods:
            return self._noted("password", self._auth.offer_password(self._spend_password()))
        if self._password and "keyboard-interactive" in reply.methods and not self._was_interactive:
            return self._answer_prompts()
        raise self._refused(self._missing(reply))

    def _offer_key(self, key: paramiko.PKey, reply: AuthReply) -> AuthReply | Prompts:
        self._key = None
        algorithm = self._auth.algorithm_for(key)
        if not algorithm:
            self._outcomes.append("the server accepts RSA keys only with SHA-1: use an ed25519 key")
            return reply
        return self._noted("key", self._auth.offer_key(key, algorithm))

    def _answer_prompts(self) -> AuthReply | Prompts:
        self._was_interactive = True
        reply = self._auth.request_prompts()
        while isinstance(reply, Prompts):
            if reply.count == 0:
                reply = self._auth.respond()
            elif self._password and _asks_for_password(reply):
                reply = self._noted("password", self._auth.respond(self._spend_password()))
            else:
                raise self._refused(_unanswerable(reply))
        if self._password and not reply.accepted:
            self._spend_password()
            self._outcomes.append("the server refused the login before it asked for the password")
        return reply

    def _spend_password(self) -> Secret:
        password, self._password = self._password, Secret()
        return password

    def _noted(self, credential: str, reply: AuthReply | Prompts) -> AuthReply | Prompts:
        if isinstance(reply, AuthReply):
            outcome = "accepted" if reply.partial else "refused"
            self._outcomes.append(f"the {credential} was {outcome}")
        return reply

    def _missing(self, reply: AuthReply) -> str:
        methods = clean(", ".join(reply.methods))
        if reply.partial:
            return f"but the server also requires: {methods}"
        held = (("key", self._key), ("password", self._password))
        unused = " and no ".join(credential for credential, value in held if value)
        if not unused:
            return ""
        return f"the server accepts no {unused}" + (f", only: {methods}" if methods else "")

    def _refused(self, reason: str) -> LoginRefused:
        return LoginRefused(", ".join(filter(None, [*self._outcomes, reason])))


def _asks_for_password(prompts: Prompts) -> bool:
    text = re.sub(_ACCOUNT, "", prompts.text)
    asks_for_more = re.search(_CHANGE, text) or re.search(_SECOND_FACTOR, text)
    asks_for_it = prompts.count == 1 and prompts.is_hidden and re.search(_PASSWORD, text)
    return bool(asks_for_it and not asks_for_more)


def _unanswerable(prompts: Prompts) -> str:
    if _asks_for_password(prompts):
        return "the password was refused"  # the server asks for it again
    if re.search(_CHANGE, prompts.text):
        return f"the server asks for a new password: '{prompts.text}'"
    return f"the server asks for a second factor, which an unattended login cannot give: '{prompts.text}'"
