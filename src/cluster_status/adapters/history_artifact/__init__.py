"""The history as a workflow artifact, through adapters.github.

`catalog` finds and downloads artifacts of earlier runs, `archive` packs and unpacks, `store` is the history
store.
"""
