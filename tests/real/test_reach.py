"""Firewalls, addresses and host keys between polls: what is confirmed, and that each remedy works."""

import contextlib
import re
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence

import pytest

from cluster_status.domain.status.cause import Cause
from tests.contract.ssh_probe import new_probe, run_probe
from tests.real.monitor import Run
from tests.real.scenario import NAME, Accounts, Scenario, new_scenario
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.namespace import Namespace
from tests.servers.openssh import OpenSSH

FIRST_ADDRESS = "127.0.0.1"  # the one that a resolver returns first
REJECT = ("-j", "REJECT", "--reject-with")
KEY_LINE = re.compile(r"the line for cluster-host-key is: (\[\S+ \S+ [\w+/=]+)")


@pytest.fixture
def network() -> Iterator[Namespace]:
    with Namespace() as made:
        yield made


@pytest.fixture
def accounts(account: Account) -> Accounts:
    return Accounts(account, account, account)


@pytest.fixture
def scenario(accounts: Accounts) -> Iterator[Scenario]:
    with new_scenario(accounts, isolated=False, sshd=(), host_keys=("ed25519", "rsa")) as made:
        yield made


@pytest.fixture
def behind_a_firewall(accounts: Accounts) -> Iterator[Scenario]:
    with new_scenario(accounts, isolated=True, sshd=(), host_keys=("ed25519",)) as made:
        yield made


def poll(scenario: Scenario, **changes: str) -> Run:
    return scenario.monitor.poll(
        **{name.replace("-", "_"): value for name, value in scenario.inputs.items()} | changes
    )


# The origin of a refusal


@pytest.mark.namespaces
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("icmp-port-unreachable", Cause.UNREACHABLE),
        ("icmp-proto-unreachable", Cause.UNREACHABLE),
        ("icmp-host-unreachable", Cause.UNREACHABLE),
        ("icmp-net-unreachable", Cause.UNREACHABLE),
        ("icmp-host-prohibited", Cause.UNREACHABLE),
        ("icmp-net-prohibited", Cause.UNREACHABLE),
        ("icmp-admin-prohibited", Cause.UNREACHABLE),
        ("tcp-reset", Cause.REFUSED),
    ],
)
def test_only_a_reset_is_a_refusal_by_the_host(network: Namespace, answer: str, cause: Cause) -> None:
    network.firewall("-p", "tcp", "--dport", "22", *REJECT, answer)
    with network.inside(), new_probe(22, host="127.0.0.1") as probe:
        assert run_probe(probe).cause is cause


@pytest.mark.namespaces
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("icmp6-port-unreachable", Cause.UNREACHABLE),
        ("icmp6-no-route", Cause.UNREACHABLE),
        ("icmp6-adm-prohibited", Cause.UNREACHABLE),
        ("icmp6-addr-unreachable", Cause.UNREACHABLE),
        ("tcp-reset", Cause.REFUSED),
    ],
)
def test_only_a_reset_is_a_refusal_by_the_host_over_ipv6(
    network: Namespace, answer: str, cause: Cause
) -> None:
    network.firewall_of_ipv6("-p", "tcp", "--dport", "22", *REJECT, answer)
    with network.inside(), new_probe(22, host="::1") as probe:
        probed = run_probe(probe)
    assert probed.cause is cause
    assert not probed.failure.of_runner


@pytest.mark.namespaces
def test_a_closed_port_without_a_firewall_is_a_refusal_by_the_host(network: Namespace) -> None:
    for host in ("127.0.0.1", "::1"):
        with network.inside(), new_probe(22, host=host) as probe:
            assert run_probe(probe).cause is Cause.REFUSED


@pytest.mark.namespaces
def test_a_ban_of_one_runner_by_fail2ban_sends_no_message(behind_a_firewall: Scenario) -> None:
    scenario = behind_a_firewall
    port = str(scenario.openssh.port)
    poll(scenario)
    scenario.network.firewall("-p", "tcp", "--dport", port, *REJECT, "icmp-port-unreachable")
    banned = poll(scenario, attempts="1")
    scenario.network.open_firewall()
    poll(scenario)
    assert (banned.exit_status, banned.outputs["cause"], banned.outputs["changed"]) == (
        0,
        "unreachable",
        "false",
    )
    assert scenario.monitor.headlines() == ["mscluster is online"]


@pytest.mark.namespaces
def test_a_refusal_by_a_firewall_in_two_polls_is_an_outage(behind_a_firewall: Scenario) -> None:
    scenario = behind_a_firewall
    port = str(scenario.openssh.port)
    poll(scenario)
    scenario.network.firewall("-p", "tcp", "--dport", port, *REJECT, "icmp-port-unreachable")
    for _ in range(2):
        poll(scenario, attempts="1")
    assert scenario.monitor.headlines() == ["mscluster is online", "mscluster is offline"]


