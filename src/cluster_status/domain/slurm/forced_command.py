"""The authorized_keys line with which a key can run the Slurm commands of this package and nothing else.

sshd runs the forced command in the account's login shell, in place of the command that the client sends,
and passes that in SSH_ORIGINAL_COMMAND. The script refuses a text that is far longer than any command line
of ours, because a shell could spend minutes on it. It splits the rest at each `&&`, and runs a part only if
it is exactly one of the known commands. The boundary has to be hexadecimal, and names of partitions are
passed on as one argument, so neither can contain a command.

bash, dash, csh and fish read it alike: one single-quoted text for /bin/sh, which contains no single quote
and no exclamation mark, because csh expands that even in quotes.
"""

import re
from collections.abc import Iterable

from cluster_status.domain.slurm.commands import BOUNDARY, COMMANDS, Command

_PUBLIC_KEY = re.compile(r"((?:ssh|ecdsa|sk)-[\w.@-]+ AAAA[A-Za-z0-9+/]+={0,2}(?: [^\r\n]*)?)\s*")

_LIMIT = 20_000  # characters; names of 1,000 partitions

_SCRIPT = (
    'q=$(printf "\\047"); b=; rest="$SSH_ORIGINAL_COMMAND && "; '
    f'[ "${{#rest}}" -le {_LIMIT} ] || {{ echo "this key allows no command that long" >&2; exit 126; }}; '
    'while [ -n "$rest" ]; do part=${rest%%" && "*}; rest=${rest#*" && "}; set --; '
    "case $part in echo) echo;; "
    '"echo "*) b=${part#"echo "}; [ "$(printf %s "$b" | tr -cd 0-9a-f)" = "$b" ] && echo "$b";; '
    '*) case $part in *" -p "*) n=${part##*" -p "}; n=${n#"$q"}; set -- -p "${n%"$q"}";; esac; '
    'case ${part%" -p "*} in COMMANDS) eval "${part%" -p "*} \\"\\$@\\"";; '
    '*) echo "this key does not allow: $part" >&2; (exit 126);; esac;; esac || exit; done'
)


def public_key(text: str) -> str:
    """Return the line of a .pub file; raise ValueError if the text is not one."""
    found = _PUBLIC_KEY.fullmatch(text)
    if not found:
        raise ValueError("it is not a public key")
    return found[1]


def forced_command(allowed: Iterable[Command] = COMMANDS) -> str:
    """Return the script that runs these commands, each with or without `-p` and names of partitions."""
    lines = (command.line(BOUNDARY).replace(BOUNDARY, "${b}").replace("'", "${q}") for command in allowed)
    patterns = "|".join(f'"{line}"' for line in lines)
    script = _SCRIPT.replace("COMMANDS", patterns)
    return f"exec /bin/sh -c '{script}'"


def authorized_keys_line(public_key: str) -> str:
    """Return the line for the head node: no terminal, no forwarding, only the forced command."""
    command = forced_command().replace('"', '\\"')
    return f'restrict,command="{command}" {public_key}'


def jump_host_line(public_key: str, host: str, port: int) -> str:
    """Return the line for a jump host: forwarding to one port of one host, and no command."""
    name = f"[{host}]" if ":" in host else host
    return f'restrict,port-forwarding,permitopen="{name}:{port}",command="exit 1" {public_key}'
