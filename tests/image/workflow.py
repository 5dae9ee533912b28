"""A user's workflow that runs the action: each poll is a workflow run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fakes.discord import LoopbackDiscord
from tests.fakes.github import LoopbackGitHub
from tests.image.container import ContainerAction, Ending, Step

CLUSTER = "mscluster"


class Workflow:
    """Runs the action with a cluster, a channel, and the artifacts of a repository.

    `inputs` and `env` are those of the workflow file; tests change them. `secrets` are all that were used.
    """

    def __init__(
        self,
        action: ContainerAction,
        github: LoopbackGitHub,
        discord: LoopbackDiscord,
        login: Mapping[str, str],
    ) -> None:
        self.action = action
        self.github = github
        self.discord = discord
        self.env: dict[str, str] = {}
        self.inputs = {
            **login,
            "cluster-name": CLUSTER,
            "discord-webhook": discord.webhook_url,
            "attempt-delay": "0.1",
        }
        self.secrets = {discord.token}

    def poll(self, *, timeout_seconds: float = 60, **changes: Any) -> Ending:
        """Run once; see `start`."""
        with self.start(**changes) as step:
            return step.end(timeout_seconds=timeout_seconds)

    @contextmanager
    def start(
        self,
        *,
        inputs: Mapping[str, str] | None = None,
        override: Mapping[str, str] | None = None,
        network: str = "host",
        options: Sequence[str] = ("--rm",),
    ) -> Iterator[Step]:
        """Start a run; `inputs` are added to the workflow's, the others are as in ContainerAction.start."""
        run = self.github.start_run()
        given = {**self.inputs, "github-token": run.github_token, **(inputs or {})}
        self.secrets |= {run.github_token, run.runtime_token, given["cluster-password"]} - {""}
        with self.action.start(
            given, run.environment, env=self.env, override=override, network=network, options=options
        ) as step:
            yield step
        run.finish()

    def history(self) -> Any:
        """Return the only entry of the history that the next run loads."""
        newest = max(self.github.artifacts, key=lambda artifact: artifact.id)
        [content] = newest.files.values()
        [entry] = json.loads(content)["clusters"].values()
        return entry

    def polled_statuses(self) -> list[str]:
        return [poll["status"] for poll in self.history()["record"]["polls"]]

    def headlines(self) -> list[str]:
        """Return the titles of the messages without their emoji."""
        return [message["embeds"][0]["title"].partition(" ")[2] for message in self.discord.messages]
