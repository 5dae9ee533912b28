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
from tests.image.log import foreign_commands, plain_lines, shown_secrets
from tests.image.site import Site
from tests.image.workflow import Workflow
from tests.servers.daemon import wait_until

MARKER = "marker"
_LINE = f"::stop-commands::{MARKER} ##[add-mask]online ##[set-output name=a]b %0A::error::x %25 \x1b[1m\x9b1m"
# each line begins with a command of one form and contains commands of the other
TEXT = (
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


class Setup(NamedTuple):
    workflow: Workflow
    site: Site
    stack: ExitStack


def _answer(setup: Setup, script: str) -> None:
    """Replace `sinfo` by a script; `$text` is a file with TEXT."""
    text = setup.site.directory / "text"
    text.write_bytes(TEXT.encode())
    setup.site.replace_sinfo(f"text='{text}'\n{script}")


def _list_partitions(setup: Setup) -> None:
    rows = "".join(f"{name}|{name}|{name}|1|idle\n" for name in NAMES) + f"debug*|up|1:00|9|{NAMES[0]}\n"
    listing = setup.site.directory / "listing"
    listing.write_bytes(rows.encode())
    _answer(setup, f"case \"$*\" in *%P*) cat '{listing}' ;; *) echo '10|idle' ;; esac")


def _refuse_the_login(setup: Setup) -> None:
    setup.site.set_banner(TEXT.encode())
    setup.workflow.inputs["cluster-password"] = "wrong"


def _talk(setup: Setup, data: bytes) -> None:
    port = setup.stack.enter_context(talking_server(data))
    setup.workflow.inputs |= {"cluster-port": str(port), "cluster-host-key": ""}


def _disconnect() -> bytes:
    """Return the SSH packet by which a server disconnects with a reason before the key exchange."""
    text = TEXT.encode()
    payload = b"\x01" + (2).to_bytes(4, "big") + len(text).to_bytes(4, "big") + text + bytes(4)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return (len(payload) + 1 + padding).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)


SHOWN: dict[str, Callable[[Setup], None]] = {
    "in an error of sinfo": lambda setup: _answer(setup, 'cat "$text" >&2; exit 1'),
    "in the output of sinfo": lambda setup: _answer(setup, 'cat "$text"'),
    "in an error of a controller that is down": lambda setup: _answer(
        setup, 'tr -d "\\n" <"$text" >&2; echo Unable to contact slurm controller >&2; exit 1'
    ),
    "in names of partitions": _list_partitions,
    "in the reason of a disconnect": lambda setup: _talk(
        setup, b"SSH-2.0-" + TEXT.encode().splitlines()[0] + b"\r\n" + _disconnect()
    ),
    "in the banner of a refused login": _refuse_the_login,
    "in the error of a missing sinfo": lambda setup: _answer(setup, 'cat "$text" >&2; exit 127'),
    "in an error of Discord": lambda setup: setup.workflow.discord.fail_next(
        discord_fakes.Refused(400, 1, TEXT)
    ),
    "in an error of the list of artifacts": lambda setup: setup.workflow.github.fail_next(
        github_fakes.Failed(403, TEXT), on="list"
    ),
    "in an error of the artifact store": lambda setup: setup.workflow.github.fail_next(
        github_fakes.Failed(403, TEXT), on="create"
    ),
    "in the name of the cluster": lambda setup: setup.workflow.inputs.update(
        {"cluster-name": f"{NAMES[0]} {NAMES[1]}"}
    ),
    "in the data of a server that is not SSH": lambda setup: _talk(setup, TEXT.encode()),
    # a text with an @ might contain a password, and is not shown
    "in an input": lambda setup: setup.workflow.inputs.update({"cluster-port": TEXT.replace("@", "")}),
}
HIDDEN: dict[str, Callable[[Setup], None]] = {
    "in the greeting of an old SSH version": lambda setup: _talk(setup, b"SSH-1.5-" + TEXT.encode()),
}


@pytest.fixture
def setup(site_workflow: Workflow, site: Site) -> Iterator[Setup]:
    with ExitStack() as stack:
        yield Setup(site_workflow, site, stack)


def check(workflow: Workflow, run: Ending) -> None:
    """Check that a run shows no command of others and no secret."""
    assert foreign_commands(run.log, workflow.secrets) == []
    assert not [each for each in read_commands(run.log) if each.name != "add-mask" and "\n" in each.data]
    assert "\x1b" not in run.log
    assert "\r" not in run.log
    assert "Traceback" not in run.log
    retry = r"; attempt \d of \d follows in [\d.]+ s$"
    lines = [line for line in plain_lines(run.log) if not re.search(retry, line)]
    assert len(lines) == (1 if run.outputs else 0)  # the message
    assert set(run.outputs) in (set(OUTPUTS), set())
    assert run.for_later_steps == ""
    json.loads(run.outputs.get("partitions", "[]"))
    kept = [content.decode() for artifact in workflow.github.artifacts for content in artifact.files.values()]
    shown = "\n".join([run.log, run.summary, *run.outputs.values(), *kept])
    assert shown_secrets(shown, workflow.secrets) == []


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_text_from_outside_is_shown_without_an_effect(setup: Setup, show: Callable[[Setup], None]) -> None:
    show(setup)
    run = setup.workflow.poll()
    assert any(MARKER in text for text in (run.log, run.summary, run.outputs.get("partitions", "")))
    check(setup.workflow, run)


@pytest.mark.parametrize("show", HIDDEN.values(), ids=HIDDEN)
def test_a_text_without_a_use_is_not_shown(setup: Setup, show: Callable[[Setup], None]) -> None:
    show(setup)
    run = setup.workflow.poll()
    assert run.exit_status in {0, 3}, run.log
    assert MARKER not in run.log + run.summary
    check(setup.workflow, run)


def test_the_outputs_contain_the_cleaned_names_of_partitions(setup: Setup) -> None:
    _list_partitions(setup)
    partitions = json.loads(setup.workflow.poll().outputs["partitions"])
    assert [partition["name"] for partition in partitions] == [
        *NAMES[:3],
        "red",
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


def test_secrets_are_masked_before_the_action_connects(workflow: Workflow) -> None:
    with silent_server() as server:
        workflow.inputs["cluster-port"] = str(server.getsockname()[1])
        with workflow.start() as step:
            wait_until(lambda: len(read_commands(step.log)) > 0, 10)
            masked = {command.data for command in read_commands(step.log)}
    assert workflow.inputs["cluster-password"] in masked
