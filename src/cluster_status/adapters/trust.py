"""The trusted certificates of HTTPS, read once a run. requests would read all of them for each connection."""

import functools
import ssl
from pathlib import Path
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context


class TrustingAdapter(HTTPAdapter):
    """Shares one context between the connections that trust the same certificates."""

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - the signature of requests
        cert: Any = None,
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] != "https":
            return host, pool
        context = _context(verify if isinstance(verify, str) else certifi.where())
        return host, {"cert_reqs": pool["cert_reqs"], "ssl_context": context}

    def cert_verify(self, conn: Any, url: str, verify: bool | str, cert: Any) -> None:  # noqa: FBT001 - as above
        """Add nothing: the context has the certificates, and requires one of the server."""


@functools.cache
def _context(bundle: str) -> ssl.SSLContext:
    """Return a context that trusts the certificates of a file or a hashed folder. Raises OSError."""
    context = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
    return context
