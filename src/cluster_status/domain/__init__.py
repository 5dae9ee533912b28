"""What is known and decided about a cluster. Pure: no I/O, and instants are handed in."""
