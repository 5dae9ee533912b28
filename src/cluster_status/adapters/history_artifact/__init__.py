"""The history as a workflow artifact, through adapters.github.

`catalog` finds the artifacts of earlier runs with `name_lists`, `download` downloads them, `archive` packs
and unpacks, `store` is the history store.
"""
