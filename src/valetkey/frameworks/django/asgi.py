"""For ``asgi.py``: ``from valetkey.frameworks.django.asgi import get_asgi_application``, in place of Django's.

Django cancels a request when its browser disconnects. But a user may close the popup a moment too early, after they
have approved the sign-in, and the login must still be finished. So below our prefix, Django learns of the disconnect
only after it has answered. Other paths are left to Django.

Django has no lifespan and needs asyncio. A server that runs it in another event loop is stopped at its start.
"""

from __future__ import annotations

import asyncio
from typing import Any

from django.core import asgi

from ...errors import SettingsError
from ...web.startup import check as startup_check
from ..asgi import Message, Receive, Scope, Send
from . import conf


def get_asgi_application() -> Any:
    """Django's ASGI application, which finishes our requests after a disconnect."""
    conf.uses_our_asgi = True
    application: Any = asgi.get_asgi_application()

    async def patient(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            startup_check.require_asyncio()
        except SettingsError as fault:
            if scope["type"] != "lifespan":
                raise
            await receive()
            await send({"type": "lifespan.startup.failed", "message": str(fault)})
            return
        settings = conf.sign_in().settings
        # With a root path, some servers repeat it in the path.
        if scope["type"] == "http" and scope["path"].startswith((f"{settings.prefix}/", f"{settings.public_prefix}/")):
            receive = _patient(receive)
        await application(scope, receive, send)

    return patient


def _patient(receive: Receive) -> Receive:
    """Pass messages on until the request is complete. After that, pass none."""
    complete = False

    async def received() -> Message:
        nonlocal complete
        if complete:
            await asyncio.Future()  # Django cancels this when it has answered
        message = await receive()
        complete = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    return received
