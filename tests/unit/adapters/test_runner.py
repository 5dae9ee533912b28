"""GitHub's runner reads outputs and annotations unchanged, and finds no command in any text."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cluster_status.adapters.runner import ActionsRunner, mask
from cluster_status.domain.status.cause import Status
from cluster_status.ports import Level
from cluster_status.render.markdown import markdown
from cluster_status.render.summary import Summary
from tests.fakes.file_commands import read_outputs
from tests.fakes.workflow_commands import Command, read_commands

SUMMARY = Summary(Status.ONLINE, "mscluster is online", (), ())
MEBIBYTE = 1024 * 1024

ATTACKS = {
    "a command": "::error::it acts",
    "a command after blanks": "  ::add-mask::e",
    "a command in its old form": "##[error]it acts",
    "a command within a line": "seen: ##[add-mask]e",
    "an output in its old form": "seen: ##[set-output name=status]online",
    "a command in a second line": "seen\n::set-output name=status::online",
    "a command after a carriage return": "seen\r::stop-commands::for-good",
    "too many colons": ":::error::it acts",
    "far too many colons": "::::::error::::it acts",
    "too many hashes": "####[[error]]it acts",
    "an escaped line end": "seen%0A::error::it acts",
}

VALUES = {
    "plain": "online",
    "empty": "",
    "a further output": "online\nstatus=offline",
    "a heredoc of its own": "status<<EOF\noffline\nEOF",
    "something like the delimiter": "ghadelimiter_00000000-0000-0000-0000-000000000000\nstatus=offline",
    "line ends": "\n\n",
    "carriage returns": "a\r\nb\rc",
    "an equals sign": "a=b",
    "beyond ASCII": "Größe 🟢 \N{LINE SEPARATOR}",
    "json": '[{"name": "debug", "default": true}]',
} | ATTACKS


class Job:
    """A step of a job with its files."""

    def __init__(self, directory: Path) -> None:
        self.output_file = directory / "output"
        self.summary_file = directory / "summary"
        for file in (self.output_file, self.summary_file):
            file.touch()
        self.runner = ActionsRunner(self.output_file, self.summary_file)

    def outputs(self) -> dict[str, str]:
        return read_outputs(self.output_file.read_bytes().decode())

    def summary(self) -> str:
        return self.summary_file.read_bytes().decode()


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


# outputs and summary


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_the_runner_reads_every_output_unchanged(value: str, job: Job) -> None:
    outputs = {"status": "online", "message": value, "cause": value, "changed": "false"}
    job.runner.publish(outputs, [SUMMARY])
    assert job.outputs() == outputs


def test_outputs_are_appended(job: Job) -> None:
    job.output_file.write_text("earlier=1\n")
    job.runner.publish({"message": "m"}, [SUMMARY])
    assert job.outputs() == {"earlier": "1", "message": "m"}


def test_the_summary_is_appended(job: Job) -> None:
    job.summary_file.write_text("# Before\n")
    job.runner.publish({"message": "m"}, [SUMMARY])
    assert job.summary() == "# Before\n### 🟢 mscluster is online\n"


def test_the_summaries_of_several_clusters_are_separate_parts(job: Job) -> None:
    job.runner.publish({"message": "m"}, [SUMMARY, replace(SUMMARY, headline="othercluster is online")])
    assert job.summary() == "### 🟢 mscluster is online\n\n### 🟢 othercluster is online\n"


@pytest.mark.parametrize("character", ["a", "é", "🟢"])
def test_a_summary_that_is_too_large_is_cut_between_characters(character: str, job: Job) -> None:
    summary = replace(SUMMARY, facts=(character * (MEBIBYTE // len(character.encode())),))
    job.runner.publish({"message": "m"}, [summary])
    assert MEBIBYTE * 0.9 < job.summary_file.stat().st_size < MEBIBYTE
    assert markdown(summary).startswith(job.summary())


def test_the_summary_of_many_clusters_ends_with_the_number_of_those_that_do_not_fit(job: Job) -> None:
    details = replace(SUMMARY, facts=("é" * 50_000,))
    job.runner.publish({"message": "m"}, [SUMMARY, *[details] * 20])
    assert MEBIBYTE * 0.8 < job.summary_file.stat().st_size < MEBIBYTE
    assert job.summary().endswith(
        "é\n\nClusters without details here: 11, because GitHub limits the size of a summary.\n"
    )


def test_outputs_that_cannot_be_written_are_an_error_and_a_summary_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not ActionsRunner(tmp_path / "not/there", tmp_path).publish({"message": "m"}, [SUMMARY])
    assert read_commands(capsys.readouterr().out) == [
        Command("warning", "The job summary could not be written: Is a directory"),
        Command("error", "The outputs could not be written: No such file or directory"),
    ]


def test_without_outputs_the_summary_is_still_written(job: Job, tmp_path: Path) -> None:
    ActionsRunner(tmp_path / "not/there", job.summary_file).publish({"message": "m"}, [SUMMARY])
    assert job.summary() == "### 🟢 mscluster is online\n"


def test_without_files_only_the_message_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    ActionsRunner(None, None).publish({"message": "mscluster is online", "status": "online"}, [SUMMARY])
    assert capsys.readouterr().out == "mscluster is online\n"


# the log


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_the_printed_message_contains_no_command(
    text: str, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read_commands(text) or "%0A" in text or text.startswith((":::", "####"))
    job.runner.publish({"message": text}, [SUMMARY])
    assert read_commands(capsys.readouterr().out) == []


@pytest.mark.parametrize("text", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("level", Level)
def test_an_annotation_is_one_command_for_any_text(
    level: Level, text: str, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.runner.annotate(level, text)
    assert read_commands(capsys.readouterr().out) == [Command(level.value, text)]


def test_an_annotation_is_cut_to_the_runners_limit(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    job.runner.annotate(Level.ERROR, "e" * 10_000)
    (command,) = read_commands(capsys.readouterr().out)
    assert set(command.data) == {"e"}
    assert 3900 < len(command.data) <= 4096


# secrets


def test_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["s3cret", "50% of it\nin two lines", "::error::"]
    mask(given)
    assert read_commands(capsys.readouterr().out) == [Command("add-mask", secret) for secret in given]
