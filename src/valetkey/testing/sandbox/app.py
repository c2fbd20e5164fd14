"""The sandbox as an ASGI app: endpoints for programs, pages for users, and a control for tests."""

from __future__ import annotations

from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import control, pages
from .fronts import Front
from .oauth1 import OAuth1Front
from .personas import picture
from .played import PLAYED
from .settings import SandboxSettings, names_this_machine
from .state import State


def create_app(settings: SandboxSettings) -> ASGIApp:
    """Return the sandbox as an ASGI app. It keeps its state in memory, and reads the settings at each request."""
    state = State(settings)
    fronts: list[Front] = [OAuth1Front(state), *(provider(state) for provider in PLAYED)]

    async def pictures(request: Request) -> Response:
        handle = request.path_params["handle"]
        found = next((one for one in state.personas if one.handle == handle), None)
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return (
            Response(picture(found), media_type="image/svg+xml", headers=headers)
            if found
            else Response(status_code=404)
        )

    async def stylesheet(request: Request) -> Response:
        return Response(pages.STYLE, media_type="text/css")

    app = Starlette(
        routes=[
            Route("/pictures/{handle}.svg", pictures),
            Route("/sandbox.css", stylesheet),
            *(route for front in fronts for route in front.routes()),
            *control.routes(state, fronts),
        ]
    )
    return _with_date(_on_this_machine(app), state)


def _on_this_machine(app: ASGIApp) -> ASGIApp:
    """Refuse requests that were sent to another host name, so that pages of other sites reach no endpoint."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not names_this_machine(scope["headers"]):
            refusal = "The sandbox answers at 127.0.0.1, localhost and [::1] only; this Host is another one.\n"
            await Response(refusal, 421, media_type="text/plain")(scope, receive, send)
            return
        await app(scope, receive, send)

    return guarded


def _with_date(app: ASGIApp, state: State) -> ASGIApp:
    """Add the sandbox's own Date, because its clock may be set differently, and close the connection if it must."""

    async def with_date(scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(state.now(), usegmt=True).encode()
                closing = [] if state.settings.keep_alive else [(b"connection", b"close")]
                message = {**message, "headers": [*message["headers"], (b"date", date), *closing]}
            await send(message)

        await app(scope, receive, dated if scope["type"] == "http" else send)

    return with_date
