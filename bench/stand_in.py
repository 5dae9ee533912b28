"""A minimal script, to compare with: log in, run sinfo, keep a history, post to Discord."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import requests

HISTORY = Path(os.environ["GITHUB_WORKSPACE"]) / "stand-in.json"
KNOWN_HOSTS = HISTORY.with_name("known_hosts")

history = json.loads(HISTORY.read_text(encoding="utf-8")) if HISTORY.exists() else []
KNOWN_HOSTS.write_text(os.environ["CLUSTER_HOST_KEY"] + "\n", encoding="utf-8")

client = paramiko.SSHClient()
client.load_host_keys(str(KNOWN_HOSTS))
client.connect(
    os.environ["CLUSTER_HOST"],
    int(os.environ["CLUSTER_PORT"]),
    os.environ["CLUSTER_USER"],
    os.environ["CLUSTER_PASSWORD"],
    allow_agent=False,
    look_for_keys=False,
)
stdout = client.exec_command("sinfo")[1]
listing = stdout.read().decode()
client.close()

status = "online" if "idle" in listing else "offline"
history.append({"at": datetime.now(UTC).isoformat(), "status": status})
HISTORY.write_text(json.dumps(history), encoding="utf-8")
message = {"embeds": [{"title": f"The cluster is {status}", "description": listing[:4000]}]}
requests.post(os.environ["DISCORD_WEBHOOK"], json=message, timeout=10).raise_for_status()
