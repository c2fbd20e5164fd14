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
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Generator, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar, overload
from urllib.parse import parse_qs, urlencode, urlsplit

from ..models import Account, Identity
from .approving import approve, read_start
from .clients import ClientAdapter, Request, Response, adapter_for, redirects_to_https
from .control import Callback, Control
from .failures import SignInFailed, failure, json_of

Result = TypeVar("Result")
Exchange = Generator[Request, Response, Result]

START_PATH = "/auth/twitter"
# What a browser sends with the requests of a page of the app. Unsafe requests with a cookie need it.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
_FETCH_HEADERS = {**SAME_ORIGIN, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Accept": "application/json"}
# It accepts JSON and no page, so that an error comes with its code and its hint.
_NAVIGATION_HEADERS = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "application/json"}


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
    email: str | None = ...,
    email_verified: bool = ...,
    provider: str = ...,
    at: str | None = ...,
) -> Awaitable[Account]: ...
@overload
def signed_in(
    client: PlainClient,
    persona: str = ...,
    *,
    user_id: str | None = ...,
    handle: str | None = ...,
    name: str | None = ...,
    email: str | None = ...,
    email_verified: bool = ...,
    provider: str = ...,
    at: str | None = ...,
) -> Account: ...
def signed_in(
    client: Any,
    persona: str = "ada",
    *,
    user_id: str | None = None,
    handle: str | None = None,
    name: str | None = None,
    email: str | None = None,
    email_verified: bool = True,
    provider: str = "twitter",
    at: str | None = None,
) -> Any:
    """Sign a test client in. With an async client, await it.

    From then on the client sends requests like a page of the app. They have the session cookie (or, in token delivery,
    the session token) and ``Sec-Fetch-Site: same-origin``, without which an unsafe request is refused.

    Args:
        client: a test client of Starlette, FastAPI, Litestar, Flask or Django, or an httpx or httpx2 client.
        persona: the handle of one of the sandbox's users.
        user_id, handle, name, email, email_verified: a user of your own instead. ``user_id`` is the provider's
            immutable id; at Microsoft it is a GUID, or one is derived from it.
        provider: the provider's name in the app.
        at: the path at which the app starts a sign-in, if its routes are not mounted at ``/auth``.

    Returns:
        The account that is signed in.

    Raises:
        SignInFailed: no user was signed in. The text has the app's error code and the sandbox's reason.
        ValueError: the sandbox has no such persona.
        TypeError: valetkey does not know this kind of client.
    """
    user: dict[str, object] = {"persona": persona}
    if user_id is not None:
        user = {"user_id": user_id, "screen_name": handle or f"user{user_id}"}
        user |= {"name": name} if name is not None else {}
        user |= {"email": email, "email_verified": email_verified} if email is not None else {}
    elif handle is not None or name is not None or email is not None:
        raise ValueError("A user of your own is known by an id: signed_in(client, user_id='1', handle='grace').")
    adapter, is_async = adapter_for(client)
    return _run(adapter, is_async, _signing_in(adapter, user, at or f"/auth/{provider}"))


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


def _signing_in(client: ClientAdapter, user: dict[str, object], at: str) -> Exchange[Account]:
    started_at = time.time()
    client.set_default_headers({"Authorization": None})  # with a bearer token, cookies would not count
    login, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {"login": login, "mode": "popup", "challenge": challenge}
    callback = yield from _send(_form(at, fields, {**_NAVIGATION_HEADERS, **SAME_ORIGIN}))
    sandbox = None
    if callback.status != 200:
        raise failure(f"POST {at} failed", callback, started_at)
    # A restarted login is answered with 200 again, because the reply to its exchange was lost.
    while callback.status == 200:
        sandbox, url = read_start(callback, at)
        callback = yield from _come_back(approve(sandbox, url, user), sandbox)
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


def _come_back(approved: Callback, sandbox: Control) -> Exchange[Response]:
    """Send what the browser sends when it comes back. A form that is posted is answered by a redirect."""
    headers = {**_NAVIGATION_HEADERS, "Sec-Fetch-Site": "cross-site"}
    target = approved.url
    if approved.form is not None:
        path = urlsplit(target).path
        posted = yield from _send(_form(path, approved.form, {**headers, "Origin": sandbox.origin}))
        if posted.status != 303:
            return posted
        target = posted.header("location")
    parts = urlsplit(target)
    answer = yield from _send(Request(method="GET", path=f"{parts.path}?{parts.query}", headers=headers))
    return answer


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


def _form(path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        path=path,
        headers=headers,
        body=urlencode(fields).encode(),
        content_type="application/x-www-form-urlencoded",
    )


def _json(path: str, value: object) -> Request:
    body = json.dumps(value).encode()
    return Request(method="POST", path=path, headers=_FETCH_HEADERS, body=body, content_type="application/json")
