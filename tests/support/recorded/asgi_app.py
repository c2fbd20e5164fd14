from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from valetkey.frameworks.fastapi import SignIn


class Before:
    """A middleware that is busy."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        busy = any(name == b"x-before" for name, _ in scope.get("headers", ()))
        await (PlainTextResponse("busy", 503) if busy else self.app)(scope, receive, send)


app = FastAPI()
app.include_router(SignIn.from_env().router)
app.add_middleware(Before)
