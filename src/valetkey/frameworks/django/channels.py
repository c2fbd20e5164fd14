"""Django Channels: the user of a WebSocket, by the session cookie or by a bearer token.

In ``asgi.py``::

    application = ProtocolTypeRouter({
        "http": get_asgi_application(),
        "websocket": AuthMiddlewareStack(SignInMiddleware(URLRouter([...]))),
    })

``AuthMiddlewareStack`` is needed only for users of Django's own session. valetkey's session needs no
``OriginValidator``: its cookie counts only if a page of the app opens the WebSocket.
"""

from __future__ import annotations

from typing import Any

from channels.auth import UserLazyObject  # type: ignore[import-untyped]
from channels.db import database_sync_to_async  # type: ignore[import-untyped]
from django.contrib.auth.models import AnonymousUser

from ...errors import ValetkeyError
from ...models import Session
from ...web.replies import error_for_script, log_error
from .. import asgi
from ..asgi import Message, Receive, Scope, Send
from . import starting
from .conf import User, sign_in
from .users import user_of

_CLOSED_BY_ERROR = 4000  # plus the status of HTTP: 4000 to 4999 are the app's own codes (RFC 6455 §7.4.2)


class SignInMiddleware:
    """Sets ``scope["user"]`` and ``scope["valetkey_session"]`` of a WebSocket, and of a request to an HTTP consumer.

    ``scope["user"]`` is the user who signed in with valetkey. Without one, it stays what it was, or is anonymous.
    ``scope["valetkey_session"]`` is the ``Session``, or None.

    A handshake with the session cookie that no page of the app sent is refused, and so is one while the database does
    not answer. The server then answers 403, and the log has the reason. The database is asked in a thread, and only if
    the handshake has a cookie or a token.

    A WebSocket stays open after a sign-out. A consumer that must know asks ``session_of(scope)`` again.

    Args:
        inner: the application below.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        if scope["type"] not in ("websocket", "http"):
            return await self.inner(scope, receive, send)
        scope = dict(scope)
        try:
            session, user = await _find(scope)
        except ValetkeyError as error:
            log_error(error)
            return await _refuse(error, scope, receive, send)
        scope["valetkey_session"] = session
        if session is not None:
            scope["user"] = user or AnonymousUser()
        elif "user" not in scope:
            scope["user"] = UserLazyObject()
            scope["user"]._wrapped = AnonymousUser()  # which an AuthMiddleware below replaces
        return await self.inner(scope, receive, _choosing(scope, send))


async def session_of(scope: Scope) -> Session | None:
    """Return the session of a WebSocket or a request as it is now, or None if nobody is signed in any more.

    Args:
        scope: of the consumer: ``self.scope``.

    Raises:
        ForeignOrigin, WrongHost: the cookie does not count, because no page of the app opened the WebSocket.
        StoreError: the database does not answer, and this process has not seen the session lately.
    """
    return (await _find(scope))[0]


async def sign_out(scope: Scope) -> None:
    """End the session of a WebSocket, everywhere. The cookie stays in the browser, and signs nobody in.

    Args:
        scope: of the consumer: ``self.scope``. Its user is anonymous then.

    Raises:
        StoreError: the database does not answer, and the user may still be signed in.
    """
    session: Session | None = scope.get("valetkey_session")
    if session is not None:
        await database_sync_to_async(sign_in().sessions.revoke)(session.id)
        scope["valetkey_session"], scope["user"] = None, AnonymousUser()


async def _find(scope: Scope) -> tuple[Session | None, User | None]:
    if not any(asgi.credentials_in(scope)) and not scope.get("subprotocols"):
        return None, None

    def find() -> tuple[Session | None, User | None]:
        starting.before_session()
        ours = sign_in()
        session = ours.run(asgi.session_of(ours.endpoints, scope))
        return session, user_of(session.account.id) if session is not None else None

    found: tuple[Session | None, User | None] = await database_sync_to_async(find)()
    return found


def _choosing(scope: Scope, send: Send) -> Send:
    """Accept a page that has opened the WebSocket with a ticket with our subprotocol, if the consumer chooses none."""
    if asgi.subprotocol_of(scope) is None:
        return send

    async def choose(message: Message) -> None:
        if message["type"] == "websocket.accept" and message.get("subprotocol") is None:
            message = {**message, "subprotocol": asgi.subprotocol_of(scope)}
        await send(message)

    return choose


async def _refuse(error: ValetkeyError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await asgi.send_reply(error_for_script(error), send)
    elif (await receive())["type"] == "websocket.connect":
        await send({"type": "websocket.close", "code": _CLOSED_BY_ERROR + error.status})
