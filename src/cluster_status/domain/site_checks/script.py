"""The command line that runs the site checks, as a script for /bin/sh in base64.

In base64, it passes any login shell and a restricted key unchanged. All checks run at the same time, and
`timeout` kills what has not ended. A process that waits for a file system cannot be killed: it keeps its
lock, so no later poll starts another one. The locks are in memory, because any other directory may hang.

The first line of output and each result begin with the boundary, a random word. Each result has the number
of its check, and either `=` with the exit status, or `:` with the first line that the check printed.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from shlex import quote

from cluster_status.domain.site_checks.site_check import SiteCheck, SiteChecks
from cluster_status.domain.slurm.forced_command import SCRIPT_VARIABLE

BEGIN, LOCKED, END, FAILED = "begin", "locked", "end", "failed"
STATUS, OUTPUT, NO_LOCK = "=", ":", "!"

_BOUNDARY_VARIABLE = "CLUSTER_STATUS_BOUNDARY"
_READ_BYTES = 4096
_SHOWN_BYTES = 2000  # one write of this size to a pipe is not mixed with others

# Prints the blocks of the file system: all, free, and available to users. df can wait for other file systems.
# stat may have its result from a cache, so one entry of the directory is read as well. An account may be
# allowed to enter a directory and not to read it.
_PATH_SCRIPT = (
    'export LC_ALL=C; s=$(stat -f -c "%b %f %a" -- "$1" 2>&1) || { r=$?; echo "$s"; exit $r; }; '
    'e=$({ ls -f1 -- "$1" | head -n 1 >/dev/null; } 2>&1); '
    'case $e in ""|*"Permission denied"*) echo "$s";; *) echo "$e"; exit 1;; esac'
)

_SCRIPT = f"""\
b=${_BOUNDARY_VARIABLE}; unset {_BOUNDARY_VARIABLE}
echo "$b {BEGIN}${{{SCRIPT_VARIABLE}+ {LOCKED}}}"
d=$XDG_RUNTIME_DIR
if ! {{ [ -n "$d" ] && [ -d "$d" ] && [ -O "$d" ] && [ -w "$d" ]; }}; then
d=/dev/shm/cluster-status-$(id -u); mkdir -m 700 "$d" 2>/dev/null
if [ -L "$d" ] || ! {{ [ -d "$d" ] && [ -O "$d" ]; }}; then echo "$b {FAILED}"; exit; fi
fi
c() {{ n=$1; l="$d/cluster-status-$2"; shift 2; {{
flock -w TIMEOUT 9; r=$?; [ $r = 1 ] && exit; [ $r = 0 ] || {{ echo "$b $n {NO_LOCK} $r"; exit; }}
{{ sh -c "$@" </dev/null 2>&1 3>&-; echo "$b $n {STATUS} $?" >&3; }} | {{
t=$(head -c {_READ_BYTES} | tr -d '\\000' | LC_ALL=C sed -n '/[^[:space:]]/{{p;q;}}'); cat >/dev/null
LC_ALL=C; printf '%s %s {OUTPUT} %.{_SHOWN_BYTES}s\\n' "$b" "$n" "$t" >&3; }}
}} 3>&1 9>"$l"; }}
"""


def part(checks: SiteChecks, boundary: str) -> str:
    """Return the part of a command line that runs the checks."""
    encoded = b64encode("".join(_lines(checks)).encode()).decode()
    timeout = f"env {_BOUNDARY_VARIABLE}={boundary} timeout -s KILL {checks.timeout_seconds} /bin/sh"
    return f"printf %s {encoded} | base64 -d | {timeout}"


def _lines(checks: SiteChecks) -> Iterator[str]:
    yield _SCRIPT.replace("TIMEOUT", str(checks.timeout_seconds))
    if any(check.is_path for check in checks.checks):
        yield f"p={quote(_PATH_SCRIPT)}\n"
    for number, check in enumerate(checks.checks):
        words = f'"$p" sh {quote(check.name)}' if check.is_path else quote(check.command)
        yield f"c {number} {_lock(check)} {words} &\n"
    yield f'wait; echo "$b {END}"\n'


def _lock(check: SiteCheck) -> str:
    """Return the name of its lock, which is the same in every poll and workflow of the account."""
    text = f"{check.name}\n{check.command}" if check.is_path else check.command
    return hashlib.sha256(text.encode()).hexdigest()[:16]
