"""Real servers in processes of their own: the app, and the provider it is pointed at."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from .octets import OWS
from .zygote import Zygote

_TESTS = Path(__file__).parents[1]
SECRET = "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A command of ours, its output kept. The plain command is forked by a zygote, which has imported everything once;
    a module that does more to it starts by itself."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None, module: str = "valetkey") -> None:
        handle, name = tempfile.mkstemp(prefix="valetkey-", suffix=".log")
        self._log = Path(name)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": f"{_TESTS}{os.pathsep}{_TESTS.parent / 'src'}",
            **(env or {}),
        }
        self.process: Forked | subprocess.Popen[bytes]
        if module == "valetkey":
            self.process = Forked(list(arguments), environment, self._log)
        else:
            command = [sys.executable, "-m", module, *arguments]
            self.process = subprocess.Popen(command, stdout=handle, stderr=handle, env=environment)
        os.close(handle)
        deadline = time.monotonic() + 20
        while not any(line.startswith("Ready ") for line in self.output):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("did not start:\n" + self.log)
            time.sleep(0.01)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def output(self) -> list[str]:
        return self.log.splitlines(keepends=True)

    @property
    def address(self) -> str:
        return next(line for line in self.output if line.startswith("Ready ")).split()[1]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


class Forked:
    """A process that the zygote has forked, as ``subprocess.Popen`` would show it."""

    returncode: int | None = None

    def __init__(self, arguments: list[str], env: dict[str, str], log: Path) -> None:
        self._zygote = _zygote()
        self.pid = self._zygote.start(arguments, env, log)

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._zygote.poll(self.pid)
        return self.returncode

    def wait(self, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("valetkey", seconds)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@cache
def _zygote() -> Zygote:
    """One for each process of a test run."""
    zygote = Zygote()
    atexit.register(zygote.stop)
    return zygote


class Provider:
    """The sandbox, and what it will tell and do for a test."""

    def __init__(self, callback: str, port: int | None = None) -> None:
        port = port or free_port()
        self.origin = f"http://localhost:{port}"
        self.key, self.secret = "sandbox-key", "sandbox-secret"
        self.callbacks = [callback]
        self.server = Process("sandbox", "--port", str(port), "--callback", callback)

    def control(self, method: str, path: str, value: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.origin}/__sandbox__/{path}",
            method=method,
            data=json.dumps(value).encode() if value is not None else None,
            headers={"X-Sandbox-Control": "1", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            body = response.read()
        return json.loads(body) if body else None

    def reset(self) -> None:
        self.control("POST", "reset")
        if len(self.callbacks) > 1:
            self.set(callbacks=self.callbacks)

    def serves(self, callback: str) -> None:
        """Another app's, from now on."""
        self.callbacks.append(callback)
        self.set(callbacks=self.callbacks)

    def set(self, **settings: object) -> None:
        self.control("PATCH", "settings", settings)

    def fault(self, endpoint: str, kind: str, times: int = 1, **details: object) -> None:
        self.control("POST", "faults", {"endpoint": endpoint, "kind": kind, "times": times, **details})

    def approve(self, token: str, persona: str = "ada", **user: str) -> str:
        """Approve without a browser; the callback's address."""
        who = user or {"persona": persona}
        return str(self.control("POST", "approve", {"oauth_token": token, **who})["callback"])

    @property
    def journal(self) -> list[dict[str, Any]]:
        entries = self.control("GET", "journal")
        return list(entries["journal"] if isinstance(entries, dict) else entries)

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        return [entry for entry in self.journal if entry["endpoint"] == endpoint]

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return self.calls("access_token")

    @property
    def secrets(self) -> list[str]:
        found = self.control("GET", "secrets")
        return [str(one) for one in (found["secrets"] if isinstance(found, dict) else found)]

    def stop(self) -> None:
        self.server.stop()


class App:
    """An app, its database, and what stands in its rows."""

    edges = OWS  # what its server takes off the ends of a header's value

    def __init__(self, provider: Provider, port: int, directory: Path, **env: str) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.database = directory / "app.db"
        self.env = {
            "TWITTER_CONSUMER_KEY": provider.key,
            "TWITTER_CONSUMER_SECRET": provider.secret,
            "TWITTER_CALLBACK_URL": f"{self.base}/auth/twitter",
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": f"sqlite:///{self.database}",
            "VALETKEY_TWITTER_API": provider.origin,
            "VALETKEY_TWITTER_BROWSER": provider.origin,
            "VALETKEY_START_LIMIT": "off",
            **env,
        }
        self.start()

    def start(self, *, dying_at: str | None = None) -> None:
        """As ``valetkey serve`` does; killed at a point of ``support.dying``, or with headers on its page, or with
        pages beside it. ``PROGRAM`` in its environment names another program: ``readme``, or ``serve`` with options."""
        program = self.env.get("PROGRAM", "serve")
        arguments = [*program.split(), "--no-browser", "--port", str(self.port)]
        if program == "readme":
            arguments = ["readme", str(self.port)]
        if "PAGE_HEADERS" in self.env:
            self.server = Process(*arguments, env=self.env, module="support.wrapped")
        elif "MOUNTED" in self.env:
            self.server = Process(*arguments, env=self.env, module="support.mounted")
        elif dying_at is None:
            self.server = Process(*arguments, env=self.env)
        else:
            self.server = Process(dying_at, *arguments, env=self.env, module="support.dying")

    def rows(self, table: str) -> int:
        return int(self.query(f"SELECT count(*) FROM {table}")[0][0])

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def all_rows(self) -> dict[str, int]:
        return {table: self.rows(table) for table in ("accounts", "identities", "sessions", "login_claims")}

    def stop(self) -> None:
        self.server.stop()


@contextmanager
def app_and_provider(**env: str) -> Iterator[tuple[App, Provider]]:
    """A provider, and an app pointed at it."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
        try:
            app = App(provider, port, Path(directory), **env)
            try:
                yield app, provider
            finally:
                app.stop()
        finally:
            provider.stop()
