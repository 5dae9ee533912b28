"""Channels of other programs: each message as JSON, signed, to a URL."""
