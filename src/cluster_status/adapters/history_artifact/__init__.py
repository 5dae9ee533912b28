"""The history as a workflow artifact.

`catalog` lists and downloads by GitHub's REST API, `results` uploads by the results service that GitHub's own
upload action speaks to, `archive` packs and unpacks, `store` makes a history store of the three.
"""
