"""When a status page is worth publishing again, which takes minutes of a runner."""

from datetime import datetime

from msgspec import Struct

from cluster_status.domain.instant import Instant, hour_of


class Publication(Struct, frozen=True, omit_defaults=True):
    """The page that was published last: when, and a digest of its content without times and numbers.

    `again` says that its content was new: the next poll publishes it again, in case its job failed.
    """

    at: Instant | None = None
    digest: str = ""
    again: bool = False


def published(last: Publication, digest: str, at: datetime) -> Publication:
    """Return the publication after a poll; `at` is that of the poll if the page is worth publishing.

    That is so if its content has changed, in the poll after that, and in the first poll of each hour.
    """
    is_new = digest != last.digest
    is_first = last.at is None or hour_of(at) != hour_of(last.at)
    return Publication(at, digest, again=is_new) if is_new or last.again or is_first else last
