"""Each remedy on a real server: what makes the log show it, and what follows it. One row per remedy."""

import contextlib
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from cluster_status.domain.status.cause import Cause
from cluster_status.errors import ExitStatus
from tests.fakes.ssh import BANNER, LoopbackServer, raw
from tests.real import faults
from tests.real.monitor import Run
from tests.real.scenario import NAME, Scenario
from tests.servers import pam, program
from tests.servers.account import Account
from tests.servers.dropbear import Dropbear
from tests.servers.key import KeyPair, new_key

Follow = Callable[[Run], object]
"""Does what the remedy in the log of a run says."""

_OUTSIDE = "192.0.2.1"  # an address outside of a firewall
_IPV6 = "2001:db8::1"
_NEW_PASSWORD = "Changed-by-the-user-1"
_KEY_LINE = re.compile(r"(?:cluster-host-key(?: is| to|)|this line, in quotes): (\[\S+ \S+ [\w+/=]+)")
_ENABLE = re.compile(r"which the action offers: \S+, (\S+), ")
_ONLY_INTERACTIVE = "case $- in *i*) {line};; esac"
_LIST_NOTHING = "case $* in *%P*) echo 'debug*|up|1-00:00:00|0|n/a';; *) echo '0|n/a';; esac"
_PROMPTS = ("KbdInteractiveAuthentication yes", "PasswordAuthentication no")


@dataclass(frozen=True)
class Remedy:
    """`fault` leads to the cause, and returns what follows the remedy."""

    cause: Cause | None
    text: str  # in the log
    description: str
    fault: Callable[[Scenario], Follow]
    _: KW_ONLY
    online_before: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)  # of both polls
    isolated: bool = False  # in a network of its own
    own_hosts_file: bool = False
    exit_status: int = ExitStatus.OK  # of the poll after
    sshd: Sequence[str] = ()
    pam: Sequence[str] = ()

    @property
    def name(self) -> str:
        return f"{self.cause or 'no cause'}: {self.description}"

    @property
    def makes_namespaces(self) -> bool:
        return self.isolated or self.own_hosts_file


def wrong_inputs(**inputs: str) -> Callable[[Scenario], Follow]:
    """Set inputs, and remove them again; "{user}" and "{host}" are those of sshd."""

    def fault(scenario: Scenario) -> Follow:
        known = {"user": scenario.openssh.user, "host": scenario.openssh.host}
        wrong = {name.replace("_", "-"): value.format(**known) for name, value in inputs.items()}
        scenario.inputs |= wrong
        return lambda _: [scenario.inputs.pop(name) for name in wrong]

    return fault


def set_inputs(scenario: Scenario, **inputs: str) -> Follow:
    right = {name.replace("_", "-"): value for name, value in inputs.items()}
    return lambda _: scenario.inputs.update(right)


# The connection


def lose_the_resolver(scenario: Scenario) -> Follow:
    scenario.add_host_name()
    scenario.remove_host_name()
    return lambda _: scenario.add_host_name()


def block_runners_outside(*verdict: str) -> Callable[[Scenario], Follow]:
    def fault(scenario: Scenario) -> Follow:
        ssh = ("-p", "tcp", "--dport", str(scenario.openssh.port))
        scenario.network.firewall("-s", _OUTSIDE, *ssh, "-j", *verdict)
        outside = contextlib.ExitStack()
        scenario.running.enter_context(outside)
        outside.enter_context(scenario.network.connecting_from(_OUTSIDE))
        return lambda _: outside.close()

    return fault


