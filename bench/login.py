"""What a whole login costs: ``./run bench login``.

One core for the program, one for the provider and the load. All programs are up at once and are visited in turns, in
random order, so that a slow minute of the machine hits each alike. CPU time is taken with 16 logins in flight, time on
the clock with one. Read the ratio, not the milliseconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
from collections import defaultdict

from processes import HERE, compiled
from programs import FORM, PROGRAMS, YARDSTICK, Program, counted
from serving import Server, place

USERS = 500


class Login:
    """A program whose logins are made and counted."""

    # 500 users, the first of them 1, one after the other
    who: tuple[object, ...] = ("-U", USERS, "-o", 1)

    def __init__(self, name: str, program: Program, server: Server) -> None:
        self.name, self.program, self.server = name, program, server
        self.made = self.users = 0

    def load(self, seconds: float, connections: int) -> dict[str, float]:
        """As many logins as there is time for. The generator plays the browsers."""
        program = self.program
        command = [HERE / "build" / "load", "-p", self.server.port, "-c", connections, "-d", seconds, *self.who]
        command += ["-S", program.start, "-C", program.callback, "-B", program.body, "-T", FORM, "-m", program.mode]
        command += ["-H", f"Origin: http://127.0.0.1:{self.server.port}", "-H", "Accept: text/html"]
        command += ["-K", program.cookie]
        done = subprocess.run(
            ["taskset", "-c", "1", *map(str, command)], capture_output=True, text=True, check=True, timeout=seconds + 60
        )
        result = dict(json.loads(done.stdout))
        if result["errors"] or not result["done"]:
            self.server.fail(f"logins failed: {result}")
        self.made += int(result["done"])
        self.users = max(self.users, min(USERS, int(result["begun"])))
        return result

    def measure(self, seconds: float) -> dict[str, float]:
        before = self.server.cpu_seconds()
        many = self.load(seconds, 16)
        cpu = self.server.cpu_seconds() - before
        alone = self.load(seconds, 1)
        return {"cpu_ms": cpu * 1e3 / many["done"], "p50_ms": alone["p50_ms"], "p99_ms": alone["p99_ms"]}

    def check(self) -> None:
        """Its database has the accounts of those who signed in, each once, and as many logins as were made."""
        accounts, logins = (counted(self.server.database, sql) for sql in (self.program.accounts, self.program.logins))
        if (accounts, logins) != (self.users, self.made):
            made = f"{self.made} logins of {self.users} users"
            self.server.fail(f"made {made}, and its database has {logins} logins of {accounts}")


def measured(
    names: list[str], rounds: int, seconds: float, parent: str | None = None, *, warm: float = 1.0
) -> dict[str, dict[str, object]]:
    """Measure programs.

    Args:
        parent: a directory for the databases. None: in memory.
        warm: how much of its usual time each is warmed for.
    """
    taken: dict[str, list[dict[str, float]]] = defaultdict(list)
    with place(parent) as here:
        servers = {name: Server(name, PROGRAMS[name].command, PROGRAMS[name].env, here) for name in names}
        logins = [Login(name, PROGRAMS[name], server) for name, server in servers.items()]
        for one in logins:
            one.server.up()
            one.load(one.program.warm_seconds * warm, 8)  # warm; and the users exist
        for _ in range(rounds):
            for one in random.sample(logins, len(logins)):
                taken[one.name].append(one.measure(seconds))
        for one in logins:
            one.check()
    return {name: summary(taken[name], taken[YARDSTICK[PROGRAMS[name].mode]]) for name in names}


def summary(rounds: list[dict[str, float]], yardstick: list[dict[str, float]]) -> dict[str, object]:
    cpu = [one["cpu_ms"] for one in rounds]
    ratios = [one["cpu_ms"] / beside["cpu_ms"] for one, beside in zip(rounds, yardstick, strict=True)]
    return {
        **{key: round(statistics.median(one[key] for one in rounds), 3) for key in ("cpu_ms", "p50_ms", "p99_ms")},
        "cpu_ms_lowest_highest": [round(min(cpu), 3), round(max(cpu), 3)],
        "ratio": round(statistics.median(ratios), 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--secs", type=float, default=1.0)
    options.add_argument("--db", help="a directory for the databases [default: in memory]")
    options.add_argument("names", nargs="*", help=f"of {', '.join(PROGRAMS)} [default: all]")
    given = options.parse_args()
    names = [name for name in PROGRAMS if name in given.names or not given.names]
    names = list(dict.fromkeys([YARDSTICK[PROGRAMS[name].mode] for name in names] + names))
    compiled()
    results = measured(names, given.rounds, given.secs, given.db)
    print(f"{'':20} CPU-ms/login  lowest-highest   ratio   alone: p50 ms   p99 ms")
    for name, row in results.items():
        low, high = row["cpu_ms_lowest_highest"]
        print(
            f"{name:20} {row['cpu_ms']:12.3f}  {low:.3f}-{high:.3f}     {row['ratio']:5.2f}   "
            f"{row['p50_ms']:13.2f}   {row['p99_ms']:6.2f}"
        )
    print(json.dumps(results))


if __name__ == "__main__":
    main()
