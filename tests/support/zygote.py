"""Servers by the dozen: one process that has imported everything, and forks the README's app (``support.readme``) or
one of valetkey's own commands, as a server with ``--preload`` does. What is forked is a process of its own, with its
own log; it is killed as any is.

Run as a module it reads orders, a JSON object a line, and answers each with a number: ``start`` with the id of a new
process, ``wait`` with how that one ended, ``poll`` with the same or that it has not.

What a node does beyond that stands in its environment (``support.readme`` and ``support.host_pages`` have more):

``NODE_JOURNAL``  a file in which it notes, before and after each, every verb of the store and the transport that is met
``NODE_DIES``     the line of that journal after which it is killed: SIGKILL, from within, so that it is met exactly
``NODE_MEEK``     gives up what root may do beyond anybody else, so that a file that is read-only is so
``NODE_CLOCK``    a file of eight bytes: how many seconds its clock is off, now (only where the zygote was asked for it)
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import PYTHONPATH

_TRUE_TIME = time.time
_ALIVE = 1000  # no code that a process ends with
_off: list[mmap.mmap] = []


def _time_that_is_off() -> float:
    return _TRUE_TIME() + (struct.unpack_from("d", _off[0])[0] if _off else 0.0)


class Zygote:
    """The process that forks, as a test sees it."""

    def __init__(self, *, clocks: bool = False) -> None:
        self._asking = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.zygote", *(["clocks"] if clocks else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": PYTHONPATH},
        )

    def _ask(self, **order: object) -> int:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        with self._asking:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            return int(process.stdout.readline())

    def start(self, arguments: list[str], env: dict[str, str], log: Path) -> int:
        return self._ask(start=arguments, env=env, log=str(log))

    def wait(self, pid: int) -> int:
        """How it ended, as ``subprocess`` says it: -9 for SIGKILL. It must be on its way."""
        return self._ask(wait=pid)

    def poll(self, pid: int) -> int | None:
        """The same, or None where it has not ended."""
        code = self._ask(poll=pid)
        return None if code == _ALIVE else code

    def stop(self) -> None:
        self._process.communicate()


# In the process that forks


def _serve(orders: Any) -> None:
    for line in orders:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif "poll" in order:
            ended, status = os.waitpid(order["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if ended else _ALIVE
        else:
            answer = os.fork()
            if answer == 0:
                _become(order)
        sys.__stdout__.write(f"{answer}\n")
        sys.__stdout__.flush()


def _become(order: dict[str, Any]) -> None:
    """The node. Does not return; and does not outlive a test run that was cut off (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    silence = os.open(os.devnull, os.O_RDONLY)
    for here, there in ((silence, 0), (log, 1), (log, 2)):
        os.dup2(here, there)
    os.environ.update(order["env"])
    try:
        _equip(os.environ)
        readme.run(order["start"])
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    finally:
        sys.stderr.flush()
    os._exit(0)


def _equip(environ: Any) -> None:
    if "NODE_MEEK" in environ:
        # capset(2): version 3 of the header, no capability of any kind.
        given_up = ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
        assert given_up == 0
    if "NODE_CLOCK" in environ:
        with open(environ["NODE_CLOCK"], "r+b") as file:
            _off.append(mmap.mmap(file.fileno(), 8))
    if {"PAGE_HEADERS", "MOUNTED"} & {*environ}:
        host_pages.equip(environ)
    if "NODE_JOURNAL" in environ:
        _watch(environ["NODE_JOURNAL"], environ.get("NODE_DIES"))


def _watch(journal: str, dies: str | None) -> None:
    """Every await between the framework and what is outside of the process goes through one of these."""
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    noted: dict[str, int] = {}

    def note(what: str) -> None:
        noted[what] = noted.get(what, 0) + 1
        line = f"{what} {noted[what]}"
        os.write(file, f"{time.monotonic():.6f} {line}\n".encode())
        if line == dies:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(owner: Any, name: str) -> None:
        verb: Callable[..., Any] = getattr(owner, name)

        async def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
            # A provider's call goes by what it asks for.
            called = args[0].url.partition("?")[0].rpartition("/")[2] if name == "send" else name
            note(f"before {called}")
            result = await verb(self, *args, **kwargs)
            note(f"after {called}")
            return result

        setattr(owner, name, noting)

    for store in (SQLiteStore, PostgreSQLStore):
        for name in VERBS:
            watched(store, name)
    watched(LoopTransport, "send")
    watched(LoopRunner, "call")


def _verbs() -> list[str]:
    from valetkey.storage.base import Store

    return [name for name in vars(Store) if not name.startswith("_") and name != "close"]


if __name__ == "__main__":
    if "clocks" in sys.argv:
        # Before anything takes it as a default.
        time.time = _time_that_is_off
    import uvicorn.lifespan.on
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto
    import uvicorn.protocols.websockets.auto  # noqa: F401

    from support import host_pages, readme
    from valetkey.http_client import LoopTransport
    from valetkey.http_client.runner import LoopRunner
    from valetkey.storage.postgresql import PostgreSQLStore
    from valetkey.storage.sqlite import SQLiteStore

    VERBS = _verbs()
    _serve(sys.stdin)
