"""The table of inputs. `scripts/generate` writes action.yml and docs/inputs.md from it."""

from typing import Any, Generic, TypeVar

from msgspec import Struct

from cluster_status.domain.secret import Secret
from cluster_status.domain.ssh.host_key import Pins
from cluster_status.settings import check_types, types, windows
from cluster_status.settings.types import InputType

T = TypeVar("T")


class Input(Struct, Generic[T], frozen=True):
    """One input. `shown_default` is the default as a user would write it; empty if there is none."""

    name: str
    description: str
    type: InputType[T]
    default: T
    shown_default: str = ""
    secret: bool = False

    @property
    def variable(self) -> str:
        """The variable that GitHub's runner sets for this input; it keeps the hyphens."""
        return f"INPUT_{self.name.upper()}"

    @property
    def environment_variable(self) -> str | None:
        """The alternative variable, as in the script that this action replaces; None if there is none."""
        if not self.name.startswith(("cluster-", "discord-", "heartbeat-", "notify-", "webhook-")):
            return None
        return self.name.upper().replace("-", "_")


COMMAND = Input(
    "command",
    "`poll`: check the cluster, update the history, notify. `check`: set the outputs only, without history "
    "and messages. `test`: send samples of its messages to each channel. `prune`: delete old workflow runs; "
    "needs no cluster and no webhook.",
    types.choice("poll", "check", "test", "prune"),
    "poll",
    "poll",
)
WAIT_MINUTES = Input(
    "wait-minutes",
    "Number of minutes that a `check` waits for the cluster to be online. It checks again 60 seconds after "
    "each check. `timeout-minutes` of the job must be longer by 10.",
    types.whole_number(0, 300),
    0,
    "0",
)
CLUSTER_HOST = Input(
    "cluster-host",
    "Host name or IP address of the head node, or `local` to run the commands on this machine: see "
    "docs/without-github.md. Required.",
    types.HOST,
    "",
)
CLUSTER_PORT = Input("cluster-port", "SSH port of the head node.", types.PORT, 22, "22")
CLUSTER_USER = Input(
    "cluster-user",
    "User name for the login, such as `jdoe`, `jdoe@uni.example.org` or `UNI\\jdoe`. Required, except with "
    "`cluster-host: local`.",
    types.USER,
    "",
)
CLUSTER_PASSWORD = Input(
    "cluster-password",
    "Password of the user, from a secret. Required without `cluster-key`. With a key, it is tried second.",
    types.PASSWORD,
    Secret(),
    secret=True,
)
CLUSTER_KEY = Input(
    "cluster-key",
    "Private key of the user, from a secret: the text of the key file (OpenSSH or PEM; Ed25519, ECDSA, RSA).",
    types.PRIVATE_KEY,
    Secret(),
    secret=True,
)
CLUSTER_KEY_PASSPHRASE = Input(
    "cluster-key-passphrase",
    "Passphrase of `cluster-key`, from a secret, if the key is encrypted.",
    types.PASSPHRASE,
    Secret(),
    secret=True,
)
CLUSTER_JUMP = Input(
    "cluster-jump",
    "Jump host that leads to the head node, as `user@host:port`. The login uses the same key and password. "
    "Its host key must be in `cluster-host-key`.",
    types.JUMP,
    None,
)
CLUSTER_HOST_KEY = Input(
    "cluster-host-key",
    "SSH host keys of the server: known_hosts lines with its name, or fingerprints (`SHA256:…`), one per "
    "line. Without it, the first key seen is remembered, and a warning shows the line to paste.",
    types.HOST_KEYS,
    Pins(),
)
CLUSTER_NAME = Input(
    "cluster-name",
    "Name of the cluster in messages, and of its history. Give each cluster its own name.",
    types.CLUSTER_NAME,
    "cluster",
    "cluster",
)
CLUSTERS = Input(
    "clusters",
    "Several clusters, instead of `cluster-host` and `cluster-name`: YAML, or the path of a YAML file in the "
    "workspace. See docs/clusters.md.",
    types.SOURCE,
    "",
)
CLUSTER_CONNECT_TIMEOUT = Input(
    "cluster-connect-timeout",
    "Timeout in seconds for each of connection, SSH handshake and login.",
    types.seconds(1, 60),
    10.0,
    "10",
)
CLUSTER_COMMAND_TIMEOUT = Input(
    "cluster-command-timeout", "Timeout in seconds for `sinfo`.", types.seconds(1, 60), 30.0, "30"
)
PARTITIONS = Input(
    "partitions",
    "Partitions to check and show: names or patterns such as `gpu*`, separated by commas or new lines. "
    "Empty: all partitions that the account can see. The cluster is degraded at once if a partition that is "
    "listed by name is out of service, and for as long as it is. A name also selects a hidden partition.",
    types.PATTERNS,
    (),
)
CHECK_PATHS = Input(
    "check-paths",
    "Paths that must respond, such as `/scratch, /project`, separated by commas or new lines. If one hangs, "
    "fails or is missing in two polls in a row, the cluster is degraded. See docs/checks.md.",
    check_types.PATHS,
    (),
)
CHECK_SPACE = Input(
    "check-space",
    "Share of used space at which the file system of a path in `check-paths` is full, such as `95%`. Empty: "
    "not checked.",
    check_types.SPACE,
    None,
)
CHECKS = Input(
    "checks",
    "Commands to run on the head node, one per line as `name: command`, with the exit statuses of Nagios "
    "plugins. If one fails in two polls in a row, the cluster is degraded. Never use event data in them. See "
    "docs/checks.md.",
    check_types.COMMANDS,
    (),
)
CHECK_TIMEOUT = Input(
    "check-timeout",
    "Timeout in seconds for `check-paths` and `checks`, which run at the same time.",
    types.whole_number(1, 60),
    10,
    "10",
)
SCHEDULER = Input(
    "scheduler",
    "Scheduler to check: `slurm`, or `none` to check only the login, `check-paths` and `checks`.",
    types.choice("slurm", "none"),
    "slurm",
    "slurm",
)
SLURM_CLUSTER = Input(
    "slurm-cluster",
    "Name of the cluster in Slurm (`sinfo -M`), at a site with several. Empty: the cluster of the head node.",
    types.SLURM_CLUSTER,
    "",
)
MAINTENANCE = Input(
    "maintenance",
    f"Maintenance windows of all nodes, one per line, such as `{windows.EXAMPLE}`. Without a time zone, they "
    "are in UTC. Slurm's reservations need no entry: see docs/notifications.md.",
    windows.WINDOWS,
    (),
)
NOTICE = Input(
    "notice",
    "Line that messages and the summary show while it is set, such as `Scratch is read-only until Friday`.",
    types.LINE,
    "",
)
DETAILS = Input(
    "details",
    "`partitions`, or `full`: also free GPUs, pending jobs and the reasons for nodes out of service.",
    types.choice("partitions", "full"),
    "partitions",
    "partitions",
)
SHOW_NODES = Input(
    "show-nodes",
    "Show the names of the nodes and who set the reason, with `details: full`.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
DISCORD_WEBHOOK = Input(
    "discord-webhook",
    "URL of the channel's webhook, from a secret. A `poll` on a runner needs this or another channel.",
    types.WEBHOOK,
    Secret(),
    secret=True,
)
NOTIFY_URLS = Input(
    "notify-urls",
    "URLs of other channels, from a secret, one per line: mail, Slack, Teams, Matrix, Telegram and others. "
    "See docs/channels.md.",
    types.SERVICE_URLS,
    (),
    secret=True,
)
WEBHOOK_URL = Input(
    "webhook-url",
    "URL of another program that gets each notification as signed JSON, from a secret: "
    "`https://…#whsec_…`, with the signing key after `#`. See docs/channels.md.",
    types.SIGNED_URL,
    Secret(),
    secret=True,
)
INCIDENT_ISSUES = Input(
    "incident-issues",
    "Open an issue in the repository for each outage or degradation, comment on it, and close it with the "
    "recovery. Needs the permission `issues: write`.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
DISCORD_USER = Input(
    "discord-user", "Sender name in Discord. Empty: the name of the webhook.", types.WEBHOOK_NAME, ""
)
DISCORD_IMG = Input(
    "discord-img", "URL of the sender's avatar. Empty: the avatar of the webhook.", types.URL, ""
)
DISCORD_MODE = Input(
    "discord-mode",
    "`post`: one message per change. `live`: each poll also edits the latest message, or a table of several "
    "clusters, so that it is current; phones make a sound only for a change.",
    types.choice("post", "live"),
    "post",
    "post",
)
DISCORD_PING = Input(
    "discord-ping",
    "Role or user to mention when the cluster goes offline: `<@&ID>` for a role, `<@ID>` for a user.",
    types.PING,
    "",
)
DISCORD_MSG_INFO = Input(
    "discord-msg-info",
    "Show the table of partitions in messages.",
    types.BOOLEAN,
    default=True,
    shown_default="true",
)
DISCORD_MSG_QUOTE = Input(
    "discord-msg-quote",
    "End each message with a quotation.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
DISCORD_MSG_ALWAYS = Input(
    "discord-msg-always",
    "Post a message at every poll with a known status.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)
HEARTBEAT_URL = Input(
    "heartbeat-url",
    "Ping URL of a heartbeat monitor, from a secret. Each successful poll requests it. A failed poll appends "
    "`/fail` (Healthchecks), or sets `status=down` (Uptime Kuma) or `state=fail` (Cronitor).",
    types.SECRET_URL,
    Secret(),
    secret=True,
)
DEGRADED_BELOW = Input(
    "degraded-below",
    "Minimum share of nodes in service. Below it, the cluster is degraded. Nodes that are out of service for "
    "30 days, or only in partitions that are usually out of service, do not count.",
    types.PERCENT,
    50,
    "50%",
)
ATTEMPTS = Input(
    "attempts",
    "Number of attempts in a poll until the cluster counts as not responding. All attempts share 90 seconds.",
    types.whole_number(1, 10),
    3,
    "3",
)
ATTEMPT_DELAY = Input(
    "attempt-delay", "Delay in seconds between two attempts of a poll.", types.seconds(0, 60), 15.0, "15"
)
NOTIFY_WHEN = Input(
    "notify-when",
    "Conditions that are notified once when they become true, such as `idle >= 10 in batch` or "
    "`gpu:a100 >= 4 in gpu`, one per line or separated by commas. See docs/notifications.md.",
    check_types.CONDITIONS,
    (),
)
REPORT = Input(
    "report",
    "Time of a weekly report, such as `Mon 08:00` (UTC) or `Mon 08:00 Europe/Berlin`. Empty: no report. See "
    "docs/notifications.md.",
    windows.WEEKLY_TIME,
    None,
)
MUTE_UNTIL = Input(
    "mute-until",
    "Time until which the cluster notifies no channel except issues, at most 14 days away, such as "
    "`2026-11-30T18:00Z`; for example from a variable of the repository. See docs/notifications.md.",
    check_types.TIME,
    None,
)
CONFIRM_AFTER = Input(
    "confirm-after",
    "Number of consecutive polls that confirm a timeout, a missing route or a dropped connection, the loss "
    "or return of a partition, and too few nodes in service. The next runner has another IP address, which a "
    "firewall may treat differently. Other causes are reported at once.",
    types.whole_number(1, 10),
    2,
    "2",
)
HISTORY_STORE = Input(
    "history-store",
    "Storage of the history: `artifact`, `file`, or `auto` (`artifact` in GitHub Actions, else `file`). A "
    "file must outlive the job.",
    types.choice("auto", "artifact", "file"),
    "auto",
    "auto",
)
HISTORY_PATH = Input(
    "history-path",
    "Path of the history file, relative to the workspace, with `history-store: file`.",
    types.PATH,
    "history.json",
    "history.json",
)
HISTORY_NAME = Input(
    "history-name",
    "Name of the history. Empty: the name of the cluster, or `cluster-status` with `clusters`.",
    types.CLUSTER_NAME,
    "",
)
HISTORY_RETENTION_DAYS = Input(
    "history-retention-days",
    "Number of days to keep an artifact with the history. The limit of the repository may be shorter.",
    types.whole_number(1, 400),
    30,
    "30",
)
GITHUB_TOKEN = Input(
    "github-token",
    "Token to read the artifacts of earlier runs. It needs `actions: read`, `actions: write` to prune, and "
    "`issues: write` for `incident-issues`.",
    types.TOKEN,
    Secret(),
    "${{ github.token }}",
    secret=True,
)

SITE_PATH = Input(
    "site-path",
    "Folder in the workspace for a status page, such as `site`. Empty: no page. See docs/status-page.md.",
    types.FOLDER,
    "",
)
SITE_URL = Input(
    "site-url",
    "Address at which you publish the status page. Messages and issues then link to it.",
    types.URL,
    "",
)
PRUNE_WORKFLOWS = Input(
    "prune-workflows",
    "Workflow files whose old runs are deleted, such as `poll.yml`, separated by commas or new lines. "
    "Required for `prune`. Empty in a poll: the workflow of the poll.",
    types.WORKFLOW_FILES,
    (),
)
PRUNE_KEEP = Input(
    "prune-keep",
    "Number of completed runs to keep for each workflow. A poll deletes old runs only if you set this input.",
    types.whole_number(0, 1000),
    10,
    "10",
)
PRUNE_DRY_RUN = Input(
    "prune-dry-run",
    "List what would be deleted without deleting it.",
    types.BOOLEAN,
    default=False,
    shown_default="false",
)

INPUT_GROUPS: dict[str, tuple[Input[Any], ...]] = {
    "Reach the cluster": (
        CLUSTERS,
        CLUSTER_HOST,
        CLUSTER_USER,
        CLUSTER_PASSWORD,
        CLUSTER_KEY,
        CLUSTER_KEY_PASSPHRASE,
        CLUSTER_PORT,
        CLUSTER_HOST_KEY,
        CLUSTER_JUMP,
        CLUSTER_CONNECT_TIMEOUT,
        CLUSTER_COMMAND_TIMEOUT,
        ATTEMPTS,
        ATTEMPT_DELAY,
    ),
    "Select what to check": (
        PARTITIONS,
        DETAILS,
        SHOW_NODES,
        DEGRADED_BELOW,
        SCHEDULER,
        SLURM_CLUSTER,
        MAINTENANCE,
        CHECK_PATHS,
        CHECK_SPACE,
        CHECKS,
        CHECK_TIMEOUT,
    ),
    "Notify": (
        DISCORD_WEBHOOK,
        NOTIFY_URLS,
        INCIDENT_ISSUES,
        WEBHOOK_URL,
        CLUSTER_NAME,
        NOTICE,
        DISCORD_MODE,
        DISCORD_PING,
        DISCORD_MSG_INFO,
        DISCORD_MSG_ALWAYS,
        DISCORD_MSG_QUOTE,
        DISCORD_USER,
        DISCORD_IMG,
        NOTIFY_WHEN,
        MUTE_UNTIL,
        REPORT,
        CONFIRM_AFTER,
        HEARTBEAT_URL,
    ),
    "Publish a status page": (SITE_PATH, SITE_URL),
    "Keep the history": (HISTORY_STORE, HISTORY_NAME, HISTORY_PATH, HISTORY_RETENTION_DAYS, GITHUB_TOKEN),
    "Prune old runs": (PRUNE_WORKFLOWS, PRUNE_KEEP, PRUNE_DRY_RUN),
    "Choose the command": (COMMAND, WAIT_MINUTES),
}
INPUTS = tuple(spec for group in INPUT_GROUPS.values() for spec in group)
