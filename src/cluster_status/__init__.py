"""A GitHub Action that checks a Slurm cluster over SSH and notifies a Discord channel of status changes.

The layers, from the lowest to the highest; each imports only from lower ones:

    errors ← domain ← render ← ports ← app ← adapters, settings ← wiring ← action, cli

`domain` and `render` are pure functions of values. `docs/architecture.md` explains where a change belongs.
"""

__version__ = "1.0.0"
