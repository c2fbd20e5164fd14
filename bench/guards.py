"""What each framework keeps of its bare throughput when a route asks who is signed in: ``./run bench guards``.

One core for the server, one for the load. The same route with the check and without it, the same cookie on both, in
turns; by the CPU time of the server for a request. Read the ratio, not the microseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2
from processes import cpu_seconds, free_port, up

from valetkey.testing import running_sandbox, signed_in

HERE = Path(__file__).parent
UVICORN = "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level error --port {port} guarded:app"
GUNICORN = "-m gunicorn --worker-class gthread --threads 2 --log-level error --bind 127.0.0.1:{port} guarded:app"
SERVERS = {
    "starlette": UVICORN,
    "fastapi": UVICORN,
    "litestar": UVICORN,
    "flask": GUNICORN,
    "django": GUNICORN,
}
CONNECTIONS = 4


def load(port: int, path: str, cookie: str, seconds: float) -> int:
    """Requests answered with 200, over kept connections."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    answered, until = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            for line in lines:
                line.sendall(request)
            for line in lines:
                answer = b""
                while b"ada" not in answer:
                    got = line.recv(65536)
                    if not got:
                        sys.exit(f"bench: {path} hung up: {answer[:200]!r}")
                    answer += got
                if b" 200 " not in answer[:16]:
                    sys.exit(f"bench: {path} answered {answer[:200]!r}")
                answered += 1
    finally:
        for line in lines:
            line.close()
    return answered


def measure(pid: int, port: int, path: str, cookie: str, seconds: float) -> float:
    """CPU-µs of the server for a request."""
    before = cpu_seconds(pid)
    answered = load(port, path, cookie, seconds)
    return (cpu_seconds(pid) - before) * 1e6 / answered


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--reps", type=int, default=9)
    options.add_argument("--secs", type=float, default=1.0)
    options.add_argument("frameworks", nargs="*", help=f"of {', '.join(SERVERS)} [default: all]")
    given = options.parse_args()
    if not set(given.frameworks) <= set(SERVERS):
        options.error(f"there are {', '.join(SERVERS)}")
    names = given.frameworks or list(SERVERS)
    if (os.cpu_count() or 1) < 2:
        sys.exit("bench: two cores are needed; not run")
    os.sched_setaffinity(0, {1})
    running, pairs = [], {name: [] for name in names}
    with tempfile.TemporaryDirectory() as directory, running_sandbox() as sandbox:
        try:
            served = {}
            for name in names:
                port = free_port()
                env = {
                    **os.environ,
                    **sandbox.environment,
                    "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{port}/auth/twitter",
                    "VALETKEY_DATABASE": f"sqlite:///{directory}/{name}.db",
                    "DJANGO_DATABASE": f"{directory}/django-own.db",
                    "FRAMEWORK": name,
                    "PYTHONPATH": str(HERE),
                }
                command = ["taskset", "-c", "0", sys.executable, *SERVERS[name].format(port=port).split()]
                running.append(subprocess.Popen(command, env=env, cwd=directory))
                up(port)
                with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
                    signed_in(client)
                    cookie = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
                served[name] = (running[-1].pid, port, cookie)
                measure(*served[name][:2], "/me", cookie, 0.5)  # warm
            for turn in range(given.reps):
                for name in random.sample(names, len(names)):
                    pid, port, cookie = served[name]
                    paths = ("/bare", "/me") if turn % 2 else ("/me", "/bare")
                    took = {path: measure(pid, port, path, cookie, given.secs) for path in paths}
                    pairs[name].append((took["/bare"], took["/me"]))
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()
    print(f"{'':12} bare  guarded   added (CPU-µs)   kept   lowest-highest")
    for name, taken in pairs.items():
        kept = [bare / guarded for bare, guarded in taken]
        bare, guarded = (statistics.median(column) for column in zip(*taken, strict=True))
        added = statistics.median(guarded - bare for bare, guarded in taken)
        print(
            f"{name:10} {bare:6.1f}   {guarded:6.1f}   {added:6.1f}           "
            f"{statistics.median(kept):5.0%}   {min(kept):.0%}-{max(kept):.0%}"
        )
    print(
        json.dumps(
            {name: statistics.median(bare / guarded for bare, guarded in taken) for name, taken in pairs.items()}
        )
    )


if __name__ == "__main__":
    main()
