"""The command: ``demo``, ``serve``, ``sandbox``, ``secret``, ``migrate``, ``accounts``,
``templates``, ``relay``.

Nothing falls back to the sandbox silently: ``serve`` without keys stops and says what it wants, ``demo`` ignores keys
and says on every page what it is. The first line on standard output is ``Ready`` and an address; everything else that
is said while running goes to standard error.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import webbrowser
from pathlib import Path
from typing import NoReturn

try:
    import click
except ImportError as missing:  # pragma: no cover  # no extra is installed
    sys.exit(f"valetkey's command needs its demo extra: pip install 'valetkey[demo]' ({missing.name} is missing)")

from ..crypto import Secret
from ..errors import SettingsError
from ..frameworks.commands import accounts, migrate, secret
from ..settings import LOOPBACK_HOSTS, Settings
from ..web.logs import QueryFilter
from ..web.pages import relay_page, shipped_templates

# An app's framework brings no server along, and its secret has to come from somewhere.
_missing: str | None = None
try:
    import uvicorn
    from starlette.types import ASGIApp

    from ..testing.sandbox import SandboxSettings, environment, running
    from ..testing.sandbox import run as run_sandbox
    from .demo import create_app
except ImportError as missing:
    _missing = missing.name
_SERVING = ("demo", "serve", "sandbox")

DEFAULT_PORT = 8000
DRAIN_SECONDS = 10


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="valetkey")
@click.pass_context
def main(context: click.Context) -> None:
    """Sign-in through a popup for any Python web app."""
    if _missing is not None and context.invoked_subcommand in _SERVING:
        _stop(f"this needs the demo extra: pip install 'valetkey[demo]' ({_missing} is missing)")


for _command in (accounts, migrate, secret):
    main.add_command(_command)

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.option("--port", type=int, default=None, help="Port to listen on; 0 for any. [default: 8000]")
_database = click.option("--database", default=None, help="For example sqlite:///valetkey.db")
_quiet = click.option("--no-browser", is_flag=True, help="Do not open a browser.")


@main.command()
@_host
@_port
@_database
@_quiet
def demo(host: str, port: int | None, database: str | None, no_browser: bool) -> None:
    """Sign in with nothing: no keys, no network. The demo app, and a sandbox in X's place."""
    if host not in LOOPBACK_HOSTS:
        _stop("valetkey demo listens on this machine only; leave --host away, or use valetkey serve")
    listening = _listen(host, port)
    app_port = listening.getsockname()[1]
    # Another host name than the app's, so that its cookies are honestly another site's.
    provider_host = "localhost" if host != "localhost" else "127.0.0.1"
    callback = f"http://{host}:{app_port}/auth/twitter"
    directory = _demo_directory()
    with running(SandboxSettings(callbacks=(callback,)), host=provider_host) as sandbox:
        settings = _settings(
            {
                **environment(sandbox, callback),
                "VALETKEY_SECRET": _demo_secret(directory),
                "VALETKEY_DATABASE": database or f"sqlite:///{directory / 'demo.db'}",
            },
            read_profile=True,
        )
        app = _built(settings, sandbox=True)
        click.echo(f"The sandbox, in X's place: {sandbox.origin}", err=True)
        _serve(app, listening, f"http://{host}:{app_port}", open_browser=not no_browser)


@main.command()
@_host
@_port
@_database
@_quiet
@click.option(
    "--profile/--no-profile",
    "read_profile",
    default=True,
    show_default=True,
    help="Read name and picture at each sign-in. X charges for it, and your own app does not do it unless you ask.",
)
def serve(host: str, port: int | None, database: str | None, no_browser: bool, read_profile: bool) -> None:
    """The demo app with the keys and the provider that the environment names."""
    environ = {**os.environ, **({"VALETKEY_DATABASE": database, "VALETKEY_DATABASE_FILE": ""} if database else {})}
    settings = _settings(environ, read_profile=read_profile)
    listening = _listen(host, port)
    app = _built(settings, sandbox=_is_sandbox(settings))
    shown = f"[{host}]" if ":" in host else host
    _serve(app, listening, f"http://{shown}:{listening.getsockname()[1]}", open_browser=not no_browser)


