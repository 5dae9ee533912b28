"""What a user wants checked on the head node besides the scheduler: paths, and commands of their own."""

from msgspec import Struct


class SiteCheck(Struct, frozen=True):
    """A path that must respond, or a command with the exit statuses of a Nagios plugin.

    `name` is that of the command, or the path itself.
    """

    name: str
    command: str = ""  # empty for a path

    @property
    def is_path(self) -> bool:
        return not self.command


class SiteChecks(Struct, frozen=True):
    """The site checks of a cluster. All of them run at the same time."""

    checks: tuple[SiteCheck, ...] = ()
    timeout_seconds: int = 10
    full_at: int | None = None  # percent of the space of a file system; None: not checked
