"""Signs a test client in and out.

How this works: the client sends what a browser sends. It starts the login as a page of the app does, follows the
callback with its cookies, and collects the session. Only the approval skips its page: the sandbox's control approves.
So all routes of the app run as they do for a browser.

Each conversation is a generator that yields requests and is sent responses. It is written once and runs with any
client, sync or async.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Generator
from dataclasses import replace
from typing import Any, Protocol, TypeVar, overload
from urllib.parse import parse_qs, urlencode, urlsplit

from ..models import Account, Identity
from .clients import ClientAdapter, Request, Response, adapter_for, redirects_to_https
from .control import LOOPBACK_HOSTS, Control, ControlError
from .failures import SignInFailed, failure, how_to_point, json_of

Result = TypeVar("Result")
Exchange = Generator[Request, Response, Result]

START_PATH = "/auth/twitter"
# What a browser sends with the requests of a page of the app. Unsafe requests with a cookie need it.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_FETCH_HEADERS = {**SAME_ORIGIN, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "application/json"}
# It accepts JSON and no page, so that an error comes with its code and its hint.
_NAVIGATION_HEADERS = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "application/json"}
_REFRESH = re.compile(r"0; url=(\S+)")


class AwaitedClient(Protocol):
    """An async test client, for type checkers."""

    def get(self, address: Any, /) -> Awaitable[Any]: ...


class PlainClient(Protocol):
    """A sync test client, for type checkers."""

    def get(self, address: Any, /) -> Any: ...


@overload
def signed_in(
    client: AwaitedClient,
    persona: str = ...,
    *,
    user_id: str | None = ...,
    handle: str | None = ...,
    name: str | None = ...,
    at: str = ...,
) -> Awaitable[Account]: ...
@overload
def signed_in(
    client: PlainClient,
    persona: str = ...,
    *,
    user_id: str | None = ...,
    handle: str | None = ...,
    name: str | None = ...,
    at: str = ...,
) -> Account: ...
def signed_in(
    client: Any,
    persona: str = "ada",
    *,
    user_id: str | None = None,
    handle: str | None = None,
    name: str | None = None,
    at: str = START_PATH,
) -> Any:
    """Sign a test client in. With an async client, await it.

    From then on the client sends requests like a page of the app. They have the session cookie (or, in token delivery,
    the session token) and ``Sec-Fetch-Site: same-origin``, without which an unsafe request is refused.

    Args:
        client: a test client of Starlette, FastAPI, Litestar, Flask or Django, or an httpx or httpx2 client.
        persona: the handle of one of the sandbox's users.
        user_id, handle, name: a user of your own instead. ``user_id`` is the provider's immutable id.
        at: the path at which the app starts a sign-in, if its routes are not mounted at ``/auth``.

    Returns:
        The account that is signed in.

    Raises:
        SignInFailed: no user was signed in. The text has the app's error code and the sandbox's reason.
        ValueError: the sandbox has no such persona.
        TypeError: valetkey does not know this kind of client.
    """
    user = {"persona": persona}
    if user_id is not None:
        user = {"user_id": user_id, "screen_name": handle or f"user{user_id}"}
        user |= {"name": name} if name is not None else {}
    elif handle is not None or name is not None:
        raise ValueError("A user of your own is known by an id: signed_in(client, user_id='1', handle='grace').")
    adapter, is_async = adapter_for(client)
    return _run(adapter, is_async, _signing_in(adapter, user, at))


@overload
def signed_out(client: AwaitedClient, *, at: str = ...) -> Awaitable[None]: ...
@overload
def signed_out(client: PlainClient, *, at: str = ...) -> None: ...
def signed_out(client: Any, *, at: str = START_PATH) -> Any:
    """Sign a test client out, as the button of a page does. With an async client, await it.

    Args:
        client: as for ``signed_in``.
        at: as for ``signed_in``.

    Raises:
        SignInFailed: the app did not answer as it should.
        TypeError: valetkey does not know this kind of client.
    """
    adapter, is_async = adapter_for(client)
    return _run(adapter, is_async, _signing_out(adapter, at))


def _run(client: ClientAdapter, is_async: bool, exchange: Exchange[Result]) -> Result | Awaitable[Result]:
    return _run_async(client, exchange) if is_async else _run_sync(client, exchange)


def _run_sync(client: ClientAdapter, exchange: Exchange[Result]) -> Result:
    try:
        request = next(exchange)
        while True:
            request = exchange.send(client.read(client.send(request)))
    except StopIteration as stop:
        result: Result = stop.value
        return result


async def _run_async(client: ClientAdapter, exchange: Exchange[Result]) -> Result:
    try:
        request = next(exchange)
        while True:
            request = exchange.send(client.read(await client.send(request)))
    except StopIteration as stop:
        result: Result = stop.value
        return result


def _signing_in(client: ClientAdapter, user: dict[str, str], at: str) -> Exchange[Account]:
    started_at = time.time()
    client.set_default_headers({"Authorization": None})  # with a bearer token, cookies would not count
    login, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    callback = yield from _send(_form(at, {"login": login, "mode": "popup", "challenge": challenge}))
    sandbox = None
    if callback.status != 200:
        raise failure(f"POST {at} failed", callback, started_at)
    # A restarted login is answered with 200 again, because the reply to its exchange was lost.
    while callback.status == 200:
        sandbox, token = _read_start(callback, at)
        approved = urlsplit(_approve(sandbox, token, user))
        headers = {**_NAVIGATION_HEADERS, "Sec-Fetch-Site": "cross-site"}
        callback = yield from _send(Request(method="GET", path=f"{approved.path}?{approved.query}", headers=headers))
    if callback.status != 303:
        raise failure("The callback failed", callback, started_at, sandbox)
    # In token delivery a page proves with its verifier that it started the login. On another site it also needs the
    # one-time code from the address of its relay page.
    fragment = parse_qs(urlsplit(callback.header("location")).fragment)
    proof = {"verifier": verifier} | {name: values[0] for name, values in fragment.items() if name == "code"}
    collected = yield from _collect(at, login, proof)
    body = json_of(collected)
    error = body.get("login", {}).get("error")
    if collected.status != 200 or error is not None:
        raise failure("The app does not know who was signed in", collected, started_at, sandbox, error)
    if not body.get("account"):
        raise SignInFailed(
            "The callback succeeded, and then the app did not know the client: the cookie that it had set was not "
            "kept. Does something in the app, or in the client, remove cookies?"
        )
    bearer = {"Authorization": f"Bearer {body['token']}"} if "token" in body else {}
    client.set_default_headers({**SAME_ORIGIN, **bearer})
    return account_of(body["account"])


def _collect(at: str, login: str, proof: dict[str, str]) -> Exchange[Response]:
    collected = yield from _send(_json(f"{_prefix(at)}/session", {"login": login}))
    if not json_of(collected).get("account"):
        collected = yield from _send(_json(f"{_prefix(at)}/session", {"login": login, **proof}))
    return collected


def _signing_out(client: ClientAdapter, at: str) -> Exchange[None]:
    started_at = time.time()
    answer = yield from _send(Request(method="DELETE", path=f"{_prefix(at)}/session", headers=_FETCH_HEADERS))
    if answer.status != 204:
        raise failure("Signing out failed", answer, started_at)
    client.set_default_headers({"Authorization": None})


def _send(request: Request) -> Exchange[Response]:
    answer = yield request
    if redirects_to_https(request, answer):
        answer = yield replace(request, secure=True)
    return answer


def _read_start(started: Response, at: str) -> tuple[Control, str]:
    """Return the sandbox to which the app sends its users, and the request token."""
    found = _REFRESH.fullmatch(started.header("refresh"))
    if found is None:
        raise SignInFailed(
            f"{at} was answered with 200, and without the Refresh header that leads to the provider. Either this is no "
            "route of valetkey's, or something in the app removes headers."
        )
    there = urlsplit(found[1])
    if there.hostname not in LOOPBACK_HOSTS:
        raise SignInFailed(
            f"The app sends its users to {there.scheme}://{there.netloc}, not to a sandbox. {how_to_point()}"
        )
    return Control(f"{there.scheme}://{there.netloc}"), parse_qs(there.query)["oauth_token"][0]


def _approve(sandbox: Control, token: str, user: dict[str, str]) -> str:
    try:
        return sandbox.approve(token, user)
    except ControlError as refusal:
        handles = sandbox.handles()
        if user.get("persona", handles[0]) in handles:
            raise SignInFailed(f"The sandbox would not approve: {refusal}.") from refusal
        raise ValueError(
            f"The sandbox has no persona {user['persona']!r}; there are {', '.join(handles)}. For a user of your own: "
            f"signed_in(client, user_id='1', handle={user['persona']!r})."
        ) from None
    except (OSError, ValueError):
        raise SignInFailed(
            f"The app sends its users to {sandbox.origin}, where no sandbox answers. {how_to_point()}"
        ) from None


def account_of(body: dict[str, Any]) -> Account:
    """Return the account in the JSON of one of valetkey's routes."""
    return Account(
        id=body["id"],
        name=body["name"],
        picture=body["picture"],
        identities=tuple(Identity(**one) for one in body["identities"]),
    )


def _prefix(at: str) -> str:
    return at.rpartition("/")[0]


def _form(path: str, fields: dict[str, str]) -> Request:
    return Request(
        method="POST",
        path=path,
        headers={**_NAVIGATION_HEADERS, **SAME_ORIGIN},
        body=urlencode(fields).encode(),
        content_type="application/x-www-form-urlencoded",
    )


def _json(path: str, value: object) -> Request:
    body = json.dumps(value).encode()
    return Request(method="POST", path=path, headers=_FETCH_HEADERS, body=body, content_type="application/json")
