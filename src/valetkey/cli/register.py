"""``valetkey register mastodon``: registers an app with a Mastodon server, and prints the variables to set.

How this works. A Mastodon server has no portal where somebody must click: an app registers itself by one request
(docs.joinmastodon.org/methods/apps). The command first asks the server which scopes it knows, because the scope
``profile`` came with Mastodon 4.3. Both addresses are below the server that the operator names. Nothing that the server
sends is an address for this command, and its answer is printed only if it is what a shell can read as text.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import click

from ..crypto import Secret
from ..errors import ProviderReplyInvalid, ValetkeyError
from ..frameworks.commands import stop
from ..http_client import ThreadTransport, perform
from ..http_client.runner import ThreadRunner
from ..protocols.http import Flow, HttpRequest, HttpResponse
from ..protocols.json_reply import read_json
from ..protocols.refusals import refusal
from ..protocols.replies import kind_of
from ..providers.record.provider import readable
from ..settings.addresses import base_faults
from ..settings.outgoing import Outgoing
from .sandbox import write_variables

SCOPE = "profile"  # docs.joinmastodon.org/api/oauth-scopes
_METADATA = "/.well-known/oauth-authorization-server"
_APPS = "/api/v1/apps"
_BUDGET_SECONDS = 20.0
# Doorkeeper's keys are base64url. A wider set could say something to a shell.
_KEY = re.compile(r"[A-Za-z0-9._~\-]{1,200}")
_MAX_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What the server has given the app."""

    client_id: str
    client_secret: Secret


@click.group()
def register() -> None:
    """Register your app at a provider that lets apps register themselves."""


@register.command()
@click.argument("server", required=False)
@click.option("--callback", default=None, help="The callback URL. [default: {VALETKEY_URL}/auth/mastodon]")
@click.option("--name", "app_name", default=None, help="The app's name on the consent page. [default: its host]")
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="Write the variables to this new file instead of printing them.",
)
def mastodon(server: str | None, callback: str | None, app_name: str | None, env_file: Path | None) -> None:
    """Register your app with SERVER, such as https://mastodon.social, and print the variables to set.

    Without SERVER, the server is that of VALETKEY_MASTODON_BASE.
    """
    server = _server(server or os.environ.get("VALETKEY_MASTODON_BASE", ""))
    callback = _callback(callback, os.environ.get("VALETKEY_URL", ""))
    app_name = app_name or urlsplit(callback).hostname or ""
    if readable(app_name) != app_name or len(app_name) > _MAX_NAME:
        stop(f"--name: give 1 to {_MAX_NAME} characters in one line")
    if env_file is not None:
        _require_new(env_file)
    try:
        made = _performed(registration(server, callback=callback, app_name=app_name))
    except ValetkeyError as fault:
        stop(f"{server}: {fault.hint}")
    variables = {
        "VALETKEY_MASTODON_BASE": server,
        "MASTODON_CLIENT_ID": made.client_id,
        "MASTODON_CLIENT_SECRET": made.client_secret.reveal(),
    }
    if env_file is not None:
        write_variables(env_file, variables)
    else:
        for name, value in variables.items():
            click.echo(f"{name}={shlex.quote(value)}")
    click.echo(f"Registered {app_name} with {server}. Its callback URL is {callback}", err=True)


def registration(server: str, *, callback: str, app_name: str) -> Flow[Registered]:
    """Register an app. docs.joinmastodon.org/methods/apps, "Create an application".

    Args:
        server: its address, without a slash at the end.
        callback: the app's callback URL.
        app_name: what users see on the consent page.

    Raises:
        ProviderError: the server is older than 4.3, refuses, does not answer, or is no Mastodon server.
    """
    response = yield HttpRequest(method="GET", url=server + _METADATA, headers={"Accept": "application/json"})
    _check_version(response)
    # A form, because servers before 4.3 and the forks of Mastodon read it, too.
    body = urlencode(
        {
            "client_name": app_name,
            "redirect_uris": callback,
            "scopes": SCOPE,
            "website": f"{urlsplit(callback).scheme}://{urlsplit(callback).netloc}",
        }
    )
    response = yield HttpRequest(
        method="POST",
        url=server + _APPS,
        headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        body=body.encode(),
    )
    return _registered(response, callback)


