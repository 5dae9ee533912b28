import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from cluster_status.domain.cause import Cause
from cluster_status.domain.cluster import NodeCounts, Partition
from cluster_status.domain.sinfo import command, diagnose, parse
from cluster_status.errors import UnparsableError
from tests.unit.domain.build import counts

RECORDINGS = Path(__file__).parents[2] / "data" / "sinfo"
FRAME = "f4a3e"
BEGUN = f"welcome\n{FRAME}\n".encode()
WHOLE = "debug*|up|30:00|8|idle"


def answer(
    by_partition: Sequence[str] = (), in_all: Sequence[str] | None = None, *, end: str = "\n"
) -> bytes:
    """Return what is printed, framed; where no total is given, no partition shares a node with another."""
    if in_all is None:
        in_all = ["|".join(row.split("|")[3:]) for row in by_partition]
    return end.join([FRAME, *by_partition, FRAME, *in_all, FRAME, ""]).encode()


# The question


def test_both_questions_are_asked_in_one_go_with_the_frame_around_each_answer() -> None:
    parts = [shlex.split(re.sub(" -u [A-Z_]+", "", part)) for part in command(FRAME).split(" && ")]
    ask, frame = ["env", "LC_ALL=C", "SINFO_LOCAL=1", "TZ=UTC", "sinfo", "-h", "-o"], ["echo", FRAME]
    assert parts == [["echo"], frame, [*ask, "%P|%a|%l|%D|%T"], frame, [*ask, "%D|%T"], frame]


def test_the_question_reads_alike_in_every_shell() -> None:
    unquoted = "".join(command(FRAME).split("'")[::2])
    assert not set(unquoted) & set('|;<>()$`"\\!*?[]{}~#%^')


# The answer


def test_the_rows_of_a_partition_are_added_up() -> None:
    listing = parse(
        answer(["debug*|up|30:00|3|idle", "debug*|up|30:00|2|mixed", "debug*|up|30:00|1|idle"]), FRAME
    )
    assert listing.partitions == (
        Partition("debug", default=True, availability="up", time_limit="30:00", nodes=counts(free=4, busy=2)),
    )


def test_partitions_keep_the_order_in_which_slurm_lists_them() -> None:
    rows = ["z|up|30:00|1|idle", "a|up|30:00|1|idle", "z|up|30:00|1|down"]
    assert [partition.name for partition in parse(answer(rows), FRAME).partitions] == ["z", "a"]


def test_a_star_marks_the_default_partition_and_is_no_part_of_its_name() -> None:
    rows = ["a|up|30:00|1|idle", "b*|up|30:00|1|idle"]
    marked = {partition.name: partition.default for partition in parse(answer(rows), FRAME).partitions}
    assert marked == {"a": False, "b": True}


def test_a_node_in_two_partitions_counts_once_in_the_cluster() -> None:
    rows = ["a|up|30:00|1|idle", "b|up|30:00|1|idle"]
    assert parse(answer(rows, ["1|idle"]), FRAME).nodes == counts(free=1)


@pytest.mark.parametrize("in_all", [[], ["0|n/a"]])
def test_a_partition_without_nodes_is_listed_and_nothing_about_it_is_unheard_of(in_all: list[str]) -> None:
    listing = parse(answer(["empty|up|infinite|0|n/a"], in_all), FRAME)
    assert listing.partitions == (
        Partition("empty", default=False, availability="up", time_limit="infinite"),
    )
    assert (listing.nodes, listing.unrecognised) == (NodeCounts(), ())


def test_an_answer_without_rows_lists_nothing() -> None:
    listing = parse(answer(), FRAME)
    assert (listing.partitions, listing.nodes) == ((), NodeCounts())


def test_a_state_that_nobody_has_heard_of_counts_as_unknown_and_is_named_once() -> None:
    listing = parse(
        answer(["a|up|30:00|2|quantum*", "b|up|30:00|2|quantum*"], ["2|quantum*", "1|idle"]), FRAME
    )
    assert listing.nodes == counts(unknown=2, free=1)
    assert listing.unrecognised == ("quantum*",)


