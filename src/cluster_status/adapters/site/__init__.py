"""The status page: its templates, and the folder that it is written to."""
