"""Channels of any network service that the library Apprise knows: mail, Slack, Teams, Matrix and others."""
