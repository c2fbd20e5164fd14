"""The demo app as a host's: headers of a test's choice on its own page, and pages of a test's own beside it.

``PAGE_HEADERS``  a JSON object: headers, or several sets of them by name, of which ``/?page=NAME`` takes one
``MOUNTED``       a JSON object: a path, and the file that is served there, before the demo's own paths
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import FileResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from valetkey.cli import main as cli

Headers = dict[str, str]
TYPES = {".html": "text/html", ".js": "text/javascript"}


def equip(environ: Mapping[str, str]) -> None:
    """From now on the demo's app of this process is made so."""
    made, given = cli.create_app, json.loads(environ.get("PAGE_HEADERS", "{}"))
    sets = given if all(isinstance(one, dict) for one in given.values()) else {"": given}

    def create_app(*args: Any, **kwargs: Any) -> ASGIApp:
        app = made(*args, **kwargs)
        mounted: dict[str, str] = json.loads(environ.get("MOUNTED", "{}"))
        app.router.routes[:0] = [_route(path, file) for path, file in mounted.items()]
        return _with_headers(app, sets) if given else app

    cli.create_app = create_app  # type: ignore[assignment]


def _route(path: str, file: str) -> Route:
    return Route(path, lambda request: FileResponse(file, media_type=TYPES[Path(file).suffix]))


def _with_headers(app: ASGIApp, sets: dict[str, Headers]) -> ASGIApp:
    async def with_headers(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/":
                name = parse_qs(scope["query_string"].decode()).get("page", [""])[0]
                chosen = {key.lower().encode(): value.encode() for key, value in sets.get(name, {}).items()}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in chosen]
                message = {**message, "headers": [*kept, *chosen.items()]}
            await send(message)

        await app(scope, receive, sending)

    return with_headers
