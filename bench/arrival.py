"""From the callback's arrival to the page that shows the user: ``page.py`` measures it, and here it becomes figures."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from page import EXCHANGE_SECONDS, WAYS, Served, chromium, login
from support.engines import Engine


def measured(logins: int) -> dict[str, dict[str, object]]:
    """By what becomes of the popup. The first login of each way is cold, and is not counted."""
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as directory:
        served = Served(Path(directory))
        try:
            with chromium() as engine:
                for turn in range(-1, logins):
                    for way in WAYS:
                        took = once(engine, served, way)
                        if turn >= 0:
                            taken[way].append(took)
        finally:
            served.stop()
        if served.sessions() != (logins + 1) * len(WAYS):
            sys.exit("bench: the database has another number of logins than were made")
    return {
        way: {
            "p50_ms": round(statistics.median(values)),
            "p90_ms": round(sorted(values)[int(len(values) * 0.9)]),
            "highest_ms": round(max(values)),
            "logins": logins,
        }
        for way, values in taken.items()
    }


def once(engine: Engine, served: Served, way: str) -> float:
    served.provider.reset()
    served.provider.set(coop="same-origin" if "severed" in way else None)
    if "closed" in way:
        # As a provider does on the internet, or the callback is answered before a window can be closed.
        served.provider.fault("exchange", "delay", seconds=EXCHANGE_SECONDS)
        served.withheld.touch()
    try:
        took, _ = login(engine, served, way)
    finally:
        served.withheld.unlink(missing_ok=True)
    return took