@pytest.mark.parametrize(
    "output",
    [
        b"Welcome!\nNo mining.\n" + answer([WHOLE], ["8|idle"]),
        answer([WHOLE], ["8|idle"]) + b"Goodbye\n\xff\x1b[0m",
        answer([WHOLE], ["8|idle"], end="\r\n"),
    ],
)
def test_what_the_login_prints_around_the_answer_does_not_matter(output: bytes) -> None:
    assert parse(output, FRAME) == parse(answer([WHOLE], ["8|idle"]), FRAME)


def test_names_from_the_cluster_are_cleaned_and_bounded() -> None:
    [partition] = parse(answer([f"\x1b[31m{'é' * 500}*|u\tp|30:00|1|idle"]), FRAME).partitions
    assert partition.name == f"[31m{'é' * 95}…"
    assert partition.availability == "u p"


@pytest.mark.parametrize(
    "row",
    [
        "",
        "slurm_load_partitions: something new",
        "debug*|up|30:00|8",
        "debug*|up|30:00|8|idle|n[1-8]",
        "debug*|up|30:00||idle",
        "debug*|up|30:00|-1|idle",
        "debug*|up|30:00|+1|idle",
        "debug*|up|30:00|8.0|idle",
        "debug*|up|30:00| 8|idle",
        "debug*|up|30:00|٨|idle",
        "debug*|up|30:00|1_000|idle",
        "debug*|up|30:00|9999999999|idle",
        "debug*|up|30:00|8|",
        "|up|30:00|8|idle",
        "debug*||30:00|8|idle",
        "debug*|up||8|idle",
        "8|idle",
        "PARTITION|AVAIL|TIMELIMIT|NODES|STATE",
    ],
)
def test_a_row_that_is_not_what_was_asked_for_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="was expected"):
        parse(answer([WHOLE, row]), FRAME)


@pytest.mark.parametrize("row", ["", "8", "idle", WHOLE, "|idle", "8|", "NODES|STATE", "eight|idle"])
def test_a_row_about_the_whole_cluster_that_is_not_what_was_asked_for_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="was expected"):
        parse(answer([], ["8|idle", row]), FRAME)


@pytest.mark.parametrize("row", ["debug*|down|30:00|1|down", "debug*|up|31:00|1|down"])
def test_a_partition_that_is_two_things_at_once_is_an_error(row: str) -> None:
    with pytest.raises(UnparsableError, match="contradicts itself"):
        parse(answer([WHOLE, row]), FRAME)


@pytest.mark.parametrize("kept", range(3))
def test_an_answer_that_was_cut_off_is_an_error(kept: int) -> None:
    cut = b"\n".join(answer([WHOLE], ["8|idle"]).splitlines()[: 2 * kept])
    with pytest.raises(UnparsableError, match="incomplete"):
        parse(cut, FRAME)


def test_an_answer_within_an_answer_is_an_error() -> None:
    with pytest.raises(UnparsableError):
        parse(answer([WHOLE, FRAME], ["8|idle"]), FRAME)


def test_an_error_quotes_the_line_cleaned_and_bounded() -> None:
    with pytest.raises(UnparsableError) as error:
        parse(answer(["a|b\x1b[2J\u202e" + "c" * 100_000]), FRAME)
    assert "'a|b [2J ccc" in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500


@pytest.mark.parametrize("in_all", [[], ["0|n/a"]])
def test_nodes_in_a_partition_and_none_in_the_cluster_are_a_contradiction(in_all: list[str]) -> None:
    with pytest.raises(UnparsableError, match="8 nodes in partitions, and 0 in the whole cluster"):
        parse(answer([WHOLE], in_all), FRAME)


@pytest.mark.parametrize("by_partition", [[], ["empty|up|infinite|0|n/a"]])
def test_nodes_in_no_partition_are_a_contradiction(by_partition: list[str]) -> None:
    with pytest.raises(UnparsableError, match="0 nodes in partitions, and 8 in the whole cluster"):
        parse(answer(by_partition, ["8|idle"]), FRAME)


@pytest.mark.parametrize("number", [7, 9])
def test_a_node_may_join_or_leave_between_the_two_questions(number: int) -> None:
    assert parse(answer([WHOLE], [f"{number}|idle"]), FRAME).nodes == counts(free=number)


