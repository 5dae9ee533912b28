"""The table of inputs. `action.yml` and the README say the same, by test; `scripts/generate` writes both."""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.settings import types
from cluster_status.settings.types import InputType

T = TypeVar("T")


class Input(Struct, Generic[T], frozen=True):
    """One input. `shown_default` is the default as a user would write it; empty where there is none."""

    name: str
    description: str
    kind: InputType[T]
    default: T
    shown_default: str = ""
    secret: bool = False

    @property
    def variable(self) -> str:
        """The variable in which GitHub's runner hands it over; it keeps the hyphens."""
        return f"INPUT_{self.name.upper()}"

    @property
    def environment_variable(self) -> str | None:
        """The variable that works as well, as with the script this action replaces."""
        if not self.name.startswith(("cluster-", "discord-", "heartbeat-")):
            return None
        return self.name.upper().replace("-", "_")


COMMAND = Input(
    "command",
    "`poll`: look, remember, tell. `look`: only look and set the outputs; no history, no message. `prune`: "
    "only delete old workflow runs; it needs no cluster and no webhook.",
    types.choice("poll", "check", "prune"),
    "poll",
    "poll",
)
CLUSTER_HOST = Input("cluster-host", "Host name or IP address of the head node. Required.", types.HOST, "")
CLUSTER_PORT = Input("cluster-port", "Port of its SSH server.", types.PORT, 22, "22")
CLUSTER_USER = Input("cluster-user", "Account to log in with. Required.", types.USER, "")
CLUSTER_PASSWORD = Input(
    "cluster-password",
    "Its password, from a secret. Required unless there is a key; offered after it.",
    types.PASSWORD,
    Secret(),
    secret=True,
)
CLUSTER_KEY = Input(
    "cluster-key",
    "The account's private key, from a secret: the text of its file (OpenSSH or PEM; ed25519, ECDSA, RSA).",
    types.PRIVATE_KEY,
    Secret(),
    secret=True,
)
CLUSTER_KEY_PASSPHRASE = Input(
    "cluster-key-passphrase",
    "Passphrase of that key, from a secret; if it is encrypted.",
    types.PASSPHRASE,
    Secret(),
    secret=True,
)
CLUSTER_JUMP = Input(
    "cluster-jump",
    "A jump host that the head node is reached through, as `user@host:port`, by the same key and password. "
    "Its host key has to be in `cluster-host-key`.",
    types.JUMP,
    None,
)
CLUSTER_HOST_KEY = Input(
    "cluster-host-key",
    "The server's SSH host key: known_hosts lines, or fingerprints (`SHA256:…`), one a line. "
    "Without it the first key seen is remembered, and a warning shows the line to paste.",
    types.HOST_KEYS,
    Pins(),
)
CLUSTER_NAME = Input(
    "cluster-name", "What messages call the cluster.", types.CLUSTER_NAME, "cluster", "cluster"
)
CLUSTER_CONNECT_TIMEOUT = Input(
    "cluster-connect-timeout",
    "Seconds for each of connecting, the SSH handshake, and the login.",
    types.seconds(1, 60),
    10.0,
    "10",
)
CLUSTER_COMMAND_TIMEOUT = Input(
    "cluster-command-timeout", "Seconds for `sinfo` to answer.", types.seconds(1, 60), 30.0, "30"
)
PARTITIONS = Input(
    "partitions",
    "The partitions that are judged and shown: names, or patterns such as `gpu*`, separated by commas or "
    "lines; hidden ones, too. One that is given by its name must be up. Empty: all that the account sees.",
    types.PATTERNS,
    (),
)
DETAILS = Input(
    "details",
    "`partitions`, or `full`: also GPUs, the reasons why nodes are out of service, and maintenance "
    "reservations, which are announced a day before.",
    types.choice("partitions", "full"),
    "partitions",
    "partitions",
)
SHOW_NODES = Input(
    "show-nodes",
    "Whether the reasons show the names of the nodes and who set them; with `details: full`.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
DISCORD_WEBHOOK = Input(
    "discord-webhook",
    "URL of the channel's webhook, from a secret. Required to `poll` on a runner.",
    types.WEBHOOK,
    Secret(),
    secret=True,
)
DISCORD_USER = Input(
    "discord-user", "Name shown as the sender; empty: the webhook's own.", types.WEBHOOK_NAME, ""
)
DISCORD_IMG = Input(
    "discord-img", "URL of the picture shown with it; empty: the webhook's own.", types.URL, ""
)
DISCORD_MODE = Input(
    "discord-mode",
    "`post`: a message for each change. `live`: the latest message is also edited at every poll, so that its "
    "table is up to date; phones make a sound for a change only.",
    types.choice("post", "live"),
    "post",
    "post",
)
DISCORD_PING = Input(
    "discord-ping",
    "Who is mentioned when the cluster goes offline: `<@&ID>` for a role, `<@ID>` for a user.",
    types.PING,
    "",
)
DISCORD_MSG_INFO = Input(
    "discord-msg-info",
    "Whether messages show the table of partitions.",
    types.BOOLEAN,
    default=True,
    shown_default="true",
)
DISCORD_MSG_QUOTE = Input(
    "discord-msg-quote",
    "Whether messages end with a quotation.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
DISCORD_MSG_ALWAYS = Input(
    "discord-msg-always",
    "Whether every poll that can tell posts a message.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
HEARTBEAT_URL = Input(
    "heartbeat-url",
    "URL to ask for after every poll that worked, from a secret; with `/fail` behind it after one that did "
    "not. A watchdog such as Healthchecks gives you one, and calls you when the polls stop.",
    types.SECRET_URL,
    Secret(),
    secret=True,
)
DEGRADED_BELOW = Input(
    "degraded-below",
    "The cluster is degraded when less than this share of its nodes is in service.",
    types.PERCENT,
    50,
    "50%",
)
ATTEMPTS = Input(
    "attempts",
    "How often one poll looks before it believes that the cluster, or its scheduler, does not answer; "
    "90 seconds in all at the most.",
    types.whole_number(1, 10),
    3,
    "3",
)
ATTEMPT_DELAY = Input(
    "attempt-delay", "Seconds between two looks of a poll.", types.seconds(0, 60), 15.0, "15"
)
CONFIRM_AFTER = Input(
    "confirm-after",
    "How many polls in a row must get no answer, no route, or dropped connections before that counts: the "
    "next runner has another IP address, which a firewall may treat otherwise. All other causes count at "
    "once.",
    types.whole_number(1, 10),
    2,
    "2",
)
HISTORY_STORE = Input(
    "history-store",
    "Where the history is kept: `artifact`, `file`, or `auto`: artifact in GitHub Actions, else file.",
    types.choice("auto", "artifact", "file"),
    "auto",
    "auto",
)
HISTORY_PATH = Input(
    "history-path",
    "The history file, relative to the workspace; with `history-store: file`.",
    types.PATH,
    "history.json",
    "history.json",
)
HISTORY_RETENTION_DAYS = Input(
    "history-retention-days",
    "Days an artifact with the history is kept; the repository's own limit may be shorter.",
    types.whole_number(1, 400),
    30,
    "30",
)
GITHUB_TOKEN = Input(
    "github-token",
    "Token that reads the artifacts of earlier runs; it needs `actions: read`, to prune `actions: write`.",
    types.TOKEN,
    Secret(),
    "${{ github.token }}",
    secret=True,
)

PRUNE_WORKFLOWS = Input(
    "prune-workflows",
    "Files of the workflows whose old runs are deleted, such as `poll.yml`; by commas, or one a line. "
    "Required to `prune`; in a poll, if empty, the workflow that polls.",
    types.WORKFLOW_FILES,
    (),
)
PRUNE_KEEP = Input(
    "prune-keep",
    "How many completed runs of each workflow are kept. A poll prunes only where this is given, once its "
    "history is saved.",
    types.whole_number(0, 1000),
    10,
    "10",
)
PRUNE_DRY_RUN = Input(
    "prune-dry-run",
    "Whether to tell what would be deleted, and delete nothing.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)

INPUTS: tuple[Input[Any], ...] = (
    CLUSTER_HOST,
    CLUSTER_USER,
    CLUSTER_PASSWORD,
    CLUSTER_KEY,
    CLUSTER_KEY_PASSPHRASE,
    DISCORD_WEBHOOK,
    CLUSTER_NAME,
    CLUSTER_PORT,
    CLUSTER_HOST_KEY,
    CLUSTER_JUMP,
    CLUSTER_CONNECT_TIMEOUT,
    CLUSTER_COMMAND_TIMEOUT,
    DISCORD_USER,
    DISCORD_IMG,
    DISCORD_MODE,
    DISCORD_PING,
    DISCORD_MSG_INFO,
    DISCORD_MSG_QUOTE,
    DISCORD_MSG_ALWAYS,
    HEARTBEAT_URL,
    PARTITIONS,
    DETAILS,
    SHOW_NODES,
    DEGRADED_BELOW,
    ATTEMPTS,
    ATTEMPT_DELAY,
    CONFIRM_AFTER,
    HISTORY_STORE,
    HISTORY_PATH,
    HISTORY_RETENTION_DAYS,
    GITHUB_TOKEN,
    PRUNE_WORKFLOWS,
    PRUNE_KEEP,
    PRUNE_DRY_RUN,
    COMMAND,
)
