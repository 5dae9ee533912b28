"""Runs commands on the head node of a route: connect, check the host key, log in."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from cluster_status.adapters.ssh import command
from cluster_status.adapters.ssh.credential import load_credentials
from cluster_status.adapters.ssh.host_key_check import PinnedKeys, RememberedKey
from cluster_status.adapters.ssh.jump_hosts import JumpHosts
from cluster_status.adapters.ssh.opening import Opening
from cluster_status.adapters.ssh.session import Session
from cluster_status.deadline import Deadline
from cluster_status.domain.execution import CommandResult, ConnectionLostError, Limits
from cluster_status.domain.ssh.host_key import HostKey
from cluster_status.domain.ssh.target import SshTarget
from cluster_status.domain.status.cause import CAUSES, Cause
from cluster_status.domain.status.probe_result import (
    LoginProgress,
    ProbeFailed,
    ProbeFailure,
    RememberedLogin,
)


class SshExecutor:
    """Implements ports.Executor. A retry uses the sessions that exist: each credential is offered once."""

    def __init__(self, target: SshTarget) -> None:
        """Raise InputError for a private key that cannot be used."""
        self._target = target
        self._head_node = target.head_node
        self._is_pinned = target.head_node_is_pinned
        self._credentials = load_credentials(target.credentials)
        self._jump_hosts = JumpHosts(target, self._credentials)
        self._session: Session | None = None
        self._login = LoginProgress()

    @property
    def login(self) -> LoginProgress:
        return self._login

    def connect(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        if self._login.logged_in:
            return
        try:
            if not self._jump_hosts.all_logged_in:
                self._log_in_to_jump_hosts(load_remembered, deadline)
            self._log_in(load_remembered, deadline)
        except ProbeFailed as failed:
            if CAUSES[failed.failure.cause].network and self._jump_hosts.any_lost():
                detail = "the connection to the jump host was lost"
                raise ProbeFailed(ProbeFailure(Cause.JUMP_HOST, detail)) from None
            raise

    def run(self, line: str, limits: Limits) -> CommandResult:
        if self._session is None:
            raise ConnectionLostError("the session is closed")
        return command.run(self._session, line, limits)

    def close(self) -> None:
        if self._session:
            self._session.close()
        self._session = None
        self._jump_hosts.close()

    def _log_in_to_jump_hosts(
        self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline
    ) -> None:
        try:
            _check_hold_back(load_remembered())
            self._jump_hosts.log_in(deadline)
        except ProbeFailed:
            self._update_login(
                credential_offered=self._jump_hosts.login_is_spent,
                notices=self._jump_hosts.notices,
                warnings=self._jump_hosts.warnings,
            )
            raise

    def _log_in(self, load_remembered: Callable[[], RememberedLogin | None], deadline: Deadline) -> None:
        remembered = None if self._is_pinned else load_remembered()
        session, key = self._open_session(remembered, deadline)
        if self._is_pinned:
            remembered = load_remembered()
            if not session.is_open:  # the server ended it while the history was loading
                session, key = self._open_session(remembered, deadline)
        line_to_pin = "" if self._is_pinned else key.line(self._head_node.host, self._head_node.port)
        self._update_login(host_key=key, line_to_pin=line_to_pin)
        _check_hold_back(remembered)
        limit = deadline.part(self._target.connect_timeout_seconds)
        try:
            session.log_in(self._head_node.user, self._credentials, limit)
        finally:
            self._update_login(credential_offered=session.has_offered)
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
        opening = Opening(server.host, keys, self._target.connect_timeout_seconds)
        try:
            self._session, key = opening.open(partial(self._jump_hosts.ways_to, server), deadline)
        finally:
            self._update_login(
                reached=self._login.reached or opening.reached,
                notices=(*self._jump_hosts.notices, *opening.notices),
                warnings=(*self._jump_hosts.warnings, *opening.warnings),
            )
        return self._session, key

    def _update_login(self, **facts: object) -> None:
        self._login = replace(self._login, **facts)


def _check_hold_back(remembered: RememberedLogin | None) -> None:
    if remembered and remembered.login_held_back:
        detail = "not tried again: it was refused within the last hour"
        raise ProbeFailed(ProbeFailure(Cause.LOGIN_REFUSED, detail))
