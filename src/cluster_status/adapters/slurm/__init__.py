"""The probe of a Slurm cluster, over any executor. It knows nothing of SSH.

`conversation` decides which commands are run in which order; `probe` makes one probe of that.
"""
