"""The logins of one run: how often the credentials are offered to each server."""

from collections import Counter

from msgspec.structs import replace

from cluster_status.adapters.ssh.credential import LoadedCredentials
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.endpoint import Endpoint
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import ProbeFailed, ProbeFailure, RememberedLogin
from cluster_status.domain.status.unanswered_login import not_offered

_HOST_IN_USER = "Remove the host name at the end of cluster-user, if it is not part of the user name."


class Logins:
    """Offers the credentials once to each server, and a second time if they have worked before."""

    def __init__(self, credentials: LoadedCredentials) -> None:
        self.unanswered_passwords = 0
        self._credentials = credentials
        self._remembered = RememberedLogin()
        self._offers: Counter[Endpoint] = Counter()
        self._accepted: set[Endpoint] = set()

    def check_hold_back(self, remembered: RememberedLogin | None) -> None:
        """Raise ProbeFailed if nothing may be offered; `remembered` is None if it cannot be read."""
        self._remembered = remembered or RememberedLogin()
        if self._remembered.login_held_back:
            detail = "not tried again: it was refused within the last hour"
            raise ProbeFailed(ProbeFailure(Cause.LOGIN_REFUSED, detail))

    def may_offer(self, endpoint: Endpoint) -> bool:
        """Return whether a credential may be offered to this server now."""
        limit = 2 if self._worked_before(endpoint) else 1
        return self._offers[endpoint] < limit and bool(self._credentials.key or self._passwords_left)

    def log_in(
        self, session: Session, endpoint: Endpoint, deadline: Deadline, *, key_is_verified: bool
    ) -> None:
        """Log in, or raise ProbeFailed."""
        credentials = self._credentials
        is_withheld = bool(credentials.password) and not self._passwords_left
        if is_withheld:
            credentials = LoadedCredentials(credentials.key, Secret())
        if is_withheld and not credentials.key:
            raise ProbeFailed(self._not_offered())
        if not self.may_offer(endpoint):
            raise ProbeFailed(ProbeFailure(Cause.DROPPED, "the connection was lost after two logins"))
        is_proven = key_is_verified and self._worked_before(endpoint)
        try:
            session.log_in(endpoint.user, credentials, deadline, is_proven=is_proven)
        except ProbeFailed as failed:
            if is_withheld and failed.failure.cause is Cause.LOGIN_REFUSED:
                raise ProbeFailed(self._not_offered()) from None
            raise ProbeFailed(_with_hint(failed.failure, endpoint)) from None
        finally:
            self._offers[endpoint] += session.has_offered
            self.unanswered_passwords += session.password_is_unanswered
        self._accepted.add(endpoint)

    @property
    def _passwords_left(self) -> int:
        return max(0, self._remembered.passwords_left - self.unanswered_passwords)

    def _worked_before(self, endpoint: Endpoint) -> bool:
        return self._remembered.login_worked or endpoint in self._accepted

    def _not_offered(self) -> ProbeFailure:
        return not_offered(logins_closed=self._remembered.logins_closed and self._remembered.login_worked)


def _with_hint(failure: ProbeFailure, endpoint: Endpoint) -> ProbeFailure:
    realm = endpoint.user.partition("@")[2]
    if failure.cause is not Cause.LOGIN_REFUSED or realm.casefold() != endpoint.host.casefold():
        return failure
    return replace(failure, remedy=f"{_HOST_IN_USER} {failure.remedy or CAUSES[failure.cause].remedy}")
