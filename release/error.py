"""The error of a release."""


class ReleaseError(Exception):
    """The version cannot be released. The message has each reason, and how to fix it."""
