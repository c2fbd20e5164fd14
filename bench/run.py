"""``./run bench [--quick] [login] [session] [growth] [load] [rest]``: measure all or these parts, and keep the figures.

Each part replaces its own figures in ``bench/results.json``, from which ``docs/speed.md`` and its charts are written. A
program that does not start, a login that fails or is not in its database ends the run with a sentence.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from tempfile import gettempdir
from typing import Any

import figures
import growth
import load
import login
import report
import rest
import results
import session
from processes import compiled
from serving import PEERS


def logins(rounds: int, quick: bool) -> dict[str, Any]:
    seconds, warm = (0.25, 0.5) if quick else (0.8, 1.0)
    on_disk = ["bare", "valetkey", "valetkey-starlette"]
    return {
        "login": login.measured(list(login.PROGRAMS), rounds, seconds, warm=warm),
        "login_on_disk": login.measured(on_disk, rounds, seconds, gettempdir(), warm=warm),
    }


def sessions(rounds: int, quick: bool) -> dict[str, Any]:
    return {"session": session.measured(rounds, *((0.2, 100) if quick else (0.5, 1000)))}


def grown(rounds: int, quick: bool) -> dict[str, Any]:
    return {
        "growth": growth.measured(rounds, *((0.3, [1_000, 100_000]) if quick else (1.5, [1_000, 100_000, 10_000_000])))
    }


def loaded(rounds: int, quick: bool) -> dict[str, Any]:
    return {"load": load.measured(rounds, ["readme"] if quick else list(load.APPS))}


def others(rounds: int, quick: bool) -> dict[str, Any]:
    import arrival  # it needs a browser, as no other part does

    return {
        "memory": rest.memory(["bare", "valetkey"], 1_000 if quick else 10_000),
        "import": rest.imports(rounds),
        "size": rest.sizes(),
        "arrival": arrival.measured(1 if quick else 20),
    }


# How each part is measured, its rounds, and those of a quick run; and its tables.
Part = tuple[Callable[[int, bool], dict[str, Any]], int, int, list[Callable[[Any], str]]]
PARTS: dict[str, Part] = {
    "login": (
        logins,
        7,
        2,
        [
            lambda found: figures.login(found, oidc=False),
            lambda found: figures.login(found, oidc=True),
            lambda found: figures.login(found, oidc=False, on="login_on_disk"),
        ],
    ),
    "session": (sessions, 15, 2, [figures.session]),
    "growth": (grown, 7, 2, [figures.growth]),
    "load": (loaded, 3, 1, [figures.load]),
    "rest": (others, 15, 1, [figures.memory, figures.imports, figures.installed, figures.module, figures.arrival]),
}


def main() -> None:
    options = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer rounds, no ten million accounts: a few minutes")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} [default: all]")
    given = options.parse_args()
    if not set(given.parts) <= set(PARTS):
        options.error(f"the parts are {', '.join(PARTS)}")
    if not PEERS.exists():
        sys.exit("bench: .venv-bench is missing; ./run bench makes it")
    compiled()
    for name, (measure, rounds, few, tables) in PARTS.items():
        if given.parts and name not in given.parts:
            continue
        print(f"\n{name}", flush=True)
        rounds = few if given.quick else rounds
        began = time.monotonic()
        try:
            measured = measure(rounds, given.quick)
        except (OSError, RuntimeError) as error:
            sys.exit(f"bench: {name}: {error}")
        how = {"rounds": rounds, "quick": given.quick, "seconds": round(time.monotonic() - began)}
        found = results.update(name, measured, how)
        print("\n\n".join(table(found) for table in tables), flush=True)
        report.write(found)


if __name__ == "__main__":
    main()
