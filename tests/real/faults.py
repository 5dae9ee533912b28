"""Faults of real servers, or of a server in their place, each applied before a poll."""

import socket
import struct
from collections.abc import Callable

from cluster_status.domain.ssh.host_key import HostKey
from tests.fakes.ssh import HOST, PASSWORD, USER, LoopbackServer, ServerConnection, SshServer, ed25519
from tests.real.scenario import Scenario
from tests.servers import pam, program
from tests.servers.hanging_files import hanging_files, tmpfs

_MIG_PROFILES = ("1g.10", "1g.20", "2g.20", "3g.40", "4g.40", "7g.80")
GIGABYTE = 1_000_000_000


def no_fault(_: Scenario) -> None:
    """Change nothing."""


def delete_the_host_name(scenario: Scenario) -> None:
    scenario.add_host_name()
    scenario.poll_online()
    scenario.remove_host_name()


def drop_packets_to_the_resolver(scenario: Scenario) -> None:
    scenario.add_host_name()
    scenario.poll_online()
    scenario.remove_host_name()
    scenario.network.route_everything_to_loopback()
    scenario.network.firewall("-p", "udp", "--dport", "53", "-j", "DROP")


def fail_to_resolve(scenario: Scenario) -> None:
    """Lose the resolver: in a network without one, its address has no route."""
    scenario.add_host_name()
    scenario.poll_online()
    scenario.remove_host_name()


def have_only_ipv6(scenario: Scenario) -> None:
    scenario.add_host_name()
    scenario.poll_online()
    scenario.add_host_name("2001:db8::1")


def add_a_mute_address(scenario: Scenario) -> None:
    scenario.move_sshd()
    scenario.running.enter_context(socket.create_server((HOST, scenario.openssh.port)))
    scenario.add_host_name(HOST, scenario.openssh.host)


def add_a_login_node(scenario: Scenario) -> None:
    """Add a second sshd with a key of its own, at an address that is tried first."""
    scenario.move_sshd()
    scenario.add_login_node(HOST)
    scenario.add_host_name(HOST, scenario.openssh.host)


def pin_a_key_of_another_type(scenario: Scenario) -> None:
    [_, rsa] = scenario.openssh.known_hosts_lines
    scenario.offer_host_keys("ed25519")
    scenario.inputs["cluster-host-key"] = rsa


def pin_another_host_name(scenario: Scenario) -> None:
    _, key = scenario.openssh.known_hosts_line.split(" ", 1)
    scenario.inputs["cluster-host-key"] = f"login2.cluster.example {key}"


def pin_and_exclude_this_host(scenario: Scenario) -> None:
    name, key = scenario.openssh.known_hosts_line.split(" ", 1)
    scenario.inputs["cluster-host-key"] = f"*,!{name} {key}"


def damage_the_history(scenario: Scenario) -> None:
    scenario.monitor.history_file.write_text("{", encoding="ascii")


def stop_the_jump_host(scenario: Scenario) -> None:
    jump = scenario.use_a_jump_host()
    scenario.poll_online()
    jump.stop()


def stop_sshd_behind_a_jump_host(scenario: Scenario) -> None:
    scenario.use_a_jump_host()
    scenario.poll_online()
    scenario.openssh.stop()


def firewall(*verdict: str) -> Callable[[Scenario], None]:
    def apply(scenario: Scenario) -> None:
        scenario.network.firewall("-p", "tcp", "--dport", str(scenario.openssh.port), "-j", *verdict)

    return apply


