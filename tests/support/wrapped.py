"""The demo app with headers of a test's choice on its own page, as a host app's middleware might add them.

``PAGE_HEADERS`` is the headers, or several sets of them by name, of which ``/?page=NAME`` takes one.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from valetkey.cli import main as cli

GIVEN = json.loads(os.environ["PAGE_HEADERS"])
SETS = GIVEN if all(isinstance(one, dict) for one in GIVEN.values()) else {"": GIVEN}


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    name = parse_qs(scope["query_string"].decode()).get("page", [""])[0]
    return {key.lower().encode(): value.encode() for key, value in SETS.get(name, {}).items()}


def wrapped(app: ASGIApp) -> ASGIApp:
    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/":
                chosen = headers_of(scope)
                kept = [pair for pair in message["headers"] if pair[0].lower() not in chosen]
                message = {**message, "headers": [*kept, *chosen.items()]}
            await send(message)

        await app(scope, receive, sending)

    return with_headers


def create_app(*args: Any, **kwargs: Any) -> ASGIApp:
    return wrapped(made(*args, **kwargs))


made = cli.create_app

if __name__ == "__main__":
    cli.create_app = create_app  # type: ignore[assignment]
    cli.main(prog_name="valetkey")
