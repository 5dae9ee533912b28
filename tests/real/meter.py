"""Runs a command and writes its peak memory in bytes to a file: `meter.py FILE COMMAND…`.

The kernel adds the memory of the starting process to that of the started one, so a small one starts it.
"""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    file, *command = sys.argv[1:]
    _, status, usage = os.wait4(os.posix_spawn(command[0], command, os.environ), 0)
    Path(file).write_text(str(1024 * usage.ru_maxrss), encoding="ascii")
    sys.exit(os.waitstatus_to_exitcode(status))
