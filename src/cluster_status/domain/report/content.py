"""What makes a page worth publishing at once: its content without times of polls and without numbers."""

import hashlib

from msgspec import json

from cluster_status.domain.report.report import Report


def digest_of(report: Report) -> str:
    """Return a digest of what the page says, without what changes in each poll of a busy cluster."""
    unconfirmed = report.unconfirmed
    content = (
        report.name,
        report.group,
        report.notice,
        (report.muted, report.muted_until),
        report.shown,
        unconfirmed and (unconfirmed.status, unconfirmed.cause),
        report.last_known,
        [(one.name, one.use) for one in report.partitions],
        report.maintenance,
        [(one.id, one.end) for one in report.incidents],
    )
    return hashlib.sha256(json.encode(content)).hexdigest()[:16]
