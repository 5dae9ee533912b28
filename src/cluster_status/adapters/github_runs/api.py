"""Requests to GitHub's REST API through PyGithub, one at a time.

Its own patience and pace are switched off: it sleeps where no budget knows of it, by default up to an hour.
Its objects are not used: of a run's forty fields four are needed, and `delete()` does not tell 404 from 409.
"""

from collections.abc import Mapping

from github import Auth, Github

from cluster_status.adapters.http import USER_AGENT, HttpFailure, HttpResponse, reason
from cluster_status.domain.secret import Secret
from cluster_status.threads import run_in_thread

_TIMEOUT_SECONDS = 10  # for each wait: to connect, and for the next bytes
_WHOLE_SECONDS = 30.0


class Api:
    """Proxies of the environment are honoured, credentials of a netrc are not; so it is with PyGithub."""

    def __init__(self, url: str, token: Secret) -> None:
        self._github = Github(
            auth=Auth.Token(token.reveal()),
            base_url=url,
            timeout=_TIMEOUT_SECONDS,
            user_agent=USER_AGENT,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version="2022-11-28",
        )

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        """Return the answer, whatever its status; names of headers are in lower case. Raises HttpFailure."""
        requester = self._github.requester
        asking = run_in_thread(lambda: requester.requestJson(method, path, parameters=dict(query)))
        try:
            status, headers, body = asking.result(_WHOLE_SECONDS)
        except TimeoutError:
            raise HttpFailure("no whole answer in time") from None
        except (OSError, ValueError) as error:  # those of requests are among them
            raise HttpFailure(reason(error)) from None
        except RuntimeError:  # PyGithub's word for it
            raise HttpFailure("it redirects to another server") from None
        return HttpResponse(status, headers, body.encode())

    def close(self) -> None:
        self._github.close()
