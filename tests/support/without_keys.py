"""Apps in the sandbox mode, started by the commands of docs/day-one.md, and sign-ins at their sandbox."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from valetkey.settings.sandbox.port import Found, look_at
from valetkey.testing.control import Control
from valetkey.testing.sandbox.__main__ import GRACE_SECONDS

from . import PYTHONPATH
from .browser import Browser, Posted
from .waiting import wait_for
from .written import blocks_of

PAGE = "docs/day-one.md"
GONE_SECONDS = GRACE_SECONDS + 5.0  # after the last app, the sandbox is
COMMANDS = {"django-admin": "django", "flask": "flask", "gunicorn": "gunicorn", "uvicorn": "uvicorn", "python": ""}


def pasted(framework: str, directory: Path) -> str:
    """Save what the page shows; the command that it gives."""
    blocks = blocks_of(PAGE)
    here = directory
    if framework == "django":
        subprocess.run([sys.executable, "-m", "django", "startproject", "project", "."], cwd=directory, check=True)
        for name in ("settings", "urls"):
            with (directory / "project" / f"{name}.py").open("a") as file:
                file.write(blocks[f"django/{name}"])
        here = directory / "templates"
        here.mkdir()
    else:
        (directory / "app.py").write_text(blocks[f"{framework}/app.py"])
    (here / "index.html").write_text(blocks["index.html"])
    return blocks[f"{framework}/command"]


def environment(directory: Path, **more: str) -> dict[str, str]:
    """A developer's, with nothing of valetkey's. The commands are those of this Python."""
    bin_directory = directory / "bin"
    bin_directory.mkdir(exist_ok=True)
    for name, module in COMMANDS.items():
        (bin_directory / name).write_text(f'#!/bin/sh\nexec {sys.executable} {f"-m {module}" if module else ""} "$@"\n')
        (bin_directory / name).chmod(0o755)
    return {
        "PATH": f"{bin_directory}:{os.environ['PATH']}",
        "HOME": str(directory),
        "PYTHONPATH": PYTHONPATH,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def runs(port: int) -> bool:
    """Whether the sandbox is at a port. It takes no lease that lasts."""
    found, lease = look_at(port)
    if lease is not None:
        lease.close()
    return found is Found.SANDBOX


class Running:
    """A command that serves an app, and everything that it started."""

    def __init__(self, command: str, directory: Path, env: dict[str, str], port: int) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self._log = directory / f"log-{port}"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, shell=True, cwd=directory, env=env, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log
        return listens(self.port)

    def kill(self) -> None:
        """Without a chance to clean up: the command, its workers and reloaders."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running(command: str, directory: Path, env: dict[str, str], port: int) -> Iterator[Running]:
    app = Running(command, directory, env, port)
    try:
        wait_for(app.is_up, seconds=30)
        yield app
    finally:
        app.kill()


def approved(send_to: str, persona: str = "ada") -> str:
    """The callback after the user's consent."""
    origin = "/".join(send_to.split("/")[:3])
    back = Control(origin).approve(send_to, {"persona": persona})
    if back.form is None:
        return back.url
    posted = Posted(back.url)
    posted.form, posted.origin = dict(back.form), origin
    return posted


def signed_in(app: Running, provider: str) -> Browser:
    """A browser that has signed in as Ada, from the module to the app's own page."""
    browser = Browser(app.base, provider=provider)
    assert browser.fetch("GET", "/auth/client.js").status == 200
    begun = browser.begin()
    assert begun.answer.status == 200, begun.answer.text
    assert browser.come_back(approved(begun.send_to)).status in (200, 303)
    return browser
