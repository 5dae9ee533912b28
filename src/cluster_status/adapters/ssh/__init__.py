"""The probe over SSH; the only room that knows paramiko.

`address` connects, or `jump` through another host; `session` shakes hands and logs in, for which `login`
chooses what `conversation` offers; `command` runs one command, `inquiry` asks Slurm by it; `probe` makes one
look of it all.
"""

import logging
import sys

# paramiko imports invoke for one directive of ssh_config, a file that is not read here. It does without
# where invoke is missing, and the import costs 80 ms of every poll. None is how an import is forbidden.
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]

# What paramiko logs of a server's faults is told as a cause, cleaned; its tracebacks are for nobody.
logging.getLogger("paramiko").propagate = False
