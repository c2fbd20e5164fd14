"""What a framework keeps of its throughput when a route asks who is signed in: ``./run bench session``.

Each row is a server of its own with one route. Many sessions take turns, more than a processor's caches hold, as in an
app that has users. The bare server gets the same headers and looks at none. One core for the servers, one for the load,
which never sleeps: a server that has to wake its client would pay for that, and a slower one more often. All are up at
once and visited in turns. *Kept* is bare CPU time over guarded CPU time, of the same round.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict

from browsers import for_seconds, is_refused, requests, sessions_of_another, sessions_of_valetkey
from processes import on_this_core
from serving import PEERS, Server, gunicorn, place, uvicorn

# The guards of each framework.
FRAMEWORKS = {
    "starlette": ["valetkey", "session-middleware"],
    "fastapi": ["valetkey", "valetkey-in-the-route", "pyjwt", "fastapi-users"],
    "litestar": ["valetkey", "valetkey-guard", "valetkey-middleware", "valetkey-in-the-route", "jwt-cookie-auth"],
    "flask": ["valetkey", "flask-login"],
    "django": ["valetkey", "django-sessions"],
}
THREADS = ("--worker-class", "gthread", "--threads", "2", "--keep-alive", "60")
Row = tuple[str, str]


def measured(rounds: int, seconds: float, count: int) -> dict[str, dict[str, dict[str, object]]]:
    rows = [(framework, guard) for framework, guards in FRAMEWORKS.items() for guard in ("bare", *guards)]
    taken: dict[Row, list[tuple[float, float]]] = defaultdict(list)
    with place() as here, on_this_core(1):
        servers: dict[Row, Server] = {}
        for framework, guard in rows:
            wsgi = framework in ("flask", "django")
            command = gunicorn("guarded_wsgi:app", *THREADS) if wsgi else uvicorn("guarded_asgi:app", PEERS)
            servers[framework, guard] = Server(f"{framework}-{guard}", command, {"ON": framework, "WITH": guard}, here)
        sessions = {row: sessions_of(row, server, count) for row, server in servers.items() if row[1] != "bare"}
        for framework in FRAMEWORKS:
            sessions[framework, "bare"] = sessions[framework, "valetkey"]
            servers[framework, "bare"].up()
        for row, server in servers.items():
            requests(server.port, sessions[row], lambda answered: answered >= 2 * count)  # each is known
        for _ in range(rounds):
            # The rows of a framework come one after the other: they are compared with each other.
            for framework in random.sample(list(FRAMEWORKS), len(FRAMEWORKS)):
                of_it = [row for row in rows if row[0] == framework]
                for row in random.sample(of_it, len(of_it)):
                    taken[row].append(measure(servers[row], sessions[row], seconds))
    return {
        framework: {guard: summary(taken[framework, guard], taken[framework, "bare"]) for guard in ("bare", *guards)}
        for framework, guards in FRAMEWORKS.items()
    }


def sessions_of(row: Row, server: Server, count: int) -> list[str]:
    server.up()
    opened = (sessions_of_valetkey if row[1].startswith("valetkey") else sessions_of_another)(server.port, count)
    if not is_refused(server.port):
        server.fail("a request without a session was not refused")
    if len(set(opened)) != count:
        server.fail(f"{count} sessions were opened, and {len(set(opened))} are different")
    return opened


def measure(server: Server, sessions: list[str], seconds: float) -> tuple[float, float]:
    """CPU-µs of the server for a request, and requests a second."""
    before = server.cpu_seconds()
    answered = requests(server.port, sessions, for_seconds(seconds))
    return (server.cpu_seconds() - before) * 1e6 / answered, answered / seconds


def summary(rounds: list[tuple[float, float]], bare: list[tuple[float, float]]) -> dict[str, object]:
    kept = [beside / cpu for (cpu, _), (beside, _) in zip(rounds, bare, strict=True)]
    return {
        "cpu_us": round(statistics.median(cpu for cpu, _ in rounds), 1),
        "requests_per_second": round(statistics.median(rate for _, rate in rounds)),
        "kept": round(statistics.median(kept), 3),
        "kept_lowest_highest": [round(min(kept), 3), round(max(kept), 3)],
    }