def use_the_port_of_a_web_server(scenario: Scenario) -> Follow:
    server = LoopbackServer(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    scenario.running.enter_context(server)
    scenario.inputs["cluster-port"] = str(server.port)
    return lambda _: scenario.inputs.pop("cluster-port")


def lose_the_network_of_the_runner(scenario: Scenario) -> Follow:
    scenario.network.take_down()
    return lambda _: scenario.network.bring_up()


def have_no_ipv6(scenario: Scenario) -> Follow:
    scenario.add_host_name(_IPV6)

    def get_ipv6(_: Run) -> None:
        scenario.network.add_address(_IPV6)
        scenario.openssh.stop()
        scenario.openssh.listen_at(_IPV6)
        scenario.openssh.start()

    return get_ipv6


def have_no_ipv6_but_a_jump_host(scenario: Scenario) -> Follow:
    pin = scenario.openssh.known_hosts_line.split(" ", 1)[1]
    scenario.inputs |= {"cluster-host": _IPV6, "cluster-host-key": pin}

    def use_a_jump_host(_: Run) -> None:
        jump = scenario.use_a_jump_host()
        scenario.inputs["cluster-host-key"] = f"{pin}\n{jump.known_hosts_line}"
        scenario.network.add_address(_IPV6)
        scenario.openssh.stop()
        scenario.openssh.listen_at(_IPV6)
        scenario.openssh.start()

    return use_a_jump_host


# The jump host


def name_another_port_of_the_jump_host(scenario: Scenario) -> Follow:
    scenario.use_a_jump_host()
    right = scenario.inputs["cluster-jump"]
    scenario.inputs["cluster-jump"] = f"{right.rpartition(':')[0]}:1"
    return set_inputs(scenario, cluster_jump=right)


def forward_nothing(line: str) -> Callable[[Scenario], Follow]:
    def fault(scenario: Scenario) -> Follow:
        jump = scenario.use_a_jump_host(line)
        return lambda _: jump.reconfigure(
            f"PermitOpen {scenario.openssh.host}:{scenario.openssh.port}", "AllowTcpForwarding yes"
        )

    return fault


def name_a_host_that_the_jump_host_does_not_know(scenario: Scenario) -> Follow:
    scenario.use_a_jump_host()
    scenario.inputs["cluster-host"] = NAME
    return lambda _: scenario.inputs.pop("cluster-host")


def use_a_jump_host_that_closes_after_a_wrong_password(scenario: Scenario) -> Follow:
    jump = Dropbear(scenario.directory, scenario.accounts.account, options=("-T", "1"))
    scenario.running.enter_context(jump)
    pins = f"{scenario.openssh.known_hosts_line}\n{jump.known_hosts_line}"
    scenario.inputs |= {
        "cluster-jump": f"{jump.account.name}@{jump.host}:{jump.port}",
        "cluster-host-key": pins,
        "cluster-password": "not it",
    }
    return lambda _: scenario.inputs.pop("cluster-password")


def close_the_logins_of_the_jump_host(scenario: Scenario) -> Follow:
    jump = scenario.use_a_jump_host(pam=pam.NOLOGIN)
    scenario.poll_online()
    nologin = jump.directory / "nologin"
    nologin.write_text("Maintenance until 17:00 UTC\n", encoding="ascii")
    return lambda _: nologin.unlink()


# Host keys


def add_the_line(scenario: Scenario) -> Follow:
    """Add the line in the log to those that are pinned."""

    def follow(run: Run) -> None:
        [line] = set(_KEY_LINE.findall(run.log))
        pinned = scenario.inputs.get("cluster-host-key", "")
        scenario.inputs["cluster-host-key"] = f"{pinned}\n{line}".strip()

    return follow


def meet_another_login_node(scenario: Scenario) -> Follow:
    scenario.inputs["cluster-host-key"] = scenario.openssh.known_hosts_line
    scenario.poll_online()
    scenario.change_host_key()
    return add_the_line(scenario)


def do_not_pin_the_jump_host(scenario: Scenario) -> Follow:
    scenario.use_a_jump_host()
    scenario.inputs["cluster-host-key"] = scenario.openssh.known_hosts_line
    return add_the_line(scenario)


def do_not_pin(scenario: Scenario) -> Follow:
    scenario.inputs["cluster-host-key"] = ""
    return add_the_line(scenario)


def check_another_cluster(scenario: Scenario) -> Follow:
    scenario.change_host_key()
    return set_inputs(scenario, cluster_name="another", history_path="another.json")


def damage_the_history(scenario: Scenario) -> Follow:
    scenario.inputs["cluster-host-key"] = ""
    scenario.poll_online()
    faults.damage_the_history(scenario)
    return lambda _: scenario.monitor.history_file.unlink()


def pin_while_the_history_is_damaged(scenario: Scenario) -> Follow:
    damage_the_history(scenario)
    return add_the_line(scenario)


# Algorithms


def support_only(line: str, option: str) -> Callable[[Scenario], Follow]:
    """Start with a line of sshd_config, and set the option to an algorithm of the remedy."""

    def fault(scenario: Scenario) -> Follow:
        scenario.openssh.reconfigure(line)

        def enable(run: Run) -> None:
            [name] = _ENABLE.findall(run.log)
            scenario.openssh.reconfigure(f"{option} {name}")

        return enable

    return fault


def damage_the_handshake(scenario: Scenario) -> Follow:
    scenario.openssh.stop()
    server = contextlib.ExitStack()
    scenario.running.enter_context(server)
    long_packet = (faults.GIGABYTE + 4).to_bytes(4, "big") + bytes(64)
    server.enter_context(LoopbackServer(raw(BANNER + long_packet), scenario.openssh.port))

    def end_the_fault(_: Run) -> None:
        server.close()
        scenario.openssh.start()

    return end_the_fault


# The login


def offer_a_key_that_is_not_authorized(scenario: Scenario) -> Callable[[], None]:
    account, key = scenario.use_a_new_account(), new_key(scenario.directory)
    scenario.inputs |= {"cluster-password": "", "cluster-key": key.private}
    return lambda: account.authorize(key.public)


def authorize_the_key_and_wait(scenario: Scenario) -> Follow:
    authorize = offer_a_key_that_is_not_authorized(scenario)

    def follow(_: Run) -> None:
        authorize()
        scenario.pass_an_hour()

    return follow


def authorize_the_key_and_check(scenario: Scenario) -> Follow:
    authorize = offer_a_key_that_is_not_authorized(scenario)

    def follow(_: Run) -> None:
        authorize()
        scenario.inputs["command"] = "check"

    return follow


def offer_a_password_where_only_keys_are_accepted(scenario: Scenario) -> Follow:
    account, key = scenario.use_a_new_account(), new_key(scenario.directory)
    account.authorize(key.public)
    return set_inputs(scenario, cluster_key=key.private)


def let_the_password_expire(scenario: Scenario) -> Follow:
    account = scenario.use_a_new_account()
    account.expire_password()

    def change_it(_: Run) -> None:
        account.change_password(_NEW_PASSWORD)
        scenario.inputs["cluster-password"] = _NEW_PASSWORD

    return change_it


def while_file_exists(name: str) -> Callable[[Scenario], Follow]:
    """Create a file for which PAM or sshd has a rule, and delete it."""

    def fault(scenario: Scenario) -> Follow:
        (scenario.directory / name).touch()
        return lambda _: (scenario.directory / name).unlink()

    return fault


def use_a_server_that_closes_after_a_wrong_password(scenario: Scenario) -> Follow:
    dropbear = Dropbear(scenario.directory, scenario.accounts.account, options=("-T", "1"))
    scenario.running.enter_context(dropbear)
    scenario.inputs |= {"cluster-port": str(dropbear.port), "cluster-host-key": "", "scheduler": "none"}
    scenario.inputs["cluster-password"] = "not it"
    return lambda _: scenario.inputs.pop("cluster-password")


def close_the_logins(scenario: Scenario) -> Follow:
    faults.close_the_logins("Maintenance until 17:00 UTC")(scenario)
    return lambda _: (scenario.directory / "nologin").unlink()


def offer_three_passwords_without_a_reply(scenario: Scenario) -> Follow:
    (scenario.directory / "closed").touch()
    for _ in range(3):
        scenario.poll_before()
    (scenario.directory / "closed").unlink()
    return lambda _: scenario.pass_an_hour()


# The login shell


def run_in_the_login_script(line: str) -> Callable[[Scenario], Follow]:
    """Run a line in each shell, and then only in interactive ones."""

    def fault(scenario: Scenario) -> Follow:
        login_script = scenario.use_a_new_account().home / ".bashrc"
        scenario.poll_online()
        login_script.write_text(f"{line}\n", encoding="ascii")
        interactive = _ONLY_INTERACTIVE.format(line=line)
        return lambda _: login_script.write_text(f"{interactive}\n", encoding="ascii")

    return fault


def lose_the_file_server(scenario: Scenario) -> Follow:
    """Let sshd hang while it reads the keys of the account."""
    key = new_key(scenario.directory)
    scenario.inputs |= {"cluster-password": "", "cluster-key": key.private}
    keys = scenario.directory / "keys"
    keys.write_text(f"{key.public}\n", encoding="ascii")
    scenario.poll_online()
    return while_file_exists("hangs")(scenario)


def change_the_login_shell(scenario: Scenario) -> Follow:
    account = scenario.use_a_new_account("nologin")
    return lambda _: account.change_shell(str(program.find("bash")))


def force_a_command(scenario: Scenario) -> Follow:
    account, key = scenario.use_a_new_account(), new_key(scenario.directory)
    account.authorize(f'command="exit 1" {key.public}')
    scenario.inputs |= {"cluster-password": "", "cluster-key": key.private}
    assert ssh_true(scenario, account, key) != 0

    def remove_it(_: Run) -> None:
        account.authorize(key.public)
        assert ssh_true(scenario, account, key) == 0

    return remove_it


def ssh_true(scenario: Scenario, account: Account, key: KeyPair) -> int:
    """Return the exit status of `ssh USER@HOST true`."""
    file = next(path for path in scenario.directory.glob("key_*") if path.read_text("ascii") == key.private)
    options = ("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
    server = ("-p", str(scenario.openssh.port), f"{account.name}@{scenario.openssh.host}")
    command: list[str | Path] = [program.find("ssh"), *options, "-i", file, *server, "true"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode


def allow_only_sftp(scenario: Scenario) -> Follow:
    scenario.openssh.reconfigure("ForceCommand internal-sftp")
    return lambda _: scenario.openssh.reconfigure()


# sinfo and Slurm


def with_sinfo(change: Callable[[Scenario], object]) -> Callable[[Scenario], Follow]:
    """Change sinfo, and restore it."""

    def fault(scenario: Scenario) -> Follow:
        change(scenario)
        return lambda _: scenario.restore_sinfo()

    return fault


def remove_sinfo_and_accept_it(scenario: Scenario) -> Follow:
    scenario.remove_sinfo()
    return set_inputs(scenario, scheduler="none")


def slow_down_sinfo(scenario: Scenario) -> Follow:
    scenario.replace_sinfo(
        "sleep 2", "case $* in *%P*) echo 'debug*|up|1:00|8|idle';; *) echo '8|idle';; esac"
    )
    scenario.inputs["cluster-command-timeout"] = "1"
    return set_inputs(scenario, cluster_command_timeout="20")


def change_slurm_conf(begin: str, wrong: str) -> Callable[[Scenario], Follow]:
    """Replace the line that begins so, in the configuration that sinfo reads, and restore it."""

    def fault(scenario: Scenario) -> Follow:
        slurm = scenario.start_slurm()
        scenario.poll_online()
        configuration = Path(slurm.environment["SLURM_CONF"])
        right = configuration.read_text(encoding="utf-8")
        slurm.change_configuration(begin, wrong)
        return lambda _: configuration.write_text(right, encoding="utf-8")

    return fault


def change_the_munge_key(scenario: Scenario) -> Follow:
    slurm, other = scenario.start_slurm(), scenario.start_slurm(with_nodes=False)
    scenario.query(slurm)
    scenario.poll_online()
    right = f"AuthInfo=socket={slurm.munge_socket}"
    slurm.change_configuration("AuthInfo=", f"AuthInfo=socket={other.munge_socket}")
    return lambda _: slurm.change_configuration("AuthInfo=", right)


def stop_munged(scenario: Scenario) -> Follow:
    slurm = scenario.start_slurm()
    scenario.poll_online()
    slurm.munge.stop()
    return lambda _: slurm.reset()


def start_a_controller_without_nodes(scenario: Scenario) -> Follow:
    slurm = scenario.start_slurm(with_nodes=False)
    return lambda _: slurm.start_nodes()


def hide_by_group(scenario: Scenario) -> Follow:
    slurm = scenario.start_slurm()
    scenario.poll_online()
    for name in ("debug", "short"):
        slurm.scontrol("update", f"partitionname={name}", "AllowGroups=root")

    def restore_the_group(_: Run) -> None:
        for name in ("debug", "short"):
            slurm.scontrol("update", f"partitionname={name}", "AllowGroups=ALL")

    return restore_the_group


def misspell_a_partition(scenario: Scenario) -> Follow:
    scenario.start_slurm()
    scenario.inputs["partitions"] = "debgu"
    return set_inputs(scenario, partitions="debug")


def select_one_that_exists(scenario: Scenario) -> Follow:
    scenario.inputs["partitions"] = "debug,elsewhere"
    return set_inputs(scenario, partitions="debug")


def select_a_partition_of_another_cluster(scenario: Scenario) -> Follow:
    scenario.replace_sinfo(
        "case $* in *'-M beta'*) name=gpu;; *) name=debug;; esac",
        'case $* in *%P*) echo "$name*|up|1:00|8|idle";; *) echo "8|idle";; esac',
    )
    scenario.inputs["partitions"] = "gpu"
    return set_inputs(scenario, slurm_cluster="beta")


def hide_partitions_from_users(scenario: Scenario) -> Follow:
    slurm = scenario.start_slurm()
    slurm.change_configuration("ReturnToService=", "ReturnToService=2\nPrivateData=partitions")
    slurm.scontrol("reconfigure")

    def allow_the_account(_: Run) -> None:
        slurm.change_configuration("PrivateData=", "PrivateData=none")
        slurm.scontrol("reconfigure")
        slurm.start_nodes()

    return allow_the_account


def scale_to_zero_three_times(scenario: Scenario) -> Follow:
    """End the third period without nodes, and begin a fourth one."""
    for _ in range(2):
        scenario.poll_online()
        scenario.replace_sinfo(_LIST_NOTHING)
        scenario.poll_before()
        scenario.restore_sinfo()
    scenario.poll_online()
    scenario.replace_sinfo(_LIST_NOTHING)

    def scale_up_and_down(_: Run) -> None:
        scenario.restore_sinfo()
        scenario.poll_online()
        scenario.replace_sinfo(_LIST_NOTHING)

    return scale_up_and_down


_CHECK_JUMP = "Check cluster-jump. The jump host must allow forwarding to cluster-host."
_FIREWALL = "a firewall may block GitHub's runners: use a self-hosted runner inside it."
_CHECK_LOGIN = "Check cluster-user and cluster-password"
_CHECK_ALGORITHMS = "Ask the administrators to enable one of these"
_ONE_SECOND = {"cluster-connect-timeout": "1"}
_TWO_SECONDS = {"cluster-command-timeout": "2"}
_CLOSED = "account required pam_exec.so quiet /usr/bin/test ! -e {directory}/closed"
_KEYS_COMMAND = (
    'AuthorizedKeysCommand /bin/sh -c "test ! -e {directory}/hangs || sleep 3; cat {directory}/keys"',
    "AuthorizedKeysCommandUser root",
)

REMEDIES = (
    # the connection
    Remedy(
        Cause.DNS,
        "Check the spelling of cluster-host.",
        "the spelling is corrected",
        wrong_inputs(cluster_host=NAME),
    ),
    Remedy(
        Cause.DNS,
        "check the DNS settings of the runner and the DNS servers of the cluster.",
        "the runner resolves names",
        lose_the_resolver,
        isolated=True,
        own_hosts_file=True,
    ),
    Remedy(
        Cause.REFUSED,
        "Check cluster-host and cluster-port.",
        "cluster-port is corrected",
        wrong_inputs(cluster_port="1"),
    ),
    Remedy(
        Cause.UNREACHABLE,
        _FIREWALL,
        "the runner is inside the firewall",
        block_runners_outside("REJECT", "--reject-with", "icmp-admin-prohibited"),
        isolated=True,
    ),
    Remedy(
        Cause.TIMEOUT,
        _FIREWALL,
        "the runner is inside the firewall",
        block_runners_outside("DROP"),
        isolated=True,
        inputs=_ONE_SECOND,
    ),
    Remedy(
        Cause.DROPPED,
        "Check cluster-host and cluster-port.",
        "cluster-port is not that of a web server",
        use_the_port_of_a_web_server,
    ),
    Remedy(
        Cause.UNREACHABLE,
        "Check the network of the runner.",
        "the runner has a network",
        lose_the_network_of_the_runner,
        online_before=True,
        isolated=True,
    ),
    Remedy(
        Cause.UNREACHABLE,
        "Or use a runner that has IPv6",
        "the runner has IPv6",
        have_no_ipv6,
        isolated=True,
        own_hosts_file=True,
    ),
    Remedy(
        Cause.UNREACHABLE,
        "Set cluster-host or cluster-jump to a host with an IPv4 address.",
        "the jump host has an IPv4 address",
        have_no_ipv6_but_a_jump_host,
        isolated=True,
    ),
    # the jump host
    Remedy(Cause.JUMP_HOST, _CHECK_JUMP, "cluster-jump is corrected", name_another_port_of_the_jump_host),
    Remedy(Cause.JUMP_HOST, _CHECK_JUMP, "the jump host forwards", forward_nothing("AllowTcpForwarding no")),
    Remedy(
        Cause.JUMP_HOST,
        _CHECK_JUMP,
        "the jump host forwards to this host as well",
        forward_nothing("PermitOpen 192.0.2.1:22"),
    ),
    Remedy(
        Cause.JUMP_HOST,
        "Wait until the administrators open the logins again.",
        "the jump host opens its logins",
        close_the_logins_of_the_jump_host,
    ),
    Remedy(
        Cause.JUMP_HOST,
        "the jump host must resolve the name and reach the port.",
        "cluster-host is a name that the jump host knows",
        name_a_host_that_the_jump_host_does_not_know,
    ),
    Remedy(
        Cause.JUMP_HOST,
        "some servers close the connection after a wrong one.",
        "cluster-password is corrected where the jump host closes the connection",
        use_a_jump_host_that_closes_after_a_wrong_password,
    ),
    # host keys
    Remedy(
        Cause.HOST_KEY,
        "add the new line to cluster-host-key, and keep the others.",
        "the line of another login node is added",
        meet_another_login_node,
    ),
    Remedy(
        Cause.HOST_KEY,
        "the line for cluster-host-key is: ",
        "the line of the jump host is added",
        do_not_pin_the_jump_host,
    ),
    Remedy(
        Cause.HOST_KEY,
        "Another cluster needs its own cluster-name and history.",
        "another cluster has its own name and history",
        check_another_cluster,
        online_before=True,
        inputs={"cluster-host-key": ""},
    ),
    Remedy(
        Cause.NO_HISTORY,
        "Fix the error of the history.",
        "the damaged history is deleted",
        damage_the_history,
    ),
    Remedy(
        Cause.NO_HISTORY,
        "For a status in the meantime, verify the key, then set cluster-host-key to the line in the log.",
        "the key is pinned while the history is damaged",
        pin_while_the_history_is_damaged,
        exit_status=ExitStatus.HISTORY,
    ),
    Remedy(
        None,
        "Verify the key, then set cluster-host-key to this line, in quotes: ",
        "the key is pinned",
        do_not_pin,
    ),
    # algorithms
    Remedy(
        Cause.INCOMPATIBLE_SSH,
        _CHECK_ALGORITHMS,
        "a key exchange is enabled",
        support_only("KexAlgorithms diffie-hellman-group1-sha1", "KexAlgorithms"),
    ),
    Remedy(
        Cause.INCOMPATIBLE_SSH,
        _CHECK_ALGORITHMS,
        "a cipher is enabled",
        support_only("Ciphers aes256-cbc", "Ciphers"),
    ),
    Remedy(
        Cause.INCOMPATIBLE_SSH,
        "If a network fault damaged the connection, the next poll works.",
        "the network fault ends",
        damage_the_handshake,
    ),
    # the login
    Remedy(
        Cause.LOGIN_REFUSED,
        _CHECK_LOGIN,
        "cluster-user is corrected",
        wrong_inputs(cluster_user="jdoee"),
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        _CHECK_LOGIN,
        "cluster-password is corrected where a wrong one ends the connection",
        wrong_inputs(cluster_password="not it"),
        sshd=("MaxAuthTries 1",),
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "Remove the host name at the end of cluster-user, if it is not part of the user name.",
        "the host is removed from cluster-user",
        wrong_inputs(cluster_user="{user}@{host}"),
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "the password may have expired.",
        "the password is changed",
        let_the_password_expire,
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "change the password, and update the secret for cluster-password.",
        "the password is changed where PAM asks for a new one",
        let_the_password_expire,
        sshd=_PROMPTS,
        pam=(*pam.PASSWORD, "password required pam_unix.so"),
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "the same login is not tried again for an hour",
        "the key is authorized, and an hour passes",
        authorize_the_key_and_wait,
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "check that authorized_keys of the account contains its public key.",
        "the key is authorized, and checked without a history",
        authorize_the_key_and_check,
    ),
    Remedy(
        Cause.LOGIN_REFUSED,
        "the server accepts no password, only: publickey",
        "a key is added",
        offer_a_password_where_only_keys_are_accepted,
        sshd=("PasswordAuthentication no",),
    ),
    Remedy(
        Cause.LOGIN_HANGS,
        "ask the administrators.",
        "the administrators open the account",
        while_file_exists("closed"),
        pam=("auth required pam_unix.so", _CLOSED, "session required pam_permit.so"),
    ),
    Remedy(
        Cause.LOGIN_HANGS,
        "the action offers at most three passwords an hour without a response.",
        "an hour passes",
        offer_three_passwords_without_a_reply,
        pam=("auth required pam_unix.so", _CLOSED, "session required pam_permit.so"),
    ),
    Remedy(
        Cause.LOGIN_HANGS,
        "check cluster-password: some servers close the connection after a wrong one.",
        "cluster-password is corrected where Dropbear closes the connection",
        use_a_server_that_closes_after_a_wrong_password,
    ),
    Remedy(
        Cause.LOGINS_CLOSED,
        "Wait until the administrators open the logins again.",
        "the logins are opened",
        close_the_logins,
        online_before=True,
        pam=pam.NOLOGIN,
    ),
    # the login shell
    Remedy(
        Cause.SHELL_HANGS,
        "Skip that part in shells that are not interactive.",
        "the login script skips that part",
        run_in_the_login_script("/bin/sleep 600"),
        inputs=_TWO_SECONDS,
    ),
    Remedy(
        Cause.SHELL_HANGS,
        "ask the administrators: the file server of the home directories may be down.",
        "the file server answers",
        lose_the_file_server,
        inputs=_ONE_SECOND,
        sshd=_KEYS_COMMAND,
    ),
    Remedy(
        Cause.SHELL_FAILS,
        "Check the login shell of the account",
        "the account gets a login shell",
        change_the_login_shell,
    ),
    Remedy(
        Cause.SHELL_FAILS,
        "Run ssh USER@HOST true, which must end with exit status 0.",
        "the forced command of the key is removed",
        force_a_command,
    ),
    Remedy(
        Cause.SHELL_FAILS,
        "Run ssh USER@HOST true, which must end with exit status 0.",
        "the server allows commands",
        allow_only_sftp,
    ),
    # sinfo
    Remedy(
        Cause.NO_SCHEDULER,
        "add the directory of sinfo to PATH in the profile of cluster-user",
        "sinfo is on PATH again",
        with_sinfo(lambda scenario: scenario.remove_sinfo()),
        online_before=True,
    ),
    Remedy(
        Cause.NO_SCHEDULER,
        "To check only the login, set scheduler to none.",
        "scheduler is none",
        remove_sinfo_and_accept_it,
        online_before=True,
    ),
    Remedy(
        Cause.SCHEDULER_TIMEOUT,
        "raise cluster-command-timeout.",
        "cluster-command-timeout is raised",
        slow_down_sinfo,
    ),
    Remedy(
        Cause.SINFO_FAILED,
        "The account must be allowed to run it.",
        "the account may run sinfo",
        with_sinfo(lambda scenario: scenario.make_sinfo_not_executable()),
    ),
    Remedy(
        Cause.UNPARSABLE,
        "Log in as cluster-user and run sinfo: sinfo or a login script prints without an end.",
        "sinfo prints an end",
        with_sinfo(faults.replace_sinfo("yes more | head -c 3000000")),
    ),
    Remedy(
        Cause.UNPARSABLE,
        "If not, a wrapper of sinfo prints it",
        "the wrapper of sinfo prints nothing",
        with_sinfo(faults.replace_sinfo("echo 'Welcome to the cluster'")),
    ),
    # Slurm
    Remedy(
        Cause.SINFO_FAILED,
        "The account must be allowed to run it.",
        "the account may list partitions",
        hide_partitions_from_users,
    ),
    Remedy(
        Cause.SCHEDULER_DOWN,
        "If it fails as well, inform the administrators.",
        "the name of the controller is corrected",
        change_slurm_conf("SlurmctldHost=", "SlurmctldHost=nowhere.invalid"),
    ),
    Remedy(
        Cause.SCHEDULER_DOWN,
        "If it fails as well, inform the administrators.",
        "the error in slurm.conf is corrected",
        change_slurm_conf("ClusterName=", "ClusterName=\nNoSuchParameter=1"),
    ),
    Remedy(
        Cause.SCHEDULER_DOWN,
        "If it fails as well, inform the administrators.",
        "munged has the key of the controller",
        change_the_munge_key,
    ),
    Remedy(
        Cause.SCHEDULER_DOWN,
        "If it fails as well, inform the administrators.",
        "munged is started",
        stop_munged,
    ),
    Remedy(
        Cause.SCHEDULER_STARTING,
        "Slurm controller starting",
        "the nodes register",
        start_a_controller_without_nodes,
    ),
    Remedy(
        Cause.NO_SUCH_PARTITION,
        "Check the input partitions: the log names the partitions that Slurm lists.",
        "the name of the partition is corrected",
        misspell_a_partition,
    ),
    Remedy(
        Cause.NO_SUCH_PARTITION,
        "If they are those of another cluster, set slurm-cluster.",
        "slurm-cluster is set",
        select_a_partition_of_another_cluster,
    ),
    Remedy(
        None,
        "Partitions not found, check the input partitions: elsewhere",
        "the name of one of two partitions is removed",
        select_one_that_exists,
    ),
    Remedy(
        Cause.NO_NODES_LISTED,
        "the account may have lost its group",
        "the account has its group again",
        hide_by_group,
    ),
    Remedy(
        Cause.NO_NODES_LISTED,
        "the action treats this as usual from the fourth time.",
        "the cluster scales to zero for the fourth time",
        scale_to_zero_three_times,
    ),
    Remedy(
        None,
        "Set slurm-cluster to the name of the cluster to check.",
        "slurm-cluster is set",
        lambda scenario: set_inputs(scenario, slurm_cluster="beta"),
        sshd=("SetEnv PATH={directory}/bin SLURM_CLUSTERS=beta",),
    ),
)
