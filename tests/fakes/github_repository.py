"""A repository and its branches in the format of GitHub's REST API, with the fields that are required."""

import hashlib

from tests.fakes.github_actions import Actions, rfc3339
from tests.fakes.github_runs import minimal_repository, owner_object


def repository_object(actions: Actions) -> dict[str, object]:
    home, now = f"https://github.com/{actions.repository}", rfc3339(actions.clock())
    return {
        **minimal_repository(actions, actions.repository_id),
        "default_branch": actions.default_branch,
        "clone_url": f"{home}.git",
        "git_url": f"git://github.com/{actions.repository}.git",
        "ssh_url": f"git@github.com:{actions.repository}.git",
        "svn_url": home,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "archived": False,
        "disabled": False,
        **{f"has_{name}": False for name in ("projects", "wiki", "pages", "discussions")},
        "has_issues": True,
        **dict.fromkeys(("forks", "forks_count", "open_issues", "open_issues_count"), 0),
        **dict.fromkeys(("watchers", "watchers_count", "stargazers_count", "size"), 0),
        **dict.fromkeys(("network_count", "subscribers_count"), 0),
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), now),
    }


def branch_object(actions: Actions, name: str) -> dict[str, object]:
    api = f"{actions.addresses['api']}/repos/{actions.repository}"
    sha = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    commit = f"{api}/commits/{sha}"
    signature = {"name": "octo", "email": "octo@example.org", "date": rfc3339(actions.clock())}
    return {
        "name": name,
        "commit": {
            "url": commit,
            "sha": sha,
            "node_id": "C_1",
            "html_url": f"https://github.com/{actions.repository}/commit/{sha}",
            "comments_url": f"{commit}/comments",
            "commit": {
                "url": commit,
                "author": signature,
                "committer": signature,
                "message": "Poll",
                "comment_count": 0,
                "tree": {"sha": sha, "url": f"{api}/git/trees/{sha}"},
            },
            "author": owner_object(actions),
            "committer": owner_object(actions),
            "parents": [],
        },
        "_links": {
            "html": f"https://github.com/{actions.repository}/tree/{name}",
            "self": f"{api}/branches/{name}",
        },
        "protected": False,
        "protection": {"enabled": False},
        "protection_url": f"{api}/branches/{name}/protection",
    }
