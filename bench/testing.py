"""ms per ``signed_in`` of the test kit, for each kind of test client: ``./run bench testing``. The goal is 20.

Everything is in this process, the sandbox in a thread beside, as in somebody's tests. Beside the clock stands the CPU's
time, of all threads: where the two are far apart, the machine was busy with something else.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from testing import apps

from valetkey.testing import Sandbox, running_sandbox, signed_in

GOAL_MS = 20.0


Taken = list[tuple[float, float]]  # on the clock, and of the CPU


def now() -> tuple[float, float]:
    return time.perf_counter() * 1e3, time.process_time() * 1e3


def since(began: tuple[float, float]) -> tuple[float, float]:
    clock, cpu = now()
    return clock - began[0], cpu - began[1]


def plain(client: Any, times: int) -> Taken:
    taken = []
    with client as opened:
        signed_in(opened)
        for _ in range(times):
            began = now()
            signed_in(opened)
            taken.append(since(began))
    return taken


def awaited(client: Any, times: int) -> Taken:
    async def live() -> Taken:
        taken = []
        async with client as opened:
            await signed_in(opened)
            for _ in range(times):
                began = now()
                await signed_in(opened)
                taken.append(since(began))
        return taken

    return asyncio.run(live())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=200)
    times = options.parse_args().times
    began = time.perf_counter()
    with running_sandbox() as sandbox:
        started = (time.perf_counter() - began) * 1e3
        slowest = 0.0
        print(f"{'':34} ms/sign-in  lowest   p95  CPU-ms")
        for name, run in rows(sandbox, times).items():
            taken = run()
            clock = sorted(one for one, _ in taken)
            middle, p95 = statistics.median(clock), clock[int(len(clock) * 0.95)]
            slowest = max(slowest, middle)
            cpu = statistics.mean(one for _, one in taken)
            print(f"{name:34} {middle:10.1f} {clock[0]:7.1f} {p95:5.1f} {cpu:7.1f}")
        print(f"{'the sandbox, started once a run':34} {started:10.1f}")
    return int(slowest > GOAL_MS)


def rows(sandbox: Sandbox, times: int) -> dict[str, Callable[[], Taken]]:
    settings = sandbox.settings
    return {
        "Starlette's": lambda: plain(TestClient(apps.starlette_app(settings)), times),
        "FastAPI's": lambda: plain(TestClient(apps.fastapi_app(settings)), times),
        "Flask's": lambda: plain(apps.flask_app(settings).test_client(), times),
        "httpx2.AsyncClient": lambda: awaited(
            httpx2.AsyncClient(transport=httpx2.ASGITransport(apps.starlette_app(settings)), base_url="http://test"),
            times,
        ),
    }


if __name__ == "__main__":
    sys.exit(main())