# Recorded answers


@pytest.mark.parametrize(
    ("recording", "nodes", "debug"),
    [
        ("all-idle", counts(free=8), counts(free=8)),
        (
            "jobs-and-reservations",
            counts(busy=1, held=2, draining=1, maintenance=2, unavailable=2),
            counts(busy=1, held=2, draining=1, maintenance=2, unavailable=2),
        ),
        ("node-not-responding", counts(free=7, unavailable=1), counts(free=7, unavailable=1)),
        ("odd-reasons", counts(free=1, unavailable=7), counts(free=1, unavailable=7)),
        (
            "power",
            counts(free=5, busy=3, power_saved=4, unavailable=4, unknown=3),
            counts(free=5, busy=1, power_saved=2),
        ),
        ("invalid-and-unknown", counts(unavailable=12, unknown=3), counts(unavailable=8)),
    ],
)
def test_a_recorded_answer_gives_the_nodes_that_were_there(
    recording: str, nodes: NodeCounts, debug: NodeCounts
) -> None:
    listing = parse((RECORDINGS / f"{recording}.txt").read_bytes(), "recorded")
    assert (listing.nodes, listing.unrecognised) == (nodes, ())
    assert listing.partitions[0] == Partition(
        "debug", default=True, availability="up", time_limit="1-00:00:00", nodes=debug
    )


@pytest.mark.parametrize(
    "recording", ["all-idle", "jobs-and-reservations", "node-not-responding", "odd-reasons"]
)
def test_a_recorded_answer_gives_each_partition_as_it_was(recording: str) -> None:
    listing = parse((RECORDINGS / f"{recording}.txt").read_bytes(), "recorded")
    seen = {one.name: (one.availability, one.time_limit, one.nodes.total) for one in listing.partitions}
    assert seen == {
        "debug": ("up", "1-00:00:00", 8),
        "short": ("up", "30:00", 4),
        "long": ("up", "infinite", 4),
        "p_down": ("down", "infinite", 2),
        "p_drain": ("drain", "infinite", 2),
        "p_inact": ("inactive", "infinite", 2),
        "empty": ("up", "infinite", 0),
        "rootonly": ("up", "infinite", 1),
    }


def test_every_recording_is_held_against_what_was_there() -> None:
    assert {file.stem for file in RECORDINGS.glob("*.txt")} == {
        "all-idle",
        "invalid-and-unknown",
        "jobs-and-reservations",
        "node-not-responding",
        "odd-reasons",
        "power",
    }


# What would flood log, outputs and memory


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([f"p{number}|up|30:00|1|idle" for number in range(2_001)], "more than 2000 partitions"),
        (["p|up|30:00|1|idle"] * 10_001, "10001 rows"),
    ],
    ids=["partitions", "rows"],
)
def test_more_than_any_cluster_has_is_an_error(rows: list[str], told: str) -> None:
    with pytest.raises(UnparsableError, match=told):
        parse(answer(rows), FRAME)


def test_of_states_that_nobody_knows_twenty_are_named_and_all_are_counted() -> None:
    listing = parse(answer([f"p|up|30:00|1|state{number}" for number in range(100)]), FRAME)
    assert listing.unrecognised == tuple(f"state{number}" for number in range(20))
    assert listing.nodes.unknown == 100


# What a failure means


