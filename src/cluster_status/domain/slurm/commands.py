"""The table of all that is ever asked of a cluster, and the line by which it is asked.

Options and format letters are those that every Slurm from 2.4 to 26.05 understands; where one does not, it
says so below.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

# By these an account changes what Slurm's commands list, or how.
_UNSET = (
    "SCONTROL_ALL",
    "SINFO_ALL",
    "SINFO_FEDERATION",
    "SINFO_FORMAT",
    "SINFO_PARTITION",
    "SINFO_SORT",
    "SLURM_CLUSTERS",
    "SLURM_TIME_FORMAT",
)
# This cluster alone, of a federation that shows itself as one: --local says the same, from 17.11 on, and an
# older sinfo would refuse it. Instants in UTC: the server's zone is not known.
_SET = ("LC_ALL=C", "SINFO_LOCAL=1", "TZ=UTC")

_BARE_WORD = re.compile(r"[A-Za-z-]+")
_PLAIN_NAME = re.compile(
    r"[\w.+:@%=/-]{1,100}"
)  # what a quoted word may hold in each shell; csh reads "!", even there


BOUNDARY = "{frame}"
"""Stands in an argument for the word that frames the answer."""


class Command(Struct, frozen=True):
    """A command and its arguments."""

    program: str
    arguments: tuple[str, ...]

    def of(self, partitions: Iterable[str]) -> "Command":
        """Ask about these partitions alone; raise UnparsableError for a name that no shell may be given."""
        names = list(partitions)
        for name in names:
            if not _PLAIN_NAME.fullmatch(name):
                raise UnparsableError(f"sinfo cannot be asked about a partition named '{clean(name)}'")
        return replace(self, arguments=(*self.arguments, "-p", ",".join(names))) if names else self

    def line(self, boundary: str) -> str:
        unset = " ".join(f"-u {variable}" for variable in _UNSET)
        words = (argument.replace(BOUNDARY, boundary) for argument in self.arguments)
        quoted = " ".join(word if _BARE_WORD.fullmatch(word) else f"'{word}'" for word in words)
        return f"env {unset} {' '.join(_SET)} {self.program} {quoted}"


PARTITIONS = Command("sinfo", ("-h", "-o", "%P|%a|%l|%D|%T"))
"""Never cut, as there are no widths; no field can hold a bar."""

WITH_HIDDEN = Command("sinfo", ("-a", *PARTITIONS.arguments))
"""The same with the hidden partitions, about which `-p` gives answers, too."""

TOTAL = Command("sinfo", ("-h", "-o", "%D|%T"))
"""A node that is in several partitions counts once."""

GPUS = Command("sinfo", ("-h", "-O", "Partition:64,Nodes:12,StateLong:24,Gres:200,GresUsed:250"))
"""From 15.08 on; before 19.05 without GresUsed, of which sinfo then prints nothing. Cut at these widths."""

DRAIN_REASONS = Command("sinfo", ("-h", "-R", "-o", f"{BOUNDARY}|%D|%H|%E"))
"""A reason may hold bars and line ends: each record begins with the frame."""

DRAIN_REASONS_WITH_NAMES = Command("sinfo", ("-h", "-R", "-o", f"{BOUNDARY}|%D|%H|%u|%N|%E"))

RESERVATIONS = Command("scontrol", ("-o", "show", "reservation"))

COMMANDS = (
    PARTITIONS,
    WITH_HIDDEN,
    TOTAL,
    GPUS,
    DRAIN_REASONS,
    DRAIN_REASONS_WITH_NAMES,
    RESERVATIONS,
)
"""All of them. Those of sinfo, but for the first two, may end with `-p` and names of partitions."""


def command(boundary: str, *questions: Command) -> str:
    """Return the line a login shell is given; bash, dash, csh and fish read it alike.

    `frame` is a random word, echoed around each answer: whatever the login itself prints is outside, and
    an answer that was cut off lacks its end. The exit status is that of the first part that failed.
    """
    asked = "".join(f" && {question.line(boundary)} && echo {boundary}" for question in questions)
    # the first echo ends a line that the login may have left open
    return f"echo && echo {boundary}{asked}"


def answers(output: bytes, boundary: str, count: int) -> list[list[str]]:
    """Return the lines of each of `count` answers; raise UnparsableError if they are not all there."""
    lines = output.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    borders = [number for number, line in enumerate(lines) if line == boundary]
    if len(borders) != count + 1:
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise UnparsableError(f"sinfo's answer is incomplete; it ends with '{clean(last)}'")
    return [lines[begin + 1 : end] for begin, end in pairwise(borders)]
