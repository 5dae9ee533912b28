"""The door for text from outside: it comes out without secrets, hosts, users and addresses, and cleaned."""

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from ipaddress import ip_address

from msgspec import Struct

from cluster_status.domain.secret import Secret
from cluster_status.domain.secret_search import SecretSearch
from cluster_status.domain.text import clean

REPLACEMENT = "***"
_READ = 4_000  # characters, more than are ever shown
_RESULTS_KEPT = 4_000
_ROUNDS = 8  # a text that needs more was made to need them

_IPV4 = r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)"
_IPV6 = r"(?<![\w:.])[0-9A-Fa-f:.]{2,45}(?:%\w+)?(?![\w:])"
_ADDRESS = re.compile(f"{_IPV4}|{_IPV6}")


class Redaction(Struct, frozen=True, dict=True):
    """Replaces what no text from outside may show. A run has one, and each such text passes it first.

    `secrets` are those of the run. `names` are hosts and users; they are replaced in any case, where they are
    words of their own. What a text means is decided from the text as it was sent.
    """

    secrets: tuple[Secret, ...] = ()
    names: tuple[str, ...] = ()

    def clean(self, text: str | bytes, *, limit: int = 300) -> str:
        """Return a text to quote as one line of at most `limit` characters; see `domain.text.clean`."""
        return self._kept(_decode(text)[:_READ], limit, keep_names=False)

    def clean_name(self, name: str, *, limit: int = 300) -> str:
        """Return the name of a partition, a node or the like, which may be equal to a host or a user."""
        # a hostile server can list thousands of long ones
        return self._kept(name[: 2 * limit], limit, keep_names=True)

    def without_secrets(self, text: str) -> str:
        """Return a text of any length, not cleaned, without secrets."""
        return self._replace(text, keep_names=True)

    def without_names(self, text: str) -> str:
        """Return a text, not cleaned, without names and addresses."""
        if self._names:
            text = self._names.sub(REPLACEMENT, text)
        return _ADDRESS.sub(_replace_address, text)

    def _cleaned(self, text: str, limit: int, *, keep_names: bool) -> str:
        replaced = self._replace(text, keep_names=keep_names)  # before the text is cleaned and cut
        cleaned = clean(replaced, limit=_READ)
        if cleaned != replaced:  # joined blanks can make a name or a secret whole
            cleaned = self._replace(cleaned, keep_names=keep_names)
        return cleaned if len(cleaned) <= limit else clean(cleaned, limit=limit)

    def _replace(self, text: str, *, keep_names: bool) -> str:
        """Replace until nothing is found: what is left on both sides of a part can be a secret again."""
        for _ in range(_ROUNDS):
            before, text = text, self._without_secrets(text)
            if not keep_names:
                text = self.without_names(text)
            if text == before:
                return text
        return REPLACEMENT

    def _without_secrets(self, text: str) -> str:
        kept, done = [], 0
        for begin, end in self._search.spans(text):
            kept += [text[done:begin], REPLACEMENT]
            done = end
        return "".join([*kept, text[done:]])

    @cached_property
    def _kept(self) -> Callable[..., str]:
        """`_cleaned`, which keeps its results: many nodes and rows have the same texts."""
        return lru_cache(_RESULTS_KEPT)(self._cleaned)

    @cached_property
    def _search(self) -> SecretSearch:
        return SecretSearch(self.secrets)

    @cached_property
    def _names(self) -> re.Pattern[str] | None:
        longest_first = sorted(filter(None, self.names), key=len, reverse=True)
        pattern = "|".join(map(re.escape, longest_first))
        return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE) if pattern else None


PLAIN = Redaction()  # without secrets and names


def _decode(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _replace_address(found: re.Match[str]) -> str:
    for text in (found[0], found[0].rstrip(".:")):
        try:
            ip_address(text)
        except ValueError:
            continue
        return REPLACEMENT + found[0][len(text) :]
    return found[0]
