"""Which credential is offered when: the key first, and each credential once.

The password answers only a prompt for it. An optional factor gets an empty answer.
"""

import paramiko

from cluster_status.adapters.ssh.auth import AuthClient, AuthReply, Prompts
from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.prompt import Asked, asked_by
from cluster_status.domain.status.cause import CAUSES, Cause

_NO_ANSWER = Secret()
_CANNOT_ANSWER = {  # the most specific one first
    Asked.NEW_PASSWORD: "the server prompts for a new password",
    Asked.SECOND_FACTOR: "the server prompts for a second factor, which an unattended login cannot give",
    Asked.OTHER: "the server shows a prompt that is not known as one for the password",
    Asked.PASSWORD: "the server prompts for a password",
}
_REMEDIES = {
    Asked.NEW_PASSWORD: "Log in with ssh, change the password, and update the secret for cluster-password.",
    Asked.SECOND_FACTOR: "Ask the administrators for an account or a key that needs no second factor.",
}
_BLANKS = "If the password does not begin or end with a blank, set the secret for cluster-password again."


class LoginRefused(Exception):  # noqa: N818 - a refused login is a result, not an error
    """The server refused the login. The cleaned text has what was offered and what the server requires."""

    def __init__(self, reason: str, remedy: str, *, prompts_unanswered: bool) -> None:
        super().__init__(reason)
        self.remedy = remedy
        self.prompts_unanswered = prompts_unanswered


class Login:
    """One login. The password counts as one credential, with any method."""

    def __init__(
        self, auth: AuthClient, credentials: LoadedCredentials, user: str, redaction: Redaction
    ) -> None:
        self._auth = auth
        self._key = credentials.key
        self._password = credentials.password
        self._has_blanks = credentials.password.reveal() != credentials.password.reveal().strip()
        self._user = user
        self._redaction = redaction
        self._answered: tuple[str, ...] = ()  # the prompts that got the password
        self._is_refused = False  # a credential
        self._prompts_unanswered = False
        self._outcomes: list[str] = []

    def run(self) -> None:
        """Return when the login is accepted; raise LoginRefused, or what the client raises."""
        reply = self._auth.request_methods()
        while not (isinstance(reply, AuthReply) and reply.accepted):
            if isinstance(reply, Prompts):  # without keyboard-interactive, such as for a new password
                raise self._unanswerable(reply)
            reply = self._offer(reply)

    def _offer(self, reply: AuthReply) -> AuthReply | Prompts:
        if self._key and "publickey" in reply.methods:
            return self._offer_key(self._key, reply)
        if self._password and "password" in reply.methods:
            return self._noted("password", self._auth.offer_password(self._spend_password()))
        # prompts that are left unanswered may count as a failed login: request them only if they may help
        may_help = self._password or reply.partial or not (self._is_refused or "password" in reply.methods)
        if may_help and "keyboard-interactive" in reply.methods and not self._auth.was_interactive:
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
        had_password = bool(self._password)
        reply = self._auth.request_prompts()
        while isinstance(reply, Prompts):
            reply = self._answer(reply)
        if had_password and not self._password:
            return self._noted("password", reply)
        if had_password and not reply.accepted:
            self._spend_password()
            self._outcomes.append("the server refused the login before it asked for the password")
        return reply

    def _answer(self, prompts: Prompts) -> AuthReply | Prompts:
        """Answer a round, or raise LoginRefused: then none of its prompts gets an answer."""
        asked = self._asked(prompts)
        asks_for_password = asked.count(Asked.PASSWORD)
        if not set(asked) <= {Asked.PASSWORD, Asked.NOTHING} or asks_for_password > bool(self._password):
            raise self._unanswerable(prompts)
        if not asks_for_password:
            return self._auth.respond(*(_NO_ANSWER for _ in asked))
        self._answered = prompts.prompts
        password = self._spend_password()
        return self._auth.respond(*(password if one is Asked.PASSWORD else _NO_ANSWER for one in asked))

    def _asked(self, prompts: Prompts) -> list[Asked]:
        if prompts.count != len(prompts.prompts):
            return [Asked.OTHER]
        return [asked_by(text, context=prompts.context, user=self._user) for text in prompts.prompts]

    def _spend_password(self) -> Secret:
        password, self._password = self._password, Secret()
        return password

    def _noted(self, credential: str, reply: AuthReply | Prompts) -> AuthReply | Prompts:
        if isinstance(reply, AuthReply):
            self._is_refused = self._is_refused or not (reply.accepted or reply.partial)
            self._outcomes.append(f"the {credential} was {'accepted' if reply.partial else 'refused'}")
        return reply

    def _missing(self, reply: AuthReply) -> str:
        methods = self._redaction.clean(", ".join(reply.methods))
        if reply.partial:
            return f"but the server also requires: {methods}"
        held = (("key", self._key), ("password", self._password))
        unused = " and no ".join(credential for credential, value in held if value)
        if not unused:
            return ""
        return f"the server accepts no {unused}" + (f", only: {methods}" if methods else "")

    def _unanswerable(self, prompts: Prompts) -> LoginRefused:
        self._prompts_unanswered = True
        asked = self._asked(prompts)
        shown = " / ".join(text.strip() for text in prompts.prompts)
        text = self._redaction.clean(shown) if prompts.prompts else f"{prompts.count} prompts"
        if self._auth.offered == "password" and set(asked) <= {Asked.PASSWORD, Asked.NOTHING}:
            again = f": '{text}'" if prompts.prompts != self._answered else ""
            return self._refused(f"the password was refused{again}")
        most_specific = next(one for one in _CANNOT_ANSWER if one in asked)
        return self._refused(f"{_CANNOT_ANSWER[most_specific]}: '{text}'", _REMEDIES.get(most_specific, ""))

    def _refused(self, reason: str, remedy: str = "") -> LoginRefused:
        offered_blanks = self._has_blanks and self._auth.offered == "password"
        remedy = remedy or (f"{_BLANKS} {CAUSES[Cause.LOGIN_REFUSED].remedy}" if offered_blanks else "")
        reasons = ", ".join(filter(None, [*self._outcomes, reason]))
        return LoginRefused(reasons, remedy, prompts_unanswered=self._prompts_unanswered)
