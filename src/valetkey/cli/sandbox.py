"""``valetkey sandbox``: the sandbox in a terminal of its own, or around a command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import click

from ..errors import SettingsError
from ..frameworks.commands import stop
from ..settings import LOOPBACK_HOSTS, origin_of
from ..settings.sandbox import mode as sandbox_mode
from ..settings.sandbox import port as sandbox_port
from ..settings.sandbox.command_line import address_of
from ..settings.sandbox.kept_secrets import kept_secret
from ..settings.sandbox.port import Found
from ..testing.sandbox import CATALOGUE, SandboxSettings, environment, environment_of
from ..testing.sandbox import PROVIDERS as PLAYED
from ..testing.sandbox import run as run_sandbox
from ..testing.sandbox.settings import fixed_private_key
from ..web.sandbox_start import found_or_started
from .providers_option import providers_option

_X, _X2 = "twitter", "x2"  # X over OAuth 1.0a, and over OAuth 2.0
_OTHERS = tuple(one for one in PLAYED if one not in (_X, _X2))
_LISTED = "VALETKEY_PROVIDERS"
_NO_SUCH_COMMAND = 127  # as a shell says it


@click.command()
@click.option("--port", type=int, default=None, help="Port of the sandbox. [default: 8001]")
@click.option(
    "--callback",
    "callbacks",
    multiple=True,
    help="A callback URL of the app, for a sandbox that accepts no other. Those of the other providers are beside it. "
    "Repeat the option for a provider of another name. Without it, every app on this machine may use the sandbox.",
)
@click.option("--url", default=None, help="The app's address. [default: that of --callback, or of the command]")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Also write the variables to this new file, such as .env",
)
@providers_option
@click.option("--coop", default=None, help="Cross-Origin-Opener-Policy of its pages, such as same-origin.")
@click.option("--lenient", is_flag=True, help="Accept what is wrong: another verifier, secret or redirect URI.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def sandbox(
    port: int | None,
    callbacks: tuple[str, ...],
    url: str | None,
    env_file: Path | None,
    providers: tuple[str, ...] | None,
    coop: str | None,
    lenient: bool,
    command: tuple[str, ...],
) -> None:
    """Run offline stand-ins for all providers, and print the variables of an app that signs in there.

    With a command after --, such as valetkey sandbox -- uvicorn app:app, set the variables, run the command, and end
    the sandbox with it.
    """
    if url is None and callbacks:
        url = _app_of(callbacks[0])
    url = url or os.environ.get("VALETKEY_URL") or address_of(command, os.environ)
    options: dict[str, object] = {"match": "loopback"}
    if callbacks:
        options = {"callbacks": [*callbacks, *_beside(callbacks)]}
    if coop is not None:
        options["coop"] = coop
    if lenient:
        options["lenient"] = True
    if command:
        _run(command, port, url, options, env_file, providers)
    port = sandbox_port.DEFAULT_PORT if port is None else port
    try:
        settings = _settings(port, options)
    except ValueError as fault:
        stop(str(fault))
    at_x = _callback_of_x(callbacks) if callbacks else f"{url}/auth/{_X}"
    variables = _app_variables(settings.origin, url, providers or (*_OTHERS, _X))
    of_each = {one: _variables_of(settings, one, at_x) for one in providers or (_X, _X2, *_OTHERS)}
    if env_file is not None:
        rest = [found for one, found in of_each.items() if one != _X2]
        write_variables(env_file, variables | {name: value for one in rest for name, value in one.items()})

    def announce() -> None:
        click.echo(f"Ready {settings.origin}")
        for line in _exports(variables, of_each):
            click.echo(line)
        sys.stdout.flush()

    try:
        run_sandbox(settings, port, announce)
    except OSError as fault:
        stop(f"port {port}: {os.strerror(fault.errno or 0)}. Give another with --port")


def _run(
    command: tuple[str, ...],
    port: int | None,
    url: str,
    options: Mapping[str, object],
    env_file: Path | None,
    providers: tuple[str, ...] | None,
) -> NoReturn:
    """Run a command at a sandbox. It takes the place of this process: signals and its exit code are its own."""
    try:
        port = sandbox_port.choose([urlsplit(url).port]) if port is None else port
        origin = f"http://localhost:{port}"
        said = {} if providers is None else {_LISTED: ",".join(providers)}
        variables = {**said, **sandbox_mode.variables({**os.environ, **said}, origin, url=url)}
        _settings(port, options)
        if env_file is not None:
            write_variables(env_file, variables)
        if options != {"match": "loopback"} and sandbox_port.look_at(port)[0] is Found.SANDBOX:
            stop(f"port {port}: another sandbox runs there, without these options. Give another with --port")
        lease = found_or_started(port, options)
    except SettingsError as fault:
        stop(fault.hint)
    except ValueError as fault:
        stop(str(fault))
    click.echo(f"The sandbox, in place of the providers: {origin}", err=True)
    environ = {**os.environ, **variables}
    lease.set_inheritable(True)  # the sandbox ends with the command, which now holds the lease
    try:
        if os.name == "nt":  # where a process cannot become another one
            sys.exit(subprocess.run(command, env=environ, check=False).returncode)  # noqa: S603  # the user's own
        os.execvpe(command[0], command, environ)  # noqa: S606  # the user's own
    except OSError as fault:
        click.echo(f"valetkey: {command[0]}: {os.strerror(fault.errno or 0)}", err=True)
        sys.exit(_NO_SUCH_COMMAND)


def _settings(port: int, options: Mapping[str, object]) -> SandboxSettings:
    """The settings of the sandbox.

    Raises:
        ValueError: an option is not valid.
    """
    said = {"origin": f"http://localhost:{port}", "apple_private_key": fixed_private_key(), **options}
    return SandboxSettings(**said)  # type: ignore[arg-type]


def _app_of(callback: str) -> str:
    """The app's address, by a callback URL below ``/auth``."""
    path, found, _ = urlsplit(callback).path.rpartition("/auth/")
    return origin_of(callback) + (path if found else "")


