"""What the benches share: ports, servers on a core of their own, and the CPU time of a server with its workers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and its children: gunicorn's worker is one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def cpu_seconds(pid: int) -> float:
    """On the CPU, user and kernel, of the whole family, with the threads that have ended meanwhile."""
    # The number of a process's own clock (clock_getcpuclockid(3)); 2 is the scheduler's, to the nanosecond.
    return sum(time.clock_gettime((~one << 3) | 2) for one in family(pid))


def rss_mib(pid: int) -> float:
    """Memory of the whole family that is in use, MiB."""
    statuses = "".join(Path(f"/proc/{one}/status").read_text() for one in family(pid))
    return sum(int(line.split()[1]) for line in statuses.splitlines() if line.startswith("VmRSS:")) / 1024


def up(port: int, process: subprocess.Popen[bytes] | None = None, log: Path | None = None) -> None:
    """Wait for a server. One that does not come ends the run with what it wrote last."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                sys.exit(f"bench: {log.stem} did not start: {last(log)}" if log else "bench: a server did not start")
            time.sleep(0.05)


def last(log: Path) -> str:
    return log.read_text(errors="replace")[-600:]


@contextmanager
def on_core(
    core: int, command: list[object], log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own on one core. What it writes goes to ``log``."""
    with log.open("wb") as output:
        pinned = ["taskset", "-c", str(core), *map(str, command)]
        process = subprocess.Popen(pinned, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def on_this_core(core: int) -> Iterator[None]:
    """Where this process is the load."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def compiled() -> None:
    """Build the load generator. What cannot be measured here ends the run with a sentence."""
    for tool in ("gcc", "taskset"):
        if shutil.which(tool) is None:
            sys.exit(f"bench: {tool} is needed (Debian: apt-get install gcc libc6-dev util-linux)")
    if (os.cpu_count() or 1) < 2:
        sys.exit("bench: two cores are needed, one for the program and one for the load")
    BUILD.mkdir(exist_ok=True)
    subprocess.run(["gcc", "-O2", "-o", BUILD / "load", HERE / "load.c"], check=True)
