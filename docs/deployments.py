"""Writes the table of docs/deploy/README.md from a run of all deployments: ``./run docs deploy``.

What is played is in ``tests/support/deployments.py``, how in ``tests/support/deployed.py``, and the table in
``tests/support/deployed_table.py``. ``tests/deploy/test_table.py`` plays a part of it in each test run and compares.
This runs with tests/ in its PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version

from playwright.sync_api import sync_playwright
from soak import commit
from support.deployed import CHROMIUM_OPTIONS, Outcome, play
from support.deployed_table import PAGE, SIGNED_IN, Cell, faults, write
from support.deployments import ALL
from support.servers import Provider

DISTRIBUTIONS = (
    *("fastapi", "starlette", "litestar", "django", "flask"),
    *("uvicorn", "hypercorn", "granian", "daphne", "mangum", "trio", "gunicorn", "gevent", "eventlet", "pyuwsgi"),
)


def stamp_of(date: str, of_commit: str) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in DISTRIBUTIONS)
    return f"Played on {date}, on commit {of_commit}, with {versions}."


def main() -> int:
    stamp, began = stamp_of(time.strftime("%Y-%m-%d"), commit()), time.monotonic()
    outcomes: dict[Cell, Outcome] = {}
    provider = Provider("http://127.0.0.1:8000/auth/twitter")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=CHROMIUM_OPTIONS)
            for one, outcome in play(ALL, chromium, provider):
                outcomes[one.framework, one.server, one.mount] = outcome
                said = SIGNED_IN if outcome.is_signed_in else outcome.sentence or f"SILENT\n{outcome.log}"
                print(f"{len(outcomes)}/{len(ALL)} {one.name}: {said}", flush=True)
            chromium.close()
    finally:
        provider.stop()
    write(outcomes, stamp)
    print(f"{PAGE.name}: {len(outcomes)} cells in {time.monotonic() - began:.0f} s")
    for fault in faults(outcomes):
        print(f"FAULT {fault}")
    return 1 if faults(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