def flood(connection: socket.socket, *, after: bytes = b"") -> None:
    connection.sendall(after)
    for _ in range(GIGABYTE // 1_000_000):
        connection.sendall(b"x" * 1_000_000)


def close_the_logins(text: str) -> Callable[[Scenario], None]:
    """Write the text that pam_nologin sends, as shutdown and systemd do."""

    def apply(scenario: Scenario) -> None:
        (scenario.directory / "nologin").write_text(f"{text}\n", encoding="ascii")

    return apply


def close_the_logins_of_a_jump_host(scenario: Scenario) -> None:
    jump = scenario.use_a_jump_host(pam=pam.NOLOGIN)
    scenario.poll_online()
    (jump.directory / "nologin").write_text("Maintenance until 17:00 UTC\n", encoding="ascii")


def close_the_logins_by_key(text: str) -> Callable[[Scenario], None]:
    def apply(scenario: Scenario) -> None:
        scenario.use_a_key()
        scenario.poll_online()
        close_the_logins(text)(scenario)

    return apply


def close_and_open_the_logins(scenario: Scenario) -> None:
    close_the_logins("Maintenance until 17:00 UTC")(scenario)
    assert scenario.poll_before().outputs["status"] == "maintenance"
    (scenario.directory / "nologin").unlink()


def log_in_with_a_key(scenario: Scenario) -> None:
    scenario.use_a_key()


def log_in_with_a_key_that_is_not_authorized(scenario: Scenario) -> None:
    scenario.use_a_key().authorize()


def log_in_with_a_key_and_a_code(scenario: Scenario) -> None:
    scenario.use_a_key()
    pam.write_code_secret(scenario.directory)


def let_pam_hang(scenario: Scenario) -> None:
    (scenario.directory / "hangs").touch()


def log_in_with_an_expired_account(scenario: Scenario) -> None:
    account = scenario.accounts.closed
    scenario.inputs |= {"cluster-user": account.name, "cluster-password": account.password}


_END_THE_SESSION = ("read -r _ _ _ sshd _ </proc/$PPID/stat", "kill -9 $sshd", "sleep 5")


def drop_connections_after_the_login(scenario: Scenario) -> None:
    """End each session when its command begins."""
    scenario.replace_sinfo(*_END_THE_SESSION)


def drop_one_connection_after_the_login(scenario: Scenario) -> None:
    lost = scenario.use_a_new_account().home / "lost"
    lines = (f"if [ ! -e {lost} ]; then touch {lost}", *_END_THE_SESSION, "fi")
    scenario.replace_sinfo(*lines, "case $* in *%P*) echo 'debug*|up|1:00|8|idle';; *) echo '8|idle';; esac")


def have_three_offers_without_an_answer(scenario: Scenario) -> None:
    for _ in range(3):
        scenario.poll_before(attempts="1")


def leave_the_login_unanswered(scenario: Scenario) -> None:
    def stay_silent(connection: ServerConnection, _: str) -> int:
        connection.stay_silent()
        return 0

    key = ed25519()
    line = HostKey(key.get_name(), key.asbytes()).line(HOST, scenario.openssh.port)
    scenario.inputs |= {"cluster-host-key": line, "cluster-user": USER, "cluster-password": PASSWORD}
    scenario.replace_sshd(SshServer(on_password=stay_silent))


def log_in_with_an_expired_password(scenario: Scenario) -> None:
    account = scenario.accounts.expired
    scenario.inputs |= {"cluster-user": account.name, "cluster-password": account.password}


def be_refused_before(scenario: Scenario) -> None:
    scenario.poll_before(cluster_password="not it")


def write_a_long_login_banner(scenario: Scenario) -> None:
    (scenario.directory / "banner").write_text(3_200 * f"{79 * 'x'}\n", encoding="ascii")


def replace_sinfo(*lines: str) -> Callable[[Scenario], None]:
    return lambda scenario: scenario.replace_sinfo(*lines)


def flood_the_details(scenario: Scenario) -> None:
    scenario.replace_sinfo(
        "case $* in",
        "*%H*|*Gres*) yes 'batch 1 idle gpu:1 gpu:0' | head -c 1000000000;;",
        "*%P*) echo 'debug*|up|30:00|8|idle';;",
        "*) echo '8|idle';;",
        "esac",
    )


def hide_the_slurm_configuration(scenario: Scenario) -> None:
    scenario.replace_sinfo(f'SLURM_CONF={scenario.directory / "none"} exec {program.find("sinfo")} "$@"')


def log_in_with(
    script: str = "", *lines: str, login_shell: str = "bash", online_before: bool = False
) -> Callable[[Scenario], None]:
    """Log in to an account of its own, with a login script of these lines, or with another shell."""

    def apply(scenario: Scenario) -> None:
        account = scenario.use_a_new_account(login_shell)
        if online_before:
            scenario.poll_online()
        if script:
            (account.home / script).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    return apply


def put_sinfo_on_path_in_the_profile(scenario: Scenario, *, restricted_key: bool = False) -> None:
    account = scenario.use_a_key(restricted=True) if restricted_key else scenario.use_a_new_account()
    programs = scenario.move_sinfo()
    (account.home / ".bash_profile").write_text(f"export PATH={programs}:$PATH\n", encoding="ascii")


def hang_in_the_profile(scenario: Scenario) -> None:
    account = scenario.use_a_new_account()
    scenario.remove_sinfo()
    (account.home / ".bash_profile").write_text("/bin/sleep 600\n", encoding="ascii")


def set_slurm_conf_in_the_profile(scenario: Scenario) -> None:
    account = scenario.use_a_new_account()
    variables = scenario.start_slurm().environment
    scenario.replace_sinfo(f'exec {program.find("sinfo")} "$@"')
    profile = "".join(f"export {name}={value}\n" for name, value in variables.items())
    (account.home / ".bash_profile").write_text(profile, encoding="ascii")


def in_slurm(method: str, *arguments: str, filled: bool = False) -> Callable[[Scenario], None]:
    """Call a method of a real Slurm whose nodes are all idle, or all allocated."""

    def apply(scenario: Scenario) -> None:
        running = scenario.start_slurm()
        if filled:
            running.fill(scenario.accounts.account.name)
        getattr(running, method)(*arguments)

    return apply


def reserve_all_for_maintenance(scenario: Scenario) -> None:
    running = scenario.start_slurm()
    reservation = ["starttime=now", "duration=60", "user=root", "nodes=ALL", "flags=maint,ignore_jobs"]
    running.scontrol("create", "reservation", *reservation)
    running.wait_for(lambda: set(running.node_states().values()) == {"maint"}, timeout_seconds=10)


def hide_partitions(scenario: Scenario) -> None:
    running = scenario.start_slurm()
    for name in ("debug", "short"):
        running.scontrol("update", f"partitionname={name}", "hidden=yes")


def hide_partitions_by_group(scenario: Scenario) -> None:
    running = scenario.start_slurm()
    scenario.poll_online()
    for name in ("debug", "short"):
        running.scontrol("update", f"partitionname={name}", "AllowGroups=root")


def hide_nodes_as_private_data(scenario: Scenario) -> None:
    running = scenario.start_slurm()
    scenario.poll_online()
    running.change_configuration("ClusterName=", "ClusterName=loopback\nPrivateData=nodes")
    running.scontrol("reconfigure")


def start_slurm(scenario: Scenario) -> None:
    scenario.start_slurm()


def deregister_all_nodes(scenario: Scenario) -> None:
    """Leave the controller no node, as where all of them were dynamic ones."""
    running = scenario.start_slurm()
    scenario.poll_online()
    for name in ("debug", "short"):
        running.scontrol("update", f"partitionname={name}", "nodes=")


def change_the_munge_key(scenario: Scenario) -> None:
    """Let sinfo use the munged of another cluster."""
    running, other = scenario.start_slurm(), scenario.start_slurm(with_nodes=False)
    running.change_configuration("AuthInfo=", f"AuthInfo=socket={other.munge_socket}")
    scenario.query(running)


def change_the_slurm_configuration(old: str, new: str) -> Callable[[Scenario], None]:
    """Replace the line that begins with `old`, in the configuration that sinfo reads."""

    def apply(scenario: Scenario) -> None:
        scenario.start_slurm(with_nodes=False).change_configuration(old, new)

    return apply


def start_a_controller(scenario: Scenario) -> None:
    scenario.start_slurm(with_nodes=False)


def list_a_long_gres(scenario: Scenario) -> None:
    """Add a node with six MIG profiles, whose Gres is longer than the column of sinfo."""
    gres = ",".join(f"gpu:nvidia_a100_80gb_pcie_{profile}gb:7" for profile in _MIG_PROFILES)
    scenario.start_slurm(f"NodeName=mig NodeAddr={HOST} CPUs=4 State=DOWN Gres={gres}", with_gpus=True)


def hang_scontrol(scenario: Scenario) -> None:
    scenario.start_slurm(with_gpus=True).drain("n1", "cooling")
    scenario.hang_scontrol()


def kill_the_controller(scenario: Scenario) -> None:
    scenario.start_slurm(with_nodes=False).controller.kill()


def replace_the_controller(*, reset: bool) -> Callable[[Scenario], None]:
    """Let a server that closes or resets each connection accept in place of the controller."""

    def answer(connection: socket.socket) -> None:
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def apply(scenario: Scenario) -> None:
        running = scenario.start_slurm(with_nodes=False)
        running.controller.kill()
        scenario.running.enter_context(LoopbackServer(answer, running.controller_port))

    return apply


def pause_the_controller(scenario: Scenario) -> None:
    scenario.start_slurm(with_nodes=False).controller.pause()


def stop_munged(scenario: Scenario) -> None:
    scenario.start_slurm(with_nodes=False).munge.stop()


def kill_munged(scenario: Scenario) -> None:
    scenario.start_slurm(with_nodes=False).munge.kill()


def hang_a_file_system(scenario: Scenario) -> None:
    files = scenario.running.enter_context(hanging_files(scenario.directory / "scratch"))
    files.hang()
    scenario.check_paths(files.path)


def fill_a_file_system(scenario: Scenario) -> None:
    project = scenario.running.enter_context(tmpfs(scenario.directory / "project"))
    (project / "results").write_bytes(bytes(1_000_000))
    scenario.check_paths(project)


def close_a_directory(scenario: Scenario) -> None:
    (scenario.directory / "closed" / "data").mkdir(parents=True)
    (scenario.directory / "closed").chmod(0o700)
    scenario.check_paths(scenario.directory / "closed" / "data")


def check_a_path_that_does_not_exist(scenario: Scenario) -> None:
    scenario.check_paths(scenario.directory / "scrtch")


def fail_a_check(scenario: Scenario) -> None:
    scenario.check_paths()
    scenario.inputs["checks"] = "quota: echo '99 % used'; exit 2"
