"""The authorized_keys line with which a key can run the Slurm commands of this package and nothing else.

sshd runs the forced command in the account's login shell, in place of the command that the client sends,
and passes that in SSH_ORIGINAL_COMMAND. The script refuses a text that is far longer than any command line
of ours, because a shell could spend minutes on it. It splits the rest at each `&&`, and runs a part only if
it is exactly one of the known commands. The boundary has to be hexadecimal, and names of partitions are
passed on as one argument, so neither can contain a command.

bash, dash, zsh, csh and fish read it alike: single-quoted texts for /bin/sh, which contain no single quote
and no exclamation mark, because csh expands that even in quotes.
"""

import re
from collections.abc import Iterable

from cluster_status.domain.slurm.commands import (
    BOUNDARY,
    COMMANDS,
    LINE_VARIABLE,
    PRINT_CLUSTERS,
    Command,
    login_shell_script,
)

_PUBLIC_KEY = re.compile(r"((?:ssh|ecdsa|sk)-[\w.@-]+ AAAA[A-Za-z0-9+/]+={0,2}(?: [^\r\n]*)?)\s*")

_LIMIT = 20_000  # characters; names of 1,000 partitions

SCRIPT_VARIABLE = "CLUSTER_STATUS_SCRIPT"

# In a line for a login shell, arguments are in double quotes. The script then runs itself in a login shell,
# and finds the line in its variable. It does so once: the quote `q` is another one then.
_SCRIPT = (
    's=$(printf "\\047"); q=$s; if [ -n "${LINE+x}" ]; then line=$LINE; q=$(printf "\\042"); '
    "else line=$SSH_ORIGINAL_COMMAND; fi; "
    f'[ "${{#line}}" -le {_LIMIT} ] || {{ echo "this key allows no command that long" >&2; exit 126; }}; '
    'case $q$line in "${s}env LINE=$s"*) '
    'LINE=${line#*"$s"}; LINE=${LINE%%"$s"*}; export LINE; LOGIN_SHELL;; esac; '
    'b=; rest="$line && "; '
    'while [ -n "$rest" ]; do part=${rest%%" && "*}; rest=${rest#*" && "}; set --; '
    "case $part in echo) echo;; "
    'PRINT_CLUSTERS) echo "$SLURM_CLUSTERS";; '
    '"echo "*) b=${part#"echo "}; [ "$(printf %s "$b" | tr -cd 0-9a-f)" = "$b" ] && echo "$b";; '
    '*) case $part in *" -p "*) n=${part##*" -p "}; part=${part%" -p "*}; '
    'n=${n#"$q"}; set -- -p "${n%"$q"}";; esac; '
    'case $part in *" -M "*) n=${part##*" -M "}; part=${part%" -M "*}; '
    'n=${n#"$q"}; set -- -M "${n%"$q"}" "$@";; esac; '
    'case $part in COMMANDS) eval "$part \\"\\$@\\"";; '
    '*) echo "this key does not allow: $part" >&2; (exit 126);; esac;; esac || exit; done'
)


def public_key(text: str) -> str:
    """Return the line of a .pub file; raise ValueError if the text is not one."""
    found = _PUBLIC_KEY.fullmatch(text)
    if not found:
        raise ValueError("it is not a public key")
    return found[1]


def forced_command(allowed: Iterable[Command] = COMMANDS, *, parts: Iterable[str] = ()) -> str:
    """Return the script that runs these commands, each with or without a cluster and names of partitions.

    `parts` of a line, with the placeholder for the boundary and without quotes, are allowed as they are.
    """
    lines = (command.line(BOUNDARY).replace(BOUNDARY, "${b}").replace("'", "${q}") for command in allowed)
    replaced = {
        "PRINT_CLUSTERS": "|".join(map(_pattern, PRINT_CLUSTERS)),
        "COMMANDS": "|".join(
            f'"{line}"' for line in (*lines, *(one.replace(BOUNDARY, "${b}") for one in parts))
        ),
        "LOGIN_SHELL": login_shell_script(SCRIPT_VARIABLE),
        "LINE": LINE_VARIABLE,
    }
    script = re.sub("|".join(replaced), lambda found: replaced[found[0]], _SCRIPT)
    return f"exec env {SCRIPT_VARIABLE}='{script}' /bin/sh -c 'eval \"${SCRIPT_VARIABLE}\"'"


def _pattern(line: str) -> str:
    """Return the pattern of `case` that matches this line alone."""
    escaped = re.sub(r'(["$])', r"\\\1", line).replace("'", "${s}")
    return f'"{escaped}"'


def authorized_keys_line(public_key: str, parts: Iterable[str] = ()) -> str:
    """Return the line for the head node: no terminal, no forwarding, only the forced command."""
    command = forced_command(parts=parts).replace('"', '\\"')
    return f'restrict,command="{command}" {public_key}'


def jump_host_line(public_key: str, host: str, port: int) -> str:
    """Return the line for a jump host: forwarding to one port of one host, and no command."""
    name = f"[{host}]" if ":" in host else host
    return f'restrict,port-forwarding,permitopen="{name}:{port}",command="exit 1" {public_key}'
