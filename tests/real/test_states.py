"""Every state of nodes and partitions that a real Slurm can be in, as one probe lists them."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import asdict

from cluster_status.domain.slurm.cluster_state import ClusterState, Details, Gpus, Partition
from cluster_status.domain.slurm.hostlist import expand
from cluster_status.domain.slurm.partition_filter import PartitionFilter
from cluster_status.domain.slurm.query import SlurmQuery
from cluster_status.domain.status.cause import Cause, Status
from cluster_status.domain.status.probe_result import ProbeFailure, ProbeResult
from cluster_status.domain.status.verdict import Criteria, KnownServer, judge
from tests.real.sshd import probe_sshd
from tests.servers import slurm_configuration
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

# the state of a partition's nodes as sinfo prints it, and the groups of these nodes
STATES = {
    "idle": ("idle", {"idle": 1}),
    "mixed": ("mixed", {"allocated": 1}),
    "allocated": ("allocated", {"allocated": 1}),
    "draining": ("draining", {"draining": 1}),
    "drained": ("drained", {"down": 1}),
    "fail": ("fail", {"down": 1}),
    "down": ("down", {"down": 1}),
    "no-response": ("idle*", {"down": 1}),
    "powered-down": ("idle~", {"powered_down": 1}),
    "planned": ("planned", {"allocated": 1, "reserved": 1}),
    "reserved": ("reserved", {"reserved": 1}),
    "maint": ("maint", {"maintenance": 1}),
    "drained-maint": ("drained$", {"maintenance": 1}),
    "down-maint": ("down$", {"maintenance": 1}),
}
NODES = {name: f"n{number}" for number, name in enumerate(STATES, start=1)}
SPARE = f"n{len(STATES) + 1}"  # the second node of "planned"
AVAILABILITIES = {"p-down": "down", "p-drain": "drain", "p-inactive": "inactive"}
ODD_REASON = b"disk | full\nPARTITION*|up|infinite|99|idle\n\x1b[31mred\x1b[0m \xff \xc3\xbcber".decode(
    errors="surrogateescape"
)

POWER_SAVING = (
    "SuspendProgram=/bin/true",
    "ResumeProgram=/bin/true",
    "SuspendTime=3600",
    "SuspendTimeout=1",
    "ResumeTimeout=60",
)


def partitions() -> list[slurm_configuration.Partition]:
    made = [slurm_configuration.Partition(name=name, nodes=node) for name, node in NODES.items()]
    others = [slurm_configuration.Partition(name=name, nodes=NODES["idle"]) for name in AVAILABILITIES]
    wide = slurm_configuration.Partition(name="planned", nodes=f"{NODES['planned']},{SPARE}")
    hidden = slurm_configuration.Partition(name="hidden", nodes=NODES["allocated"])
    everything = slurm_configuration.Partition(name="everything", default=True)
    return [*(wide if one.name == wide.name else one for one in made), *others, hidden, everything]


class Site:
    """A cluster of its own, as an account lists it over SSH."""

    def __init__(self, slurm: Slurm, openssh: OpenSSH) -> None:
        self.slurm = slurm
        self._openssh = openssh

    def probe(self, *patterns: str, **query: Any) -> ClusterState | ProbeFailure:
        asked = SlurmQuery(PartitionFilter(patterns), **query)
        return probe_sshd(self._openssh, password=self._openssh.password, query=asked).result.outcome

    def list(self, *patterns: str, **query: Any) -> ClusterState:
        outcome = self.probe(*patterns, **query)
        assert isinstance(outcome, ClusterState), outcome
        return outcome


@pytest.fixture(scope="module")
def site(account: Account) -> Iterator[Site]:
    """Run a cluster with one node in each state, and a partition for each."""
    with ExitStack() as stack:
        directory = stack.enter_context(public_directory())
        (directory / "gpu1").touch()
        (directory / "gpu2").touch()
        (directory / "gres.conf").write_text(f"Name=gpu Type=a100 File={directory}/gpu[1-2]\n")
        (directory / "gres.conf").chmod(0o644)
        slurm = Slurm(
            directory,
            node_count=len(STATES) + 1,
            partitions=partitions(),
            extra_configuration=[*POWER_SAVING, "GresTypes=gpu", "NodeName=DEFAULT Gres=gpu:a100:2"],
        )
        stack.enter_context(slurm)
        openssh = stack.enter_context(OpenSSH(directory, account, set_env=slurm.environment))
        bring_into_states(slurm, account.name)
        yield Site(slurm, openssh)


def bring_into_states(slurm: Slurm, user: str) -> None:
    """Bring each node into its state, and return when all are in it."""

    def update(name: str, state: str, reason: str = "test") -> None:
        slurm.scontrol("update", f"nodename={NODES[name]}", f"state={state}", f"reason={reason}")

    def reserve(names: list[str], flags: str, *times: str) -> None:
        nodes = f"nodes={','.join(NODES[name] for name in names)}"
        slurm.scontrol("create", "reservation", *times, "user=root", nodes, f"flags={flags}")

    now, tomorrow = ("starttime=now", "duration=60"), ("starttime=now+20hours", "duration=120")
    reserve(["maint", "drained-maint", "down-maint"], "maint,ignore_jobs", *now)
    reserve(["reserved"], "ignore_jobs", *now)
    reserve(["idle", "drained"], "maint,ignore_jobs", *tomorrow)
    slurm.partition("hidden", "up")
    slurm.scontrol("update", "partitionname=hidden", "hidden=yes")
    for name, state in AVAILABILITIES.items():
        slurm.partition(name, state)
    slurm.submit(user, "-pmixed", "--ntasks=1", "--gres=gpu:a100:1")
    slurm.submit(user, "-pallocated", "--exclusive")
    slurm.submit(user, "-pdraining", "--ntasks=1")
    slurm.submit(user, "-pplanned", f"-w{SPARE}", "--exclusive")
    slurm.wait_for(lambda: slurm.node_states()[NODES["draining"]] == "mixed", timeout_seconds=60)
    slurm.wait_for(lambda: slurm.node_states()[SPARE] == "allocated", timeout_seconds=60)
    slurm.submit(user, "-pplanned", "--nodes=2", "--exclusive")
    update("draining", "drain")
    update("drained", "drain", ODD_REASON)
    update("drained-maint", "drain")
    update("fail", "fail")
    update("down", "down", "fan")
    update("down-maint", "down")
    update("powered-down", "power_down")
    slurm.nodes[NODES["no-response"]].kill()
    slurm.scontrol("update", f"nodename={NODES['no-response']}", "state=noresp")
    expected = {NODES[name]: word for name, (word, _) in STATES.items()}
    slurm.wait_for(lambda: slurm.node_states() == expected | {SPARE: "allocated"}, timeout_seconds=60)


@pytest.fixture(scope="module")
def state(site: Site) -> ClusterState:
    return site.list()


@pytest.fixture(scope="module")
def detailed(site: Site) -> Details:
    details = site.list(details=True).details
    assert details
    return details


def groups(partition: Partition) -> dict[str, int]:
    return {name: number for name, number in asdict(partition.nodes).items() if number and name != "total"}


def by_name(cluster_state: ClusterState) -> dict[str, Partition]:
    return {partition.name: partition for partition in cluster_state.partitions}


@pytest.mark.parametrize("name", STATES)
def test_a_node_in_this_state_counts_in_its_group(state: ClusterState, name: str) -> None:
    assert groups(by_name(state)[name]) == STATES[name][1]


def test_all_states_are_known_and_each_node_counts_once(state: ClusterState) -> None:
    assert state.unknown_states == ()
    assert state.nodes == by_name(state)["everything"].nodes
    assert state.nodes.total == len(STATES) + 1


@pytest.mark.parametrize("name", AVAILABILITIES)
def test_a_partition_that_is_not_up_has_its_availability(state: ClusterState, name: str) -> None:
    assert by_name(state)[name].availability == AVAILABILITIES[name]
    assert groups(by_name(state)[name]) == {"idle": 1}


def test_a_hidden_partition_is_not_listed_by_default(state: ClusterState) -> None:
    assert "hidden" not in by_name(state)


# Chosen partitions


def test_patterns_choose_partitions_and_their_nodes_count_once(site: Site) -> None:
    cluster_state = site.list("idle", "mai*", "mix*", "p-down", "hidden")
    assert list(by_name(cluster_state)) == ["idle", "mixed", "maint", "p-down", "hidden"]
    assert cluster_state.nodes.total == 4  # p-down has the node of idle
    assert (cluster_state.named, cluster_state.unmatched_patterns) == (("idle", "p-down", "hidden"), ())


def test_patterns_without_a_match_are_listed(site: Site) -> None:
    assert site.list("idle", "gpu*", "fat").unmatched_patterns == ("gpu*", "fat")


def test_patterns_without_any_match_are_not_an_outage(site: Site) -> None:
    nothing = site.probe("gpu*")
    assert isinstance(nothing, ProbeFailure)
    assert nothing.cause is Cause.NO_SUCH_PARTITION
    assert nothing.detail.startswith("'gpu*' matches none of the listed partitions: idle, mixed, ")


def test_chosen_partitions_have_only_their_own_details(site: Site) -> None:
    details = site.list("down", "mixed", details=True).details
    assert details
    assert [one.reason for one in details.drain_reasons] == ["fan"]
    assert set(details.gpus) == {"down", "mixed"}


# Details


def test_gpus_are_idle_if_a_new_job_could_use_them(detailed: Details) -> None:
    idle = {name: types[0].idle for name, types in detailed.gpus.items()}
    expected = dict.fromkeys(STATES, 0) | {"idle": 2, "mixed": 1, "powered-down": 2}
    assert {name: idle[name] for name in STATES} == expected
    assert detailed.gpus["everything"] == (Gpus("a100", 2 * len(STATES) + 2, 5),)


def test_an_odd_reason_is_one_cleaned_line(detailed: Details) -> None:
    [odd] = [one for one in detailed.drain_reasons if one.reason.startswith("disk")]
    assert odd.reason == "disk | full PARTITION*|up|infinite|99|idle red \ufffd über"
    assert (odd.nodes, odd.node_names, odd.set_by) == (1, "", "")
    assert odd.since
    assert timedelta() <= datetime.now(UTC) - odd.since < timedelta(minutes=3)


def test_drain_reasons_are_sorted_newest_first(detailed: Details) -> None:
    instants = [one.since for one in detailed.drain_reasons if one.since]
    assert len(instants) == len(detailed.drain_reasons) >= 3
    assert instants == sorted(instants, reverse=True)


def test_names_of_nodes_and_users_are_listed_on_request(site: Site) -> None:
    details = site.list(details=True, node_names=True).details
    assert details
    [fan] = [one for one in details.drain_reasons if one.reason == "fan"]
    assert (fan.node_names, fan.set_by) == (NODES["down"], "root")


def test_active_and_future_maintenance_is_listed_and_other_reservations_are_not(site: Site) -> None:
    maintenance = site.list().maintenance
    assert maintenance
    now, tomorrow = maintenance.reservations
    assert now.node_names == {NODES[name] for name in ("maint", "drained-maint", "down-maint")}
    at = datetime.now(UTC)
    assert now.end
    assert tomorrow.end
    assert now.begin <= at < now.end
    assert now.nodes == 3
    assert timedelta(hours=19) < tomorrow.begin - at < timedelta(hours=21)
    assert (tomorrow.end - tomorrow.begin, tomorrow.nodes) == (timedelta(hours=2), 2)


def test_a_reservation_has_its_nodes_in_the_chosen_partitions(site: Site) -> None:
    maintenance = site.list("maint", "idle").maintenance
    assert maintenance
    assert [one.node_names for one in maintenance.reservations] == [{NODES["maint"]}, {NODES["idle"]}]
    nothing = site.list("mixed").maintenance
    assert nothing
    assert (nothing.reservations, nothing.error) == ((), "")


# Names of nodes, and nodes out of service


def test_the_names_of_the_nodes_of_each_partition_are_read(site: Site) -> None:
    state = site.list(details=True)
    assert {name: len(nodes) for name, nodes in state.partition_nodes.items()} == {
        name: partition.nodes.total for name, partition in by_name(state).items()
    }
    assert state.partition_nodes["down"] == {NODES["down"]}
    [chosen] = site.list("hidden", details=True).partition_nodes.values()
    assert chosen == {NODES["allocated"]}


def test_a_drain_reason_has_the_partitions_of_its_nodes(detailed: Details) -> None:
    [fan] = [one for one in detailed.drain_reasons if one.reason == "fan"]
    assert fan.partitions == {"down", "everything"}


def test_nodes_that_are_down_count_once_with_the_time_since_when(site: Site) -> None:
    state = site.list(degraded_below=100)
    assert sum(nodes for _, nodes in state.out_since) == state.nodes.down - 1  # not responding has no reason
    assert all(
        timedelta() <= datetime.now(UTC) - since < timedelta(minutes=5) for since, _ in state.out_since
    )
    [(_, nodes)] = site.list("down", degraded_below=100).out_since
    assert nodes == 1


@pytest.mark.parametrize(
    "text", ["n[01-10,15],gpu[1-2]n[1-4],login1", "n[99-101]", "n[001-2]", "n[1-2][3-4]", "a1,b-2.c,n[7]"]
)
def test_a_list_of_nodes_stands_for_the_names_that_slurm_prints(site: Site, text: str) -> None:
    assert expand(text) == frozenset(site.slurm.scontrol("show", "hostnames", text).split())


# A cluster that is powered down


def test_a_powered_down_cloud_cluster_is_online(account: Account) -> None:
    with public_directory() as directory:
        slurm = Slurm(
            directory,
            node_count=1,
            partitions=[
                slurm_configuration.Partition(name="cloud", nodes="c[1-4]", default=True),
                slurm_configuration.Partition(name="boot", nodes="n1"),
            ],
            extra_configuration=[*POWER_SAVING, "NodeName=c[1-4] CPUs=4 State=CLOUD"],
        )
        with slurm, OpenSSH(directory, account, set_env=slurm.environment) as openssh:
            slurm.scontrol("update", "partitionname=boot", "hidden=yes")
            state = Site(slurm, openssh).list(details=True)
    assert list(by_name(state)) == ["cloud"]
    assert state.nodes.total == state.nodes.powered_down  # Slurm 22.05 lists none of them, 24.11 all
    criteria = Criteria(at=datetime.now(UTC), degraded_below=50, confirm_after=2)
    verdict = judge(ProbeResult(outcome=state, logged_in=True), KnownServer(), criteria)
    assert (verdict.status, verdict.cause) == (Status.ONLINE, None)
