"""The cause of a login without a response."""

from msgspec import Struct

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.login_text import About, about
from cluster_status.domain.status.cause import Cause
from cluster_status.domain.status.probe_result import ProbeFailure
from cluster_status.domain.text import clean

_NOT_OFFERED = "the password was not offered: within the last hour, three offers had no response"


class UnansweredLogin(Struct, frozen=True, kw_only=True):
    """A login that ended without a response, with the texts as the server sent them.

    `text` is an authentication banner that arrived after the offer, or an instruction. It differs from
    `disconnect_reason`, which can also be about a fault of the connection.
    """

    offered: str  # "password", "key", or empty
    was_interactive: bool = False  # prompts were requested
    is_silent: bool = False  # after `seconds`; otherwise the server closed the connection
    seconds: float = 0.0
    text: str = ""
    disconnect_reason: str = ""
    earlier_text: str = ""  # a banner that arrived before the offer
    is_proven: bool = False  # the host key is verified, and this credential worked before


def diagnose_login(login: UnansweredLogin, redaction: Redaction) -> ProbeFailure:
    """Return the cause; the detail quotes the texts of the server."""
    detail = _detail(login, redaction)
    # a number in a host name or in an address does not count as one of days
    texts = (redaction.without_names(text) for text in (login.text, login.disconnect_reason) if text)
    subjects = {about(clean(text)) for text in texts}
    if About.ACCOUNT in subjects:
        return ProbeFailure(Cause.LOGIN_REFUSED, detail)
    if not (login.offered or login.was_interactive):
        return ProbeFailure(Cause.TIMEOUT if login.is_silent else Cause.DROPPED, detail)
    is_for_key = login.offered == "key" and not login.was_interactive
    if login.is_silent and is_for_key and login.is_proven:
        return ProbeFailure(Cause.SHELL_HANGS, detail)  # sshd reads the key from the home directory
    if login.is_silent or not login.is_proven:
        return ProbeFailure(Cause.LOGIN_HANGS, detail)
    if About.BOOTING in subjects:
        return ProbeFailure(Cause.BOOTING, detail)
    if login.text or About.MAINTENANCE in subjects:
        return ProbeFailure(Cause.LOGINS_CLOSED, detail)
    return ProbeFailure(Cause.LOGIN_HANGS, detail)


def cause_of_closed_logins(text: str) -> Cause | None:
    """Return the cause if no account can log in now, according to a text; else None."""
    return {About.BOOTING: Cause.BOOTING, About.MAINTENANCE: Cause.LOGINS_CLOSED}.get(about(text))


def not_offered(*, logins_closed: bool) -> ProbeFailure:
    """Return the failure of a login whose password must not be offered now."""
    return ProbeFailure(Cause.LOGINS_CLOSED if logins_closed else Cause.LOGIN_HANGS, _NOT_OFFERED)


def quoted(detail: str, *texts: str) -> str:
    """Return the detail with the texts of the server, each once."""
    quoted_texts = "; ".join(dict.fromkeys(filter(None, texts)))
    return f"{detail}: {quoted_texts}" if quoted_texts else detail


def _detail(login: UnansweredLogin, redaction: Redaction) -> str:
    if login.is_silent:
        what = f"no response to the {login.offered or 'login'} within {login.seconds:.0f} s"
    elif login.offered:
        what = f"the server closed the connection after it got the {login.offered}"
    else:
        what = "the server closed the connection before the login"
    texts = [login.text, login.disconnect_reason]
    return quoted(what, *map(redaction.clean, texts if any(texts) else [login.earlier_text]))
