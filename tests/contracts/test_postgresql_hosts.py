"""A URL with several hosts, of which one is gone without a word: its machine has vanished, or it hangs. Neither refuses
a connection, and neither answers. A verb has its time, a second, and has to reach the host that is there within it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from postgresql_bench import PostgreSQLBench
from store_contract.bench import a_key
from support.deaf import Deaf
from support.forwarding import Listener
from support.postgresql import Server

from valetkey.errors import StoreError
from valetkey.storage.base import Lease, Store
from valetkey.storage.postgresql.access import PATIENCE_SECONDS

BUSY_MACHINE_SECONDS = 1.0  # what a test may take longer than the store
# Of this a host gets a half or a third. The one that is there needs its own for a new connection, on any machine.
SHARED_SECONDS = 2.4


class Hanging(Listener):
    """Accepts every connection and says nothing: a server that is frozen, whose system still answers for it."""

    def __init__(self) -> None:
        self.asked = 0
        super().__init__()

    def serve(self, client: socket.socket) -> None:
        self.asked += 1
        while client.recv(65536):
            pass


@pytest.fixture(params=[True, False], ids=["blocking", "loop"])
def bench(postgresql: Server, request: pytest.FixtureRequest) -> Iterator[PostgreSQLBench]:
    bench = PostgreSQLBench(postgresql, blocking=bool(request.param), patience_seconds=PATIENCE_SECONDS)
    yield bench
    bench.close()


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    with Hanging() as one:
        yield one


@pytest.fixture
def vanished() -> Iterator[Deaf]:
    one = Deaf("127.0.0.1", 0)
    yield one
    one.stop()


@pytest.fixture
def opened(bench: PostgreSQLBench) -> Iterator[Callable[..., Store]]:
    """Stores at several ports of this machine, in this order."""
    stores: list[Store] = []

    def open_at(*ports: int, patience_seconds: float = SHARED_SECONDS) -> Store:
        url = bench.server.through(0).replace("127.0.0.1:0", ",".join(f"127.0.0.1:{port}" for port in ports))
        url = bench.server.in_schema(bench.schema, f"{url}&target_session_attrs=read-write")
        stores.append(bench.open(url=url, patience_seconds=patience_seconds))
        return stores[-1]

    yield open_at
    for store in stores:
        bench.run(store.close())


def claims(bench: PostgreSQLBench, store: Store) -> None:
    """Within its time, or it raises."""
    assert bench.run(store.claim(Lease(a_key(), "owner"))).mine


async def hung_up(store: Store) -> None:
    """So that the next verb needs a new connection."""
    store._access._pools.pool().clear()  # type: ignore[attr-defined]


def test_a_host_that_hangs(bench: PostgreSQLBench, opened: Callable[..., Store], hanging: Hanging) -> None:
    store = opened(hanging.port, bench.server.port)
    claims(bench, store)
    assert hanging.asked == 1
    for _ in range(3):  # new connections go to the host that answered
        bench.run(hung_up(store))
        claims(bench, store)
    assert hanging.asked == 1


def test_two_of_three(bench: PostgreSQLBench, opened: Callable[..., Store], hanging: Hanging, vanished: Deaf) -> None:
    claims(bench, opened(hanging.port, vanished.port, bench.server.port))


def test_all_of_them(bench: PostgreSQLBench, opened: Callable[..., Store], hanging: Hanging, vanished: Deaf) -> None:
    """Said within the verb's second, and not after two seconds for each host."""
    store = opened(vanished.port, hanging.port, patience_seconds=PATIENCE_SECONDS)
    began = time.monotonic()
    with pytest.raises(StoreError):
        claims(bench, store)
    assert time.monotonic() - began < PATIENCE_SECONDS + BUSY_MACHINE_SECONDS
