"""Sends requests to GitHub's REST API through PyGithub; the only importer of it.

PyGithub's own retries and pauses are disabled: it sleeps for up to an hour, outside of any time budget.
Its objects are not used: they decode forty fields of a run where four are needed, and `WorkflowRun.delete()`
returns False both for a run that is gone (404) and for one that is in progress (409).

PyGithub reads a body of any size. Its connections are replaced by some that do not.
"""

from collections.abc import Mapping
from typing import Any

from github import Auth, Github
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from cluster_status.adapters.github.rest import API_VERSION, MAX_RESPONSE_BYTES
from cluster_status.adapters.http import USER_AGENT, HttpFailure, HttpResponse, limit_responses, reason
from cluster_status.domain.redaction import PLAIN, Redaction
from cluster_status.domain.secret import Secret
from cluster_status.threads import run_in_thread

_WAIT_SECONDS = 10  # to connect, and for the next bytes
_RESPONSE_SECONDS = 30.0  # for the whole response


class _HttpConnection(HTTPRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        limit_responses(self.session, MAX_RESPONSE_BYTES)


class _HttpsConnection(HTTPSRequestsConnectionClass):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        limit_responses(self.session, MAX_RESPONSE_BYTES)


Requester.injectConnectionClasses(_HttpConnection, _HttpsConnection)


class PyGithubTransport:
    """Implements rest.Transport. Like Http, it uses a proxy of the environment, and no netrc."""

    def __init__(self, api_url: str, token: Secret, redaction: Redaction = PLAIN) -> None:
        self._redaction = redaction
        self._github = Github(
            auth=Auth.Token(token.reveal()),
            base_url=api_url,
            timeout=_WAIT_SECONDS,
            user_agent=USER_AGENT,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )

    def request(self, method: str, path: str, query: Mapping[str, str | int]) -> HttpResponse:
        """Return the response; names of its headers are in lower case."""
        requester = self._github.requester
        response = run_in_thread(lambda: requester.requestJson(method, path, parameters=dict(query)))
        try:
            status, headers, body = response.result(_RESPONSE_SECONDS)
        except TimeoutError:
            raise HttpFailure("no complete response before the timeout") from None
        except (OSError, ValueError) as error:  # among them the exceptions of requests
            raise HttpFailure(reason(error)) from None
        except RuntimeError:  # raised by PyGithub for a redirect
            raise HttpFailure("it redirects to another server") from None
        return HttpResponse(status, headers, body.encode(), self._redaction)

    def close(self) -> None:
        self._github.close()
