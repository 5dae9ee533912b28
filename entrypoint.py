"""What the image runs: the environment in, an exit status out."""

import os
import sys

from cluster_status.action import main

exit_status = main(os.environ, in_container=True)
try:
    sys.stdout.flush()
    sys.stderr.flush()
except OSError:  # the reader of the log is gone
    exit_status = exit_status or 1
# Everything is saved and sent. Python would wait for threads, then free each object: a tenth of a poll.
os._exit(exit_status)
