"""Turns a host name into addresses before a deadline, and remembers which addresses worked.

How this works:

- ``getaddrinfo`` cannot be interrupted, and an event loop's executor has few threads. So each lookup runs in a daemon
  thread of its own, which ends with the lookup. The caller waits for it until the deadline.
- Callers that ask for the same name at the same time share one lookup. At most ``MAX_LOOKUPS`` run at once.
- A lookup that takes longer than ``HEDGE_SECONDS`` gets a second thread, which asks for IPv4 only. The first addresses
  that arrive are the answer.
- ``record_success`` and ``record_failure`` note which addresses work, so that the next connection tries a good one
  first.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import threading
import time
from concurrent.futures import Future, InvalidStateError
from functools import partial
from typing import Any, NamedTuple

HEDGE_SECONDS = 1.0  # a resolver waits 5 s after a lost packet, so a second query goes out earlier
STUCK_SECONDS = 5.0  # a lookup that takes longer is no longer shared
MAX_LOOKUPS = 8
MAX_ADDRESSES = 16
MAX_REMEMBERED = 256


class Endpoint(NamedTuple):
    """One address of a host, as ``getaddrinfo`` gives it."""

    family: int
    sockaddr: tuple[Any, ...]


class ResolutionError(OSError):
    """The name has no address, or the resolver did not answer. The text says which."""


Answer = list[Endpoint] | ResolutionError


class Resolver:
    """Resolves host names for one transport. Safe in threads, under gevent and eventlet, and after a fork."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lookups: dict[tuple[str, int], _Lookup] = {}
        self._running: set[object] = set()
        # When an address last worked (positive) or failed (negative), by the monotonic clock.
        self._marks: dict[tuple[Any, ...], float] = {}

    def resolve(self, host: str, port: int, deadline: float) -> list[Endpoint]:
        """Return the addresses of a host, best first. Blocks the calling thread.

        Args:
            host, port: a name or an IP address, and the port that goes into each endpoint.
            deadline: a time of ``time.monotonic()``, in seconds.

        Raises:
            ResolutionError: the name has no address.
            TimeoutError: the resolver did not answer in time.
        """
        if literal := _literal(host, port):
            return literal
        lookup = self._lookup(host, port)
        left = deadline - time.monotonic()
        try:
            answer = lookup.answer.result(min(HEDGE_SECONDS, left))
        except TimeoutError:
            if left <= HEDGE_SECONDS:
                raise
            lookup.ask(socket.AF_INET)
            answer = lookup.answer.result(max(deadline - time.monotonic(), 0))
        return self._ranked(answer)

    async def resolve_in_loop(self, host: str, port: int) -> list[Endpoint]:
        """Return the addresses of a host, best first, without blocking the event loop. The caller sets the time limit.

        Raises:
            ResolutionError: the name has no address.
        """
        if literal := _literal(host, port):
            return literal
        lookup = self._lookup(host, port)
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def wake(_: Future[Answer]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
                loop.call_soon_threadsafe(arrived.set)

        lookup.answer.add_done_callback(wake)
        try:
            async with asyncio.timeout(HEDGE_SECONDS):
                await arrived.wait()
        except TimeoutError:
            lookup.ask(socket.AF_INET)
            await arrived.wait()
        return self._ranked(lookup.answer.result())

    def record_success(self, endpoint: Endpoint) -> None:
        """Try this address first from now on."""
        self._mark(endpoint, time.monotonic())

    def record_failure(self, endpoint: Endpoint) -> None:
        """Try this address last from now on, until it works again."""
        self._mark(endpoint, -time.monotonic())

    def _mark(self, endpoint: Endpoint, mark: float) -> None:
        self._marks.pop(endpoint.sockaddr, None)
        self._marks[endpoint.sockaddr] = mark
        for oldest in list(self._marks)[:-MAX_REMEMBERED]:
            self._marks.pop(oldest, None)

    def _ranked(self, answer: Answer) -> list[Endpoint]:
        if isinstance(answer, ResolutionError):
            # A new one for each caller, because a raised exception collects tracebacks.
            raise ResolutionError(str(answer))
        ranked = sorted(_interleaved(answer), key=self._rank)
        return ranked[:MAX_ADDRESSES]

    def _rank(self, endpoint: Endpoint) -> float:
        """Sort key: addresses that worked, the latest first; then those never tried; then those that failed, the oldest
        failure first."""
        return -self._marks.get(endpoint.sockaddr, 0.0)

    def _lookup(self, host: str, port: int) -> _Lookup:
        if self._pid != os.getpid():  # the threads of the parent do not exist here
            self._lookups, self._running, self._pid = {}, set(), os.getpid()
        key = (host, port)
        lookup = self._lookups.get(key)
        if lookup is None or lookup.answer.done() or time.monotonic() - lookup.begun > STUCK_SECONDS:
            lookup = self._lookups[key] = _Lookup(host, port, self._running)
            lookup.answer.add_done_callback(partial(self._forget, key))
            lookup.ask(socket.AF_UNSPEC)
        return lookup

    def _forget(self, key: tuple[str, int], answer: Future[Answer]) -> None:
        lookup = self._lookups.get(key)
        if lookup is not None and lookup.answer is answer:
            self._lookups.pop(key, None)


class _Lookup:
    """One lookup, shared by all callers that ask for the same name.

    The first addresses that arrive are the answer. An error becomes the answer only when no thread is left that could
    still find some.
    """

    def __init__(self, host: str, port: int, running: set[object]) -> None:
        self.begun = time.monotonic()
        self.answer: Future[Answer] = Future()
        self._host, self._port = host, port
        self._running = running
        self._asked: set[int] = set()
        self._unanswered: set[int] = set()

    def ask(self, family: int) -> None:
        """Start a thread that asks the system's resolver, once for each address family."""
        if family in self._asked or self.answer.done():
            return
        self._asked.add(family)
        if len(self._running) >= MAX_LOOKUPS:
            self._fail(ResolutionError("the resolver has stopped answering"))
            return
        self._running.add(self._key(family))
        self._unanswered.add(family)
        try:
            threading.Thread(target=self._run, args=(family,), name="valetkey-resolver", daemon=True).start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._running.discard(self._key(family))
            self._unanswered.discard(family)
            self._fail(ResolutionError("no thread could be started to resolve it"))

    def _key(self, family: int) -> object:
        return (id(self), family)

    def _run(self, family: int) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, family, socket.SOCK_STREAM)
            answer: Answer = [Endpoint(entry[0], entry[4]) for entry in found]
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is too long for DNS
            answer = ResolutionError(_reason(error))
        finally:
            self._running.discard(self._key(family))
            self._unanswered.discard(family)
        if isinstance(answer, ResolutionError):
            self._fail(answer)
        else:
            self._resolve(answer)

    def _fail(self, error: ResolutionError) -> None:
        if not self._unanswered:
            self._resolve(error)

    def _resolve(self, answer: Answer) -> None:
        with contextlib.suppress(InvalidStateError):  # another thread was first
            self.answer.set_result(answer)


def _reason(error: OSError | UnicodeError) -> str:
    """Say why a name does not resolve. ``getaddrinfo`` has error numbers that ``os.strerror`` does not know."""
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return "the name server did not answer"
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            return "the name is not known"
        return error.strerror or "the resolver failed"
    return "this is not a host name" if isinstance(error, UnicodeError) else "the resolver failed"


def _literal(host: str, port: int) -> list[Endpoint]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return []
    if version == 4:
        return [Endpoint(socket.AF_INET, (host, port))]
    return [Endpoint(socket.AF_INET6, (host, port, 0, 0))]


def _interleaved(found: list[Endpoint]) -> list[Endpoint]:
    """Alternate between IPv4 and IPv6, starting with the resolver's first choice. RFC 8305 §4."""
    distinct = list(dict.fromkeys(found))
    first = [one for one in distinct if one.family == distinct[0].family]
    others = [one for one in distinct if one.family != distinct[0].family]
    mixed: list[Endpoint] = []
    while first or others:
        mixed += first[:1] + others[:1]
        first, others = first[1:], others[1:]
    return mixed
