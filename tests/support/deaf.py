"""Addresses that do not answer, as behind a firewall that drops packets; and names that stand for several addresses."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Address = tuple[str, int]


class Deaf:
    """A port whose queue of connections is full: on Linux, a connection to it is never made and never refused."""

    def __init__(self, host: str, port: int) -> None:
        self._listening = socket.create_server((host, port), backlog=0)
        self._waiting = []
        for _ in range(2):
            caller = socket.socket()
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.connect((host, self._listening.getsockname()[1]))
            self._waiting.append(caller)

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def stop(self) -> None:
        for caller in self._waiting:
            caller.close()
        self._listening.close()


@contextmanager
def deaf(port: int, *hosts: str) -> Iterator[None]:
    """Each of these addresses of this machine, deaf at this port."""
    started: list[Deaf] = []
    try:
        for host in hosts:
            started.append(Deaf(host, port))
        yield
    finally:
        for one in started:
            one.stop()


def answers(hosts: list[str], port: int) -> list[Any]:
    """What ``getaddrinfo`` says of a name that stands for these addresses."""
    return [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, port, 0, 0))
        if ":" in host
        else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
        for host in hosts
    ]
