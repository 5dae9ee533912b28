"""A real sshd with a real or replaced sinfo, a monitor that polls it, and the means to change them."""

import contextlib
import socket
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from cluster_status.domain.history import codec
from tests.fakes.discord import LoopbackDiscord
from tests.fakes.ssh import Handler, LoopbackServer
from tests.real.monitor import Monitor, Run, authorized_keys
from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.key import new_key
from tests.servers.namespace import Namespace
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

_ALL_IDLE = "debug*|up|1-00:00:00|8|idle"
_GPUS = ("GresTypes=gpu", "NodeName=DEFAULT Gres=gpu:a100:2")
NAME = "login.cluster.invalid"  # resolves only in a scenario that adds it


class Accounts(NamedTuple):
    """Accounts that all scenarios share."""

    account: Account
    expired: Account  # its password has expired
    closed: Account  # the account itself has expired


class Scenario:
    """What is entered in `running` ends after the poll, before sshd's log is read."""

    def __init__(
        self,
        accounts: Accounts,
        directory: Path,
        openssh: OpenSSH,
        discord: LoopbackDiscord,
        network: Namespace | None,
    ) -> None:
        self.accounts = accounts
        self.directory = directory
        self.openssh = openssh
        self.discord = discord
        self._network = network
        self.running = contextlib.ExitStack()
        self.inputs: dict[str, str] = {}
        self._mounts: dict[str, Path] = {}
        self._programs = directory / "bin"
        self._programs.mkdir()
        for name in ("env", "tr"):
            (self._programs / name).symlink_to(program.find(name))
        (work := directory / "work").mkdir()
        self.monitor = Monitor(work, openssh, discord)
        self.restore_sinfo()

    @property
    def network(self) -> Namespace:
        assert self._network, "this scenario has no network of its own"
        return self._network

    # polls

    def pass_an_hour(self) -> None:
        """Move the logins that the history remembers an hour back."""
        histories = codec.parse(self.monitor.history_file.read_bytes())
        history = self.monitor.history()
        login = replace(
            history.ssh.login,
            refused_at=_an_hour_before(history.ssh.login.refused_at),
            unanswered_at=tuple(at - timedelta(hours=1) for at in history.ssh.login.unanswered_at),
        )
        aged = replace(history, ssh=replace(history.ssh, login=login))
        self.monitor.history_file.write_bytes(codec.render(histories.with_entry("mscluster", aged)))

    def poll_before(self, **changes: str) -> Run:
        """Poll, and skip what sshd logged of it; `changes` are inputs."""
        inputs = {name.replace("-", "_"): value for name, value in self.inputs.items()}
        run = self.monitor.poll(**(inputs | changes))
        self.openssh.forget_offers()
        return run

    def poll_online(self, **changes: str) -> None:
        run = self.poll_before(**changes)
        assert run.outputs["status"] == "online", run.log

    # the server

    def replace_sshd(self, handler: Handler) -> None:
        """Run another server at its port."""
        self.openssh.stop()
        self.running.enter_context(LoopbackServer(handler, self.openssh.port))

    def change_host_key(self) -> None:
        self.openssh.stop()
        self.openssh.change_host_keys()
        self.openssh.start()

    def pause_sshd(self) -> None:
        self.openssh.daemon.pause()
        self.running.callback(self.openssh.daemon.resume)

    def hold_a_connection(self) -> None:
        """Use one of the connections that MaxStartups allows."""
        held = self.running.enter_context(socket.create_connection((self.openssh.host, self.openssh.port)))
        assert held.recv(4) == b"SSH-"

    def fill_the_queue(self) -> None:
        """Listen at its port without accepting, with more pending connections than the kernel keeps."""
        self.openssh.stop()
        address = (self.openssh.host, self.openssh.port)
        self.running.enter_context(socket.create_server(address, backlog=0))
        for _ in range(3):
            waiting = self.running.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)

    def use_a_jump_host(self, *sshd: str, pam: Sequence[str] = ()) -> OpenSSH:
        """Start another sshd with these lines of sshd_config, and set the inputs to connect through it."""
        directory = self.running.enter_context(public_directory())
        jump = OpenSSH(directory, self.accounts.account, extra_configuration=sshd, pam=pam)
        self.running.enter_context(jump)
        self.inputs["cluster-jump"] = f"{jump.user}@{jump.host}:{jump.port}"
        self.inputs["cluster-host-key"] = f"{self.openssh.known_hosts_line}\n{jump.known_hosts_line}"
        return jump

    def move_sshd(self) -> None:
        """Restart sshd at another address. Of a name with both, a resolver returns this one last."""
        self.openssh.stop()
        self.openssh.listen_at("127.0.0.2")
        self.openssh.start()

    def add_login_node(self, address: str) -> OpenSSH:
        """Start another sshd at this address, at the same port and for the same account."""
        another = OpenSSH(
            self.running.enter_context(public_directory()),
            self.accounts.account,
            host=address,
            port_number=self.openssh.port,
            set_env=self.openssh.set_env,
        )
        return self.running.enter_context(another)

    def offer_host_keys(self, *types: str) -> None:
        """Restart sshd with only these of its host keys."""
        self.openssh.stop()
        self.openssh.use_host_keys(*types)
        self.openssh.start()

    def use_a_new_account(self, shell: str = "bash") -> Account:
        """Log in to an account of this scenario alone."""
        account = self.running.enter_context(Account(self.directory, shell=str(program.find(shell))))
        self.inputs |= {"cluster-user": account.name, "cluster-password": account.password}
        return account

    def use_a_key(self, *, restricted: bool = False) -> Account:
        """Log in with a key instead of the password, to an account of this scenario alone.

        A restricted key can only run the commands of `cluster-status authorized-keys`.
        """
        key = new_key(self.directory)
        account = self.use_a_new_account()
        account.authorize(*(authorized_keys(key.public) if restricted else [key.public]))
        self.inputs |= {"cluster-password": "", "cluster-key": key.private}
        return account

    # checks

    def check_paths(self, *paths: Path) -> None:
        """Check paths, with the programs that site checks need."""
        needed = ("base64", "cat", "flock", "head", "id", "ls", "mkdir", "sed", "sh", "stat", "timeout")
        for name in needed:
            (self._programs / name).symlink_to(program.find(name))
        self.inputs["check-paths"] = ", ".join(map(str, paths))

    # the host name

    def add_host_name(self, *addresses: str) -> None:
        """Set the host to a name that only the hosts file of this scenario resolves, by default to sshd."""
        self.resolve_name(*addresses or [self.openssh.host])
        self.inputs["cluster-host"] = NAME
        [_, key] = self.openssh.known_hosts_line.split(" ", 1)
        self.inputs["cluster-host-key"] = f"[{NAME}]:{self.openssh.port} {key}"

    def resolve_name(self, *addresses: str) -> None:
        self._hosts.write_text("".join(f"{address} {NAME}\n" for address in addresses), encoding="ascii")
        self._mount(self._hosts, "/etc/hosts")

    def use_resolver(self, address: str) -> None:
        """Ask the resolver at this address, once, for names that the hosts file lacks."""
        configuration = self.directory / "resolv.conf"
        configuration.write_text(f"nameserver {address}\noptions attempts:1 timeout:1\n", encoding="ascii")
        self._mount(configuration, "/etc/resolv.conf")

    def _mount(self, file: Path, target: str) -> None:
        """Mount a file for the polls alone."""
        self._mounts[target] = file
        mounts = " && ".join(f"mount --bind {source} {name}" for name, source in self._mounts.items())
        script = f'{mounts} && exec "$@"'
        self.monitor.started_by = (
            program.find("unshare"),
            "--mount",
            program.find("bash"),
            "-c",
            script,
            "bash",
        )

    def remove_host_name(self) -> None:
        self._hosts.write_text("", encoding="ascii")

    @property
    def _hosts(self) -> Path:
        return self.directory / "hosts"

    # sinfo

    def restore_sinfo(self) -> None:
        """Let sinfo list one partition of eight idle nodes, and scontrol no reservation, as at the start."""
        self.replace_sinfo(f"case $* in *%P*) echo '{_ALL_IDLE}';; *) echo '8|idle';; esac")
        self._write_program("scontrol", "echo 'No reservations in the system'")

    def replace_sinfo(self, *lines: str) -> None:
        """Replace sinfo by lines of sh."""
        self._write_program("sinfo", *lines)

    def _write_program(self, name: str, *lines: str) -> None:
        file = self._programs / name
        path = f"PATH={program.SEARCH_PATH}"
        file.write_text("\n".join(["#!/bin/sh", path, *lines, ""]), encoding="utf-8")
        file.chmod(0o755)

    def move_sinfo(self) -> Path:
        """Move sinfo and scontrol to another directory, which is not on PATH, and return that."""
        directory = self.directory / "slurm"
        directory.mkdir()
        for name in ("sinfo", "scontrol"):
            (self._programs / name).rename(directory / name)
        return directory

    def remove_sinfo(self) -> None:
        (self._programs / "sinfo").unlink()

    def make_sinfo_not_executable(self) -> None:
        (self._programs / "sinfo").chmod(stat.S_IRWXU)

    def start_slurm(self, *configuration: str, with_nodes: bool = True, with_gpus: bool = False) -> Slurm:
        """Start a Slurm of three nodes for this scenario, and let the real sinfo query it.

        Without nodes, its controller does not know their states yet. With GPUs, each node has two of type
        a100. `configuration` are lines of slurm.conf.
        """
        directory = self.running.enter_context(public_directory())
        if with_gpus:
            _write_gpus(directory)
            configuration += _GPUS
        slurm = Slurm(directory, node_count=3, extra_configuration=configuration)
        self.running.callback(slurm.stop)
        if with_nodes:
            slurm.start()
        else:
            slurm.start_without_nodes()
        self.query(slurm)
        return slurm

    def hang_scontrol(self) -> None:
        self._write_program("scontrol", "exec sleep 600")

    def query(self, slurm: Slurm) -> None:
        """Replace sinfo and scontrol by the real ones, which query this Slurm."""
        variables = " ".join(f"{name}={value}" for name, value in slurm.environment.items())
        for name in ("sinfo", "scontrol"):
            self._write_program(name, f'{variables} exec {program.find(name)} "$@"')


