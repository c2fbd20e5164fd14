"""A cell is a framework, its version and a server: an app of ``apps/`` under that server, in a process of its own.

The oldest supported versions are in an environment of their own, which ``./run test`` makes (.venv-oldest).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from support import SOURCES
from support.octets import OWS, TELLING
from support.servers import App, Provider

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"
NEWEST, OLDEST = sys.executable, str(ROOT / ".venv-oldest" / "bin" / "python")

UVICORN = ("-m", "uvicorn", "--port", "{port}", "--log-level", "debug")
GUNICORN = ("-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--access-logfile", "-", "--log-level", "debug")
EVENTLET = ("-m", "eventlet_server", "{port}")
# In one thread, with no others allowed; all that it says of a request, and of its query nothing (docs/flask.md).
UWSGI = (
    "uwsgi",
    "--master",
    "--need-app",
    "--die-on-term",
    "--http-socket",
    "127.0.0.1:{port}",
    "--log-format",
    "%(addr) %(method) %(var.PATH_INFO) %(status)",
)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """
    Args:
        framework: its distribution's name, by which its version is asked.
        command: the server's, with ``{port}`` where the port belongs: what python is given, or a program beside it.
        whole: it plays the whole contract and the attacks, too, and not the adapter's contract alone. One of each
            framework's kinds does, at its newest version.
        threads: whether it answers several requests at once. What a sync worker of one process cannot show is left out.
        processes: how many of them answer.
        edges: what it takes off the ends of a header's value. HTTP says spaces and tabs (RFC 9110 §5.5).
    """

    framework: str
    server: str
    command: tuple[str, ...]
    python: str = NEWEST
    whole: bool = False
    threads: bool = True
    processes: int = 1
    edges: bytes = OWS
    env: dict[str, str] = field(default_factory=dict)

    @property
    def sees_headers_apart(self) -> bool:
        """Whether it tells two headers of the same name from one. A WSGI server joins them by a comma."""
        return "uvicorn" in self.command

    @property
    def reader(self) -> str:
        """What reads its requests: gunicorn does so in the same way whatever its workers are."""
        return self.server.replace(",", " ").split()[0]

    @property
    def start(self) -> tuple[str, ...]:
        first = self.command[0]
        return (self.python, first) if first.startswith("-") else (str(Path(self.python).parent / first),)

    @property
    def name(self) -> str:
        return f"{self.framework} {version_of(self.framework, self.python)}, {self.server}"


@cache
def version_of(distribution: str, python: str) -> str:
    if not Path(python).exists():
        raise RuntimeError(f"{python} is missing: ./run test makes it")
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class CellServer:
    """A server's process, and all that it has said."""

    def __init__(self, cell: Cell, port: int, env: dict[str, str]) -> None:
        # A file, so that what was written before an answer is there when the answer is.
        handle, name = tempfile.mkstemp(prefix="valetkey-", suffix=".log")
        self._log = Path(name)
        self.process = subprocess.Popen(
            [*cell.start, *(part.replace("{port}", str(port)) for part in cell.command[1:])],
            stdout=handle,
            stderr=handle,
            cwd=APPS,
            env={
                "PATH": f"{Path(cell.python).parent}{os.pathsep}{os.environ['PATH']}",
                "HOME": os.environ.get("HOME", "/"),
                "PYTHONUNBUFFERED": "1",
                "PYTHONPATH": SOURCES,
                **cell.env,
                **env,
            },
            start_new_session=True,
        )
        os.close(handle)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"{cell.name} did not start:\n{self.log}") from None
                time.sleep(0.03)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        # Workers of a server that did not take them along.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)


class CellApp(App):
    """As ``support.servers.App``, at a cell's server: every test that is written for the one runs on the other."""

    def __init__(self, cell: Cell, provider: Provider, port: int, directory: Path, **more: Any) -> None:
        self.cell = cell
        self.edges, self.octets = cell.edges, TELLING  # all of them are tried at the README's app
        super().__init__(provider, port, directory, **more)

    def start(self, *, dies: str | None = None) -> None:
        assert dies is None
        self.server = CellServer(self.cell, self.port, self.env)  # type: ignore[assignment]