@pytest.mark.parametrize(
    ("exit_status", "complaint", "cause"),
    [
        (
            1,
            "slurm_load_partitions: Unable to contact slurm controller (connect failure)",
            Cause.SCHEDULER_DOWN,
        ),
        (1, "slurm_load_partitions: Socket timed out on send/recv operation", Cause.SCHEDULER_DOWN),
        (1, "slurm_load_partitions: Unexpected message received", Cause.SCHEDULER_DOWN),
        (1, "sinfo: error: If munged is up, restart with --num-threads=10", Cause.SCHEDULER_DOWN),
        (1, 'sinfo: error: Munge encode failed: Failed to access "/run/munge"', Cause.SCHEDULER_DOWN),
        (1, "slurm_load_partitions: Protocol authentication error", Cause.SCHEDULER_DOWN),
        (1, "sinfo: error: cannot stat file /etc/slurm/slurm.conf, retrying in 1sec", Cause.SCHEDULER_DOWN),
        (1, "sinfo: fatal: Unable to process configuration file", Cause.SCHEDULER_DOWN),
        (1, "sinfo: fatal: Could not establish a configuration source", Cause.SCHEDULER_DOWN),
        (
            1,
            "some notice of the login\nslurm_load_node: Unable to contact slurm controller",
            Cause.SCHEDULER_DOWN,
        ),
        (1, "slurm_load_node: Access/permission denied", Cause.SINFO_FAILED),
        (1, "sinfo: unrecognized option '--what'", Cause.SINFO_FAILED),
        (126, "env: 'sinfo': Permission denied", Cause.SINFO_FAILED),
        (137, "Killed", Cause.SINFO_FAILED),
        (1, "", Cause.SINFO_FAILED),
        (127, "env: 'sinfo': No such file or directory", Cause.NO_SCHEDULER),
        (127, "env: can't execute 'sinfo': No such file or directory", Cause.NO_SCHEDULER),
        (127, "some notice\nenv: „sinfo“: Datei oder Verzeichnis nicht gefunden", Cause.NO_SCHEDULER),
        (127, "/usr/local/bin/sinfo: line 3: /opt/slurm/bin/sinfo: not found", Cause.SINFO_FAILED),
        (127, "env: 'sinfo-wrapped': No such file or directory", Cause.SINFO_FAILED),
        (127, "", Cause.SINFO_FAILED),
        (
            1,
            "munge module loaded\nslurm_load_partitions: Access/permission denied",
            Cause.SINFO_FAILED,
        ),
    ],
)
def test_a_failure_is_the_schedulers_the_accounts_or_that_there_is_none(
    exit_status: int, complaint: str, cause: Cause
) -> None:
    assert diagnose(exit_status, BEGUN, complaint.encode(), FRAME).cause is cause


@pytest.mark.parametrize(
    ("exit_status", "complaint", "cause"),
    [
        (
            1,
            "WARNING: Your password has expired.\nPassword change required but no TTY available.",
            Cause.LOGIN_REFUSED,
        ),
        (127, "env: 'sinfo': No such file or directory", Cause.SINFO_FAILED),
        (127, "bash: /etc/profile: Stale file handle", Cause.SINFO_FAILED),
        (1, "This account is currently not available.", Cause.SINFO_FAILED),
    ],
)
def test_a_login_that_never_got_as_far_as_sinfo_says_nothing_of_the_scheduler(
    exit_status: int, complaint: str, cause: Cause
) -> None:
    assert diagnose(exit_status, b"", complaint.encode(), FRAME).cause is cause


def test_a_failure_is_explained_with_the_last_words_of_its_complaint() -> None:
    complaint = b"welcome\n\nslurm_load_node: Access/permission denied\n  \n"
    assert diagnose(1, BEGUN, complaint, FRAME).detail == "slurm_load_node: Access/permission denied"


@pytest.mark.parametrize("complaint", [b"", b"\n \n"])
def test_a_failure_without_words_is_explained_with_its_exit_status(complaint: bytes) -> None:
    assert diagnose(3, BEGUN, complaint, FRAME).detail == "exit status 3"


@pytest.mark.parametrize("complaint", [b"", b"bash: line 1: 27781 Killed   env -u SINFO_ALL sinfo -h"])
def test_a_killed_sinfo_is_told_alike_whatever_the_shell_says_of_it(complaint: bytes) -> None:
    assert diagnose(137, BEGUN, complaint, FRAME).detail == "it was killed by signal 9"
    assert diagnose(255, BEGUN, complaint, FRAME).detail != "it was killed by signal 127"


def test_without_munge_the_line_that_names_it_is_the_explanation() -> None:
    complaint = (
        b"sinfo: error: If munged is up, restart with --num-threads=10\n"
        b'sinfo: error: Munge encode failed: Failed to access "/run/munge/munge.socket.2"\n'
        b"slurm_load_partitions: Protocol authentication error\n"
    )
    assert "Munge encode failed" in diagnose(1, BEGUN, complaint, FRAME).detail
