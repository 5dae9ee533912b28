"""Why there is no release."""


class Refusal(Exception):  # noqa: N818  # it is none: the repository is not ready, and this says why
    """A release that must not be; the message says why, and what would mend it."""
