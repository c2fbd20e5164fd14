"""The demo app with headers of a test's choice on its own page, as a host app's middleware might add them."""

from __future__ import annotations

import json
import os
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from valetkey import cli

HEADERS = {name.lower().encode(): value.encode() for name, value in json.loads(os.environ["PAGE_HEADERS"]).items()}


def wrapped(app: ASGIApp) -> ASGIApp:
    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/":
                kept = [pair for pair in message["headers"] if pair[0].lower() not in HEADERS]
                message = {**message, "headers": [*kept, *HEADERS.items()]}
            await send(message)

        await app(scope, receive, sending)

    return with_headers


def create_app(*args: Any, **kwargs: Any) -> ASGIApp:
    return wrapped(made(*args, **kwargs))


made = cli.create_app

if __name__ == "__main__":
    cli.create_app = create_app  # type: ignore[assignment]
    cli.main(prog_name="valetkey")
