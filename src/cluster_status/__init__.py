"""Is the cluster up? A GitHub Action that looks, remembers, and tells a Discord channel.

The floors, from the ground up; each imports only from those below it:

    errors ← domain ← render ← ports ← app ← adapters, settings ← wiring ← action, cli

`domain` and `render` are pure: values in, values out. `docs/architecture.md` says where a change belongs.
"""

__version__ = "1.0.0"