@main.command()
@click.option("--port", type=int, default=8001, show_default=True, help="Port to listen on.")
@click.option(
    "--callback",
    default="http://127.0.0.1:8000/auth/twitter",
    show_default=True,
    help="The callback URL that the app will use.",
)
@click.option("--coop", default=None, help="Cross-Origin-Opener-Policy of its pages, such as same-origin.")
@click.option("--lenient", is_flag=True, help="Let pass what X is said to: wrong token secret, wrong verifier.")
def sandbox(port: int, callback: str, coop: str | None, lenient: bool) -> None:
    """An offline stand-in for X, alone; prints the variables to export."""
    try:
        settings = SandboxSettings(origin=f"http://localhost:{port}", callbacks=(callback,), coop=coop, lenient=lenient)
    except ValueError as fault:
        _stop(str(fault))

    def announce() -> None:
        click.echo(f"Ready {settings.origin}")
        for name, value in environment(settings, callback).items():
            click.echo(f"export {name}={value}")
        sys.stdout.flush()

    try:
        run_sandbox(settings, port, announce)
    except OSError as fault:
        _stop(f"port {port}: {os.strerror(fault.errno or 0)}. Give another with --port")


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def templates(directory: Path) -> None:
    """Write the popup's pages into a directory, to change them and name it in VALETKEY_TEMPLATES."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in shipped_templates().items():
        file = directory / name
        if file.exists():
            click.echo(f"{file} is there already, and left as it is", err=True)
        else:
            file.write_text(text)
            click.echo(file)


@main.command()
@click.argument("backend")
def relay(backend: str) -> None:
    """Print the relay page for an app on another site than BACKEND, such as https://api.example.com/auth

    Serve it on the app's own origin, and name its address in VALETKEY_RELAY.
    """
    address = backend.rstrip("/")
    if not address.startswith(("https://", "http://")):
        _stop("give the whole address of valetkey's routes, such as https://api.example.com/auth")
    click.echo(relay_page(address), nl=False)


def _settings(environ: dict[str, str], *, read_profile: bool) -> Settings:
    try:
        return Settings.from_environment(environ, read_profile=read_profile)
    except SettingsError as fault:
        _stop(fault.hint)


def _is_sandbox(settings: Settings) -> bool:
    return any(one.protocol.credentials.identifier.startswith("sandbox-") for one in settings.providers)


def _built(settings: Settings, *, sandbox: bool) -> ASGIApp:
    try:
        return create_app(settings, sandbox=sandbox)
    except SettingsError as fault:
        _stop(fault.hint)


def _stop(sentence: str) -> NoReturn:
    click.echo(f"valetkey: {sentence}", err=True)
    raise SystemExit(2)


def _listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on the port asked for; on the next free one if none was asked for."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = range(DEFAULT_PORT, DEFAULT_PORT + 100) if port is None else [port]
    for one in wanted:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, one))
        except socket.gaierror:  # its numbers are the resolver's, and os.strerror does not know them
            listening.close()
            _stop(f"--host {host}: this name does not resolve. Give an address of this machine")
        except OSError as fault:
            listening.close()
            if port is not None:
                _stop(f"port {port} on {host}: {os.strerror(fault.errno or 0)}. Give another with --port")
            continue
        listening.listen(1024)
        return listening
    _stop(f"no free port from {DEFAULT_PORT} on. Give one with --port")


def _demo_directory() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    directory = Path(base) / "valetkey"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _demo_secret(directory: Path) -> str:
    """The demo's own secret: drawn once, readable by its owner only."""
    file = directory / "demo.secret"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    drawn = Secret(secrets.token_urlsafe(32))
    with os.fdopen(handle, "w") as opened:
        opened.write(drawn.reveal() + "\n")
    return drawn.reveal()


def _serve(app: ASGIApp, listening: socket.socket, address: str, *, open_browser: bool) -> None:
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
            f"Open {address} in a browser. (From another machine: ssh -L, the same port on both sides.)", err=True
        )


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _log_config() -> dict[str, object]:
    """Everything to standard error: the first line on standard output is for whoever started us."""
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
