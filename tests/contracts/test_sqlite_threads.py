"""No connection is ever used by two threads, however the store is reached, nor by two processes."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlite_bench import SQLiteBench

from valetkey.http_client.runner import ThreadRunner
from valetkey.storage.base import Lease, SessionRow
from valetkey.storage.sqlite.connections import Connections, Slot

BOTH = pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "loop"])
HAMMER_SECONDS = 2.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "valetkey.db"


class Watch:
    """Sees every statement of every connection that is opened while it watches, and in which thread it ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = 0
        self.trespasses: list[str] = []
        watch = self

        class Watched(sqlite3.Connection):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.binding = threading.get_ident()

            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                watch.statements += 1
                if threading.get_ident() != self.binding:
                    watch.trespasses.append(sql)
                return super().execute(sql, *values)

        opening = sqlite3.connect
        monkeypatch.setattr(
            "valetkey.storage.sqlite.schema.sqlite3.connect", lambda *args, **kw: opening(*args, factory=Watched, **kw)
        )


def in_threads(blocking: bool, count: int, play: Callable[[Callable[..., Any]], None]) -> None:
    """So many threads, each with a runner of its own: its own loop, where the store belongs to loops."""
    faults: list[BaseException] = []

    def one() -> None:
        try:
            if blocking:
                play(ThreadRunner().run)
            else:
                with asyncio.Runner() as runner:
                    play(runner.run)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def use_everything(bench: SQLiteBench) -> None:
    row = bench.sign_in()

    def play(run: Callable[..., Any]) -> None:
        for number in range(5):
            key = f"{threading.get_ident()}-{number}"
            run(bench.store.claim(Lease(key, "owner")))
            run(bench.store.read_session(row.id))
            run(bench.store.touch_session(row.id))
            run(bench.store.revocations())
            run(bench.store.void(key))

    in_threads(bench.blocking, 4, play)


@BOTH
def test_every_statement_runs_in_the_thread_that_opened_its_connection(
    path: Path, blocking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch)
    bench = SQLiteBench(path, blocking=blocking)
    use_everything(bench)
    bench.close()
    assert watch.statements > 200
    assert watch.trespasses == []


@BOTH
def test_the_watch_sees_a_shared_connection(path: Path, blocking: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a store that hands all threads one connection is caught, even though it locks it properly."""
    shared: dict[Connections, Slot] = {}
    monkeypatch.setattr(Connections, "slot", lambda self: shared.setdefault(self, Slot()))
    watch = Watch(monkeypatch)
    bench = SQLiteBench(path, blocking=blocking)
    use_everything(bench)
    assert watch.trespasses
    for slot in shared.values():
        slot.drop()
    bench.close()


@BOTH
def test_a_look_up_returns_its_own_row(path: Path, blocking: bool) -> None:
    """Eight threads ask for two hundred sessions while somebody writes: nobody is ever given another's."""
    bench = SQLiteBench(path, blocking=blocking)
    rows = {row.id: row for row in (bench.sign_in(str(number)) for number in range(200))}
    names = list(rows)
    until = time.monotonic() + HAMMER_SECONDS
    looked: list[int] = []

    def play(run: Callable[..., Any]) -> None:
        count = 0
        while time.monotonic() < until:
            name = random.choice(names)
            found: SessionRow | None = run(bench.store.read_session(name))
            assert found is not None
            assert (found.id, found.login_id, found.account) == (name, rows[name].login_id, rows[name].account)
            count += 1
            if count % 50 == 0:
                run(bench.store.touch_session(name))
        looked.append(count)

    in_threads(blocking, 8, play)
    bench.close()
    assert len(looked) == 8
    assert sum(looked) > 2000


def test_a_thread_takes_its_connection_along(path: Path) -> None:
    """Servers that have a thread per request do not collect open files."""
    bench = SQLiteBench(path, blocking=True)
    row = bench.sign_in()
    in_threads(True, 1, lambda run: run(bench.store.read_session(row.id)))
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        in_threads(True, 1, lambda run: run(bench.store.read_session(row.id)))
    assert len(os.listdir("/dev/fd")) <= before
    bench.close()


def test_close_closes_the_connections_of_all_threads(path: Path) -> None:
    """Also of those that are still there: the last one to go takes the write-ahead log along."""
    bench = SQLiteBench(path, blocking=True)
    row = bench.sign_in()
    looked, leave = threading.Event(), threading.Event()

    def play(run: Callable[..., Any]) -> None:
        run(bench.store.read_session(row.id))
        looked.set()
        leave.wait(10)
        assert run(bench.store.read_session(row.id)).live

    thread = threading.Thread(target=in_threads, args=(True, 1, play))
    thread.start()
    looked.wait(10)
    assert len(list(path.parent.iterdir())) == 3
    bench.run(bench.store.close())
    assert [file.name for file in path.parent.iterdir()] == ["valetkey.db"]
    leave.set()
    thread.join()
    bench.close()


def test_the_writing_thread_ends_with_its_store(path: Path) -> None:
    """Closed or forgotten."""
    others = set(threading.enumerate())  # of stores that an earlier test has left to the garbage collector

    def writers() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == "valetkey-store" and one not in others]

    bench = SQLiteBench(path, blocking=False)
    bench.sign_in()
    (closed,) = writers()
    bench.run(bench.store.close())
    closed.join(20)
    assert writers() == []
    bench.sign_in()
    (forgotten,) = writers()
    bench.close()
    bench.store = bench.open()
    del bench
    gc.collect()
    forgotten.join(20)
    assert writers() == []