def _check_version(response: HttpResponse) -> None:
    """Refuse a server that does not know the scope."""
    if response.status == 404:
        raise ProviderReplyInvalid(
            "There is no Mastodon of version 4.3 or later: it has no authorization server metadata (RFC 8414). Check "
            "the address. It is that of the web pages, not the one in the users' handles."
        )
    scopes = _read(response).get("scopes_supported")
    if not isinstance(scopes, list) or SCOPE not in scopes:
        raise ProviderReplyInvalid(f"This server does not know the scope {SCOPE}, which Mastodon has since 4.3.")


def _registered(response: HttpResponse, callback: str) -> Registered:
    """Read the reply. Its keys are used only if it names the callback that was sent."""
    if response.status in (401, 403, 404, 405):
        raise ProviderReplyInvalid("This server lets no app register itself. Ask its administrator for the keys.")
    if response.status in (400, 422):
        raise ProviderReplyInvalid(
            f"The server refuses the app (status {response.status}). It reads the name and the callback URL: "
            f"check {callback}"
        )
    reply = _read(response)
    client_id, client_secret = _key(reply, "client_id"), _key(reply, "client_secret")
    callbacks = reply.get("redirect_uris", reply.get("redirect_uri"))
    if callbacks not in ([callback], callback):
        raise ProviderReplyInvalid("The server registered another callback URL than the one that was sent.")
    return Registered(client_id=client_id, client_secret=Secret(client_secret))


def _key(reply: dict[str, object], name: str) -> str:
    value = reply.get(name)
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise ProviderReplyInvalid(f"The reply lacks a usable {name}. Is this a Mastodon server?")
    return value


def _read(response: HttpResponse) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        ProviderError: the reply is something else. Its hint says what to do.
    """
    if response.status in (301, 302, 303, 307, 308):
        raise ProviderReplyInvalid("The server sends the request elsewhere. Give the address of its web pages.")
    if response.status == 429 or response.status >= 500:
        raise refusal(response, step="metadata")
    if response.status != 200 or kind_of(response) != "JSON":
        raise ProviderReplyInvalid(
            f"It answered with status {response.status} ({kind_of(response)} body). Is this a Mastodon server?"
        )
    return read_json(response, step="metadata")


def _server(given: str) -> str:
    if not given:
        stop("which server? Give its address, such as: valetkey register mastodon https://mastodon.social")
    if faults := base_faults("SERVER", given, is_apps=False):
        stop(faults[0])
    return given.rstrip("/")


def _require_new(file: Path) -> None:
    """Stop before the server keeps an app that nobody has the keys of."""
    if os.path.lexists(file):
        stop(f"{file} exists, and was left unchanged. Name another file")
    if not os.access(file.parent, os.W_OK):
        stop(f"{file.parent}: no file can be written there")


def _callback(given: str | None, url: str) -> str:
    if given is None and not url:
        stop("which callback URL? Set VALETKEY_URL, or give --callback, such as https://app.example.com/auth/mastodon")
    label, callback = (
        ("--callback", given) if given is not None else ("VALETKEY_URL", f"{url.rstrip('/')}/auth/mastodon")
    )
    if faults := base_faults(label, callback):
        stop(faults[0])
    return callback


def _performed(flow: Flow[Registered]) -> Registered:
    """Send the requests.

    Raises:
        ValetkeyError: what the flow raises, or the server cannot be reached.
    """
    transport = ThreadTransport(outgoing=Outgoing.from_environment(os.environ))

    async def _sent() -> Registered:
        try:
            return await perform(flow, transport, budget_seconds=_BUDGET_SECONDS)
        finally:
            await transport.close()

    return ThreadRunner().run(_sent())
