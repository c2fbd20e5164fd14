"""CPU-ms per login, ours beside a bare program that only signs, calls and stores durably: ``./run bench``.

One core for the app, one for the provider and the load, both in C; all rows are up at once and visited in turns, in
random order, so that a slow minute of the machine hits each alike. Read the ratio, not the milliseconds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import protocols
from processes import cpu_seconds, free_port, up

HERE = Path(__file__).parent
BUILD = HERE / "build"
UVICORN = [sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
UVICORN += ["--log-level", "error"]

# What starts a login, and its body. The load generator then plays the callback.
ROWS = {
    "bare, durable (raw client)": ("f_limit:app", {"CLIENT": "raw", "DURABLE": "1"}),
    "valetkey": ("ours:app", {}),
}


def compiled() -> None:
    if shutil.which("gcc") is None or (os.cpu_count() or 1) < 2:
        sys.exit("bench: a C compiler (Debian: apt-get install gcc libc6-dev) and two cores are needed; not run")
    BUILD.mkdir(exist_ok=True)
    for name in ("provider", "load"):
        subprocess.run(["gcc", "-O2", "-w", "-o", BUILD / name, HERE / "bare" / f"{name}.c"], check=True)


def on_core(core: int, command: list[object], **options: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], **options)  # type: ignore[call-overload]


def load(port: int, seconds: float, connections: int) -> dict[str, float]:
    """Logins of 500 known users, the first of them 1: nobody is 0. The generator plays a page of the app."""
    command = [BUILD / "load", "-p", port, "-c", connections, "-d", seconds, "-U", 500, "-o", 1]
    command += ["-S", "POST /auth/twitter", "-C", "/auth/twitter", "-B", "{}", "-H", f"Origin: http://127.0.0.1:{port}"]
    done = subprocess.run(
        ["taskset", "-c", "1", *map(str, command)], capture_output=True, text=True, check=True, timeout=seconds + 60
    )
    return dict(json.loads(done.stdout))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--reps", type=int, default=7)
    options.add_argument("--secs", type=float, default=1.5)
    options.add_argument("--db", help="a directory for the databases [default: in memory]")
    given = options.parse_args()
    compiled()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    directory = Path(tempfile.mkdtemp(dir=given.db or memory))
    provider_port = free_port()
    running = [on_core(1, [BUILD / "provider", provider_port], stderr=subprocess.DEVNULL)]
    # The machine's own CA variables would change what a row costs.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SSL_", "REQUESTS_"))}
    ports: dict[str, tuple[int, int]] = {}
    measured: dict[str, list[float]] = {name: [] for name in ROWS}
    failed = 0
    try:
        for name, (app, extra) in ROWS.items():
            port = free_port()
            env = {
                **clean,
                "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE / "bare"))),
                "PROVIDER": f"http://127.0.0.1:{provider_port}",
                "PORT": str(port),
                "DB": str(directory / f"{port}.db"),
                **extra,
            }
            server = on_core(0, [*UVICORN, "--port", port, app], env=env)
            running.append(server)
            up(port)
            ports[name] = (port, server.pid)
            load(port, 1.5, 8)  # warm, and the users exist
        for _ in range(given.reps):
            for name in random.sample(list(ROWS), len(ROWS)):
                port, pid = ports[name]
                before = cpu_seconds(pid)
                result = load(port, given.secs, 16)
                measured[name].append((cpu_seconds(pid) - before) * 1e3 / max(result["done"], 1))
                failed += int(result["errors"])
    finally:
        for process in running:
            process.kill()
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)
    bare = statistics.median(measured[next(iter(ROWS))])
    print(f"{'':28} CPU-ms/login  lowest-highest  ratio")
    for name, values in measured.items():
        middle = statistics.median(values)
        print(f"{name:28} {middle:12.3f}  {min(values):.3f}-{max(values):.3f}     {middle / bare:.2f}")
    print(f"failed logins: {failed}\n")
    return protocols.main(given.reps, given.secs) or (1 if failed else 0)


if __name__ == "__main__":
    sys.exit(main())
