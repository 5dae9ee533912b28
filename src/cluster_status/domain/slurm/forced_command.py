"""The line of authorized_keys by which a key can do nothing but ask Slurm what is asked here.

sshd runs the forced command in place of the one we send, in the account's login shell, and hands it ours in
SSH_ORIGINAL_COMMAND. It refuses what is far longer than we ever ask, on which a shell may spend minutes,
takes the rest apart at each `&&`, and runs a part only if it is one of our questions, word for word. The word
that frames the answers has to be hexadecimal, and names of partitions are passed on as one argument, so that
neither can hold a command.

bash, dash, csh and fish read it alike: one single-quoted text for /bin/sh, without a single quote, and
without the exclamation mark that csh reads even there.
"""

import re
from collections.abc import Iterable

from cluster_status.domain.slurm.commands import BOUNDARY, COMMANDS, Command

_PUBLIC_KEY = re.compile(r"((?:ssh|ecdsa|sk)-[\w.@-]+ AAAA[A-Za-z0-9+/]+={0,2}(?: [^\r\n]*)?)\s*")

_LIMIT = 20_000  # characters; names of 1,000 partitions

_SCRIPT = (
    'q=$(printf "\\047"); f=; rest="$SSH_ORIGINAL_COMMAND && "; '
    f'[ "${{#rest}}" -le {_LIMIT} ] || {{ echo "this key is not for so long a command" >&2; exit 126; }}; '
    'while [ -n "$rest" ]; do part=${rest%%" && "*}; rest=${rest#*" && "}; set --; '
    "case $part in echo) echo;; "
    '"echo "*) f=${part#"echo "}; [ "$(printf %s "$f" | tr -cd 0-9a-f)" = "$f" ] && echo "$f";; '
    '*) case $part in *" -p "*) n=${part##*" -p "}; n=${n#"$q"}; set -- -p "${n%"$q"}";; esac; '
    'case ${part%" -p "*} in QUESTIONS) eval "${part%" -p "*} \\"\\$@\\"";; '
    '*) echo "this key is not for: $part" >&2; (exit 126);; esac;; esac || exit; done'
)


def public_key(text: str) -> str:
    """Return the one line of a .pub file; raise ValueError if it is none."""
    found = _PUBLIC_KEY.fullmatch(text)
    if not found:
        raise ValueError("it is no public key")
    return found[1]


def forced_command(questions: Iterable[Command] = COMMANDS) -> str:
    """Return the command that answers these questions, each with or without `-p` and names of partitions."""
    lines = (question.line(BOUNDARY).replace(BOUNDARY, "${f}").replace("'", "${q}") for question in questions)
    patterns = "|".join(f'"{line}"' for line in lines)
    script = _SCRIPT.replace("QUESTIONS", patterns)
    return f"exec /bin/sh -c '{script}'"


def authorized_keys_line(public_key: str) -> str:
    """Return the line for the head node: no terminal, no forwarding, and this command only."""
    command = forced_command().replace('"', '\\"')
    return f'restrict,command="{command}" {public_key}'


def jump_host_line(public_key: str, host: str, port: int) -> str:
    """Return the line for a jump host: the way to one port of one host, and no command."""
    name = f"[{host}]" if ":" in host else host
    return f'restrict,port-forwarding,permitopen="{name}:{port}",command="exit 1" {public_key}'
