"""Quotations for each status, all in the public domain."""

from datetime import datetime

from msgspec import Struct

from cluster_status.domain.status.cause import Status


class Quotation(Struct, frozen=True):
    text: str
    source: str


_QUOTATIONS = {
    Status.ONLINE: (
        Quotation(
            "All's well that ends well; still the fine's the crown.", "Shakespeare, All's Well That Ends Well"
        ),
        Quotation("The lark's on the wing; the snail's on the thorn.", "Robert Browning, Pippa Passes"),
        Quotation("Now is the winter of our discontent made glorious summer.", "Shakespeare, Richard III"),
    ),
    Status.DEGRADED: (
        Quotation("The course of true love never did run smooth.", "Shakespeare, A Midsummer Night's Dream"),
        Quotation("Though much is taken, much abides.", "Tennyson, Ulysses"),
    ),
    Status.MAINTENANCE: (
        Quotation("They also serve who only stand and wait.", "Milton, On His Blindness"),
        Quotation("The readiness is all.", "Shakespeare, Hamlet"),
    ),
    Status.OFFLINE: (
        Quotation("The rest is silence.", "Shakespeare, Hamlet"),
        Quotation("Darkness there and nothing more.", "Poe, The Raven"),
        Quotation("When sorrows come, they come not single spies, but in battalions.", "Shakespeare, Hamlet"),
    ),
    Status.UNKNOWN: (
        Quotation("I am but mad north-north-west.", "Shakespeare, Hamlet"),
        Quotation("The time is out of joint.", "Shakespeare, Hamlet"),
    ),
}


def quotation_for(status: Status, at: datetime) -> Quotation:
    """Choose by the hour of the notification, so that a repeated message is the same."""
    choices = _QUOTATIONS[status]
    return choices[int(at.timestamp()) // 3600 % len(choices)]
