"""The history as a workflow artifact, through adapters.github.

`catalog` finds the artifacts of earlier runs with `name_lists`, `download` downloads them, `archive` packs
and unpacks, `past_reader` reads the older part beside the check, `store` is the history store.
"""
