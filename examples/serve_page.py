"""Runs an example whose page has a build of its own: the page's dev server, for a backend that serve.py runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from valetkey.testing.sandbox import SandboxSettings, environment_of

HERE = Path(__file__).parent
NAMES = sorted(file.parent.name for file in HERE.glob("*/package-lock.json"))
BACKEND = "spa-backend"  # of all of them; by itself it is an example whose page is started by hand
PROVIDERS = ("google", "github", "twitter")


def callbacks(site: str) -> list[str]:
    return [f"{site}/auth/{name}" for name in PROVIDERS]


def environment(sandbox: SandboxSettings, site: str) -> dict[str, str]:
    """Return the backend's variables. The address is the page's, because users see no other."""
    found = {"VALETKEY_URL": site, "VALETKEY_PROVIDERS": ",".join(PROVIDERS), "VALETKEY_PROXIES": "127.0.0.1"}
    for name in PROVIDERS:
        found |= environment_of(sandbox, name)
    return found


@contextmanager
def dev_server(directory: Path, port: int, backend: str) -> Iterator[None]:
    """Run ``npm run dev``, from when it serves the page until the end of this process."""
    if not (directory / "node_modules").is_dir():
        sys.exit(f"{directory.name} is not installed. In examples/{directory.name}, run: npm ci")
    command = ["npm", "run", "--silent", "dev", "--", "--port", str(port)]
    # A group of its own: npm passes no signal on to the server that it starts.
    environment = os.environ | {"BACKEND": backend}
    process = subprocess.Popen(command, cwd=directory, env=environment, process_group=0)  # noqa: S603
    # uvicorn raises the signal again that ended it. Without a handler, this process would end before its child.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    try:
        while not _serves(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None:
                sys.exit("The page's dev server has stopped.")
            time.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _serves(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=60):  # noqa: S310  # an address of this machine
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
