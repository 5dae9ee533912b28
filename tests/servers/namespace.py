"""A network namespace: changes to it have no effect outside."""

import contextlib
import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import program

_NETWORK = 0x4000_0000  # CLONE_NEWNET; os.setns comes with Python 3.12
_CURRENT = Path("/proc/thread-self/ns/net")
_NAMED = Path("/run/netns")
_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network with a loopback interface and an open firewall; it exists within the context."""

    def __init__(self) -> None:
        self.name = f"clusterwatch{os.getpid()}x{next(_numbers)}"

    def __enter__(self) -> Self:
        _run("ip", "netns", "add", self.name)
        try:
            _run("ip", "-n", self.name, "link", "set", "lo", "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove()

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Move this thread into it, with the processes, threads and sockets that it creates meanwhile."""
        before = os.open(_CURRENT, os.O_RDONLY)
        try:
            there = os.open(_NAMED / self.name, os.O_RDONLY)
            try:
                _enter(there)
            finally:
                os.close(there)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)

    def firewall(self, *rule: str) -> None:
        """Add a rule for incoming packets of IPv4, such as `"-p", "tcp", "-j", "DROP"`."""
        self._add_rule("iptables", *rule)

    def firewall_of_ipv6(self, *rule: str) -> None:
        self._add_rule("ip6tables", *rule)

    def open_firewall(self) -> None:
        """Remove all rules."""
        for table in ("iptables", "ip6tables"):
            _run("ip", "netns", "exec", self.name, str(program.find(table)), "-F", "INPUT")

    def take_down(self) -> None:
        """Remove all routes."""
        _run("ip", "-n", self.name, "link", "set", "lo", "down")
        _run("ip", "-n", self.name, "route", "flush", "table", "local")

    def bring_up(self) -> None:
        """Restore the routes."""
        _run("ip", "-n", self.name, "link", "set", "lo", "up")

    @contextlib.contextmanager
    def connecting_from(self, address: str) -> Iterator[None]:
        """Use this address, meanwhile, as the source of connections to 127.0.0.1."""
        self.add_address(address)
        self._set_source(address)
        try:
            yield
        finally:
            _run("ip", "-n", self.name, "address", "delete", f"{address}/32", "dev", "lo")
            self._set_source("127.0.0.1")

    def add_address(self, address: str) -> None:
        _run("ip", "-n", self.name, "address", "replace", address, "dev", "lo")

    def route_everything_to_loopback(self) -> None:
        """Route every address to this machine, so that the firewall decides what answers."""
        _run("ip", "-n", self.name, "route", "add", "local", "default", "dev", "lo")

    def _set_source(self, address: str) -> None:
        route = ("local", "127.0.0.1", "dev", "lo", "table", "local", "proto", "kernel", "scope", "host")
        _run("ip", "-n", self.name, "route", "replace", *route, "src", address)

    def _add_rule(self, table: str, *rule: str) -> None:
        _run("ip", "netns", "exec", self.name, str(program.find(table)), "-A", "INPUT", *rule)

    def _remove(self) -> None:
        _run("ip", "netns", "del", self.name)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _NETWORK) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run([program.find(name), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{name} {' '.join(arguments)} failed: {done.stderr.strip()}")
