"""The workflow runs of a repository, by GitHub's REST API.

`api` sends a request through PyGithub and is the only importer of it, `allowance` keeps to GitHub's limits,
`catalog` makes a catalog of runs of the two.
"""
