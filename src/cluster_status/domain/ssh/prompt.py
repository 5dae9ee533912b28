"""What a prompt of the login asks for, by its text: only a prompt for the password gets it."""

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from functools import cache

from cluster_status.domain.ssh import prompt_words

_ACCOUNT = r"\S*@\S*"  # the owner of the password, not part of the question
_QUOTES = "'\"`\u2018\u2019\u201c\u201d"
_NAMED = re.compile(  # the account whose password is asked for
    rf"\bfor (?:user |account )?[{_QUOTES}]?([\w.+\\-]+)[{_QUOTES}]?\s*:?\s*$"
    rf"|^\W*(?:enter )?([\w.+\\-]+)[{_QUOTES}]s\b",
    re.IGNORECASE,
)
_NO_ACCOUNTS = frozenset(
    {"login", "user", "account", "access", "authentication", "cluster", "ssh", "hpc", "ldap"}
)
_WITHOUT_BLANKS = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA", "KHMER", "THAI", "LAO", "MYANMAR")


class Asked(Enum):
    """What a prompt asks for."""

    PASSWORD = "password"  # noqa: S105 - no password
    NOTHING = "nothing"  # a factor that is optional
    NEW_PASSWORD = "new password"  # noqa: S105 - no password
    SECOND_FACTOR = "second factor"
    OTHER = "other"


def asked_by(prompt: str, *, context: str = "", user: str = "") -> Asked:
    """Return what a prompt asks for.

    `context` is the rest of the round, which is shown with it. The name of the account in the prompt, given
    as `user`, is not part of the question. Words for anything but the password take precedence.
    """
    text = _normalized(_without_account(prompt, user))
    shown = f"{text}\n{_normalized(_without_account(context, user))}"
    if _contains(shown, prompt_words.NEW_PASSWORD):
        return Asked.NEW_PASSWORD
    if _is_optional(text):
        return Asked.NOTHING
    if _contains(shown, prompt_words.SECOND_FACTOR):
        return Asked.SECOND_FACTOR
    is_for_another = _contains(shown, prompt_words.OTHER_SYSTEM) or _names_another(prompt, user)
    is_for_password = _contains(text, prompt_words.PASSWORD) and not is_for_another
    return Asked.PASSWORD if is_for_password else Asked.OTHER


def _is_optional(text: str) -> bool:
    return _contains(text, prompt_words.OPTIONAL) and not _contains(text, prompt_words.NOT_OPTIONAL)


def _names_another(prompt: str, user: str) -> bool:
    """Return whether the prompt names an account, and not this one, with or without its realm."""
    own = {user.casefold(), user.partition("@")[0].casefold(), user.rpartition("\\")[2].casefold()}
    addresses = re.findall(rf"([^\s({_QUOTES}]+)@\S", prompt)
    rest = re.sub(_ACCOUNT, " ", prompt)  # with the host, which is no account
    names = [*addresses, *(found[1] or found[2] for found in _NAMED.finditer(rest))]
    return bool(user) and any(name.casefold() not in {*own, *_NO_ACCOUNTS} for name in names)


def _without_account(text: str, user: str) -> str:
    text = re.sub(_ACCOUNT, " ", text)
    if not user:
        return text
    name = rf"[{_QUOTES}]?{re.escape(user)}[{_QUOTES}]?"
    return re.sub(rf"(?i)\bfor (user )?{name}(?!\w)|\({name}\)|(?<!\w){name}[{_QUOTES}]s\b", " ", text)


def _contains(text: str, words: tuple[str, ...]) -> bool:
    return re.search(_pattern(words), text) is not None


@cache
def _pattern(words: Sequence[str]) -> str:
    return "|".join(map(_word_pattern, words))


def _word_pattern(word: str) -> str:
    normalized = re.escape(_normalized(word.strip("*.")))
    is_anywhere = word.startswith("*") or unicodedata.name(word[0]).startswith(_WITHOUT_BLANKS)
    return ("" if is_anywhere else r"(?<!\w)") + normalized + (r"(?!\w)" if word.endswith(".") else "")


def _normalized(text: str) -> str:
    """Return the text without differences in case, width, accents and apostrophe."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(part for part in parts if unicodedata.category(part) != "Mn")
    return unicodedata.normalize("NFC", plain).replace("\u2019", "'")
