"""Real servers in processes of their own: the app, and the provider it is pointed at."""

from __future__ import annotations

import atexit
import copy
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from valetkey.testing.sandbox import SandboxSettings

from . import PYTHONPATH
from .browser import Posted, named_in
from .fronts import FRONTS, X, callbacks, variables
from .octets import OCTETS, OWS
from .zygote import Zygote

SECRET = "vQsbrxUTXo4kPUMO2YdHGPVXbJlI54NEf4wGasHzVncnhpCU"


_given: set[int] = set()


def free_port() -> int:
    """Below those that the system deals out: until a server listens there, and while it is away for a restart, nobody
    else is given it, not even a client that tries to reach it (a connection to oneself is one). Workers that run at the
    same time have ranges of their own, and none gives a port twice."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    while True:
        port = 15_000 + 4_250 * worker + secrets.randbelow(4_250)
        if port in _given:
            continue
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            _given.add(port)
            return port


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
            "PYTHONPATH": PYTHONPATH,
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


_serves = threading.Lock()


class Provider:
    """The sandbox, and what it will tell and do for a test. It plays X, and others by ``at``."""

    front = X

    def __init__(self, callback: str, port: int | None = None) -> None:
        port = port or free_port()
        self.origin = f"http://localhost:{port}"
        self.key, self.secret = "sandbox-key", "sandbox-secret"
        self.callbacks = [callback]
        self.server = Process("sandbox", "--port", str(port), "--callback", callback)

    def at(self, name: str) -> Provider:
        """The same sandbox, as another of the providers that it plays."""
        other = copy.copy(self)
        other.front = FRONTS[name]
        return other

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

    def variables(self, names: Sequence[str]) -> dict[str, str]:
        """The variables by which an app that has X has these providers, too."""
        return variables(SandboxSettings(**self.control("GET", "settings")), names) if names else {}

    def reset(self) -> None:
        self.control("POST", "reset")
        if len(self.callbacks) > 1:
            self.set(callbacks=self.callbacks)

    def serves(self, *callbacks: str) -> None:
        """Further callbacks, such as another app's, from now on. Several threads may say so at once."""
        with _serves:
            self.callbacks += callbacks
            self.set(callbacks=self.callbacks)

    def set(self, **settings: object) -> None:
        self.control("PATCH", "settings", settings)

    def fault(self, endpoint: str, kind: str, times: int = 1, **details: object) -> None:
        """At an endpoint of this provider's; ``exchange`` is that one, whatever it is called."""
        fault = {
            "endpoint": self._named(endpoint),
            "kind": kind,
            "times": times,
            "provider": self.front.name,
            **details,
        }
        self.control("POST", "faults", fault)

    @contextmanager
    def held(self, endpoint: str) -> Iterator[Callable[[], int]]:
        """The next call of an endpoint of this provider's is answered when this is over, and not before. What it gives
        says how many have come since."""
        before = len(self.calls(endpoint))
        self.fault(endpoint, "delay", seconds=60)
        try:
            yield lambda: len(self.calls(endpoint)) - before
        finally:
            self.control("DELETE", "faults")

    def cancel(self, send_to: str) -> str:
        """The callback's address after a user who chose not to sign in."""
        return str(self._decide(send_to, {"cancel": True})["callback"])

    def approve(self, send_to: str, persona: str = "ada", **user: str) -> str:
        """Approve without a browser; the callback's address.

        Args:
            send_to: where the app sent the user; at X its request token is enough.
        """
        answer = self._decide(send_to, user or {"persona": persona})
        if "form" not in answer:
            return str(answer["callback"])
        posted = Posted(answer["callback"])
        posted.form, posted.origin = answer["form"], self.origin
        return posted

    def _named(self, endpoint: str) -> str:
        return self.front.exchange if endpoint == "exchange" else endpoint

    def _decide(self, send_to: str, decision: Mapping[str, object]) -> Any:
        where = {"oauth_token": named_in(send_to) or send_to} if self.front is X else {"url": send_to}
        return self.control("POST", "approve", {**where, **decision})

    @property
    def journal(self) -> list[dict[str, Any]]:
        entries = self.control("GET", "journal")
        return list(entries["journal"] if isinstance(entries, dict) else entries)

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        """The requests to an endpoint of this provider's; ``exchange`` is that one, whatever it is called."""
        asked = [entry for entry in self.journal if entry["endpoint"] == self._named(endpoint)]
        return [entry for entry in asked if entry.get("provider", X.name) == self.front.name]

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return self.calls("exchange")

    @property
    def exchanged(self) -> Counter[str]:
        """What was exchanged, and how often: verifiers, or codes."""
        return Counter(str(call[self.front.proof]) for call in self.exchanges)

    @property
    def secrets(self) -> list[str]:
        found = self.control("GET", "secrets")
        return [str(one) for one in (found["secrets"] if isinstance(found, dict) else found)]

    def stop(self) -> None:
        self.server.stop()


class App:
    """An app, its database, and what stands in its rows."""

    edges = OWS  # what its server takes off the ends of a header's value
    octets: Iterable[int] = OCTETS  # which ones are tried at it, beside a cookie

    def __init__(
        self, provider: Provider, port: int, directory: Path, *, fronts: Sequence[str] = (), **env: str
    ) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.database = directory / "app.db"
        self.env = {
            "TWITTER_CONSUMER_KEY": provider.key,
            "TWITTER_CONSUMER_SECRET": provider.secret,
            "TWITTER_CALLBACK_URL": f"{self.base}/auth/twitter",
            **provider.variables(fronts),
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": f"sqlite:///{self.database}",
            "VALETKEY_TWITTER_API": provider.origin,
            "VALETKEY_TWITTER_BROWSER": provider.origin,
            "VALETKEY_START_LIMIT": "off",
            **env,
        }
        self.start()

    def start(self, *, dies: str | None = None) -> None:
        """``PROGRAM`` in its environment says what: ``serve`` with options, which is the demo, or ``readme``.

        Args:
            dies: the point of the zygote's journal at which it is killed.
        """
        program = self.env.get("PROGRAM", "serve")
        arguments = [*program.split(), "--no-browser", "--port", str(self.port)]
        if program == "readme":
            arguments = ["readme", str(self.port)]
        journal = {"NODE_JOURNAL": str(self.database.with_name("journal")), "NODE_DIES": dies} if dies else {}
        self.server = Process(*arguments, env={**self.env, **journal})

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
def app_and_provider(*, fronts: Sequence[str] = (), **env: str) -> Iterator[tuple[App, Provider]]:
    """A provider, and an app pointed at it: at X, and at ``fronts`` of the same sandbox."""
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        provider = Provider(f"http://127.0.0.1:{port}/auth/twitter")
        try:
            provider.serves(*callbacks(f"http://127.0.0.1:{port}", fronts))
            app = App(provider, port, Path(directory), fronts=fronts, **env)
            try:
                yield app, provider
            finally:
                app.stop()
        finally:
            provider.stop()
