"""The table of all Slurm commands that are ever run, and the command line that runs them.

Slurm 2.4 to 26.05 understand all options and format letters, except where noted below.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from cluster_status.domain.redaction import Redaction
from cluster_status.domain.text import clean
from cluster_status.errors import UnparsableError

# With these an account can change the output of Slurm's commands.
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
_UNSET_FOR_SQUEUE = (
    "SLURM_CLUSTERS",
    "SLURM_TIME_FORMAT",
    *(
        f"SQUEUE_{name}"
        for name in (
            *("ACCOUNT", "ALL", "ARRAY", "FEDERATION", "FORMAT", "FORMAT2", "LICENSES", "NAMES", "PARTITION"),
            *("PRIORITY", "QOS", "SIBLING", "SORT", "STATES", "USERS"),
        )
    ),
)
# SINFO_LOCAL: only this cluster of a federation; --local does the same, but sinfo before 17.11 refuses it.
# TZ: the time zone of the server is not known.
_SET = ("LC_ALL=C", "SINFO_LOCAL=1", "TZ=UTC")

# SLURM_BITSTR_LEN: the tasks of an array are not cut off.
_SET_FOR_SQUEUE = ("LC_ALL=C", "SLURM_BITSTR_LEN=0", "SQUEUE_LOCAL=1", "TZ=UTC")

# Prints the one variable above that users set on purpose: a line for /bin/sh, and one for any other shell.
_PRINT_CLUSTERS = 'echo "$SLURM_CLUSTERS"'
PRINT_CLUSTERS = (_PRINT_CLUSTERS, f"/bin/sh -c '{_PRINT_CLUSTERS}'")

# Runs a line in a login shell of the account, whose profile may set PATH or SLURM_CONF. csh is a login shell
# only if it reads its commands from its input.
LINE_VARIABLE = "CLUSTER_STATUS_LINE"
_LOGIN_SHELL = (
    'run="exec /bin/sh -c \\"\\${variable}\\""; '
    'case $SHELL in *csh) echo "$run" | "$SHELL" -l; exit;; *) exec "$SHELL" -l -c "$run";; esac'
)

_BARE_WORD = re.compile(r"[A-Za-z-]+")
# Characters that every shell leaves alone in quotes; csh expands "!" even there.
_PLAIN_NAME = re.compile(r"[\w.+:@%=/-]{1,100}")


_CLUSTERS_LIMIT = 100

BOUNDARY = "{boundary}"
"""Placeholder in an argument for the boundary word."""


class Command(Struct, frozen=True):
    """A Slurm command and its arguments."""

    program: str
    arguments: tuple[str, ...]

    def on(self, cluster: str) -> "Command":
        """Query this cluster, if one is given, instead of that of the head node."""
        return replace(self, arguments=(*self.arguments, "-M", cluster)) if cluster else self

    def of(self, partitions: Iterable[str]) -> "Command":
        """Restrict to these partitions; raise UnparsableError for a name that is not safe in a shell."""
        names = list(partitions)
        for name in names:
            if not _PLAIN_NAME.fullmatch(name):
                raise UnparsableError(f"the partition name '{clean(name)}' cannot be passed to sinfo")
        return replace(self, arguments=(*self.arguments, "-p", ",".join(names))) if names else self

    def line(self, boundary: str, *, quote: str = "'") -> str:
        is_squeue = self.program == "squeue"
        unset = " ".join(f"-u {variable}" for variable in (_UNSET_FOR_SQUEUE if is_squeue else _UNSET))
        variables = " ".join(_SET_FOR_SQUEUE if is_squeue else _SET)
        words = (argument.replace(BOUNDARY, boundary) for argument in self.arguments)
        quoted = " ".join(word if _BARE_WORD.fullmatch(word) else f"{quote}{word}{quote}" for word in words)
        return f"env {unset} {variables} {self.program} {quoted}"


PARTITIONS = Command("sinfo", ("-h", "-o", "%P|%a|%l|%D|%T"))
"""Without widths, so nothing is cut off. No field can contain a bar."""

WITH_HIDDEN = Command("sinfo", ("-a", *PARTITIONS.arguments))
"""The same with hidden partitions, which `-p` accepts as well."""

TOTAL = Command("sinfo", ("-h", "-o", "%D|%T"))
"""A node in several partitions counts once."""

GPUS = Command("sinfo", ("-h", "-O", "Partition:64,Nodes:12,StateLong:24,Gres:200,GresUsed:250"))
"""From 15.08 on. Before 19.05 sinfo prints nothing for GresUsed. Columns are cut off at these widths."""

DRAIN_REASONS = Command("sinfo", ("-h", "-R", "-o", f"{BOUNDARY}|%D|%H|%u|%N|%E"))
"""A reason can contain bars and line ends, so each record begins with the boundary."""

RESERVATIONS = Command("scontrol", ("-a", "-o", "show", "reservation"))
"""Also those of hidden partitions."""

NODES = Command("sinfo", ("-h", "-o", "%R|%N"))
"""The names of the nodes of each partition. Without `-a`, because sinfo refuses that with `-p`."""

OUT_OF_SERVICE = Command("sinfo", ("-h", "-R", "-o", "%D|%H|%T"))
"""Since when nodes are down or drained. A node in several partitions counts once."""

PENDING = Command("squeue", ("-a", "-h", "-t", "PENDING", "-o", "%P|%D|%K|%V|%r"))
"""Also jobs in hidden partitions. An array is one line."""

CONFIGURATION = Command("scontrol", ("show", "config"))
"""Shows whether an account sees the jobs of others. squeue does not say so."""

COMMANDS = (
    PARTITIONS,
    WITH_HIDDEN,
    TOTAL,
    GPUS,
    DRAIN_REASONS,
    RESERVATIONS,
    NODES,
    OUT_OF_SERVICE,
    PENDING,
    CONFIGURATION,
)
"""All of them. They may end with `-M` and a cluster. The sinfo commands after the first two may then end with
`-p` and names of partitions."""


def login_shell_script(variable: str) -> str:
    """Return a script for /bin/sh that runs the line in `variable` in a login shell of the account."""
    return _LOGIN_SHELL.replace("{variable}", variable)


def command_line(boundary: str, *commands: Command, login_shell: bool = False, clusters: bool = False) -> str:
    """Return the line for the account's shell; bash, dash, zsh, csh and fish read it alike.

    `boundary` is a random word, printed before the first output and after each one. Text that the login
    itself prints is outside, and an output that was cut off has no boundary after it. The exit status is
    that of the first command that failed. With `login_shell`, the commands run in a login shell. With
    `clusters`, the line prints the account's SLURM_CLUSTERS at its end.
    """
    quote = '"' if login_shell else "'"
    steps = [f"{command.line(boundary, quote=quote)} && echo {boundary}" for command in commands]
    if clusters:
        steps.append(PRINT_CLUSTERS[0] if login_shell else PRINT_CLUSTERS[1])
    return shell_line(boundary, steps, login_shell=login_shell)


def shell_line(boundary: str, steps: Iterable[str], *, login_shell: bool) -> str:
    """Return a line that prints the boundary and then runs the steps.

    For a login shell, they must contain no single quote.
    """
    # the first echo ends a line that the login may have left open
    line = " && ".join(["echo", f"echo {boundary}", *steps])
    if login_shell:
        line = f"env {LINE_VARIABLE}='{line}' /bin/sh -c '{login_shell_script(LINE_VARIABLE)}'"
    return line


def has_begun(output: bytes, boundary: str) -> bool:
    """Return whether the shell has reached the first command."""
    return _number_of(boundary, output) > 0


def have_ended(output: bytes, boundary: str, count: int) -> bool:
    """Return whether all of `count` commands have worked. What follows them does not count."""
    return _number_of(boundary, output) == count + 1


def split_outputs(output: bytes, boundary: str, count: int, redaction: Redaction) -> list[list[str]]:
    """Return the lines that each of `count` commands printed; raise UnparsableError if one is incomplete."""
    lines = _lines(output)
    borders = [number for number, line in enumerate(lines) if line == boundary]
    if len(borders) != count + 1:
        last = next((line for line in reversed(lines) if line.strip()), "")
        raise UnparsableError(f"the output is incomplete; it ends with '{redaction.clean(last)}'")
    return [lines[begin + 1 : end] for begin, end in pairwise(borders)]


def account_clusters(output: bytes, boundary: str, redaction: Redaction) -> str:
    """Return the SLURM_CLUSTERS of the account from a line with `clusters`, cleaned; empty if not set."""
    *_, rest = output.decode("utf-8", "replace").rpartition(f"\n{boundary}\n")
    return redaction.clean_name(rest.partition("\n")[0], limit=_CLUSTERS_LIMIT)


def _number_of(boundary: str, output: bytes) -> int:
    """Return the number of lines with only the boundary. Lines as objects would take ten times the output."""
    return len(re.findall(rb"^%s\r?$" % boundary.encode(), output, re.MULTILINE))


def _lines(output: bytes) -> list[str]:
    return output.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
