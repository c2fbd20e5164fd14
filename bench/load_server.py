"""The app that ``load.py`` measures, and the other requests that it answers meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from processes import HERE, cpu_seconds, free_port, up

# A request that is sent late, because the one before it had to wait, has waited itself.
# It goes first on its core, so that it measures the app and not how busy the browsers are.
PROBE = """
import contextlib, os, socket, sys, time
with contextlib.suppress(PermissionError):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
port, cookie = int(sys.argv[1]), sys.argv[2]
request = f"GET /api/me HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\nCookie: {cookie}\\r\\n\\r\\n".encode()
line = socket.create_connection(("127.0.0.1", port))
due = time.perf_counter()
while True:
    due += 0.01
    time.sleep(max(0, due - time.perf_counter()))
    line.sendall(request)
    answer = b""
    while b"\\r\\n\\r\\n" not in answer or not answer.endswith(b"}"):
        answer += line.recv(65536) or sys.exit("hung up")
    assert b" 200 " in answer[:16], answer
    print((time.perf_counter() - due) * 1e3, flush=True)
"""


class Server:
    """The app on a core of its own, its database and its memory."""

    def __init__(self, name: str, directory: Path, provider_port: int, environment: dict[str, str]) -> None:
        self.name, self.port, self.database = name, free_port(), directory / f"{name}.db"
        env = {
            **os.environ,
            "TWITTER_CONSUMER_KEY": "ck",
            "TWITTER_CONSUMER_SECRET": "cs",
            "TWITTER_CALLBACK_URL": f"http://127.0.0.1:{self.port}/auth/twitter",
            "VALETKEY_TWITTER_API": f"http://127.0.0.1:{provider_port}",
            "VALETKEY_TWITTER_BROWSER": f"http://127.0.0.1:{provider_port}",
            "VALETKEY_SECRET": "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU",
            "VALETKEY_DATABASE": f"sqlite:///{self.database}",
            "PYTHONPATH": os.pathsep.join((str(HERE), os.environ.get("PYTHONPATH", ""))),
            **environment,
        }
        command = ["taskset", "-c", "0", sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "critical"]
        with (directory / f"{name}.log").open("wb") as log:
            started = [*command, "--port", str(self.port), "loaded:app"]
            self.process = subprocess.Popen(started, env=env, cwd=directory, stderr=log)
        up(self.port)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def memory(self, name: str = "VmRSS") -> float:
        """In MiB. ``VmHWM`` is the most since ``forget_peak``."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(rf"{name}:\s+(\d+)", status)[0]) / 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def subjects(self) -> list[str]:
        """The user of each session."""
        with closing(sqlite3.connect(self.database, timeout=10)) as database:
            sql = "SELECT identities.subject FROM sessions JOIN identities USING (account_id)"
            return [str(row[0]) for row in database.execute(sql)]

    async def ask(self, path: str) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return json.loads(answer.partition(b"\r\n\r\n")[2])


class Others:
    """Requests of a signed-in user to the app's own route, from a process of their own."""

    def __init__(self, port: int, cookie: str) -> None:
        command = [sys.executable, "-c", PROBE, str(port), cookie]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._output.readline()

    def stop(self) -> list[float]:
        """How long each took, in ms."""
        if self._process.poll() is not None:
            sys.exit("bench: another request failed")
        self._process.kill()
        return sorted(float(line) for line in self._output.read().splitlines()[:-1])
