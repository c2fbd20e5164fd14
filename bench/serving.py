"""Servers to measure, each with one worker on a core of its own, and the provider that they sign in with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from processes import HERE, cpu_seconds, free_port, last, on_core, up

PEERS = HERE.parent / ".venv-bench" / "bin" / "python"
UVICORN = "-m uvicorn --loop uvloop --http httptools --no-access-log --log-level error --port {port}"
GUNICORN = "-m gunicorn --log-level error --bind 127.0.0.1:{port} --workers 1"
PYTHONPATH = os.pathsep.join(map(str, (HERE / "programs", HERE.parent / "src")))


def uvicorn(app: str, python: object = sys.executable) -> list[str]:
    return [str(python), *UVICORN.split(), app]


def gunicorn(app: str, *options: str) -> list[str]:
    """As it serves by default, with one synchronous worker, or with ``options``."""
    return [str(PEERS), *GUNICORN.split(), *options, app]


def clean() -> dict[str, str]:
    """The environment, without the machine's own CA variables: they would change what a program costs."""
    unwanted = ("SSL_", "REQUESTS_", "CURL_", "VALETKEY_", "DJANGO_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def valetkey_settings(port: int, provider: str, database: str) -> dict[str, str]:
    """What docs/settings.md asks for: X over OAuth 1.0a, and an OpenID Connect server of the name ``acme``."""
    return {
        "VALETKEY_URL": f"http://127.0.0.1:{port}",
        "VALETKEY_SECRET": "xiwVkNIJe8M6aZA0BueefmLAXq18DMZidEGDB1dhwicpR3OW",
        "VALETKEY_PROVIDERS": "twitter,acme",
        "VALETKEY_DATABASE": database,
        "VALETKEY_TWITTER_BASE": provider,
        "TWITTER_CONSUMER_KEY": "ck",
        "TWITTER_CONSUMER_SECRET": "cs",
        "ACME_ISSUER": provider,
        "ACME_CLIENT_ID": "ck",
        "ACME_CLIENT_SECRET": "cs",
    }


class Server:
    """One program, up. What it writes is in a log beside its database."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], place: Place) -> None:
        self.name, self.port = name, free_port()
        self.database = place.directory / f"{name}.db"
        self.log = place.directory / f"{name}.log"
        environment = {
            **clean(),
            "PYTHONPATH": PYTHONPATH,
            "PYTHONWARNINGS": "ignore",
            "NODE_ENV": "production",
            "PROVIDER": place.provider,
            "PORT": str(self.port),
            "DB": str(self.database),
            **valetkey_settings(self.port, place.provider, f"sqlite:///{self.database}"),
            **env,
        }
        whole = [part.format(port=self.port) for part in command]
        self.process: subprocess.Popen[bytes] = place.stack.enter_context(on_core(0, whole, self.log, environment))

    def up(self) -> None:
        up(self.port, self.process, self.log)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def fail(self, reason: object) -> None:
        sys.exit(f"bench: {self.name}: {reason}\n{last(self.log)}")


class Place:
    """Where servers run: a directory for their databases, and a provider."""

    def __init__(self, directory: Path, stack: ExitStack, provider: str) -> None:
        self.directory, self.stack, self.provider = directory, stack, provider


@contextmanager
def place(parent: str | None = None) -> Iterator[Place]:
    """A place whose databases are in memory, or below ``parent``. It ends with everything in it."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with ExitStack() as stack:
        directory = tempfile.TemporaryDirectory(dir=parent or memory, ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(directory))
        port, log = free_port(), folder / "provider.log"
        provider = stack.enter_context(on_core(1, [sys.executable, HERE / "provider.py", port], log))
        up(port, provider, log)
        yield Place(folder, stack, f"http://127.0.0.1:{port}")
