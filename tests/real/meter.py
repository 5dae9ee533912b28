"""Runs a command and notes its peak memory in bytes: `meter.py FILE COMMAND…`.

The kernel counts to a process what the one that started it had in memory: so a small one starts it.
"""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    note, *command = sys.argv[1:]
    _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
    Path(note).write_text(str(1024 * usage.ru_maxrss), encoding="ascii")
    sys.exit(os.waitstatus_to_exitcode(status))
