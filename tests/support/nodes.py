"""Several real servers over one database, behind one address: what a fleet is.

The front deals connections out in turn, so that start, callback and collect of one login meet three different nodes;
each node is reachable by itself, too. Nodes are stopped, killed and started again, with other secrets if need be.
"""

from __future__ import annotations

import itertools
import os
import secrets
import select
import signal
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .browser import Answer, Browser
from .forwarding import Listener
from .fronts import callbacks
from .rows import Rows
from .servers import SECRET, Provider, free_port
from .waiting import wait_for
from .zygote import Zygote

READY_SECONDS = 30.0
KNOWN_SECONDS = 2.0  # what is known everywhere within a second, on a machine that is busy with other tests

_people = itertools.count(int.from_bytes(os.urandom(4)) * 1_000_000)


def a_person() -> dict[str, str]:
    """Somebody whom nobody has signed in."""
    number = next(_people)
    return {"user_id": str(number), "screen_name": f"user{number}"}


def measured(what: str, result: str) -> None:
    """For docs/reliability.md, where ``tests/soak.py`` puts it."""
    print(f"measured: {what} | {result}", flush=True)


class Node:
    """One process of the README's app."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet, self.number = fleet, number
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log_file = fleet.directory / f"node-{number}.log"
        self.journal_file = fleet.directory / f"node-{number}.journal"
        self.clock_file = fleet.directory / f"node-{number}.clock"
        self.clock_file.write_bytes(struct.pack("d", 0.0))
        self.pid: int | None = None
        self.in_turn = False
        self.ended: int | None = None
        self.env: dict[str, str] = {}

    def start(self, **env: str) -> None:
        """With more in its environment than its fleet has, for this time."""
        self.env = {**self.fleet.env, **env}
        for name, file in (("NODE_JOURNAL", self.journal_file), ("NODE_CLOCK", self.clock_file)):
            if name in self.env:  # asked for; each has its own
                self.env[name] = str(file)
        self.log_file.touch()
        seen = self.log_file.stat().st_size
        self.pid = self.fleet.zygote.start(["readme", str(self.port)], self.env, self.log_file)
        wait_for(lambda: b"Ready " in self.log_file.read_bytes()[seen:], READY_SECONDS)
        self.in_turn = True

    def stop(self) -> None:
        """In order, as a deployment does: out of turn, what is under way finished, then SIGTERM."""
        self.in_turn = False
        self.fleet.front.drain(self)
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)
        self.in_turn = False

    def _end(self, by: int) -> None:
        if self.pid is not None:
            os.kill(self.pid, by)
            self.ended = self.fleet.zygote.wait(self.pid)
            self.pid = None

    def died(self) -> int:
        """It was to die by itself: how it did."""
        assert self.pid is not None
        self.ended, self.pid, self.in_turn = self.fleet.zygote.wait(self.pid), None, False
        return self.ended

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def journal(self) -> list[tuple[float, str]]:
        """What it noted: when (monotonic), and what."""
        lines = self.journal_file.read_text().splitlines() if self.journal_file.exists() else []
        return [(float(at), what) for at, _, what in (line.partition(" ") for line in lines)]

    def set_clock(self, seconds_off: float) -> None:
        with self.clock_file.open("r+b") as file:
            file.write(struct.pack("d", seconds_off))


class Front(Listener):
    """Deals connections out among the nodes that are in turn."""

    def __init__(self, port: int) -> None:
        self.nodes: list[Node] = []
        self._turn = itertools.count()
        self._under_way: Counter[int] = Counter()
        self._counting = threading.Lock()
        super().__init__(port)

    def serve(self, client: socket.socket) -> None:
        with self._reached() as (_, node):
            while True:
                for ready in select.select([client, node], [], [], 30)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (node if ready is client else client).sendall(data)

    @contextmanager
    def _reached(self) -> Iterator[tuple[Node, socket.socket]]:
        """The next node that is in turn and listens. As proxies do: nothing was sent yet, so another may be tried."""
        for _ in range(2 * len(self.nodes)):
            with self._counting:
                node = self.nodes[next(self._turn) % len(self.nodes)]
                if not node.in_turn:
                    continue
                self._under_way[node.number] += 1
            try:
                try:
                    reached = socket.create_connection(("127.0.0.1", node.port))
                except ConnectionRefusedError:
                    continue
                with reached:
                    yield node, reached
                    return
            finally:
                with self._counting:
                    self._under_way[node.number] -= 1
        raise ConnectionRefusedError

    def drain(self, node: Node) -> None:
        """Wait for what this node has under way. It is out of turn, so that nothing is added."""
        with self._counting:
            pass  # a reader that looked before it was taken out has been counted by now
        wait_for(lambda: not self._under_way[node.number], 20)


class Fleet:
    """The nodes, their front, their database and their provider."""

    def __init__(
        self,
        rows: Rows,
        provider: Provider,
        port: int,
        zygote: Zygote,
        directory: Path,
        size: int,
        *,
        fronts: Sequence[str] = (),
        node_of: Callable[[Fleet, int], Node] = Node,
        **env: str,
    ) -> None:
        self.rows, self.provider, self.zygote, self.directory = rows, provider, zygote, directory
        self.base = f"http://127.0.0.1:{port}"
        self.env = {
            "TWITTER_CONSUMER_KEY": provider.key,
            "TWITTER_CONSUMER_SECRET": provider.secret,
            "TWITTER_CALLBACK_URL": f"{self.base}/auth/twitter",
            **provider.variables(fronts),
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": rows.url,
            "VALETKEY_TWITTER_API": provider.origin,
            "VALETKEY_TWITTER_BROWSER": provider.origin,
            "VALETKEY_START_LIMIT": "off",
            **env,
        }
        self.front = Front(port)
        self.nodes = [node_of(self, number) for number in range(size)]
        self.front.nodes = self.nodes

    def start(self) -> None:
        self.each(Node.start)

    def each(self, what: Callable[[Node], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(what, self.nodes))

    def stop(self) -> None:
        for node in self.nodes:
            node.in_turn = False
            if node.pid is not None:
                node.kill()
        self.front.stop()

    # What people do

    def browser(self, node: Node | None = None) -> Browser:
        """A new profile: at the front, or at one node."""
        return Browser(node.base if node else self.base, origin=self.base, provider=self.provider.front.name)

    def at(self, node: Node, profile: Browser) -> Browser:
        """The same profile's cookies, at one node."""
        return Browser(node.base, origin=self.base, cookies=profile.cookies, provider=profile.provider)

    def signed_in(self, who: dict[str, str], node: Node | None = None) -> Browser:
        """The control: an honest login, which must land."""
        profile = self.browser(node)
        answer = profile.come_back(self.provider.approve(profile.begin().send_to, **who))
        assert answer.status == 303, answer.text
        account = profile.account()
        assert account is not None, answer.headers
        assert who["user_id"] in [one["subject"] for one in account["identities"]]
        return profile

    def begin_link(self, profile: Browser) -> tuple[str, str, Answer]:
        """(login, where the user is sent, answer)"""
        login = secrets.token_urlsafe(16)
        answer = profile.submit(f"/auth/{profile.provider}/link", {"login": login, "mode": "popup"})
        return login, answer.send_to, answer

    def link(self, profile: Browser, who: dict[str, str]) -> Answer:
        _, send_to, answer = self.begin_link(profile)
        assert answer.status == 200, answer.text
        return profile.come_back(self.provider.approve(send_to, **who))

    @property
    def logs(self) -> str:
        return "".join(node.log for node in self.nodes)


@contextmanager
def fleet_of(
    rows: Rows,
    zygote: Zygote,
    directory: Path,
    size: int = 4,
    provider: Provider | None = None,
    port: int | None = None,
    fronts: Sequence[str] = (),
    node_of: Callable[[Fleet, int], Node] = Node,
    **env: str,
) -> Iterator[Fleet]:
    """
    Args:
        provider: one that others use, too; it comes to know this fleet's callbacks as well.
        node_of: makes each node by its number.
    """
    directory.mkdir(exist_ok=True)
    port = port or free_port()
    callback, *more = callbacks(f"http://127.0.0.1:{port}", ["twitter", *fronts])
    own = provider is None
    if provider is None:
        provider = Provider(callback)
        provider.serves(*more)
    else:
        provider.serves(callback, *more)
    fleet = Fleet(rows, provider, port, zygote, directory, size, fronts=fronts, node_of=node_of, **env)
    try:
        fleet.start()
        yield fleet
    finally:
        fleet.stop()
        if own:
            provider.stop()
