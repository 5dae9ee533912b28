"""`python -m demo`: the show, in the current directory."""

import os
import sys
from pathlib import Path

from demo.interruption import Interruption
from demo.story import tell

interruption = Interruption()
interruption.listen()
try:
    exit_status = tell(Path.cwd(), interruption)
except BrokenPipeError:  # nobody looks any more
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    exit_status = 1
sys.exit(exit_status)
