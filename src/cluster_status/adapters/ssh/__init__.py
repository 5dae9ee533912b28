"""An executor over SSH: the only package that imports paramiko. It knows nothing of Slurm.

`executor` runs commands on the head node of a route. `jump_hosts` holds the sessions on the way there.
`opening` tries the addresses of a server until one shows a known host key: `connect` opens a TCP connection,
`session` does the handshake and the login on it, and `host_key_check` knows the keys. `command` runs one
command. `login` decides which credential is offered when, and `auth` speaks the authentication protocol.
`algorithms` and `packetizer` add to paramiko what OpenSSH offers besides.
"""

import logging
import sys

# paramiko imports invoke for one directive of ssh_config, a file that is not used here. It works without
# invoke, and the import takes 80 ms. None forbids an import.
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]

# Each session has a logger of its own. What paramiko logs elsewhere is not shown.
logging.getLogger("paramiko").propagate = False
logging.getLogger("paramiko").addHandler(logging.NullHandler())
