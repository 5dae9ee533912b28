"""Which credential is offered when: the key first, and each one once.

Of a server's questions only the one for the password is answered.
"""

import re

import paramiko

from cluster_status.adapters.ssh.auth import AuthClient, AuthReply, Prompts
from cluster_status.domain.secret import Secret
from cluster_status.domain.text import clean

# As PAM's modules ask for it; whom they ask is no part of the question. Compiled when there is a question.
_ASKS_FOR_IT = r"(?i)password|passwort|mot de passe|contraseña"
_WHOSE = r"\S*@\S*"
_CHANGE = r"(?i)\b(new|current|old|change|retype|again|neues|aktuelles|nouveau|nueva)\b"
_SECOND_FACTOR = r"(?i)\b(one.?time|otp|oath|token|\w*code|factor|pin|einmal\w*|unique|único)\b"


class Refused(Exception):  # noqa: N818 - no error: it becomes what the look has seen
    """The server does not let us in; the text says what was offered and what it wants, cleaned."""


class Login:
    """One login. The password counts as one credential, by whichever method it is asked for."""

    def __init__(self, talk: AuthClient, key: paramiko.PKey | None, password: Secret) -> None:
        self._talk = talk
        self._key = key
        self._password = password
        self._was_asked = False
        self._story: list[str] = []

    def proceed(self) -> None:
        """Return when the server lets us in; raise Refused, or what the conversation raises."""
        answer = self._talk.begin()
        while not (isinstance(answer, AuthReply) and answer.accepted):
            if isinstance(answer, Prompts):  # to what was no request for one
                raise self._refused(_about(answer))
            answer = self._offer(answer)

    def _offer(self, reply: AuthReply) -> AuthReply | Prompts:
        if self._key and "publickey" in reply.methods:
            return self._offer_key(self._key, reply)
        if self._password and "password" in reply.methods:
            return self._noted("password", self._talk.offer_password(self._spend_password()))
        if self._password and "keyboard-interactive" in reply.methods and not self._was_asked:
            return self._ask_interactively()
        raise self._refused(self._what_is_wanted(reply))

    def _offer_key(self, key: paramiko.PKey, reply: AuthReply) -> AuthReply | Prompts:
        self._key = None
        algorithm = self._talk.algorithm_for(key)
        if not algorithm:
            self._story.append("it takes RSA keys only with SHA-1, which is out of use: use an ed25519 key")
            return reply
        return self._noted("key", self._talk.offer_key(key, algorithm))

    def _ask_interactively(self) -> AuthReply | Prompts:
        self._was_asked = True
        answer = self._talk.keyboard_interactive()
        while isinstance(answer, Prompts):
            if answer.prompts == 0:
                answer = self._talk.reply()
            elif self._password and _is_for_password(answer):
                answer = self._noted("password", self._talk.reply(self._spend_password()))
            else:
                raise self._refused(_about(answer))
        if self._password and not answer.accepted:
            self._spend_password()
            self._story.append("it refused the login before it asked for the password")
        return answer

    def _spend_password(self) -> Secret:
        password, self._password = self._password, Secret()
        return password

    def _noted(self, what: str, answer: AuthReply | Prompts) -> AuthReply | Prompts:
        if isinstance(answer, AuthReply):
            self._story.append(f"the {what} was {'right' if answer.in_part else 'refused'}")
        return answer

    def _what_is_wanted(self, reply: AuthReply) -> str:
        methods = clean(", ".join(reply.methods))
        if reply.in_part:
            return f"but it also wants: {methods}"
        left = " and no ".join(
            what for what, held in (("key", self._key), ("password", self._password)) if held
        )
        return f"it takes no {left}" + (f", only: {methods}" if methods else "") if left else ""

    def _refused(self, what: str) -> Refused:
        return Refused(", ".join(filter(None, [*self._story, what])))


def _is_for_password(question: Prompts) -> bool:
    text = re.sub(_WHOSE, "", question.text)
    asks_for_more = re.search(_CHANGE, text) or re.search(_SECOND_FACTOR, text)
    asks_for_it = question.prompts == 1 and question.is_secret and re.search(_ASKS_FOR_IT, text)
    return bool(asks_for_it and not asks_for_more)


def _about(question: Prompts) -> str:
    if _is_for_password(question):
        return "the password was refused"  # it is asked for again
    if re.search(_CHANGE, question.text):
        return f"it asks for another password: '{question.text}'"
    return f"it asks for a second factor, which a monitor cannot give: '{question.text}'"
