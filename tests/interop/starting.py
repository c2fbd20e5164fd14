"""Starts a server that others wrote.

A program of ``servers/`` or ``node/`` does it, from an order in JSON (``servers/serving.py``). The server listens on a
free port of the loopback; a gate in front of it has the public address. Nothing is skipped: a server that is not
installed, or does not start, fails every test that needs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from .gate import Gate
from .partners import CANAILLE, PEOPLE, Client, Partner

READY_SECONDS = 60.0  # on a machine that is busy with other tests


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs.

    Args:
        gate: in front of it. It has the public address, and the journal.
    """

    partner: Partner
    gate: Gate
    clients: tuple[Client, ...]

    @property
    def issuer(self) -> str:
        return self.gate.origin + self.partner.issuer_path

    @property
    def exchanges(self) -> int:
        """How many token requests came."""
        return len(self.gate.posts(self.partner.token_path))

    def forget_codes(self) -> None:
        """Codes that nobody has spent. ``servers/canaille_server.py`` says why."""
        if self.partner is CANAILLE:
            url, host = f"http://127.0.0.1:{self.gate.target}/forget-codes", urlsplit(self.gate.origin).netloc
            httpx.post(url, headers={"Host": host}, trust_env=False).raise_for_status()


@contextmanager
def running(partner: Partner, *clients: Client, needs_nonce: bool = True) -> Iterator[Running]:
    """Start a server in which these clients are registered, with ``PEOPLE`` as its users.

    Args:
        needs_nonce: canaille refuses a request without a nonce, unless it is said otherwise.
    """
    with Gate() as gate, tempfile.TemporaryDirectory(prefix="valetkey-") as directory:
        order = {
            "origin": gate.origin,
            "directory": directory,
            "service": partner.service,
            "needs_nonce": needs_nonce,
            "clients": [{**asdict(one), "secret": one.secret} for one in clients],
            "people": [{**asdict(one), "email": one.email, "password": one.password} for one in PEOPLE],
        }
        with started((*partner.command, json.dumps(order)), Path(directory)) as address:
            gate.target = int(address.rpartition(":")[2])
            yield Running(partner=partner, gate=gate, clients=clients)


@contextmanager
def started(command: tuple[str, ...], directory: Path) -> Iterator[str]:
    """Run a program in a folder until it says ``Ready`` and its address. At the end it is stopped."""
    log = directory / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "PYTHONUNBUFFERED": "1",
        "AUTHLIB_INSECURE_TRANSPORT": "1",  # http, on the loopback
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not (found := re.search(r"^Ready (\S+)$", log.read_text(), re.MULTILINE)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"did not start: {command[:2]}\n{log.read_text()}")
            time.sleep(0.02)
        yield found[1]
    finally:
        process.terminate()
        process.wait(15)
