"""Many logins at once on one process, while other requests go on: ``./run bench load``.

README's app under uvicorn on one core. The provider, the browsers and the other requests are on the other core. Three
situations:

``logins``             the provider takes 2.5 s for an answer, so that all logins are in flight at the same time, at
                       their start and at their callback; every one must land, and is checked in the database
``starts, hanging``    the provider answers nothing to the starts: each must end as provider_unavailable within 5 s
``callbacks, hanging`` it hangs when the callbacks come: each must end as provider_unavailable within 10 s

The others are 100 signed-in requests a second to the app's own route, from a process of their own. The first round is a
warm-up. After each later one no task, thread or memory may be left, and of files only the connections that are kept. A
quick run has one round, of README's app alone.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from crowd import Provider, come_back, paced, start
from load_server import Others, Server
from processes import free_port

from valetkey.http_client.wire import MAX_IDLE

LOGINS, A_SECOND = 1000, 400.0
PROVIDER_SECONDS = 2.5
START_SECONDS, CALLBACK_SECONDS = 5.0, 10.0  # what docs/reliability.md promises
KEPT = 1.05  # how much of its memory before a round a process may have after it
SETTLES_SECONDS = 12.0
# As README has it; and with what docs/speed.md recommends to an app that has many logins at once.
APPS: dict[str, dict[str, str]] = {"readme": {}, "frozen": {"FROZEN": "1"}}

Taken = list[float]  # the seconds until each was answered


class Situations:
    """What the logins of one app meet. What must not be ends the run."""

    def __init__(self, server: Server) -> None:
        self.server, self.port = server, server.port
        self.at_rest: dict[str, int] = {}  # what its process has after the first round, at most

    async def logins(self) -> Taken:
        before = self.server.subjects()
        Provider.seconds = PROVIDER_SECONDS
        started = await paced(A_SECOND, [start(self.port) for _ in range(LOGINS)])
        backs = await paced(A_SECOND, [come_back(self.port, token, cookie) for _, token, cookie, _ in started])
        Provider.seconds = 0.0
        landed = sorted(set(self.server.subjects()) - set(before))
        expected = sorted(token.removeprefix("t") for _, token, _, _ in started)
        self.require(landed == expected, f"{len(landed)} of {LOGINS} logins are in the database")
        self.require(all("/done?" in where for where, _, _ in backs), "a login did not reach its last page")
        return [seconds for *_, seconds in [*started, *backs]]

    async def starts(self) -> Taken:
        Provider.seconds = None
        started = await paced(A_SECOND, [start(self.port) for _ in range(LOGINS)])
        Provider.seconds = 0.0
        refused = sum(status == 503 for status, *_ in started)
        took = [seconds for *_, seconds in started]
        self.require(refused == LOGINS, f"{refused} of {LOGINS} starts were answered with 503")
        self.require(max(took) < START_SECONDS, f"a start took {max(took):.1f} s")
        await self.until_open()
        return took

    async def callbacks(self) -> Taken:
        before = self.server.subjects()
        Provider.seconds = 0.0
        started = await paced(A_SECOND, [start(self.port) for _ in range(LOGINS)])
        Provider.seconds = None
        backs = await paced(A_SECOND, [come_back(self.port, token, cookie) for _, token, cookie, _ in started])
        Provider.seconds = 0.0
        refused = sum("/failed?code=provider_unavailable" in where for where, _, _ in backs)
        took = [seconds for *_, seconds in backs]
        self.require(refused == LOGINS, f"{refused} of {LOGINS} callbacks ended as provider_unavailable")
        self.require(max(took) < CALLBACK_SECONDS, f"a callback took {max(took):.1f} s")
        self.require(self.server.subjects() == before, "a login landed though its provider hung")
        await self.until_open()
        return took

    async def until_open(self) -> None:
        """The provider answers again, and starts are sent again."""
        while (await start(self.port))[0] != 200:  # noqa: ASYNC110  # another process decides
            await asyncio.sleep(0.5)

    def require(self, fact: bool, otherwise: str) -> None:
        if not fact:
            sys.exit(f"bench: load: {self.server.name}: {otherwise}")

    async def measure(self, run: Callable[[], Awaitable[Taken]], *, settles: bool) -> dict[str, float]:
        """One round.

        Args:
            settles: whether what is left afterwards counts. After a process's first round it does not: that is no leak.
        """
        server = self.server
        if settles and not self.at_rest:
            self.at_rest = await self.settled(None)
            self.at_rest["files"] += MAX_IDLE  # connections to the provider, which the next request uses or closes
        before = server.memory()
        server.forget_peak()
        Provider.most = 0
        _, token, cookie, _ = await start(self.port)
        others = Others(self.port, (await come_back(self.port, token, cookie))[1])
        await server.ask("/held")
        used = server.cpu_seconds()
        took = await run()
        used = (server.cpu_seconds() - used) * 1e3 / LOGINS
        waited = others.stop()
        longest = await server.ask("/held")
        peak = server.memory("VmHWM")
        if settles:
            left = await self.settled(self.at_rest)
            more = {name: number for name, number in left.items() if number > self.at_rest[name]}
            self.require(not more, f"left in the process: {more}, and at most {self.at_rest} before")
            after = server.memory()
            self.require(after < before * KEPT, f"memory went from {before:.1f} to {after:.1f} MiB")
        return {
            "in_flight": Provider.most,
            "answered_p50_s": statistics.median(took),
            "answered_highest_s": max(took),
            "cpu_ms": used,
            "others_p50_ms": statistics.median(waited),
            "others_p99_ms": waited[int(len(waited) * 0.99)],
            **longest,
            "before_mib": before,
            "peak_mib": peak,
            "after_mib": server.memory(),
        }

    async def settled(self, before: dict[str, int] | None) -> dict[str, int]:
        """What is left in the process, as soon as it is not more than before."""
        until = time.monotonic() + SETTLES_SECONDS
        while True:
            left: dict[str, int] = await self.server.ask("/left")
            late = time.monotonic() > until
            if late or (before is not None and all(left[name] <= most for name, most in before.items())):
                return left
            await asyncio.sleep(0.5)


async def taken(rounds: int, apps: list[str]) -> dict[str, dict[str, list[dict[str, float]]]]:
    """By situation and app, the rounds that count."""
    rows: dict[str, dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        provider = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", port, backlog=4096)
        stack.callback(provider.close)
        found = {}
        for name in apps:
            server = await asyncio.to_thread(Server, name, directory, port, APPS[name])
            stack.callback(server.stop)
            found[name] = Situations(server)
        warm_ups = 1 if rounds > 1 else 0
        for turn in range(rounds + warm_ups):
            for situation in ("logins", "starts", "callbacks"):
                for name, each in found.items():
                    row = await each.measure(getattr(each, situation), settles=turn > 0)
                    if turn >= warm_ups:
                        rows[situation][name].append(row)
    return rows


def measured(rounds: int, apps: list[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Medians of the rounds."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16 * LOGINS + 1024), hard))
    affinity = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {1})
    try:
        rows = asyncio.run(taken(rounds, apps))
    finally:
        os.sched_setaffinity(0, affinity)
    return {
        situation: {app: {key: middle(key, found) for key in found[0]} for app, found in of_it.items()}
        for situation, of_it in rows.items()
    }


def middle(key: str, rounds: list[dict[str, float]]) -> float:
    return round(statistics.median(one[key] for one in rounds), 2)


if __name__ == "__main__":
    print(json.dumps(measured(1, [name for name in APPS if name in sys.argv] or ["readme"]), indent=1))
