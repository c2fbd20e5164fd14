"""Signs a test client in and out.

The client sends what a browser sends (``conversations``), so that all routes of the app run as they do for a browser.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Protocol, overload

from ..models import Account
from .clients import ClientAdapter, adapter_for
from .conversations import Exchange, Result, signing_in, signing_out

START_PATH = "/auth/twitter"


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
    return _run(adapter, is_async, signing_in(adapter, user, at or f"/auth/{provider}"))


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
    return _run(adapter, is_async, signing_out(adapter, at))


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
