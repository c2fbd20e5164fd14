"""The ``valetkey`` command and its subcommands.

No command uses the sandbox silently. ``serve`` without keys stops and lists what is missing. ``demo`` ignores keys, and
says on every page that it is a demo.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

try:
    import click
except ImportError as missing:  # pragma: no cover  # no extra is installed
    sys.exit(f"valetkey's command needs its demo extra: pip install 'valetkey[demo]' ({missing.name} is missing)")

from ..errors import SettingsError
from ..frameworks.commands import accounts, migrate, secret, stop
from ..settings import LOOPBACK_HOSTS, Settings
from ..settings.sandbox.kept_secrets import kept_secret, state_directory
from ..testing.sandbox import SandboxSettings, environment_of, running
from ..web.pages import relay_page, shipped_templates
from .check_provider import check_provider
from .providers_option import providers_option
from .register import register
from .sandbox import sandbox

# The demo extra brings a server. Without it, the other commands still work: an app needs ``valetkey secret``.
_missing: str | None = None
try:
    from starlette.types import ASGIApp

    from .demo import create_app
    from .serving import listen, serve_app
except ImportError as missing:
    _missing = missing.name
_SERVING = ("demo", "serve")
# In the order of the demo's buttons.
_DEMO_PROVIDERS = ("google", "apple", "microsoft", "github", "twitter", "gitlab", "discord", "facebook", "acme")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="valetkey")
@click.pass_context
def main(context: click.Context) -> None:
    """Sign-in through a popup for any Python web app."""
    if _missing is not None and context.invoked_subcommand in _SERVING:
        stop(f"this needs the demo extra: pip install 'valetkey[demo]' ({_missing} is missing)")


for _command in (accounts, check_provider, migrate, register, sandbox, secret):
    main.add_command(_command)

_host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
_port = click.option("--port", type=int, default=None, help="Port to listen on; 0 for any. [default: 8000]")
_database = click.option("--database", default=None, help="For example sqlite:///valetkey.db")
_quiet = click.option("--no-browser", is_flag=True, help="Do not open a browser.")


@main.command()
@_host
@_port
@_database
@providers_option
@_quiet
def demo(
    host: str, port: int | None, database: str | None, providers: tuple[str, ...] | None, no_browser: bool
) -> None:
    """Try the sign-in without keys and without a network: a demo app, and a sandbox that plays the providers."""
    if host not in LOOPBACK_HOSTS:
        stop("valetkey demo listens on this machine only; leave out --host, or use valetkey serve")
    listening = listen(host, port)
    app_port = listening.getsockname()[1]
    # Another host name than the app's, so that its cookies are those of another site.
    provider_host = "localhost" if host != "localhost" else "127.0.0.1"
    address = f"http://{host}:{app_port}"
    directory = state_directory()
    names = providers or _DEMO_PROVIDERS
    # One address for a provider that redirects, and one for a provider that posts a form.
    callbacks = [f"{address}/auth/{name}{end}" for name in names for end in ("", "/return")]
    with listening, running(SandboxSettings(callbacks=callbacks), host=provider_host) as sandbox:
        settings = _settings(
            {
                **{name: value for one in names for name, value in environment_of(sandbox, one).items()},
                "VALETKEY_URL": address,
                "VALETKEY_PROVIDERS": ",".join(names),
                "VALETKEY_SECRET": _demo_secret(),
                "VALETKEY_DATABASE": database or f"sqlite:///{directory / 'demo.db'}",
            },
            read_profile=True,
        )
        app = _built(settings, sandbox=True)
        click.echo(f"The sandbox, in place of the providers: {sandbox.origin}", err=True)
        serve_app(app, listening, address, open_browser=not no_browser)


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
    help="Read name and picture at each sign-in. X charges for it. An app does not do it by default.",
)
def serve(host: str, port: int | None, database: str | None, no_browser: bool, read_profile: bool) -> None:
    """Run the demo app with the providers and keys of the environment variables."""
    environ = {**os.environ, **({"VALETKEY_DATABASE": database, "VALETKEY_DATABASE_FILE": ""} if database else {})}
    settings = _settings(environ, read_profile=read_profile)
    is_sandbox = _is_sandbox(settings)
    app = _built(settings, sandbox=is_sandbox)
    listening = listen(host, port)
    if not is_sandbox:
        for one in settings.providers:
            click.echo(f"The callback URL to register at {one.title}: {settings.callback_of(one.name)}", err=True)
            for page in settings.pages_of(one.name):
                click.echo(f"Not to register there, because users come to it from us: {page}", err=True)
    shown = f"[{host}]" if ":" in host else host
    serve_app(app, listening, f"http://{shown}:{listening.getsockname()[1]}", open_browser=not no_browser)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def templates(directory: Path) -> None:
    """Write the popup's pages into a directory. Change them there, and name it in VALETKEY_TEMPLATES."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in shipped_templates().items():
        file = directory / name
        if file.exists():
            click.echo(f"{file} exists, and was left unchanged", err=True)
        else:
            file.write_text(text, encoding="utf-8")
            click.echo(file)


@main.command()
@click.argument("backend")
def relay(backend: str) -> None:
    """Print the relay page for an app on another site than BACKEND, such as https://api.example.com/auth

    Serve it from the app's own origin, and set VALETKEY_RELAY to its address.
    """
    address = backend.rstrip("/")
    if not address.startswith(("https://", "http://")):
        stop("give the complete address of the routes, such as https://api.example.com/auth")
    click.echo(relay_page(address), nl=False)


def _settings(environ: dict[str, str], *, read_profile: bool) -> Settings:
    try:
        return Settings.from_environment(environ, read_profile=read_profile)
    except SettingsError as fault:
        stop(fault.hint)


def _is_sandbox(settings: Settings) -> bool:
    return any(one.protocol.credentials.identifier.startswith("sandbox-") for one in settings.providers)


def _built(settings: Settings, *, sandbox: bool) -> ASGIApp:
    try:
        return create_app(settings, sandbox=sandbox)
    except SettingsError as fault:
        stop(fault.hint)


def _demo_secret() -> str:
    """The demo's own secret."""
    try:
        return kept_secret("demo.secret")
    except SettingsError as fault:
        stop(fault.hint)
