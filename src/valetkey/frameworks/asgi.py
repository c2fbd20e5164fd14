"""ASGI: a scope becomes an ``Incoming``, and a ``Reply`` becomes messages. For Starlette, FastAPI and Litestar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ..crypto import Secret
from ..errors import Misconfigured
from ..login.current_user import FindUser
from ..models import Session
from ..web.endpoints import Endpoints
from ..web.http import BODY_LIMIT_BYTES, Incoming, Reply
from ..web.replies import CONSTANT_HEADERS
from ..web.startup.places import whole_path
from ..web.websockets import chosen_subprotocol

_HANDSHAKE = "WEBSOCKET"  # in place of the method, which a WebSocket's scope does not have
_CONSTANT = {pair: (pair[0].encode("latin-1"), pair[1].encode("latin-1")) for pair in CONSTANT_HEADERS}
_REDEEMED = "valetkey.redeemed"  # in the scope: the session token that the ticket has opened, or None

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def answer(
    endpoints: Endpoints, path: str, scope: Scope, receive: Receive, send: Send, find_user: FindUser | None = None
) -> None:
    """Answer a request below the prefix.

    Args:
        path: what follows the prefix, without a slash in front.
        find_user: finds the user whom the app has signed in by other means.
    """
    await answer_read(endpoints, path, scope, await _body(receive), send, find_user)


async def answer_read(
    endpoints: Endpoints,
    path: str,
    scope: Scope,
    body: bytes | None,
    send: Send,
    find_user: FindUser | None = None,
    *,
    whole: str | None = None,
) -> None:
    """Answer a request below the prefix, for a framework that has read the body.

    Args:
        path: what follows the prefix, without a slash in front.
        body: None where it is too long, or was cut short.
        find_user: finds the user whom the app has signed in by other means.
        whole: the path of the request as it was sent. None: that of the scope, which a framework may have changed.
    """
    incoming = incoming_from(scope, path, body, find_user)
    # The server's access log prints the query of this scope, and a callback's query holds the verifier.
    scope["query_string"] = b""
    try:
        if not endpoints.startup.settled and "app" in scope:
            routes = (scope["path"] if whole is None else whole).removesuffix(f"/{path}")
            arrived = whole_path(scope.get("root_path", ""), routes)
            await endpoints.startup.before_answer(scope["app"], arrived, routes)
        reply = await endpoints.answer(incoming)
    except Misconfigured as fault:
        reply = endpoints.refuse(incoming, fault)
    await send_reply(reply, send)


def recaller(endpoints: Endpoints) -> Callable[[Scope], Session | None]:
    """Make the function that most requests need: it returns a session without waiting, and costs no coroutine.

    It returns what ``session_of`` would return, if this process has seen the session token lately. It returns None
    where that is not certain: ask ``session_of`` then. It reads the headers once.
    """
    startup, guard = endpoints.startup, endpoints.guard

    def recall(scope: Scope) -> Session | None:
        if startup.watches_sessions:
            return None
        authorization = cookies = None
        for name, value in scope["headers"]:
            if name == b"cookie":
                if cookies is not None:
                    return None
                cookies = value
            elif name == b"authorization":
                if authorization is not None:
                    return None
                authorization = value
        return guard.recall(scope.get("method", _HANDSHAKE), authorization, cookies)

    return recall


async def session_of(endpoints: Endpoints, scope: Scope) -> Session | None:
    """Return the session of a request or a WebSocket, or None if nobody is signed in.

    Raises:
        ForeignOrigin: the request has an unsafe method, or opens a WebSocket, with the session cookie, and no page of
            this app sent it.
        WrongHost: the same, at another host name than the app's.
        StoreError: the database does not answer, and this process has not seen the session lately.
        Misconfigured: the app does not let sign-in through. The log says why.
    """
    if endpoints.startup.watches_sessions and "app" in scope:
        # A mounted app does not see the app that mounts it.
        root_path = scope.get("root_path", "")
        is_nested = root_path != scope.get("app_root_path", root_path)
        await endpoints.startup.before_session(
            scope["app"], root_path=root_path, path=scope["path"], is_nested=is_nested
        )
    authorization, cookies = credentials_in(scope)
    if scope["type"] == "websocket" and authorization is None:
        authorization = await _authorization_of_ticket(endpoints, scope)
    return await endpoints.guard.session(
        method_of(scope), authorization, cookies, lambda: incoming_from(scope, "", b"")
    )


async def _authorization_of_ticket(endpoints: Endpoints, scope: Scope) -> str | None:
    """Redeem the ticket of a handshake. The app may ask several times, and the ticket counts once: what it has opened
    is kept in the scope."""
    if _REDEEMED not in scope:
        scope[_REDEEMED] = await endpoints.websockets.redeem(scope.get("subprotocols", ()))
    token: Secret | None = scope[_REDEEMED]
    return f"Bearer {token.reveal()}" if token is not None else None


def subprotocol_of(scope: Scope) -> str | None:
    """Return the subprotocol to accept a WebSocket with, if the app has none of its own. None if there must be none."""
    return chosen_subprotocol(scope.get("subprotocols", ()))


def credentials_in(scope: Scope) -> tuple[str | None, list[str]]:
    """Return the Authorization header of a scope, and its Cookie headers."""
    cookies, authorizations = [], []
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.append(value.decode("latin-1"))
        elif name == b"authorization":
            authorizations.append(value.decode("latin-1"))
    # Two of them count as none, as for our own routes.
    return authorizations[0] if len(authorizations) == 1 else None, cookies


async def sign_out(endpoints: Endpoints, scope: Scope) -> tuple[tuple[str, str], ...]:
    """Sign out the user of a request, for a route of the app.

    Returns:
        The ``Set-Cookie`` headers that the route's answer must carry.

    Raises:
        StoreError: the database does not answer, and the user may still be signed in.
    """
    return await endpoints.sign_out(incoming_from(scope, "", b""))


def incoming_from(scope: Scope, path: str, body: bytes | None, find_user: FindUser | None = None) -> Incoming:
    """Translate the scope of a request or a WebSocket.

    Args:
        path: what follows the prefix, without a slash in front.
        body: None where it is too long, or was cut short.
        find_user: finds the user whom the app has signed in by other means.
    """
    return Incoming(
        method=method_of(scope),
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
        peer=client[0] if (client := scope.get("client")) else None,
        scheme=scope.get("scheme"),
        find_user=find_user,
    )


async def send_reply(reply: Reply, send: Send) -> None:
    """Send a reply as the two messages of a response."""
    headers = [_CONSTANT.get(one) or (one[0].encode("latin-1"), one[1].encode("latin-1")) for one in reply.headers]
    # 204 and 304 have no body, and must not have the length of one. RFC 9110 §8.6
    if reply.status not in (204, 304) and "content-length" not in dict(reply.headers):
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


def method_of(scope: Scope) -> str:
    """The method to judge by. The handshake of a WebSocket is a GET, but what it opens is as unsafe as a POST."""
    return _HANDSHAKE if scope["type"] == "websocket" else str(scope["method"])


async def _body(receive: Receive) -> bytes | None:
    """Read the body. None where it is too long, or was cut short. A callback has no body, so it is answered anyway."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT_BYTES:
            return None
        more = message.get("more_body", False)
    return body