def _write_gpus(directory: Path) -> None:
    """Write a gres.conf with two files in place of devices."""
    files = [directory / name for name in ("gpu1", "gpu2", "gres.conf")]
    for file in files:
        file.touch()
        file.chmod(0o644)
    files[-1].write_text(f"Name=gpu Type=a100 File={directory}/gpu[1-2]\n", encoding="ascii")


def _an_hour_before(at: datetime | None) -> datetime | None:
    return at and at - timedelta(hours=1)


@contextlib.contextmanager
def new_scenario(
    accounts: Accounts,
    *,
    isolated: bool,
    sshd: Sequence[str],
    host_keys: Sequence[str],
    pam: Sequence[str] = (),
) -> Iterator[Scenario]:
    """Set up a scenario, in a network of its own if `isolated`.

    `sshd` are lines of sshd_config, in which `{directory}` is replaced; `host_keys` are types of keys.
    """
    with contextlib.ExitStack() as running:
        network = running.enter_context(Namespace()) if isolated else None
        if network:
            running.enter_context(network.inside())
        directory = running.enter_context(public_directory())
        openssh = OpenSSH(
            directory,
            accounts.account,
            set_env={"PATH": str(directory / "bin")},
            extra_configuration=[line.format(directory=directory) for line in sshd],
            host_key_types=host_keys,
            pam=pam,
        )
        scenario = Scenario(accounts, directory, openssh, running.enter_context(LoopbackDiscord()), network)
        running.enter_context(openssh)
        with scenario.running:
            yield scenario
