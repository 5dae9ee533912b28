"""The embedded demo cluster: a real SSH server on loopback, and a show that polls it.

`login_shell` runs lines, `ssh_server` lets one account in to it, `cluster` starts and stops them, `story`
tells what happens, `interruption` minds Ctrl-C. `python -m demo` is the show.
"""
