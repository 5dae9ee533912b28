"""What a webhook may do in its channel and in the threads of it.

From discord/discord-api-docs (`threads.mdx` and `opcodes-and-status-codes.mdx` in `developers/topics/`), and
from issues that quote responses: uptime-kuma#4096 (220001), discord-api-docs#6884 (50083).
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class AccessError(NamedTuple):
    status: int
    code: int
    message: str


@dataclass
class Access:
    """A test changes it as a moderator would; threads are named by their ids."""

    is_forum: bool = False
    is_permitted: bool = True
    archived_threads: set[str] = field(default_factory=set)  # a message reopens them
    locked_threads: set[str] = field(default_factory=set)
    deleted_threads: set[str] = field(default_factory=set)

    def refusal(self, thread_id: str | None, *, editing: bool) -> AccessError | None:
        """Return why a message is not accepted; an accepted one reopens an archived thread."""
        if not self.is_permitted:
            return AccessError(403, 50013, "Missing Permissions")
        if thread_id in self.deleted_threads:
            return AccessError(404, 10003, "Unknown Channel")
        if thread_id in self.locked_threads or (editing and thread_id in self.archived_threads):
            return AccessError(400, 50083, "Thread is archived")
        if self.is_forum and thread_id is None:
            message = "Webhooks posted to forum channels must have a thread_name or thread_id"
            return AccessError(400, 220001, message)
        self.archived_threads.discard(thread_id or "")
        return None
