"""The probe of a Slurm cluster, over any executor. It knows nothing of SSH.

`conversation` runs commands; `state`, `share` and `listings` decide which; `probe` makes one probe of that.
"""
