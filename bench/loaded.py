"""README's app, which also says what is left in its process, and what held its event loop up: for ``load.py``.

``FROZEN=1``: with the two lines that docs/speed.md recommends to an app that has many logins at once.
"""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time

from readme_app import app

BEAT_SECONDS = 0.005
began = 0.0  # on the CPU, in ms: while the machine is busy with something else, time on the clock says nothing
collected, turns = [0.0], [0.0]


def cpu_ms() -> float:
    """Of this thread, which is the event loop's."""
    return time.thread_time() * 1e3


def watch(phase: str, _: dict[str, int]) -> None:
    global began
    if phase == "start":
        began = cpu_ms()
    else:
        collected.append(cpu_ms() - began)


async def beat() -> None:
    """How much the event loop does from one turn of this task to the next."""
    while True:
        before = cpu_ms()
        await asyncio.sleep(BEAT_SECONDS)
        turns.append(cpu_ms() - before)


@app.get("/left")
async def left() -> dict[str, int]:
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }


@app.get("/held")
async def held() -> dict[str, float]:
    """The longest pause of the collector and the longest turn since the last time, in CPU-ms."""
    if watch not in gc.callbacks:
        gc.callbacks.append(watch)
        app.state.beat = asyncio.ensure_future(beat())
    longest = {"collector_cpu_ms": round(max(collected), 1), "turn_cpu_ms": round(max(turns), 1)}
    collected[:], turns[:] = [0.0], [0.0]
    return longest


if os.environ.get("FROZEN"):
    gc.collect()
    gc.freeze()