def _callback_of_x(callbacks: tuple[str, ...]) -> str:
    """The callback URL of X: the first that is not another provider's, or the one beside these."""
    for one in callbacks:
        if one.removesuffix("/return").rpartition("/")[2] not in (*_OTHERS, *CATALOGUE):
            return one
    return f"{callbacks[0].removesuffix('/return').rpartition('/')[0]}/{_X}"


def _beside(callbacks: tuple[str, ...]) -> list[str]:
    """The callback URLs of the other providers: one for a provider that redirects, one for a provider that posts."""
    places = dict.fromkeys(one.removesuffix("/return").rpartition("/")[0] for one in callbacks)
    return [f"{place}/{name}{end}" for place in places for name in (*PLAYED, *CATALOGUE) for end in ("", "/return")]


# What is printed


def _app_variables(origin: str, url: str, providers: Sequence[str]) -> dict[str, str]:
    """What the app needs beside the keys."""
    parts = urlsplit(url)
    # The mode is for an app on this machine, over http. Another one may have the sandbox without the mode.
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    return {
        **({sandbox_mode.VARIABLE: origin} if is_here else {}),
        "VALETKEY_URL": url,
        _LISTED: ",".join(providers),
        "VALETKEY_SECRET": _secret(),
    }


def _secret() -> str:
    try:
        return kept_secret("sandbox.secret")
    except SettingsError as fault:
        stop(fault.hint)


def _variables_of(settings: SandboxSettings, provider: str, callback: str) -> dict[str, str]:
    """The variables of one provider. X's name its callback URL, too."""
    return environment(settings, callback) if provider == _X else environment_of(settings, provider)


def _exports(app: Mapping[str, str], of_each: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Lines for a shell, by provider. X over OAuth 2.0 is a comment, because an app has X once."""
    lines = ["# The app", *(f"export {name}={_quoted(value)}" for name, value in app.items())]
    for provider, found in of_each.items():
        mark, title = ("# ", "twitter over OAuth 2.0, in place of the above") if provider == _X2 else ("", provider)
        lines += ["", f"# {title}", *(f"{mark}export {name}={_quoted(value)}" for name, value in found.items())]
    return lines


def _quoted(value: str) -> str:
    """A value for a shell and for a ``.env`` file, on one line. A line end in a key is written as two characters."""
    return shlex.quote(value.replace("\n", "\\n"))


def write_variables(file: Path, variables: Mapping[str, str]) -> None:
    """Write a file of variables, which only its owner can read. One that exists is left as it is."""
    lines = [f"{name}={_quoted(value)}\n" for name, value in variables.items()]
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        stop(f"{file} exists, and was left unchanged. Name another file")
    except OSError as fault:
        stop(f"{file}: {os.strerror(fault.errno or 0)}")
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.writelines(lines)
