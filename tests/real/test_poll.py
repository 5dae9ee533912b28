"""Polls of real servers: outputs, messages, and what sshd logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.discord import LoopbackDiscord
from tests.real.monitor import Monitor
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm


@pytest.fixture
def discord() -> Iterator[LoopbackDiscord]:
    with LoopbackDiscord() as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, openssh: OpenSSH, discord: LoopbackDiscord) -> Monitor:
    return Monitor(tmp_path, openssh, discord)


def test_an_idle_cluster_is_online(monitor: Monitor) -> None:
    run = monitor.poll()
    assert run.exit_status == 0
    assert (run.outputs["status"], run.outputs["cause"]) == ("online", "")
    assert run.partitions["debug"]["default"]
    assert run.partitions["debug"]["nodes"]["idle"] == 8
    assert monitor.headlines() == ["mscluster is online"]


def test_a_cluster_that_is_fully_allocated_is_online(
    monitor: Monitor, slurm: Slurm, openssh: OpenSSH
) -> None:
    slurm.fill(openssh.user)
    run = monitor.poll()
    assert run.outputs["status"] == "online"
    assert run.partitions["debug"]["nodes"]["allocated"] == 8
    assert run.partitions["debug"]["nodes"]["idle"] == 0


def test_settings_of_the_account_for_sinfo_are_ignored(
    tmp_path: Path, slurm: Slurm, account: Account, discord: LoopbackDiscord
) -> None:
    own_settings = {
        "SINFO_PARTITION": "short",
        "SINFO_ALL": "1",
        "SINFO_FORMAT": "%N",
        "SINFO_SORT": "-P",
        "SLURM_CLUSTERS": "elsewhere",
    }
    with (
        public_directory() as directory,
        OpenSSH(directory, account, set_env={**slurm.environment, **own_settings}) as openssh,
    ):
        run = Monitor(tmp_path, openssh, discord).poll()
    assert run.outputs["status"] == "online", run.log
    assert run.partitions["debug"]["nodes"]["total"] == 8
    assert len(run.partitions) > 1


def test_with_two_drained_nodes_of_eight_the_cluster_is_online_and_the_message_shows_them(
    monitor: Monitor, slurm: Slurm, discord: LoopbackDiscord
) -> None:
    slurm.drain("n[1-2]", "bad disk")
    run = monitor.poll()
    assert run.outputs["status"] == "online"
    assert run.partitions["debug"]["nodes"]["down"] == 2
    embed = discord.messages[0]["embeds"][0]
    assert "**Nodes** 6 of 8 in service" in embed["description"]
    assert "debug*       6     0    2     8 1d" in embed["description"]


def test_all_nodes_drained_is_an_outage_until_they_are_resumed(monitor: Monitor, slurm: Slurm) -> None:
    monitor.poll()
    slurm.drain("n[1-8]", "cooling")
    down = monitor.poll()
    slurm.resume("n[1-8]")
    back = monitor.poll()
    assert (down.exit_status, down.outputs["status"], down.outputs["cause"]) == (
        0,
        "offline",
        "no-nodes-in-service",
    )
    assert (back.outputs["status"], back.outputs["previous-status"]) == ("online", "offline")
    assert monitor.headlines() == ["mscluster is online", "mscluster is offline", "mscluster is back online"]


def test_a_default_partition_that_is_down_degrades_the_cluster(monitor: Monitor, slurm: Slurm) -> None:
    slurm.partition("debug", "DOWN")
    run = monitor.poll()
    assert (run.outputs["status"], run.outputs["cause"]) == ("degraded", "partition-down")


def test_another_partition_that_is_down_does_not_degrade_the_cluster(monitor: Monitor, slurm: Slurm) -> None:
    slurm.partition("short", "DOWN")
    run = monitor.poll()
    assert run.outputs["status"] == "online"
    assert run.partitions["short"]["availability"] == "down"


def test_a_partition_that_is_watched_by_name_degrades_the_cluster_when_it_is_down(
    monitor: Monitor, slurm: Slurm
) -> None:
    slurm.partition("short", "DOWN")
    slurm.partition("debug", "INACTIVE")
    run = monitor.poll(partitions="short")
    assert list(run.partitions) == ["short"]
    assert (run.outputs["status"], run.outputs["cause"]) == ("degraded", "partition-down")
    assert "partition short takes no new jobs (down)" in run.outputs["message"]
    assert "short (down): " in run.summary


def test_a_partition_without_a_node_in_service_is_notified_by_name_after_two_polls(
    monitor: Monitor, slurm: Slurm
) -> None:
    monitor.poll()
    slurm.drain("n[1-4]", "cooling")
    lost = [monitor.poll(), monitor.poll()]
    slurm.resume("n[1-4]")
    back = [monitor.poll(), monitor.poll()]
    assert [run.outputs["status"] for run in (*lost, *back)] == ["degraded"] * 2 + ["online"] * 2
    assert [run.outputs["changed"] for run in (*lost, *back)] == ["false", "true"] * 2
    assert {run.outputs["cause"] for run in lost} == {"partition-down"}
    assert "no node of short is in service" in lost[0].outputs["message"]
    assert lost[0].partitions["short"]["problem"] == "no-nodes"
    assert monitor.headlines() == ["mscluster is online", "mscluster is degraded", "mscluster is back online"]


def test_a_partition_that_is_taken_down_is_notified_at_once(monitor: Monitor, slurm: Slurm) -> None:
    monitor.poll()
    slurm.partition("short", "DRAIN")
    shut = monitor.poll()
    slurm.partition("short", "UP")
    back = monitor.poll()
    assert [(run.outputs["status"], run.outputs["changed"]) for run in (shut, back)] == [
        ("degraded", "true"),
        ("online", "true"),
    ]
    assert "partition short takes no new jobs (drain)" in shut.outputs["message"]


def test_only_chosen_partitions_are_judged(monitor: Monitor, slurm: Slurm) -> None:
    slurm.drain("n[1-4]", "cooling")
    slurm.drain("n5", "cooling")
    everything, short = monitor.poll(command="check"), monitor.poll(command="check", partitions="sh*, gone")
    assert (everything.outputs["status"], short.outputs["status"]) == ("degraded", "offline")
    assert "check the input partitions: gone" in short.log


def test_partitions_that_do_not_exist_are_an_unknown_status(monitor: Monitor) -> None:
    run = monitor.poll(partitions="nosuch")
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (
        3,
        "unknown",
        "no-such-partition",
    )
    assert "'nosuch' matches none of the listed partitions: debug, short" in run.log
    assert "Check the input partitions" in run.log


def test_a_maintenance_is_notified_when_it_is_scheduled_when_it_starts_and_when_it_ends(
    monitor: Monitor, slurm: Slurm
) -> None:
    def reserve(begin: str) -> None:
        slurm.scontrol(
            *("create", "reservation", "reservationname=secret_name", f"starttime={begin}", "duration=60"),
            *("user=root", "nodes=n[1-6]", "flags=maint,ignore_jobs"),
        )

    monitor.poll()
    reserve("now+23hours")
    monitor.poll()
    scheduled = monitor.history()
    monitor.poll(details="full")
    slurm.scontrol("delete", "reservationname=secret_name")
    reserve("now")
    slurm.wait_for(lambda: "maint" in slurm.node_states().values(), timeout_seconds=30)
    now = monitor.poll(details="full")
    slurm.scontrol("delete", "reservationname=secret_name")
    slurm.wait_for(lambda: "maint" not in slurm.node_states().values(), timeout_seconds=30)
    over = monitor.poll(details="full")
    assert [run.outputs["status"] for run in (now, over)] == ["maintenance", "online"]
    assert monitor.headlines() == [
        "mscluster is online",
        "Maintenance of mscluster scheduled",
        "mscluster is in maintenance",
        "mscluster is back online",
    ]
    assert len(scheduled.calendar.windows) == 1
    assert "secret_name" not in monitor.history_file.read_text()
    assert "6 nodes from " in now.summary


def test_details_are_in_the_output_and_in_the_summary(monitor: Monitor, slurm: Slurm) -> None:
    slurm.drain("n[1-2]", "bad disk")
    plain, full = monitor.poll(command="check"), monitor.poll(command="check", details="full")
    named = monitor.poll(command="check", details="full", show_nodes="true")
    assert "gpus" not in plain.partitions["debug"]
    assert full.partitions["debug"]["gpus"] == []
    assert "bad disk" not in plain.summary
    assert ": bad disk" in full.summary
    assert "by root" not in full.summary
    assert "(n\\[1-2\\]): bad disk, by root, since" in named.summary


def test_a_killed_controller_degrades_the_cluster_and_offers_the_password_once(
    monitor: Monitor, slurm: Slurm, openssh: OpenSSH
) -> None:
    monitor.poll()
    slurm.kill_controller()
    openssh.forget_offers()
    down = monitor.poll()
    offers = openssh.offered_credentials()
    slurm.start_controller()
    back = monitor.poll()
    assert (down.exit_status, down.outputs["status"], down.outputs["cause"]) == (
        0,
        "degraded",
        "scheduler-down",
    )
    assert [offer.accepted for offer in offers] == [True]
    assert back.outputs["status"] == "online"
    assert monitor.headlines() == ["mscluster is online", "mscluster is degraded", "mscluster is back online"]


def test_an_sshd_that_stops_and_starts_is_an_outage_with_its_cause_and_a_recovery(
    monitor: Monitor, openssh: OpenSSH, discord: LoopbackDiscord
) -> None:
    monitor.poll()
    openssh.stop()
    down = monitor.poll()
    still_down = monitor.poll()
    openssh.start()
    back = monitor.poll()
    assert [run.exit_status for run in (down, still_down, back)] == [0, 0, 0]
    assert (down.outputs["status"], down.outputs["cause"], down.outputs["changed"]) == (
        "offline",
        "refused",
        "true",
    )
    assert (still_down.outputs["previous-status"], still_down.outputs["changed"]) == ("offline", "false")
    assert still_down.outputs["since"] == down.outputs["since"]
    assert monitor.headlines() == ["mscluster is online", "mscluster is offline", "mscluster is back online"]
    outage, recovery = (message["embeds"][0] for message in discord.messages[1:])
    assert outage["description"].startswith("SSH connections refused.\n")
    assert "**Cause** SSH connections refused" in recovery["description"]


def test_every_poll_offers_the_password_once(monitor: Monitor, openssh: OpenSSH) -> None:
    monitor.poll()
    monitor.poll()
    assert [offer.accepted for offer in openssh.offered_credentials()] == [True, True]


def test_a_password_that_never_worked_is_not_notified_and_the_log_has_a_remedy(
    monitor: Monitor, openssh: OpenSSH
) -> None:
    run = monitor.poll(cluster_password="not it")
    assert run.exit_status == 3
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "login-refused")
    assert "Check cluster-user and cluster-password" in run.log
    assert [offer.accepted for offer in openssh.offered_credentials()] == [False]
    assert monitor.headlines() == []


def test_a_refused_password_is_held_back_but_a_changed_one_is_tried_at_once(
    monitor: Monitor, openssh: OpenSSH
) -> None:
    first = monitor.poll(cluster_password="not it")
    second = monitor.poll(cluster_password="not it")
    third = monitor.poll()
    assert [offer.accepted for offer in openssh.offered_credentials()] == [False, True]
    assert [run.exit_status for run in (first, second, third)] == [3, 0, 0]
    assert third.outputs["status"] == "online"


def test_a_refused_login_that_worked_before_is_notified_once_after_three_polls(monitor: Monitor) -> None:
    monitor.poll()
    for _ in range(5):
        monitor.poll(cluster_password="expired")
    monitor.poll()
    assert monitor.headlines() == [
        "mscluster is online",
        "Login to mscluster no longer works",
        r"Monitoring of mscluster restored\: still online",
    ]


def test_a_host_name_that_never_worked_is_not_notified_and_the_log_has_a_remedy(monitor: Monitor) -> None:
    run = monitor.poll(cluster_host="no-such-host.invalid")
    assert run.exit_status == 3
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "dns")
    assert "Check the spelling of cluster-host" in run.log
    assert monitor.headlines() == []


def test_a_port_that_was_never_open_is_not_an_outage(monitor: Monitor, openssh: OpenSSH) -> None:
    openssh.stop()
    run = monitor.poll()
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (3, "unknown", "refused")
    assert monitor.headlines() == []


def test_a_runner_without_a_network_reports_no_outage(
    monitor: Monitor, openssh: OpenSSH, discord: LoopbackDiscord
) -> None:
    monitor.poll()
    openssh.stop()
    discord.__exit__(None, None, None)
    run = monitor.poll()
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (0, "unknown", "refused")
    assert not monitor.history().outbox.has_pending


def test_a_server_that_accepts_and_sends_nothing_is_offline_at_the_second_poll(
    monitor: Monitor, openssh: OpenSSH
) -> None:
    monitor.poll()
    openssh.daemon.pause()
    first = monitor.poll(cluster_connect_timeout="1", attempts="1")
    second = monitor.poll(cluster_connect_timeout="1", attempts="1")
    assert (first.outputs["status"], first.outputs["cause"], first.outputs["changed"]) == (
        "offline",
        "timeout",
        "false",
    )
    assert (second.outputs["status"], second.outputs["changed"]) == ("offline", "true")
    assert monitor.headlines() == ["mscluster is online", "mscluster is offline"]


def test_a_controller_that_hangs_degrades_the_cluster_within_the_time_limit(
    monitor: Monitor, slurm: Slurm
) -> None:
    monitor.poll()
    slurm.controller.pause()
    run = monitor.poll(cluster_command_timeout="1", attempts="2")
    slurm.controller.resume()
    assert (run.outputs["status"], run.outputs["cause"]) == ("degraded", "scheduler-timeout")


def test_a_server_with_another_host_key_than_the_pinned_one_gets_no_password(
    monitor: Monitor, openssh: OpenSSH
) -> None:
    run = monitor.poll(cluster_host_key=f"SHA256:{'A' * 43}")
    assert (run.exit_status, run.outputs["status"], run.outputs["cause"]) == (3, "unknown", "host-key")
    assert openssh.known_hosts_line in run.log
    assert openssh.offered_credentials() == ()


def test_without_a_pin_the_log_shows_the_line_to_paste(monitor: Monitor, openssh: OpenSSH) -> None:
    run = monitor.poll(cluster_host_key="")
    assert run.exit_status == 0
    assert f"set cluster-host-key to this line, in quotes: {openssh.known_hosts_line}" in run.log


def test_a_check_sets_the_outputs_without_history_and_message(monitor: Monitor) -> None:
    run = monitor.poll(command="check")
    assert (run.exit_status, run.outputs["status"], run.outputs["changed"]) == (0, "online", "false")
    assert not monitor.history_file.exists()
    assert monitor.headlines() == []


def test_neither_log_nor_history_nor_summary_shows_a_secret(monitor: Monitor) -> None:
    runs = [monitor.poll(), monitor.poll(cluster_password="not-it-either"), monitor.poll()]
    secrets = (monitor.inputs["cluster-password"], "not-it-either", monitor.inputs["discord-webhook"])
    for run in runs:
        shown = [line for line in run.log.splitlines() if not line.startswith("::add-mask::")]
        text = "\n".join([*shown, run.summary, *run.outputs.values(), monitor.history_file.read_text()])
        assert not [secret for secret in secrets if secret in text]
