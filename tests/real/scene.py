"""A real sshd with a real sinfo behind it, one monitor that polls it, and what can be done to them."""

import contextlib
import socket
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.fakes.discord import LoopbackDiscord
from tests.fakes.ssh import Loopback, Play
from tests.real.monitor import Monitor, Run
from tests.servers import program
from tests.servers.account import Account
from tests.servers.directory import public_directory
from tests.servers.namespace import Namespace
from tests.servers.openssh import OpenSSH
from tests.servers.slurm import Slurm

_ALL_WELL = "debug*|up|1-00:00:00|8|idle"
NAME = "login.cluster.invalid"  # resolves only where a scene lets it


class Stage(NamedTuple):
    """What all scenes share."""

    account: Account
    expired: Account  # with a password that has to be changed


class Scene:
    """What is begun in `running` ends when the poll has ended, before sshd's log is read."""

    def __init__(
        self,
        stage: Stage,
        directory: Path,
        openssh: OpenSSH,
        discord: LoopbackDiscord,
        network: Namespace | None,
    ) -> None:
        self.stage = stage
        self.directory = directory
        self.openssh = openssh
        self.discord = discord
        self._network = network
        self.running = contextlib.ExitStack()
        self.inputs: dict[str, str] = {}
        self._programs = directory / "bin"
        self._programs.mkdir()
        (self._programs / "env").symlink_to(program.find("env"))
        (work := directory / "work").mkdir()
        self.monitor = Monitor(work, openssh, discord)
        self.let_sinfo(f"case $* in *%P*) echo '{_ALL_WELL}';; *) echo '8|idle';; esac")

    @property
    def network(self) -> Namespace:
        assert self._network, "this scene is not isolated"
        return self._network

    # polls

    def poll_before(self, **changes: str) -> Run:
        """Poll, and have what sshd noted of it forgotten; `changes` are inputs."""
        inputs = {name.replace("-", "_"): value for name, value in self.inputs.items()}
        run = self.monitor.poll(**(inputs | changes))
        self.openssh.forget_offers()
        return run

    def see_all_well(self, **changes: str) -> None:
        run = self.poll_before(**changes)
        assert run.outputs["status"] == "online", run.log

    # the server

    def put_in_its_place(self, play: Play) -> None:
        self.openssh.stop()
        self.running.enter_context(Loopback(play, self.openssh.port))

    def change_host_key(self) -> None:
        self.openssh.stop()
        self.openssh.change_host_keys()
        self.openssh.start()

    def pause_sshd(self) -> None:
        self.openssh.daemon.pause()
        self.running.callback(self.openssh.daemon.go_on)

    def hold_a_connection(self) -> None:
        """Take the place of one who logs in."""
        held = self.running.enter_context(socket.create_connection((self.openssh.host, self.openssh.port)))
        assert held.recv(4) == b"SSH-"

    def fill_the_queue(self) -> None:
        """Listen in its place, accept nobody, and have more waiting than the kernel keeps for it."""
        self.openssh.stop()
        address = (self.openssh.host, self.openssh.port)
        self.running.enter_context(socket.create_server(address, backlog=0))
        for _ in range(3):
            waiting = self.running.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)

    def go_through_a_jump_host(self, *sshd: str) -> OpenSSH:
        """Have another sshd, with lines of sshd_config, and the inputs that lead through it."""
        directory = self.running.enter_context(public_directory())
        jump = OpenSSH(directory, self.stage.account, extra_configuration=sshd)
        self.running.enter_context(jump)
        self.inputs["cluster-jump"] = f"{jump.user}@{jump.host}:{jump.port}"
        self.inputs["cluster-host-key"] = f"{self.openssh.known_hosts_line}\n{jump.known_hosts_line}"
        return jump

    # the name

    def give_it_a_name(self) -> None:
        """Let the name in the input be one that only this scene's hosts file knows."""
        self._hosts.write_text(f"{self.openssh.host} {NAME}\n", encoding="ascii")
        script = f'mount --bind {self._hosts} /etc/hosts && exec "$@"'
        self.monitor.started_by = (
            program.find("unshare"),
            "--mount",
            program.find("bash"),
            "-c",
            script,
            "bash",
        )
        self.inputs["cluster-host"] = NAME

    def forget_its_name(self) -> None:
        self._hosts.write_text("", encoding="ascii")

    @property
    def _hosts(self) -> Path:
        return self.directory / "hosts"

    # sinfo

    def let_sinfo(self, *lines: str) -> None:
        """Have lines of sh in the place of sinfo."""
        sinfo = self._programs / "sinfo"
        path = f"PATH={program.SEARCH_PATH}"
        sinfo.write_text("\n".join(["#!/bin/sh", path, *lines, ""]), encoding="utf-8")
        sinfo.chmod(0o755)

    def uninstall_sinfo(self) -> None:
        (self._programs / "sinfo").unlink()

    def forbid_sinfo(self) -> None:
        (self._programs / "sinfo").chmod(stat.S_IRWXU)

    def ask_a_slurm(self, *, with_nodes: bool = True) -> Slurm:
        """Let sinfo be the real one, and ask a Slurm of this scene's own: three nodes, all idle.

        Without nodes, its controller has not heard of them yet.
        """
        slurm = Slurm(self.running.enter_context(public_directory()), node_count=3)
        self.running.callback(slurm.stop)
        if with_nodes:
            slurm.start()
        else:
            slurm.start_without_nodes()
        variables = " ".join(f"{name}={value}" for name, value in slurm.environment.items())
        self.let_sinfo(f'{variables} exec {program.find("sinfo")} "$@"')
        return slurm


@contextlib.contextmanager
def scene(stage: Stage, *, isolated: bool, sshd: Sequence[str], host_keys: Sequence[str]) -> Iterator[Scene]:
    """Set one up, in a network of its own if it is to be `isolated`.

    `sshd` are lines of sshd_config, in which `{directory}` is the scene's; `host_keys` are types of keys.
    """
    with contextlib.ExitStack() as running:
        network = running.enter_context(Namespace()) if isolated else None
        if network:
            running.enter_context(network.inside())
        directory = running.enter_context(public_directory())
        openssh = OpenSSH(
            directory,
            stage.account,
            set_env={"PATH": str(directory / "bin")},
            extra_configuration=[line.format(directory=directory) for line in sshd],
            host_key_types=host_keys,
        )
        scene = Scene(stage, directory, openssh, running.enter_context(LoopbackDiscord()), network)
        running.enter_context(openssh)
        with scene.running:
            yield scene
