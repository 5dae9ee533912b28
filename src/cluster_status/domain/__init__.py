"""The rules about the status of a cluster. Pure: no I/O, and the time is an argument."""
