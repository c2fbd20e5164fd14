"""A node of a fleet that is Flask under gunicorn: the app of the frameworks' tests, in threads."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from . import SOURCES
from .nodes import READY_SECONDS, Fleet, Node
from .waiting import wait_for

APPS = Path(__file__).parents[1] / "frameworks" / "apps"
THREADS = 4


class GunicornNode(Node):
    _process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> None:
        self.env = {**self.fleet.env, **env}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}"),
                    *("--worker-class", "gthread", "--threads", str(THREADS), "flask_app:create_app()"),
                ],
                cwd=APPS,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, **self.env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        wait_for(self._answers, READY_SECONDS)
        self.in_turn = True

    def _answers(self) -> bool:
        """Whether a worker answers. The master listens before it has one."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(b"GET /auth/client.js HTTP/1.0\r\n\r\n")
            return bool(connection.recv(1))
        return False

    def _end(self, by: int) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, by) if by == signal.SIGKILL else self._process.send_signal(by)
            self.ended = self._process.wait(40)
            self._process = self.pid = None


def of_both_kinds(fleet: Fleet, number: int) -> Node:
    """The nodes of a fleet in turn: the README's app in an event loop, and Flask in threads."""
    return Node(fleet, number) if number % 2 else GunicornNode(fleet, number)
