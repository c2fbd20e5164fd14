"""A server for which every name stands for several addresses: those in the file that ``ADDRESSES`` names, at the time.

Its first argument says which transport: ``asyncio`` runs ``valetkey serve``, ``threads`` a WSGI app at ``PORT``. With
``WITHOUT_POLL`` the platform has neither ``select.poll`` nor ``epoll``, as Windows has none.
"""

from __future__ import annotations

import os
import select

if "WITHOUT_POLL" in os.environ:  # before anything else looks
    del select.poll, select.epoll
    print("no select.poll", flush=True)

import socket
import sys
import time
from pathlib import Path
from typing import Any

from valetkey import Settings
from valetkey.cli import main as cli

from .deaf import answers
from .wsgi import App, serving

FILE = Path(os.environ["ADDRESSES"])
asked = socket.getaddrinfo


def getaddrinfo(host: Any, port: Any, family: int = 0, *more: Any, **named: Any) -> list[Any]:
    if host != "localhost":
        return asked(host, port, family, *more, **named)
    found = answers(FILE.read_text().split(), int(port))
    return [one for one in found if family in (0, one[0])]


def main() -> None:
    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
    if sys.argv.pop(1) == "asyncio":
        cli.main(prog_name="valetkey")
        return
    with serving(App(Settings.from_environment(os.environ)), int(os.environ["PORT"])) as address:
        print(f"Ready {address}", flush=True)
        while True:
            time.sleep(60)


if __name__ == "__main__":
    main()
