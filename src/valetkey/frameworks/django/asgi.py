"""For ``asgi.py``: ``from valetkey.frameworks.django.asgi import get_asgi_application``, in the place of Django's.

Django ends a request whose browser has gone, wherever it is by then. But a popup that is closed a moment early has
approved all the same, and its login is to land: below our prefix, that the browser went is kept from Django until it
has answered. Everything else, and every other path, is Django's own.
"""

from __future__ import annotations

import asyncio
from typing import Any

from django.core import asgi

from ..asgi import Message, Receive, Scope, Send
from . import conf


def get_asgi_application() -> Any:
    """Django's, for which our requests do not end early."""
    conf.lands_under_asgi = True
    application: Any = asgi.get_asgi_application()

    async def landing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{conf.sign_in().settings.prefix}/"):
            receive = _patient(receive)
        await application(scope, receive, send)

    return landing


def _patient(receive: Receive) -> Receive:
    """As it was until the request is complete; from then on there is nothing to hear."""
    complete = False

    async def received() -> Message:
        nonlocal complete
        if complete:
            await asyncio.Future()  # Django stops listening when it has answered
        message = await receive()
        complete = message["type"] == "http.request" and not message.get("more_body", False)
        return message

    return received
