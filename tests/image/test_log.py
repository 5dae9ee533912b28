"""No text of the cluster, the channel or GitHub acts as a command, and the log shows no secret."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest
import yaml

from tests.fakes import discord as discord_fakes
from tests.fakes import github as github_fakes
from tests.fakes.workflow_commands import read_commands
from tests.image.container import Ending
from tests.image.docker import ROOT
from tests.image.intermediary import silent_server, talking_server
from tests.image.log import prose, shown_secrets, strange_commands
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers.daemon import wait_until

MARKER = "marker"
_LINE = f"::stop-commands::{MARKER} ##[add-mask]online ##[set-output name=a]b %0A::error::x %25 \x1b[1m\x9b1m"
# whichever line is shown, it begins with a command of one form and has some of the other
WORDS = (
    f"{_LINE}\r::set-output name=a::b\n##[add-mask]online\n::set-env name=A::b\r\n\u2028::add-path::/tmp\n"
    "EOF\nghadelimiter_x\nstatus=offline\nstatus<<EOF\noffline\nEOF\n~~~\n<!-- @everyone https://example.org\n"
    f"{_LINE}\n"
)
NAMES = (
    "::stop-commands::marker",
    "##[add-mask]online",
    "a%0A::error::x",
    "\x1b[31mred",
    "x\r::set-output name=a::b",
    "ghadelimiter_x",
    "EOF",
    "~~~",
    "<script>",
    "$(id)`id`",
)
OUTPUTS = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["outputs"]


class Scene(NamedTuple):
    workflow: Workflow
    site: Site
    stack: ExitStack


def _answer(scene: Scene, script: str) -> None:
    """Have `sinfo` run this, with the words in the file `$words`."""
    words = scene.site.directory / "words"
    words.write_bytes(WORDS.encode())
    scene.site.put_before_slurm(f"words='{words}'\n{script}")


def _list_partitions(scene: Scene) -> None:
    rows = "".join(f"{name}|{name}|{name}|1|idle\n" for name in NAMES) + f"debug*|up|1:00|9|{NAMES[0]}\n"
    cluster_state = scene.site.directory / "listing"
    cluster_state.write_bytes(rows.encode())
    _answer(scene, f"case \"$*\" in *%P*) cat '{cluster_state}' ;; *) echo '10|idle' ;; esac")


def _refuse_the_login(scene: Scene) -> None:
    scene.site.greet(WORDS.encode())
    scene.workflow.inputs["cluster-password"] = "not it"


def _talk(scene: Scene, words: bytes) -> None:
    port = scene.stack.enter_context(talking_server(words))
    scene.workflow.inputs |= {"cluster-port": str(port), "cluster-host-key": ""}


def _reason() -> bytes:
    """Build the packet by which an SSH server ends a session, with its reason, before there is a key."""
    text = WORDS.encode()
    payload = b"\x01" + (2).to_bytes(4, "big") + len(text).to_bytes(4, "big") + text + bytes(4)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return (len(payload) + 1 + padding).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)


SAID: dict[str, Callable[[Scene], None]] = {
    "by sinfo as an error": lambda scene: _answer(scene, 'cat "$words" >&2; exit 1'),
    "by sinfo as a listing": lambda scene: _answer(scene, 'cat "$words"'),
    "by a controller that is down": lambda scene: _answer(
        scene, 'tr -d "\\n" <"$words" >&2; echo Unable to contact slurm controller >&2; exit 1'
    ),
    "in names of partitions": _list_partitions,
    "by a server that ends the session": lambda scene: _talk(
        scene, b"SSH-2.0-" + WORDS.encode().splitlines()[0] + b"\r\n" + _reason()
    ),
    "by what stands in for sinfo": lambda scene: _answer(scene, 'cat "$words" >&2; exit 127'),
    "by Discord": lambda scene: scene.workflow.discord.fail_next(discord_fakes.Refused(400, 1, WORDS)),
    "by GitHub, asked for artifacts": lambda scene: scene.workflow.github.fail_next(
        github_fakes.Failed(403, WORDS), on="list"
    ),
    "by the artifact store": lambda scene: scene.workflow.github.fail_next(
        github_fakes.Failed(403, WORDS), on="create"
    ),
    "in the name of the cluster": lambda scene: scene.workflow.inputs.update(
        {"cluster-name": f"{NAMES[0]} {NAMES[1]}"}
    ),
    "by a server that is none": lambda scene: _talk(scene, WORDS.encode()),
    # with an @ it might be a user's password, and would not be shown
    "in an input": lambda scene: scene.workflow.inputs.update({"cluster-port": WORDS.replace("@", "")}),
}
UNHEARD: dict[str, Callable[[Scene], None]] = {
    "before a login that is refused": _refuse_the_login,
    "by a server of another version": lambda scene: _talk(scene, b"SSH-1.5-" + WORDS.encode()),
}


@pytest.fixture
def scene(site_workflow: Workflow, site: Site) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(site_workflow, site, stack)


def check(workflow: Workflow, run: Ending) -> None:
    """Make sure that nothing in what a run shows acts, and that nothing in it is secret."""
    assert strange_commands(run.log, workflow.secrets) == []
    assert not [each for each in read_commands(run.log) if each.name != "add-mask" and "\n" in each.data]
    assert "\x1b" not in run.log
    assert "\r" not in run.log
    assert "Traceback" not in run.log
    said = [line for line in prose(run.log) if not re.search(r"; look \d of \d follows in [\d.]+ s$", line)]
    assert len(said) == (1 if run.outputs else 0)  # the message
    assert set(run.outputs) in (set(OUTPUTS), set())
    assert run.for_later_steps == ""
    json.loads(run.outputs.get("partitions", "[]"))
    kept = [content.decode() for artifact in workflow.github.artifacts for content in artifact.files.values()]
    shown = "\n".join([run.log, run.summary, *run.outputs.values(), *kept])
    assert shown_secrets(shown, workflow.secrets) == []


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_what_is_said_is_shown_and_does_not_act(scene: Scene, said: Callable[[Scene], None]) -> None:
    said(scene)
    run = scene.workflow.poll()
    assert any(MARKER in text for text in (run.log, run.summary, run.outputs.get("partitions", "")))
    check(scene.workflow, run)


@pytest.mark.parametrize("said", UNHEARD.values(), ids=UNHEARD)
def test_internal_details_are_not_shown(scene: Scene, said: Callable[[Scene], None]) -> None:
    said(scene)
    run = scene.workflow.poll()
    assert run.exit_status in {0, 3}, run.log
    assert MARKER not in run.log + run.summary
    check(scene.workflow, run)


def test_names_of_partitions_are_read_back_from_the_outputs(scene: Scene) -> None:
    _list_partitions(scene)
    partitions = json.loads(scene.workflow.poll().outputs["partitions"])
    assert [partition["name"] for partition in partitions] == [
        *NAMES[:3],
        "[31mred",
        "x ::set-output name=a::b",
        *NAMES[5:],
        "debug",
    ]


def test_a_secret_with_any_characters_is_masked_as_it_is(workflow: Workflow) -> None:
    password = " two\nlines, a%0A::stop-commands::b, ##[group]c\t"
    workflow.inputs["cluster-password"] = password
    run = workflow.poll()
    assert password in [command.data for command in read_commands(run.log)]
    check(workflow, run)


def test_secrets_are_masked_before_anything_is_waited_for(workflow: Workflow) -> None:
    with silent_server() as server:
        workflow.inputs["cluster-port"] = str(server.getsockname()[1])
        with workflow.start() as step:
            wait_until(lambda: len(read_commands(step.log)) > 0, 10)
            masked = {command.data for command in read_commands(step.log)}
    assert workflow.inputs["cluster-password"] in masked
