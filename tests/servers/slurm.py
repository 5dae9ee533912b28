"""A real Slurm on loopback: a controller, and one daemon per simulated node."""

import pwd
import secrets
import shutil
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import port, process, program
from tests.servers.daemon import Daemon, DaemonError, wait_until
from tests.servers.slurm_configuration import Partition, SlurmConfiguration, default_partitions

_REPAIRABLE = ("down", "drain", "fail")


class Slurm:
    """A cluster whose nodes are all idle after `start()`, until a test changes them.

    Lists of nodes have Slurm's format: `n1`, `n1,n5` or `n[1-3]`. `extra_configuration` are lines of
    slurm.conf, which override the default ones.
    """

    def __init__(
        self,
        directory: Path,
        *,
        node_count: int = 8,
        partitions: Sequence[Partition] | None = None,
        message_timeout_seconds: int = 3,
        extra_configuration: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.node_count = node_count
        self._configuration = directory / "slurm.conf"
        self._state = directory / "state"
        self.munge_socket = directory / "munge.socket"
        self.controller_port, *node_ports = port.free_ports(1 + node_count)
        ports_of_nodes = {f"n{number}": node_port for number, node_port in enumerate(node_ports, start=1)}
        configuration = SlurmConfiguration(
            directory=directory,
            munge_socket=self.munge_socket,
            controller_port=self.controller_port,
            node_ports=ports_of_nodes,
            partitions=partitions or default_partitions(node_count),
            message_timeout_seconds=message_timeout_seconds,
            extra=extra_configuration,
        )
        self._configuration.write_text(configuration.render(), encoding="utf-8")
        self._configuration.chmod(0o644)  # for every account, with any umask
        self.munge = self._munge()
        self.controller = self._daemon("slurmctld", "-D", "-f", self._configuration, log="slurmctld.log")
        self.nodes = {
            name: self._daemon(
                "slurmd", "-D", "-f", self._configuration, "-N", name, log=f"slurmd.{name}.log"
            )
            for name in ports_of_nodes
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which Slurm commands query this cluster."""
        return {"SLURM_CONF": str(self._configuration)}

    def start(self) -> None:
        """Start without the state of an earlier run, and return when every node is idle."""
        try:
            self._clear_state_and_start_munge()
            self.start_controller()
        except BaseException:
            self.stop()
            raise

    def start_without_nodes(self) -> None:
        """Start the controller only, and return when it answers. It does not know the state of any node."""
        try:
            self._clear_state_and_start_munge()
            self._launch_controller()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every daemon, the jobs, and the commands that still query this cluster."""
        daemons = [*self.nodes.values(), self.controller, self.munge]
        process.end([daemon.pid for daemon in daemons if daemon.is_running])
        for daemon in daemons:
            daemon.reap()
        # jobs outlive slurmd by design, and may start other processes meanwhile
        while left := self.processes():
            process.end(left, grace_seconds=0)

    def processes(self) -> list[int]:
        """List the daemons and the jobs of this cluster; a job does not descend from them.

        They have its environment. Since Slurm 23.11, slurmstepd has only a socket in the directory.
        """
        with_environment = [
            pid for name, value in self.environment.items() for pid in process.carrying(name, value)
        ]
        return sorted({*with_environment, *process.with_socket_below(self.directory)})

    def kill_controller(self) -> None:
        """End it after it has saved its state, which a crash (`controller.kill()`) may lose."""
        self.controller.stop()

    def change_configuration(self, old: str, new: str) -> None:
        """Replace `old` at the beginning of a line of slurm.conf; daemons that run do not read it again."""
        lines = self._configuration.read_text(encoding="utf-8").splitlines()
        changed = [new if line.startswith(old) else line for line in lines]
        self._configuration.write_text("".join(f"{line}\n" for line in changed), encoding="utf-8")

    def start_controller(self) -> None:
        """Return when it knows the state of every node."""
        self._launch_controller()
        self.start_nodes()

    def start_nodes(self) -> None:
        """Return when the controller, which runs, knows the state of every node."""
        self._restart_nodes(self.nodes)

    def scontrol(self, *arguments: str) -> str:
        return self._run("scontrol", *arguments)

    def sinfo(self, *arguments: str) -> str:
        return self._run("sinfo", *arguments)

    def node_states(self) -> dict[str, str]:
        """Return the state of each node in the long form of sinfo, with suffixes."""
        rows = self.sinfo("--all", "--Node", "--noheader", "--format=%N|%T").splitlines()
        return dict(row.split("|") for row in rows)

    def drain(self, nodes: str, reason: str) -> None:
        self.scontrol("update", f"nodename={nodes}", "state=drain", f"reason={reason}")

    def resume(self, nodes: str) -> None:
        """Resume nodes, and return when they are back in service."""
        self.scontrol("update", f"nodename={nodes}", "state=resume")
        self._restart_nodes(self.scontrol("show", "hostnames", nodes).split())

    def partition(self, name: str, state: str) -> None:
        """Set a partition up, down, drain or inactive."""
        self.scontrol("update", f"partitionname={name}", f"state={state}")

    def run_job(self, user: str, *, node_count: int) -> str:
        """Start a job on whole nodes of the default partition; return its number. It runs until cancelled."""
        return self.submit(user, "--exclusive", f"--nodes={node_count}")

    def submit(self, user: str, *options: str) -> str:
        """Submit a job, and return its number. It runs until it is cancelled."""
        account = pwd.getpwnam(user)
        return self._run(
            "sbatch",
            "--parsable",
            *options,
            "--output=/dev/null",
            "--wrap=exec sleep infinity",
            uid=account.pw_uid,
            gid=account.pw_gid,
        ).strip()

    def fill(self, user: str) -> None:
        """Allocate every node to a job."""
        self.run_job(user, node_count=self.node_count)
        self.wait_for(lambda: set(self.node_states().values()) == {"allocated"}, timeout_seconds=60)

    def reset(self) -> None:
        """Restore the state after `start()`; this is fast if little was changed."""
        self._start_munge()
        if self.controller.is_running:
            self.controller.resume()
            self._restart_nodes([name for name, node in self.nodes.items() if not node.is_running])
        else:
            self.start_controller()
        self._cancel_jobs()
        self._delete_reservations()
        self._open_partitions()
        self._repair_nodes()
        self.wait_for(lambda: set(self.node_states().values()) == {"idle"}, timeout_seconds=30)

    def wait_for(self, condition: Callable[[], bool], timeout_seconds: float) -> None:
        wait_until(condition, timeout_seconds, explain=self._describe)

    def _clear_state_and_start_munge(self) -> None:
        shutil.rmtree(self._state, ignore_errors=True)
        self._state.mkdir()
        self._start_munge()

    def _launch_controller(self) -> None:
        self.controller.launch()
        self.controller.wait_until_ready(lambda: port.answers(self.controller_port))

    def _start_munge(self) -> None:
        if not self.munge.is_running:
            self.munge.launch()
            self.munge.wait_until_ready(lambda: port.answers_at(self.munge_socket))

    def _restart_nodes(self, names: Collection[str]) -> None:
        """Restart slurmd, and return when the controller knows the states of these nodes.

        A slurmd registers at once when it starts. A running one waits until the controller asks: up to a
        second after the node was resumed, three after the controller started. Jobs continue meanwhile.
        """
        daemons = [self.nodes[name] for name in names]
        process.end([node.pid for node in daemons if node.is_running])
        for node in daemons:
            node.reap()
            node.launch()

        def are_known() -> bool:
            for node in daemons:
                node.check_running()
            states = self.node_states()
            # the suffix "*" is for a node that does not respond
            return not any(states[name].startswith("unk") or states[name].endswith("*") for name in names)

        self.wait_for(are_known, timeout_seconds=30)

    def _repair_nodes(self) -> None:
        broken = [name for name, state in self.node_states().items() if state.startswith(_REPAIRABLE)]
        if broken:
            self.resume(",".join(broken))

    def _cancel_jobs(self) -> None:
        if jobs := self._run("squeue", "--all", "--noheader", "--format=%A").split():
            self._run("scancel", *jobs)

    def _open_partitions(self) -> None:
        for row in self.sinfo("--all", "--noheader", "--format=%R|%a").splitlines():
            name, state = row.split("|")
            if state != "up":
                self.partition(name, "up")

    def _delete_reservations(self) -> None:
        for line in self.scontrol("show", "reservation", "--oneliner").splitlines():
            name, is_reservation, _ = line.removeprefix("ReservationName=").partition(" StartTime=")
            if is_reservation:
                self.scontrol("delete", f"reservationname={name}")

    def _munge(self) -> Daemon:
        key = self.directory / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        return self._daemon(
            "munged",
            "--foreground",
            "--force",  # otherwise it refuses a socket in a directory that is open to all, such as /tmp
            f"--socket={self.munge_socket}",
            f"--key-file={key}",
            f"--pid-file={self.directory / 'munged.pid'}",
            f"--seed-file={self.directory / 'munged.seed'}",
            log="munged.log",
        )

    def _daemon(self, name: str, *arguments: str | Path, log: str) -> Daemon:
        # the variable identifies the processes of this cluster, also those of jobs
        environment = {"PATH": program.SEARCH_PATH, **self.environment}
        return Daemon([program.find(name), *arguments], log=self.directory / log, environment=environment)

    def _run(self, name: str, *arguments: str, uid: int = 0, gid: int = 0) -> str:
        done = subprocess.run(
            [program.find(name), *arguments],
            env={"PATH": program.SEARCH_PATH, "LC_ALL": "C", **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=[],
            check=False,
        )
        if done.returncode != 0:
            raise DaemonError(
                f"{name} {' '.join(arguments)} failed with {done.returncode}: {done.stderr.strip()}\n"
                f"the controller's log:\n{self.controller.log_tail()}",
            )
        return done.stdout

    def _describe(self) -> str:
        nodes = self.sinfo("--all", "--long", "--Node")
        return f"{nodes}\nthe controller's log:\n{self.controller.log_tail()}"
