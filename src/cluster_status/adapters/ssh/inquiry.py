"""What is asked of Slurm once a session is logged in: what counts first, then what is only good to know."""

import secrets

import paramiko
from msgspec.structs import replace

from cluster_status.adapters.ssh.command import run
from cluster_status.adapters.ssh.stop import Deadline, Stopped
from cluster_status.domain import sinfo
from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import Details, Listing
from cluster_status.domain.details import enquiries
from cluster_status.domain.interest import Interest
from cluster_status.domain.question import TOTAL, WITH_HIDDEN, Question, answers, command
from cluster_status.domain.sighting import Obstacle
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

_DETAILS_SECONDS = 10.0  # for all of them
_DETAIL_BYTES = 1_000_000  # for each


def inquire(
    transport: paramiko.Transport, interest: Interest, seconds: float, whole: Deadline
) -> Listing | Obstacle:
    """Return what Slurm lists, `seconds` at the most for it; raise Stopped if that comes to nothing."""
    limit = Deadline(seconds, within=whole)
    frame = secrets.token_hex(16)
    try:
        if interest.patterns:
            return _list_chosen(transport, interest, limit, frame)
        return sinfo.parse(_answer(transport, sinfo.command(frame), limit, frame), frame)
    except UnparsableError as error:
        return Obstacle(Cause.UNPARSABLE, str(error))


def ask_for_details(
    transport: paramiko.Transport, interest: Interest, listing: Listing, seconds: float, whole: Deadline
) -> Details:
    """Return what can be had; a question without a good answer in time costs nothing but its own."""
    limit = Deadline(min(seconds, _DETAILS_SECONDS), within=whole)
    frame = secrets.token_hex(16)
    details = Details()
    names = [partition.name for partition in listing.partitions]
    for question, read in enquiries(interest, names, frame):
        if limit.passed:
            break
        lines = _lines(transport, question, limit, frame)
        details = read(details, lines) if lines is not None else details
    return details


def _list_chosen(transport: paramiko.Transport, interest: Interest, limit: Deadline, frame: str) -> Listing:
    """Ask for all partitions, then for the nodes in those that were chosen, each node once."""
    output = _answer(transport, command(frame, WITH_HIDDEN), limit, frame)
    listed = sinfo.parse_partitions(answers(output, frame, 1)[0])
    chosen = listed.chosen(interest)
    names = list(chosen.by_name)
    if not names:
        shown = ", ".join(map(clean, listed.by_name)) or "none"
        wanted = ", ".join(interest.patterns)
        raise Stopped(Cause.NO_SUCH_PARTITION, clean(f"'{wanted}' chooses none of the partitions: {shown}"))
    output = _answer(transport, command(frame, TOTAL.of(names)), limit, frame)
    listing = sinfo.add_total(chosen, answers(output, frame, 1)[0])
    return replace(listing, named=interest.named, unmatched=interest.unmatched(listed.by_name))


def _answer(transport: paramiko.Transport, line: str, limit: Deadline, frame: str) -> bytes:
    answer = run(transport, line, limit)
    if answer.exit_status != 0:
        found = sinfo.diagnose(answer.exit_status, answer.output, answer.complaint, frame)
        raise Stopped(found.cause, found.detail, remedy=found.remedy)
    return answer.output


def _lines(
    transport: paramiko.Transport, question: Question, limit: Deadline, frame: str
) -> list[str] | None:
    try:
        answer = run(transport, command(frame, question), limit, output_limit=_DETAIL_BYTES)
        return answers(answer.output, frame, 1)[0] if answer.exit_status == 0 else None
    except (Stopped, UnparsableError):
        return None
