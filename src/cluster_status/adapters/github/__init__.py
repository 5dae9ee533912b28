"""GitHub: its REST API, and the results service of GitHub Actions.

`rest` sends requests through a transport, which is plain HTTP or, for pruning, PyGithub (`pygithub`).
`artifacts` lists artifacts. `branches` shows branches, and the runs of a workflow on them. `runs` lists and
deletes workflow runs, within the limits of `rate_limiter`. `results` uploads artifacts of the running job.
"""