def test_a_refusal_by_the_host_is_an_outage_at_once(scenario: Scenario) -> None:
    poll(scenario)
    scenario.openssh.stop()
    poll(scenario, attempts="1")
    assert scenario.monitor.headlines() == ["mscluster is online", "mscluster is offline"]


# The resolver

SERVER_FAILURE, NO_SUCH_NAME, REFUSED = 2, 3, 5  # of a reply (RFC 1035, 4.1.1)


@contextlib.contextmanager
def resolver(code: int) -> Iterator[str]:
    """Answer each query with this code, at the address that is returned."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            query, reply_to = self.request
            end_of_name = query.index(b"\0", 12)
            reply = (
                query[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, 0, 0, 0, 0, 0]) + query[12 : end_of_name + 5]
            )
            reply_to.sendto(reply, self.client_address)

    with socketserver.ThreadingUDPServer((FIRST_ADDRESS, 53), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            yield FIRST_ADDRESS
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.namespaces
@pytest.mark.parametrize(
    ("code", "detail", "headlines"),
    [
        (SERVER_FAILURE, "Temporary failure in name resolution", ["mscluster is online"]),
        (REFUSED, "Temporary failure in name resolution", ["mscluster is online"]),
        (NO_SUCH_NAME, "Name or service not known", ["mscluster is online", "mscluster is offline"]),
    ],
)
def test_only_a_name_that_does_not_exist_is_an_outage_at_once(
    behind_a_firewall: Scenario, code: int, detail: str, headlines: Sequence[str]
) -> None:
    scenario = behind_a_firewall
    scenario.add_host_name()
    poll(scenario)
    scenario.remove_host_name()
    with resolver(code) as address:
        scenario.use_resolver(address)
        run = poll(scenario, attempts="1")
    assert run.outputs["cause"] == "dns"
    assert f"{NAME}: {detail}" in run.log
    assert scenario.monitor.headlines() == headlines


@pytest.mark.namespaces
def test_a_resolver_that_fails_once_sends_no_message(behind_a_firewall: Scenario) -> None:
    scenario = behind_a_firewall
    scenario.add_host_name()
    poll(scenario)
    scenario.remove_host_name()  # in a network without a resolver
    failed = poll(scenario, attempts="1")
    scenario.add_host_name()
    poll(scenario)
    assert failed.outputs["cause"] == "dns"
    assert scenario.monitor.headlines() == ["mscluster is online"]


# Remedies


def line_to_pin(run: Run) -> str:
    [line] = set(KEY_LINE.findall(run.log))
    return str(line)


def assert_online(run: Run) -> None:
    assert (run.exit_status, run.outputs["status"]) == (0, "online"), run.log


def test_two_login_nodes_behind_one_address_are_both_trusted_after_a_line_is_pinned_for_each(
    scenario: Scenario,
) -> None:
    first = scenario.openssh.host_keys
    assert_online(poll(scenario, cluster_host_key=""))
    scenario.change_host_key()
    refused = poll(scenario, cluster_host_key="")
    assert (refused.exit_status, refused.outputs["cause"]) == (3, "host-key")
    [known] = re.findall(r"to (SHA256:\S+) for the remembered key", refused.log)
    pins = f"{known}\n{line_to_pin(refused)}"
    assert_online(poll(scenario, cluster_host_key=pins))
    scenario.openssh.stop()
    scenario.openssh.restore_host_keys(first)
    scenario.openssh.start()
    assert_online(poll(scenario, cluster_host_key=pins))


def test_after_the_line_of_a_changed_key_is_pinned_the_cluster_is_online(scenario: Scenario) -> None:
    assert_online(poll(scenario))
    scenario.change_host_key()
    run = poll(scenario)
    assert run.outputs["cause"] == "host-key"
    assert_online(poll(scenario, cluster_host_key=line_to_pin(run)))


@pytest.mark.parametrize("pinned", ["RSA", "remembered"])
def test_after_the_line_of_a_key_of_another_type_is_pinned_the_cluster_is_online(
    scenario: Scenario, pinned: str
) -> None:
    pins = scenario.openssh.known_hosts_lines[1] if pinned == "RSA" else ""
    assert_online(poll(scenario, cluster_host_key=pins))
    scenario.offer_host_keys("ed25519" if pinned == "RSA" else "rsa")
    run = poll(scenario, cluster_host_key=pins)
    assert run.outputs["cause"] == "host-key", run.log
    assert_online(poll(scenario, cluster_host_key=line_to_pin(run)))


@pytest.mark.parametrize(
    "names",
    [
        "login2.cluster.example",
        "*,!{name}",
        "!{host},*",
        "[{host}]:22",
        "10.0.0.1,login",
        "|1|c2FsdA==|aGFzaA==",
    ],
)
def test_after_the_line_for_this_server_is_pinned_the_cluster_is_online(
    scenario: Scenario, names: str
) -> None:
    name, key = scenario.openssh.known_hosts_line.split(" ", 1)
    other = f"{names.format(name=name, host=scenario.openssh.host)} {key}"
    run = poll(scenario, cluster_host_key=other)
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "host-key"), run.log
    assert scenario.openssh.offered_credentials() == ()
    assert_online(poll(scenario, cluster_host_key=f"{other}\n{line_to_pin(run)}"))


@pytest.mark.namespaces
def test_after_a_line_is_added_for_a_skipped_address_it_is_used(scenario: Scenario) -> None:
    scenario.move_sshd()
    another = scenario.add_login_node(FIRST_ADDRESS)
    scenario.add_host_name(FIRST_ADDRESS, scenario.openssh.host)
    run = poll(scenario)
    assert_online(run)
    assert another.offered_credentials() == ()
    pins = f"{scenario.inputs['cluster-host-key']}\n{line_to_pin(run)}"
    scenario.inputs["cluster-host-key"] = pins
    run = poll(scenario)
    assert_online(run)
    assert "was skipped" not in run.log
    assert [offer.accepted for offer in another.offered_credentials()] == [True]


@pytest.mark.namespaces
@pytest.mark.parametrize("addresses", [["2001:db8::1"], ["2001:db8::1", "2001:db8::2"]])
def test_a_runner_without_ipv6_can_poll_a_host_after_it_has_an_ipv4_address(
    behind_a_firewall: Scenario, addresses: Sequence[str]
) -> None:
    scenario = behind_a_firewall
    scenario.add_host_name()
    assert_online(poll(scenario))
    scenario.add_host_name(*addresses)
    run = poll(scenario, attempts="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "unreachable"), run.log
    assert_online(poll(scenario, cluster_host=scenario.openssh.host, cluster_host_key=key_alone(scenario)))


def key_alone(scenario: Scenario) -> str:
    return scenario.openssh.known_hosts_line.split(" ", 1)[1]


def test_each_host_key_of_a_server_can_be_pinned(scenario: Scenario) -> None:
    for line in scenario.openssh.known_hosts_lines:
        assert_online(poll(scenario, cluster_host_key=line))


# A jump host


@pytest.fixture
def jump(scenario: Scenario) -> OpenSSH:
    """Return a jump host at the second address of its name; both have the same port."""
    made = scenario.use_a_jump_host()
    made.stop()
    made.listen_at("127.0.0.2")
    made.start()
    scenario.resolve_name(FIRST_ADDRESS, made.host)
    scenario.inputs["cluster-jump"] = f"{made.user}@{NAME}:{made.port}"
    key = made.known_hosts_line.split(" ", 1)[1]
    pin = f"[{NAME}]:{made.port} {key}"
    scenario.inputs["cluster-host-key"] = f"{scenario.openssh.known_hosts_line}\n{pin}"
    return made


@pytest.mark.namespaces
def test_a_jump_host_whose_first_address_is_silent_is_reached_at_the_next_one(
    scenario: Scenario, jump: OpenSSH
) -> None:
    with socket.create_server((FIRST_ADDRESS, jump.port)):
        run = poll(scenario, cluster_connect_timeout="2")
    assert_online(run)
    assert f"::notice::1 of 2 addresses of {NAME} failed: the server accepted" in run.log


@pytest.mark.namespaces
def test_an_address_of_a_jump_host_with_another_key_is_skipped(scenario: Scenario, jump: OpenSSH) -> None:
    with public_directory() as directory, OpenSSH(directory, jump.account, port_number=jump.port) as stranger:
        run = poll(scenario)
        assert_online(run)
        assert stranger.offered_credentials() == ()
    assert f"::warning::An address of {NAME} was skipped: the server's key is ssh-ed25519 " in run.log


@pytest.mark.namespaces
def test_a_jump_host_that_works_at_no_address_is_the_cause(scenario: Scenario, jump: OpenSSH) -> None:
    jump.stop()
    with socket.create_server((FIRST_ADDRESS, jump.port)):
        run = poll(scenario, cluster_connect_timeout="1", attempts="1")
    assert (run.outputs["status"], run.outputs["cause"]) == ("unknown", "jump-host")
    assert f"jump host {NAME}: connection refused" in run.log
    assert f"::notice::2 of 2 addresses of {NAME} failed: " in run.log
