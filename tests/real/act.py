"""What is done to a real server, or in its place, before it is polled."""

import socket
from collections.abc import Callable

from cluster_status.domain.ssh.host_key import HostKey
from tests.fakes.ssh import HOST, PASSWORD, USER, Front, Visit, ed25519
from tests.real.scene import Scene
from tests.servers import program

GIGABYTE = 1_000_000_000


def nothing(_: Scene) -> None:
    """Leave all as it is."""


def lose_the_name(scene: Scene) -> None:
    scene.give_it_a_name()
    scene.see_all_well()
    scene.forget_its_name()


def lose_the_resolver(scene: Scene) -> None:
    scene.give_it_a_name()
    scene.see_all_well()
    scene.forget_its_name()
    scene.network.route_everything_here()
    scene.network.firewall("-p", "udp", "--dport", "53", "-j", "DROP")


def stop_the_jump_host(scene: Scene) -> None:
    jump = scene.go_through_a_jump_host()
    scene.see_all_well()
    jump.stop()


def stop_it_behind_a_jump_host(scene: Scene) -> None:
    scene.go_through_a_jump_host()
    scene.see_all_well()
    scene.openssh.stop()


def firewall(*verdict: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        scene.network.firewall("-p", "tcp", "--dport", str(scene.openssh.port), "-j", *verdict)

    return act


def flood(connection: socket.socket, *, after: bytes = b"") -> None:
    connection.sendall(after)
    for _ in range(GIGABYTE // 1_000_000):
        connection.sendall(b"x" * 1_000_000)


def never_answers_a_login(scene: Scene) -> None:
    def hold(visit: Visit, _: str) -> int:
        visit.hold()
        return 0

    key = ed25519()
    line = HostKey(key.get_name(), key.asbytes()).line(HOST, scene.openssh.port)
    scene.inputs |= {"cluster-host-key": line, "cluster-user": USER, "cluster-password": PASSWORD}
    scene.put_in_its_place(Front(at_login=hold))


def log_in_as_expired(scene: Scene) -> None:
    account = scene.stage.expired
    scene.inputs |= {"cluster-user": account.name, "cluster-password": account.password}


def be_refused_before(scene: Scene) -> None:
    scene.poll_before(cluster_password="not it")


def write_a_banner(scene: Scene) -> None:
    (scene.directory / "banner").write_text(3_200 * f"{79 * 'x'}\n", encoding="ascii")


def sinfo(*lines: str) -> Callable[[Scene], None]:
    return lambda scene: scene.let_sinfo(*lines)


def flood_the_details(scene: Scene) -> None:
    scene.let_sinfo(
        "case $* in",
        "*%H*|*Gres*) yes 'batch 1 idle gpu:1 gpu:0' | head -c 1000000000;;",
        "*%P*) echo 'debug*|up|30:00|8|idle';;",
        "*) echo '8|idle';;",
        "esac",
    )


def sinfo_without_configuration(scene: Scene) -> None:
    scene.let_sinfo(f'SLURM_CONF={scene.directory / "none"} exec {program.find("sinfo")} "$@"')


def slurm(act: str, *arguments: str, filled: bool = False) -> Callable[[Scene], None]:
    """Do something to a real Slurm, all nodes of which are idle, or full of jobs."""

    def do(scene: Scene) -> None:
        running = scene.ask_a_slurm()
        if filled:
            running.fill(scene.stage.account.name)
        getattr(running, act)(*arguments)

    return do


def reserve_all_for_maintenance(scene: Scene) -> None:
    running = scene.ask_a_slurm()
    reservation = ["starttime=now", "duration=60", "user=root", "nodes=ALL", "flags=maint,ignore_jobs"]
    running.scontrol("create", "reservation", *reservation)
    running.wait_for(lambda: set(running.node_states().values()) == {"maint"}, timeout_seconds=10)


def hide_partitions(scene: Scene) -> None:
    running = scene.ask_a_slurm()
    for name in ("debug", "short"):
        running.scontrol("update", f"partitionname={name}", "hidden=yes")


def start_a_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False)


def kill_the_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).controller.kill()


def stop_the_controller(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).controller.pause()


def stop_munged(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).munge.stop()


def kill_munged(scene: Scene) -> None:
    scene.ask_a_slurm(with_nodes=False).munge.kill()
