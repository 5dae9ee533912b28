"""How different results services read and write the bodies of calls.

Sources: nektos/act 0.2.89 (`pkg/artifacts`), and Gitea (`routers/api/actions/artifactsv4.go`), from which act
has it.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.loopback import HttpResponse


@dataclass(frozen=True)
class Dialect:
    """How a service reads and writes bodies.

    `undecodable` is the response to an unknown field, unless it is that of twirp.
    """

    versions: range = range(4, 8)
    camel_case: bool = False
    undecodable: HttpResponse | None = None
    without_service: bool = False


GITHUB = Dialect()
OLDER_SERVICE = Dialect(versions=range(4, 5))
ACT = Dialect(versions=range(4, 5), camel_case=True, undecodable=HttpResponse(500))
GITEA = replace(
    ACT, undecodable=HttpResponse(500, b"Error decode request body\n", {"Content-Type": "text/plain"})
)
NO_SERVICE = Dialect(without_service=True)


def in_camel_case(value: Any) -> Any:
    if isinstance(value, list):
        return [in_camel_case(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub("_([a-z])", lambda found: found[1].upper(), name): in_camel_case(each)
        for name, each in value.items()
    }
