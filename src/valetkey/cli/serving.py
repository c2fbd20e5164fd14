"""Runs an app in uvicorn, for ``valetkey demo`` and ``valetkey serve``.

The first line on standard output is ``Ready`` and an address. Everything else goes to standard error.
"""

from __future__ import annotations

import os
import socket
import sys
import webbrowser

import click
import uvicorn
from starlette.types import ASGIApp

from ..frameworks.commands import stop
from ..web.logs import QueryFilter

DEFAULT_PORT = 8000
DRAIN_SECONDS = 10


def listen(host: str, port: int | None) -> socket.socket:
    """Listen on the given port. Without one, listen on the first port that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = range(DEFAULT_PORT, DEFAULT_PORT + 100) if port is None else [port]
    for one in wanted:
        listening = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would share the port of another program
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, one))
        except socket.gaierror:  # its numbers are those of the resolver, which os.strerror does not know
            listening.close()
            stop(f"--host {host}: this name does not resolve. Give an address of this machine")
        except OSError as fault:
            listening.close()
            if port is not None:
                stop(f"port {port} on {host}: {os.strerror(fault.errno or 0)}. Give another with --port")
            continue
        listening.listen(1024)
        return listening
    return stop(f"no free port from {DEFAULT_PORT} on. Give one with --port")


def serve_app(app: ASGIApp, listening: socket.socket, address: str, *, open_browser: bool) -> None:
    """Run an app until a signal ends it. It prints the address once the app has started."""
    config = uvicorn.Config(
        app,
        log_config=_log_config(),
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if not self.should_exit:
                _announce(address, open_browser=open_browser)

    Announcing(config).run(sockets=[listening])


def _announce(address: str, *, open_browser: bool) -> None:
    click.echo(f"Ready {address}")
    sys.stdout.flush()
    if open_browser and (not _has_display() or not webbrowser.open(address)):
        click.echo(
            f"Open {address} in a browser. (From another machine: ssh -L, with the same port on both sides.)", err=True
        )


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _log_config() -> dict[str, object]:
    """Log to standard error. Standard output has one line, for the program that started the command."""
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "plain"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
        "filters": {"without_query": {"()": QueryFilter}},
        "handlers": {"stderr": {**handler, "filters": ["without_query"]}},
        "loggers": {
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "uvicorn.access": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "valetkey": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        },
    }
