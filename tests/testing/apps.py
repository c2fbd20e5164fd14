"""The least app of each framework that has our routes and ``/api/me``. Flask and Litestar are here by valetkey's two
translations alone, whatever their adapters do beyond."""

# No deferred annotations here: frameworks read them, and some are local names.

from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi import Request as FastAPIRequest
from flask import Flask, request
from flask import Response as FlaskResponse
from litestar import Litestar, Request, asgi, route
from litestar import Response as LitestarResponse
from litestar.types import Receive, Scope, Send
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from valetkey import Settings, ValetkeyError
from valetkey.errors import NotSignedIn
from valetkey.frameworks import asgi as ours
from valetkey.frameworks import fastapi, starlette
from valetkey.frameworks import wsgi as blocking
from valetkey.web.endpoints import Endpoints
from valetkey.web.replies import account_body, error_body


def said(session: Any, cookies: Any) -> dict[str, object]:
    """What ``/api/me`` answers: who it is, and by which cookies that was known."""
    if session is None:
        raise NotSignedIn
    return {"account": account_body(session.account), "cookies": sorted(cookies)}


def starlette_app(settings: Settings, **options: Any) -> Starlette:
    sign_in = starlette.SignIn(settings, **options)

    async def me(request: Any) -> JSONResponse:
        try:
            return JSONResponse(said(await sign_in.session_of(request), request.cookies))
        except ValetkeyError as error:
            return JSONResponse({"error": error_body(error)}, error.status)

    return Starlette(routes=[*sign_in.routes, Route("/api/me", me, methods=["GET", "POST"])], lifespan=sign_in.lifespan)


def fastapi_app(settings: Settings) -> FastAPI:
    app = FastAPI()
    sign_in = fastapi.SignIn(settings)
    app.include_router(sign_in.router)

    @app.api_route("/api/me", methods=["GET", "POST"])
    async def me(request: FastAPIRequest, session: Annotated[Any, Depends(sign_in.session)]) -> dict[str, object]:
        return said(session, request.cookies)

    return app


def flask_app(settings: Settings) -> Flask:
    app = Flask("an app")
    whole = blocking.SyncSignIn(settings)

    @app.route("/auth/<path:path>", methods=["GET", "POST", "DELETE"])
    def auth(path: str) -> FlaskResponse:
        reply = whole.answer(blocking.incoming_from(request.environ, path, request.get_data()))
        return FlaskResponse(reply.body, reply.status, list(reply.headers))

    @app.route("/api/me", methods=["GET", "POST"])
    def me() -> Any:
        try:
            return said(whole.session_of(request.environ), request.cookies)
        except ValetkeyError as error:
            return {"error": error_body(error)}, error.status

    return app


def litestar_app(settings: Settings) -> Litestar:
    endpoints = Endpoints(starlette.SignIn(settings).endpoints.assembly)

    @asgi("/auth", is_mount=True, copy_scope=True)
    async def auth(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix("/auth").strip("/")  # it adds one at the end
        await ours.answer(endpoints, path, scope, receive, send)

    @route("/api/me", http_method=["GET", "POST"], status_code=200)
    async def me(request: Request[Any, Any, Any]) -> LitestarResponse[Any]:
        try:
            return LitestarResponse(said(await ours.session_of(endpoints, request.scope), request.cookies))
        except ValetkeyError as error:
            return LitestarResponse({"error": error_body(error)}, status_code=error.status)

    return Litestar([auth, me], openapi_config=None)
