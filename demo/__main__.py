"""`python -m demo`: run the demo in the current directory."""

import os
import sys
from pathlib import Path

from demo.interruption import Interruption
from demo.story import run

interruption = Interruption()
interruption.listen()
try:
    exit_status = run(Path.cwd(), interruption)
except BrokenPipeError:  # the reader of the output has gone
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    exit_status = 1
sys.exit(exit_status)
