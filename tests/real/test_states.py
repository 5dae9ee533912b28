"""Every state of nodes and partitions that a real Slurm can be brought into, as one look sees them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import asdict

from cluster_status.adapters.ssh.probe import SshProbe, Target
from cluster_status.domain.cause import Cause, Status
from cluster_status.domain.cluster import Details, Gpus, Listing, Partition
from cluster_status.domain.host_key import Pins
from cluster_status.domain.interest import Interest
from cluster_status.domain.secret import Secret
from cluster_status.domain.sighting import Obstacle, Recollection, Sighting
from cluster_status.domain.verdict import Knowledge, judge
from tests.servers import slurm_configuration
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

# what a partition's nodes are brought into, as sinfo words it, and where each of them belongs
STATES = {
    "idle": ("idle", {"free": 1}),
    "mixed": ("mixed", {"busy": 1}),
    "allocated": ("allocated", {"busy": 1}),
    "draining": ("draining", {"draining": 1}),
    "drained": ("drained", {"unavailable": 1}),
    "failing": ("fail", {"unavailable": 1}),
    "broken": ("down", {"unavailable": 1}),
    "silent": ("idle*", {"unavailable": 1}),
    "asleep": ("idle~", {"power_saved": 1}),
    "planned": ("planned", {"busy": 1, "held": 1}),
    "reserved": ("reserved", {"held": 1}),
    "maint": ("maint", {"maintenance": 1}),
    "mending": ("drained$", {"maintenance": 1}),
    "repair": ("down$", {"maintenance": 1}),
}
NODES = {name: f"n{number}" for number, name in enumerate(STATES, start=1)}
SPARE = f"n{len(STATES) + 1}"  # the second node of "planned"
AVAILABILITIES = {"shut": "down", "closing": "drain", "retired": "inactive"}
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
    """A cluster of its own, and what an account sees of it over SSH."""

    def __init__(self, slurm: Slurm, openssh: OpenSSH) -> None:
        self.slurm = slurm
        self._openssh = openssh

    def see(self, **interest: object) -> Listing | Obstacle:
        target = Target(
            host=self._openssh.host,
            port=self._openssh.port,
            user=self._openssh.user,
            password=Secret(self._openssh.password),
            pins=Pins.parse(self._openssh.known_hosts_line),
            connect_timeout_seconds=10,
            command_timeout_seconds=10,
            interest=Interest(**interest),  # type: ignore[arg-type]
        )
        with closing(SshProbe(target)) as probe:
            return probe.look(Recollection, seconds=30).seen

    def list(self, **interest: object) -> Listing:
        seen = self.see(**interest)
        assert isinstance(seen, Listing), seen
        return seen


@pytest.fixture(scope="module")
def site(account: Account) -> Iterator[Site]:
    """Have one node in each state, and a partition for each."""
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
        bring_about(slurm, account.name)
        yield Site(slurm, openssh)


def bring_about(slurm: Slurm, user: str) -> None:
    """Bring each node into its state; return when all are there."""

    def update(name: str, state: str, reason: str = "tried out") -> None:
        slurm.scontrol("update", f"nodename={NODES[name]}", f"state={state}", f"reason={reason}")

    def reserve(names: list[str], flags: str, *times: str) -> None:
        nodes = f"nodes={','.join(NODES[name] for name in names)}"
        slurm.scontrol("create", "reservation", *times, "user=root", nodes, f"flags={flags}")

    now, tomorrow = ("starttime=now", "duration=60"), ("starttime=now+20hours", "duration=120")
    reserve(["maint", "mending", "repair"], "maint,ignore_jobs", *now)
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
    update("mending", "drain")
    update("failing", "fail")
    update("broken", "down", "fan")
    update("repair", "down")
    update("asleep", "power_down")
    slurm.nodes[NODES["silent"]].kill()
    slurm.scontrol("update", f"nodename={NODES['silent']}", "state=noresp")
    expected = {NODES[name]: word for name, (word, _) in STATES.items()}
    slurm.wait_for(lambda: slurm.node_states() == expected | {SPARE: "allocated"}, timeout_seconds=60)


@pytest.fixture(scope="module")
def seen(site: Site) -> Listing:
    return site.list()


@pytest.fixture(scope="module")
def detailed(site: Site) -> Details:
    details = site.list(details=True).details
    assert details
    return details


def buckets(partition: Partition) -> dict[str, int]:
    return {name: number for name, number in asdict(partition.nodes).items() if number and name != "total"}


def by_name(listing: Listing) -> dict[str, Partition]:
    return {partition.name: partition for partition in listing.partitions}


@pytest.mark.parametrize("name", STATES)
def test_a_node_in_this_state_counts_where_it_belongs(seen: Listing, name: str) -> None:
    assert buckets(by_name(seen)[name]) == STATES[name][1]


def test_no_state_is_unheard_of_and_each_node_counts_once(seen: Listing) -> None:
    assert seen.unrecognised == ()
    assert seen.nodes == by_name(seen)["everything"].nodes
    assert seen.nodes.total == len(STATES) + 1


@pytest.mark.parametrize("name", AVAILABILITIES)
def test_a_partition_that_is_not_up_says_what_it_is(seen: Listing, name: str) -> None:
    assert by_name(seen)[name].availability == AVAILABILITIES[name]
    assert buckets(by_name(seen)[name]) == {"free": 1}


def test_without_being_asked_for_a_hidden_partition_is_not_shown(seen: Listing) -> None:
    assert "hidden" not in by_name(seen)


# Chosen partitions


def test_a_pattern_chooses_partitions_and_their_nodes_count_once(site: Site) -> None:
    listing = site.list(patterns=("idle", "m*", "shut", "hidden"))
    assert list(by_name(listing)) == ["idle", "mixed", "maint", "mending", "shut", "hidden"]
    assert listing.nodes.total == 5  # shut has the node of idle
    assert (listing.named, listing.unmatched) == (("idle", "shut", "hidden"), ())


def test_what_a_pattern_does_not_choose_is_told(site: Site) -> None:
    assert site.list(patterns=("idle", "gpu*", "fat")).unmatched == ("gpu*", "fat")


def test_patterns_that_choose_nothing_at_all_are_no_outage(site: Site) -> None:
    nothing = site.see(patterns=("gpu*",))
    assert isinstance(nothing, Obstacle)
    assert nothing.cause is Cause.NO_SUCH_PARTITION
    assert nothing.detail.startswith("'gpu*' chooses none of the partitions: idle, mixed, ")


def test_chosen_partitions_have_only_their_own_details(site: Site) -> None:
    details = site.list(patterns=("broken", "mixed"), details=True).details
    assert details
    assert [one.reason for one in details.drain_reasons] == ["fan"]
    assert set(details.gpus) == {"broken", "mixed"}


# Details


def test_gpus_are_free_where_a_new_job_could_have_them(detailed: Details) -> None:
    free = {name: types[0].free for name, types in detailed.gpus.items()}
    expected = dict.fromkeys(STATES, 0) | {"idle": 2, "mixed": 1, "asleep": 2}
    assert {name: free[name] for name in STATES} == expected
    assert detailed.gpus["everything"] == (Gpus("a100", 2 * len(STATES) + 2, 5),)


def test_an_odd_reason_is_one_clean_line_and_forges_nothing(detailed: Details) -> None:
    [odd] = [one for one in detailed.drain_reasons if one.reason.startswith("disk")]
    assert odd.reason == "disk | full PARTITION*|up|infinite|99|idle [31mred [0m \ufffd über"
    assert (odd.nodes, odd.node_names, odd.set_by) == (1, "", "")
    assert odd.since
    assert timedelta() <= datetime.now(UTC) - odd.since < timedelta(minutes=3)


def test_reasons_come_newest_first(detailed: Details) -> None:
    instants = [one.since for one in detailed.drain_reasons if one.since]
    assert len(instants) == len(detailed.drain_reasons) >= 3
    assert instants == sorted(instants, reverse=True)


def test_names_of_nodes_and_users_come_where_they_are_asked_for(site: Site) -> None:
    details = site.list(details=True, node_names=True).details
    assert details
    [fan] = [one for one in details.drain_reasons if one.reason == "fan"]
    assert (fan.node_names, fan.set_by) == (NODES["broken"], "root")


def test_maintenance_is_listed_now_and_coming_and_other_reservations_are_not(detailed: Details) -> None:
    now, tomorrow = detailed.reservations
    at = datetime.now(UTC)
    assert now.begin <= at < now.end
    assert now.nodes == 3
    assert timedelta(hours=19) < tomorrow.begin - at < timedelta(hours=21)
    assert (tomorrow.end - tomorrow.begin, tomorrow.nodes) == (timedelta(hours=2), 2)


# A cluster that is all asleep


def test_an_empty_cloud_is_online(account: Account) -> None:
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
            seen = Site(slurm, openssh).list(details=True)
    assert list(by_name(seen)) == ["cloud"]
    assert seen.nodes.total == seen.nodes.power_saved  # Slurm 22.05 lists none of them, and 24.11 all
    verdict = judge(Sighting(seen=seen, logged_in=True), Knowledge(), degraded_below=50)
    assert (verdict.status, verdict.cause) == (Status.ONLINE, None)
