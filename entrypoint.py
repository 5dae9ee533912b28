"""What the image runs: the environment in, an exit status out."""

import os
import sys

from cluster_status.action import main

sys.exit(main(os.environ, in_container=True))
