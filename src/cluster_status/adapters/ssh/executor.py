"""Runs commands on the head node of a route: connect, check the host key, log in."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from cluster_status.adapters.ssh import command
from cluster_status.adapters.ssh.credential import load_credentials
from cluster_status.adapters.ssh.host_key_check import PinnedKeys, RememberedKey
from cluster_status.adapters.ssh.jump_hosts import JumpHosts
from cluster_status.adapters.ssh.logins import Logins
from cluster_status.adapters.ssh.opening import Opening
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import (
    CommandError,
    CommandResult,
    ConnectionLostError,
    JumpHostLostError,
    Limits,
)
from cluster_status.domain.redaction import Redaction
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import (
    LoginProgress,
    ProbeFailed,
    ProbeFailure,
    RememberedLogin,
)
from cluster_status.slots import Place

_JUMP_HOST_LOST = "the connection to the jump host was lost"


class SshExecutor:
    """Implements ports.Executor. A retry uses the sessions that exist, or opens new ones if they are lost."""

    def __init__(
        self, target: SshTarget, redaction: Redaction | None = None, place: Place | None = None
    ) -> None:
        """Raise InputError for a private key that cannot be used.

        `redaction` is what no text of a server may show, by default what the target has. `place` is that of
        the cluster in its run, by default of one that runs alone.
        """
        self._target = target
        self._place = place or Place()
        self._redaction = redaction or target.redaction()
        self._head_node = target.head_node
        self._is_pinned = target.head_node_is_pinned
        self._logins = Logins(load_credentials(target.credentials))
        self._jump_hosts = JumpHosts(target, self._logins, self._redaction, self._place)
        self._session: Session | None = None
        self._login = LoginProgress()

    @property
    def login(self) -> LoginProgress:
        missing = self._jump_hosts.not_logged_in + (() if self._is_logged_in else (self._head_node,))
        return replace(
            self._login,
            login_spent=not all(map(self._logins.may_offer, missing)),
            unanswered_passwords=self._logins.unanswered_passwords,
        )

    def connect(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        self._jump_hosts.close_lost()
        if self._session and self._is_logged_in:
            self._place.take_slot(deadline)
            if deadline.passed or self._session.answers(deadline):
                return
            self._session.close()
        try:
            if self._jump_hosts.not_logged_in:
                self._log_in_to_jump_hosts(load_remembered, deadline)
            self._log_in(load_remembered, deadline)
        except ProbeFailed as failed:
            if CAUSES[failed.failure.cause].network and self._jump_hosts.any_lost():
                raise ProbeFailed(ProbeFailure(Cause.JUMP_HOST, _JUMP_HOST_LOST)) from None
            raise

    def run(self, line: str, limits: Limits) -> CommandResult:
        if self._session is None:
            raise ConnectionLostError("the session is closed")
        try:
            return command.run(self._session, line, limits)
        except CommandError as error:
            if not (isinstance(error, ConnectionLostError) and self._jump_hosts.any_lost()):
                raise
            raise JumpHostLostError(_JUMP_HOST_LOST, stdout=error.stdout, stderr=error.stderr) from None
        finally:
            self._place.end_login()  # a busy sshd counts a login as incomplete for some time after it

    def close(self) -> None:
        if self._session:
            self._session.close()
        self._session = None
        self._jump_hosts.close()

    def _log_in_to_jump_hosts(
        self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline
    ) -> None:
        try:
            self._logins.check_hold_back(load_remembered())
            self._jump_hosts.log_in(deadline)
        except ProbeFailed:
            self._note_offers(self._jump_hosts.last)
            self._update_login(notices=self._jump_hosts.notices, warnings=self._jump_hosts.warnings)
            raise

    def _log_in(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        remembered = None if self._is_pinned else load_remembered()
        session, key = self._open_session(remembered, deadline)
        limit = deadline.part(self._target.connect_timeout_seconds)
        if self._is_pinned:
            has_responded = session.request_methods(self._head_node.user, limit)
            with limit.paused():
                remembered = load_remembered()
            if has_responded and not session.is_open:  # the server ended it while the history was loading
                session, key = self._open_session(remembered, deadline)
                limit = deadline.part(self._target.connect_timeout_seconds)
        line_to_pin = "" if self._is_pinned else key.line(self._head_node.host, self._head_node.port)
        self._update_login(host_key=key, line_to_pin=line_to_pin)
        is_verified = self._is_pinned or bool(remembered and remembered.host_key)
        try:
            self._logins.check_hold_back(remembered)
            self._logins.log_in(session, self._head_node, limit, key_is_verified=is_verified)
        except BaseException:
            session.close()  # the server counts it as a login that is not complete
            raise
        finally:
            self._note_offers(session)
        self._logins.unanswered_passwords = 0
        self._update_login(logged_in=True)

    def _open_session(
        self, remembered: RememberedLogin | None, deadline: Deadline
    ) -> tuple[Session, HostKey]:
        if self._session:
            self._session.close()
        server = self._head_node
        keys = (
            PinnedKeys(self._target.pins_for(server), server)
            if self._is_pinned
            else RememberedKey(remembered, server)
        )
        limit = self._target.connect_timeout_seconds
        opening = Opening(server.host, keys, self._redaction, limit, self._place)
        try:
            self._session, key = opening.open(partial(self._jump_hosts.ways_to, server), deadline)
        finally:
            self._update_login(
                reached=self._login.reached or opening.reached,
                notices=(*self._jump_hosts.notices, *opening.notices),
                warnings=(*self._jump_hosts.warnings, *opening.warnings),
            )
        return self._session, key

    @property
    def _is_logged_in(self) -> bool:
        return self._session is not None and self._session.is_logged_in

    def _note_offers(self, session: Session | None) -> None:
        if session:
            self._update_login(
                credential_offered=self._login.credential_offered or session.has_offered,
                prompts_unanswered=session.prompts_unanswered,
            )

    def _update_login(self, **facts: object) -> None:
        self._login = replace(self._login, **facts)
