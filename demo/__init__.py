"""A demo: a simulated cluster behind a real SSH server on loopback, and polls of it.

`login_shell` runs commands, `ssh_server` accepts one account, `cluster` starts and stops the server, `story`
runs the demo, `interruption` handles signals. `python -m demo` starts it.
"""
