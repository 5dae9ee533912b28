"""Sends messages to the URL of a service. Apprise is imported for the first message."""

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from cluster_status.domain.notification.message import Message
from cluster_status.domain.notification.notification import MessageRef
from cluster_status.domain.secret import Secret
from cluster_status.domain.status.cause import Status
from cluster_status.errors import HELD_BACK, PENDING, ChannelRefusedError, DeliveryError, Refusal
from cluster_status.render.text import text
from cluster_status.threads import run_in_thread

_SECONDS = 20.0  # for one message
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 10.0
_PERMANENT = (401, 403, 404, 410)  # HTTP statuses
_NOT_LOADABLE = "not-loadable"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_KINDS = {
    Status.ONLINE: "success",
    Status.DEGRADED: "warning",
    Status.MAINTENANCE: "info",
    Status.OFFLINE: "failure",
    Status.UNKNOWN: "warning",
}


class AppriseNotifier:
    """A notifier without edits. Errors name the scheme, never the URL, which contains secrets."""

    def __init__(self, url: Secret) -> None:
        self._url = url
        found = _SCHEME.match(url.reveal())
        self._service = f"{found[1].lower()}://" if found else "this URL"

    @property
    def refusals(self) -> Mapping[str, Refusal]:
        then = f"{HELD_BACK} the URL changes."
        not_loadable = Refusal(
            _NOT_LOADABLE,
            f"The URL of the service {self._service} cannot be used.",
            f"Compare it with the form that the documentation of Apprise shows for this service. {then}",
        )
        refused = (
            Refusal(
                f"http {status}",
                f"The service {self._service} refuses messages (HTTP {status}).",
                f"Check the address and the credentials in its URL. {then}",
            )
            for status in _PERMANENT
        )
        return {one.cause: one for one in (not_loadable, *refused)}

    def send(self, message: Message) -> MessageRef | None:
        """See ports.Notifier. There are no retries: the service may have accepted the message."""
        sending = run_in_thread(partial(self._send, message))
        try:
            sending.result(_SECONDS)
        except TimeoutError:
            raise self._error(f"no response within {_SECONDS:g} s", "no response") from None
        return None

    def _send(self, message: Message) -> None:
        with _silenced() as log:
            from apprise import Apprise  # noqa: PLC0415 - it takes a quarter of a second

            service = Apprise.instantiate(self._url.reveal(), suppress_exceptions=True)
            if service is None:
                raise ChannelRefusedError(self.refusals[_NOT_LOADABLE])
            service.socket_connect_timeout = _CONNECT_SECONDS
            service.socket_read_timeout = _READ_SECONDS
            title, _, body = text(message).partition("\n")
            try:
                # a service that shows HTML or Markdown gets the text converted, with its line breaks
                accepted = service.notify(
                    body=body or title, title=title, notify_type=_KINDS[message.status], body_format="text"
                )
            except Exception as error:  # noqa: BLE001 - of any plugin; its text may contain the URL
                raise self._error(f"an unexpected {type(error).__name__}", "plugin failed") from None
        if not accepted:
            raise self._refusal(log.http_status)

    def _refusal(self, status: int | None) -> DeliveryError:
        refusal = self.refusals.get(f"http {status}")
        if refusal:
            return ChannelRefusedError(refusal)
        if status:
            return self._error(f"HTTP {status}", f"http {status}")
        text = f"The service {self._service} did not accept the message, or cannot be reached."
        remedy = f"Check the host, the port and the credentials in its URL. {PENDING}"
        return DeliveryError(text, cause="not accepted", remedy=remedy)

    def _error(self, reason: str, cause: str) -> DeliveryError:
        text = f"The service {self._service} did not accept the message ({reason})."
        return DeliveryError(text, cause=cause, remedy=PENDING)


class _Log(logging.Handler):
    """Takes what the libraries log in one thread, which may contain secrets, and keeps the HTTP status."""

    def __init__(self) -> None:
        super().__init__()
        self.http_status: int | None = None
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"error=([1-5][0-9]{2})\b", record.getMessage())
        if found and threading.get_ident() == self._thread:
            self.http_status = int(found[1])


@contextmanager
def _silenced() -> Iterator[_Log]:
    log = _Log()
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3", "requests")]
    for one in loggers:
        one.propagate = False  # Python prints what no handler takes
        one.addHandler(log)
    try:
        yield log
    finally:
        for one in loggers:
            one.removeHandler(log)
